//! A tiny made-up city comes in from CSV, gzip, JSON lines and Parquet, and says the same in each.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use support::{dataset, import_folder, mapping, shipped, source};
use triqueta::catalog::Status;
use triqueta::event::{Body, FavouriteAction};
use triqueta_trainer::Dataset;

#[test]
fn every_field_arrives_where_the_mapping_says() {
    let dataset = dataset();
    let [concert, yoga, workshop] = dataset.activities.as_slice() else {
        panic!("three activities")
    };
    // 19:00 in Bogotá is midnight UTC.
    assert_eq!(
        (concert.start_ms, concert.end_ms),
        (1_763_856_000_000, Some(1_763_863_200_000))
    );
    assert_eq!(
        (concert.price, concert.status),
        (Some(20_000.0), Status::Active)
    );
    assert_eq!(
        concert.place.map(|place| (place.lat, place.lon)),
        Some((4.65, -74.06))
    );
    assert_eq!((yoga.price, yoga.end_ms), (Some(0.0), None));
    assert_eq!(
        (workshop.title.as_str(), workshop.kind.as_deref()),
        ("Taller, de pintura", Some("Educación"))
    );
    assert_eq!(
        (workshop.price, workshop.place, workshop.status),
        (None, None, Status::Inactive)
    );
    // Announced with the first event; nobody touched the workshop.
    assert_eq!(concert.published_ms, Some(1_763_000_000_000));
    assert_eq!(workshop.published_ms, None);
    assert_eq!(dataset.city.offsets.len(), 1);
    assert!(dataset.city.centre.is_some());
}

#[test]
fn one_word_has_one_spelling_on_activities_and_profiles() {
    let dataset = dataset();
    assert_eq!(dataset.activities[0].tags, ["música", "jazz"]);
    assert_eq!(dataset.activities[1].tags, ["yoga", "música"]);
    assert_eq!(dataset.visitors[0].profile.tags, ["música", "yoga"]);
    assert_eq!(dataset.activities[1].locality.as_deref(), Some("Chapinero"));
    assert!(
        dataset.visitors[1].profile.tags.is_empty()
            && dataset.visitors[1].profile.locality.is_none()
    );
}

#[test]
fn events_are_the_wires_own_with_ids_numbers_and_visits_that_follow_from_the_source() {
    let dataset = dataset();
    let [saved, rated, other] = dataset.events.as_slice() else {
        panic!("three events")
    };
    assert!(matches!(
        saved.body,
        Body::Favourite {
            action: FavouriteAction::Added,
            ..
        }
    ));
    assert!(matches!(rated.body, Body::Rating { stars: 5, .. }));
    assert_eq!((saved.sequence, rated.sequence, other.sequence), (1, 2, 1));
    assert_eq!((saved.device, saved.session), (rated.device, rated.session));
    assert_ne!(saved.device, other.device);
    assert_eq!(self::dataset(), dataset);
}

#[test]
fn compressed_files_and_lines_of_json_say_the_same() {
    let folder = source();
    let plain = dataset();
    let path = folder.path().join("events.csv.gz");
    let mut gzip =
        flate2::write::GzEncoder::new(File::create(path).unwrap(), flate2::Compression::fast());
    gzip.write_all(support::EVENTS.as_bytes()).unwrap();
    gzip.finish().unwrap();
    let lines = "{\"id\":\"ana\",\"tags\":[\"MUSICA\",\"yoga\"],\"locality\":\"Chapinero\"}\n\n{\"id\":\"luis\"}\n";
    fs::write(folder.path().join("visitors.jsonl"), lines).unwrap();
    let mapping = mapping(&[
        ("events.csv", "events.csv.gz"),
        ("visitors.csv", "visitors.jsonl"),
    ]);
    let (other, _) = import_folder(&mapping, folder.path(), false).unwrap();
    assert_eq!(
        (other.events, other.visitors),
        (plain.events, plain.visitors)
    );
}

#[test]
fn parquet_columns_of_other_writers_are_understood() {
    let folder = source();
    let mut tags = ListBuilder::new(StringBuilder::new());
    for words in [vec!["MUSICA", "yoga"], vec![]] {
        words
            .into_iter()
            .for_each(|word| tags.values().append_value(word));
        tags.append(true);
    }
    let columns: [(&str, ArrayRef); 3] = [
        ("id", Arc::new(StringArray::from(vec!["ana", "luis"]))),
        ("tags", Arc::new(tags.finish())),
        (
            "locality",
            Arc::new(StringArray::from(vec![Some("Chapinero"), None])),
        ),
    ];
    write_parquet(
        &folder.path().join("visitors.parquet"),
        RecordBatch::try_from_iter(columns).unwrap(),
    );
    let columns: [(&str, ArrayRef); 5] = [
        (
            "user",
            Arc::new(StringArray::from(vec!["ana", "ana", "luis"])),
        ),
        (
            "activity",
            Arc::new(StringArray::from(vec!["a1", "a2", "a1"])),
        ),
        (
            "time",
            Arc::new(TimestampMicrosecondArray::from(vec![
                1_763_000_000_000_000,
                1_763_000_600_000_000,
                1_763_009_999_000_000,
            ])),
        ),
        (
            "what",
            Arc::new(StringArray::from(vec!["save", "stars", "save"])),
        ),
        (
            "value",
            Arc::new(Int64Array::from(vec![None, Some(5), None])),
        ),
    ];
    write_parquet(
        &folder.path().join("events.parquet"),
        RecordBatch::try_from_iter(columns).unwrap(),
    );
    let mapping = mapping(&[
        ("events.csv", "events.parquet"),
        ("visitors.csv", "visitors.parquet"),
    ]);
    let (other, _) = import_folder(&mapping, folder.path(), false).unwrap();
    let plain = dataset();
    assert_eq!(
        (other.events, other.visitors),
        (plain.events, plain.visitors)
    );
}

fn write_parquet(path: &std::path::Path, batch: RecordBatch) {
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None)
            .unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn the_spreadsheet_keeps_its_types_its_local_days_and_its_unknown_places() {
    let folder = tempfile::tempdir().unwrap();
    let text = "\
nombre,descripcion,tipo,localidad,direccion,fecha_inicio,fecha_fin,horario,precio,es_gratuita,contacto_telefono,contacto_email,etiquetas,fuente
Cine al parque,Función,Cultura,Chapinero,Calle 1 # 2-3,2025-12-05,2025-12-05,19:00 - 21:30,0,True,6010000000,,\"cine, Familia\",IDARTES
Taller de ajedrez,Para todos,Educación,La Candelaria,Calle 4 # 5-6,06/12/2025,,por confirmar,15000,False,,taller@example.org,\"ajedrez,familia\",IDARTES
";
    fs::write(folder.path().join("upload.csv"), text).unwrap();
    // The mapping reads one file, so it may have any name.
    let mapping = shipped("triqueta-csv.toml");
    let (dataset, report) =
        import_folder(&mapping, &folder.path().join("upload.csv"), false).unwrap();
    let [cinema, chess] = dataset.activities.as_slice() else {
        panic!("two activities")
    };
    assert_eq!(
        (cinema.kind.as_deref(), chess.kind.as_deref()),
        (Some("cultura"), Some("educación"))
    );
    assert_eq!((cinema.place, chess.place), (None, None));
    let local = dataset.city.local_time(cinema.start_ms);
    assert_eq!((local.month, local.weekday, local.hour), (12, 4, 19));
    assert_eq!(cinema.end_ms, Some(cinema.start_ms + 150 * 60_000));
    assert_eq!((cinema.price, chess.price), (Some(0.0), Some(15_000.0)));
    assert_eq!(
        (cinema.contact.as_deref(), chess.contact.as_deref()),
        (Some("6010000000"), Some("taller@example.org"))
    );
    assert_eq!(cinema.tags, ["cine", "familia"]);
    let local = dataset.city.local_time(chess.start_ms);
    assert_eq!((local.weekday, local.hour), (5, 0));
    assert_eq!(report.notes[0].code, "CLOCK_UNCLEAR");
    assert_ne!(cinema.id, chess.id);
}

#[test]
fn a_source_without_a_table_of_visitors_has_those_who_did_something() {
    let folder = source();
    let block = "[visitors]\ntable = \"visitors\"\nid = \"id\"\ntags = { column = \"tags\", separator = \";\" }\nlocality = \"locality\"\n";
    let (dataset, _) = import_folder(&mapping(&[(block, "")]), folder.path(), false).unwrap();
    let users: Vec<&str> = dataset
        .visitors
        .iter()
        .map(|visitor| visitor.user.as_str())
        .collect();
    assert_eq!(users, ["ana", "luis"]);
}

#[test]
fn events_collected_later_join_once() {
    let mut dataset: Dataset = dataset();
    let mut later = dataset.events.clone();
    later[0].time_ms += 1;
    let mut new = later[2].clone();
    new.id = triqueta::event::EventId::new(1_762_000_000_000, &[7; 10]);
    new.time_ms = 1_762_000_000_000;
    later.push(new.clone());
    let before = dataset.events.clone();
    assert_eq!(dataset.extend(later).unwrap(), 1);
    assert_eq!(dataset.events[0], new);
    assert_eq!(dataset.events[1..], before);
}
