//! Catalogue columns as shards: rows of one publication together, so that a later one adds a small file and changes none.

use super::lists::{read_texts, write_lengths};
use super::shared::{ListNames, TAGS, TEXT, append_lists, append_values, check_length, fill};
use super::tensors::{Element, TensorReader, TensorWriter};
use crate::catalog::{
    Blob, Catalog, CodeLists, Columns, ContentPart, Counters, DatePart, Joined, Numbered, Parts,
    PlacePart,
};
use crate::error::BundleError;
use crate::event::ActivityId;
use crate::math::{Column, all_within};
use crate::model::{EMBEDDING, Embedding};

/// Where the codes of what rows share lie.
const CONTENT: &str = "content";
const DATE: &str = "date";
const PLACE: &str = "place";
const PUBLISHED: &str = "published";

/// Where fewer than one row of so many has what one before has, codes are more bytes than they save.
const WORTH_A_CODE: usize = 8;

/// Writes rows `from..until`: what they share once. Density and status are volatile and travel apart.
pub(super) fn write(
    columns: &Columns,
    from: usize,
    until: usize,
    path: &str,
) -> Result<Vec<u8>, BundleError> {
    let rows = from..until;
    let parts = Parts::of(columns, rows.clone());
    let mut writer = TensorWriter::default();
    let mut offsets = vec![0_u32];
    let mut ids = String::new();
    for row in rows.clone() {
        ids.push_str(columns.id.get(row));
        offsets.push(ids.len() as u32);
    }
    writer.u8("id", ids.as_bytes());
    write_lengths(&mut writer, "id_lengths", &offsets);
    writer.column("end_ms", columns.end_ms[rows].to_vec());

    let contents = put_codes(&mut writer, CONTENT, &parts.contents, from);
    let lists_of =
        |of: fn(&Columns, usize) -> &[u16]| contents.iter().map(move |&row| of(columns, row));
    put_lists(&mut writer, &TAGS, lists_of(Columns::tags_of).collect());
    let text: Vec<&[u16]> = lists_of(Columns::text_of).collect();
    // Rows without words have no such tensors, as in files from before there were any.
    if text.iter().any(|words| !words.is_empty()) {
        put_lists(&mut writer, &TEXT, text);
    }
    let content = |row| columns.content(row);
    put(&mut writer, "kind", &contents, |row| content(row).kind);
    put(&mut writer, "level", &contents, |row| content(row).level);
    put(&mut writer, "organiser", &contents, |row| {
        content(row).organiser
    });
    put(&mut writer, "series", &contents, |row| content(row).series);
    put(&mut writer, "price", &contents, |row| content(row).price);

    let dates = put_codes(&mut writer, DATE, &parts.dates, from);
    let date = |row| columns.date(row);
    put(&mut writer, "start_ms", &dates, |row| date(row).start_ms);
    put(&mut writer, "weekday", &dates, |row| date(row).weekday);
    put(&mut writer, "hour", &dates, |row| date(row).hour);
    put(&mut writer, "season", &dates, |row| date(row).season);
    put(&mut writer, "holiday", &dates, |row| date(row).holiday);
    put(&mut writer, "availability", &dates, |row| {
        date(row).availability
    });

    let places = put_codes(&mut writer, PLACE, &parts.places, from);
    let place = |row| columns.place(row);
    put(&mut writer, "lat", &places, |row| place(row).lat);
    put(&mut writer, "lon", &places, |row| place(row).lon);
    put(&mut writer, "locality", &places, |row| place(row).locality);
    put(&mut writer, "transit_m", &places, |row| {
        place(row).transit_m
    });

    let published = put_codes(&mut writer, PUBLISHED, &parts.published, from);
    put(&mut writer, "published_ms", &published, |row| {
        columns.published_ms(row)
    });
    writer.finish(path)
}

/// Writes which rows from `from` on share a part, none where too few do. Returns those whose values are to be written.
fn put_codes(writer: &mut TensorWriter, name: &str, part: &Numbered, from: usize) -> Vec<usize> {
    let (rows, values) = (part.numbers.len(), part.firsts.len());
    if (rows - values) * WORTH_A_CODE < rows {
        writer.numbers(name, &[]);
        return (from..from + rows).collect();
    }
    writer.numbers(name, &part.codes());
    let firsts = part.firsts.iter();
    firsts.map(|&row| from + row as usize).collect()
}

/// Writes the lists of codes that contents have.
fn put_lists(writer: &mut TensorWriter, names: &ListNames, lists: Vec<&[u16]>) {
    let numbered = Numbered::of_lists(lists.iter().copied());
    let mut of_shard = CodeLists::default();
    let own = put_codes(writer, names.numbers, &numbered, 0).into_iter();
    own.for_each(|content| of_shard.push(lists[content]));
    writer.column(names.codes, of_shard.codes);
    write_lengths(writer, names.lengths, &of_shard.offsets);
}

/// Writes the values that these rows have.
fn put<T: Element>(
    writer: &mut TensorWriter,
    name: &str,
    rows: &[usize],
    value: impl Fn(usize) -> T,
) {
    writer.column(name, rows.iter().map(|&row| value(row)).collect());
}

/// The ids of a shard, each a valid one.
fn ids(reader: &TensorReader) -> Result<Joined, BundleError> {
    let ids = read_texts(reader, "id", "id_lengths", "id_offsets")?;
    if ActivityId::are_valid(ids.all(), ids.lengths()) {
        return Ok(ids);
    }
    Err(reader.refuse("an activity id is not valid text".into()))
}

/// Appends a shard to `columns`, all but the volatile ones.
pub(super) fn append(columns: &mut Columns, path: &str, file: &Blob) -> Result<(), BundleError> {
    let reader = &TensorReader::open(path, file)?;
    let ids = ids(reader)?;
    let rows = ids.len();
    if !columns.id.append(ids) {
        return Err(reader.refuse("more than four gigabytes of ids".into()));
    }
    reader.append("end_ms", &mut columns.end_ms)?;
    append_contents(columns, reader, rows)?;
    append_dates(columns, reader, rows)?;
    append_places(columns, reader, rows)?;

    let (numbers, times) = (
        &mut columns.publication_numbers,
        &mut columns.publications_ms,
    );
    let values = append_values(reader, PUBLISHED, rows, numbers, times.len())?;
    let known = times.len();
    reader.append("published_ms", times)?;
    check_length(reader, "published_ms", times.len() - known, values)
}

fn append_contents(
    columns: &mut Columns,
    reader: &TensorReader,
    rows: usize,
) -> Result<(), BundleError> {
    let known = columns.contents.len();
    let values = append_values(reader, CONTENT, rows, &mut columns.content_numbers, known)?;
    columns
        .contents
        .resize(known + values, ContentPart::default());
    let of_shard = &mut columns.contents[known..];
    let tags = append_lists(reader, &TAGS, values, &mut columns.tags)?;
    let text = if reader.has(TEXT.codes) {
        append_lists(reader, &TEXT, values, &mut columns.text)?
    } else {
        let none = columns.text.len() as u32;
        columns.text.push(&[]);
        vec![none; values]
    };
    for (content, (tags, text)) in of_shard.iter_mut().zip(tags.into_iter().zip(text)) {
        (content.tags, content.text) = (tags, text);
    }
    fill(reader, "kind", of_shard, |content| &mut content.kind)?;
    fill(reader, "level", of_shard, |content| &mut content.level)?;
    fill(reader, "organiser", of_shard, |content| {
        &mut content.organiser
    })?;
    fill(reader, "series", of_shard, |content| &mut content.series)?;
    fill(reader, "price", of_shard, |content| &mut content.price)
}

fn append_dates(
    columns: &mut Columns,
    reader: &TensorReader,
    rows: usize,
) -> Result<(), BundleError> {
    let known = columns.dates.len();
    let values = append_values(reader, DATE, rows, &mut columns.date_numbers, known)?;
    columns.dates.resize(known + values, DatePart::default());
    let of_shard = &mut columns.dates[known..];
    fill(reader, "start_ms", of_shard, |date| &mut date.start_ms)?;
    fill(reader, "weekday", of_shard, |date| &mut date.weekday)?;
    fill(reader, "hour", of_shard, |date| &mut date.hour)?;
    fill(reader, "season", of_shard, |date| &mut date.season)?;
    fill(reader, "holiday", of_shard, |date| &mut date.holiday)?;
    fill(reader, "availability", of_shard, |date| {
        &mut date.availability
    })
}

fn append_places(
    columns: &mut Columns,
    reader: &TensorReader,
    rows: usize,
) -> Result<(), BundleError> {
    let known = columns.places.len();
    let values = append_values(reader, PLACE, rows, &mut columns.place_numbers, known)?;
    columns.places.resize(known + values, PlacePart::default());
    let of_shard = &mut columns.places[known..];
    fill(reader, "lat", of_shard, |place| &mut place.lat)?;
    fill(reader, "lon", of_shard, |place| &mut place.lon)?;
    fill(reader, "locality", of_shard, |place| &mut place.locality)?;
    fill(reader, "transit_m", of_shard, |place| &mut place.transit_m)
}

/// Writes the columns that change without the activity changing: status, density and tombstones of all rows.
pub(super) fn write_volatile(catalog: &Catalog, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    writer.u8("status", &catalog.columns().status);
    writer.column("density", catalog.columns().density.to_rows());
    writer.u8(
        "removed",
        &catalog
            .removed()
            .iter()
            .map(|&removed| u8::from(removed))
            .collect::<Vec<_>>(),
    );
    writer.finish(path)
}

/// Reads the volatile columns into place and gives the tombstones.
pub(super) fn read_volatile(
    columns: &mut Columns,
    path: &str,
    file: &Blob,
) -> Result<Vec<bool>, BundleError> {
    let reader = TensorReader::open(path, file)?;
    columns.status = reader.u8("status")?;
    columns.density = reader.as_column("density")?;
    Ok(reader
        .u8("removed")?
        .into_iter()
        .map(|removed| removed != 0)
        .collect())
}

/// Writes the vectors of one shard.
pub(super) fn write_vectors(vectors: &[Embedding], path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    writer.matrix(
        "two_tower",
        vectors.len(),
        EMBEDDING,
        vectors.iter().flatten().copied(),
    );
    writer.finish(path)
}

/// Appends the vectors of one shard.
pub(super) fn append_vectors(
    vectors: &mut Vec<Embedding>,
    path: &str,
    file: &Blob,
) -> Result<(), BundleError> {
    let reader = TensorReader::open(path, file)?;
    reader.append_rows("two_tower", vectors)
}

/// Writes the counters.
pub(super) fn counters_bytes(counters: &Counters, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    writer.i64("as_of_ms", &[counters.as_of_ms]);
    writer.f32("half_life_days", &[counters.half_life_days]);
    writer.column("positives", counters.positives.to_rows());
    writer.column("views", counters.views.to_rows());
    writer.column("positives_total", counters.positives_total.to_rows());
    writer.column("views_total", counters.views_total.to_rows());
    writer.finish(path)
}

/// Reads the counters of `rows` rows. A value that no row has must be possible too.
pub(super) fn read_counters(rows: usize, path: &str, file: &Blob) -> Result<Counters, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let count = |name: &str| -> Result<Column<f32>, BundleError> {
        let counts = reader.as_column::<f32>(name)?;
        check_length(&reader, name, counts.len(), rows)?;
        reader.check_finite(name, counts.values())?;
        if !all_within(counts.values().iter().copied(), 0.0, f32::MAX) {
            return Err(reader.refuse(format!("`{name}` holds a negative count")));
        }
        Ok(counts)
    };
    let half_life_days = reader.vector("half_life_days", 1)?[0];
    let as_of_ms = reader.i64("as_of_ms")?;
    let &[as_of_ms] = as_of_ms.as_slice() else {
        return Err(reader.refuse("`as_of_ms` is not one number".into()));
    };
    if half_life_days <= 0.0 {
        return Err(reader.refuse("the half-life is not above 0".into()));
    }
    Ok(Counters {
        as_of_ms,
        half_life_days,
        positives: count("positives")?,
        views: count("views")?,
        positives_total: count("positives_total")?,
        views_total: count("views_total")?,
    })
}
