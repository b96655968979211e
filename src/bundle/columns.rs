//! Catalogue columns as shards: rows of one publication together, so that a later one adds a small file and changes none.

use super::lists::{read_offsets, write_lengths};
use super::shared::{ListNames, Shared, TAGS, TEXT};
use super::tensors::{Element, TensorReader, TensorWriter};
use crate::catalog::{Blob, Catalog, Columns, Counters, Joined, Numbered, Parts};
use crate::error::BundleError;
use crate::event::ActivityId;
use crate::math::all_within;
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
    writer.column("end_ms", &columns.end_ms[rows]);

    let contents = put_codes(&mut writer, CONTENT, &parts.contents, from);
    let mut put_lists = |names: &ListNames, of: &[u32], codes: &[u16]| {
        let list = |&row: &usize| &codes[of[row] as usize..of[row + 1] as usize];
        let lists: Vec<&[u16]> = contents.iter().map(list).collect();
        let mut offsets = vec![0_u32];
        offsets.extend(lists.iter().scan(0, |end, list| {
            *end += list.len() as u32;
            Some(*end)
        }));
        writer.column(names.codes, &lists.concat());
        write_lengths(&mut writer, names.lengths, &offsets);
    };
    put_lists(&TAGS, &columns.tag_offsets, &columns.tags);
    // Rows without words have no such tensors, as in files from before there were any.
    if columns.text_offsets[from] != columns.text_offsets[until] {
        put_lists(&TEXT, &columns.text_offsets, &columns.text);
    }
    put(&mut writer, "kind", &columns.kind, &contents);
    put(&mut writer, "level", &columns.level, &contents);
    put(&mut writer, "organiser", &columns.organiser, &contents);
    put(&mut writer, "series", &columns.series, &contents);
    put(&mut writer, "price", &columns.price, &contents);

    let dates = put_codes(&mut writer, DATE, &parts.dates, from);
    put(&mut writer, "start_ms", &columns.start_ms, &dates);
    put(&mut writer, "weekday", &columns.weekday, &dates);
    put(&mut writer, "hour", &columns.hour, &dates);
    put(&mut writer, "season", &columns.season, &dates);
    put(&mut writer, "holiday", &columns.holiday, &dates);
    put(&mut writer, "availability", &columns.availability, &dates);

    let places = put_codes(&mut writer, PLACE, &parts.places, from);
    put(&mut writer, "lat", &columns.lat, &places);
    put(&mut writer, "lon", &columns.lon, &places);
    put(&mut writer, "locality", &columns.locality, &places);
    put(&mut writer, "transit_m", &columns.transit_m, &places);

    let published = put_codes(&mut writer, PUBLISHED, &parts.published, from);
    put(
        &mut writer,
        "published_ms",
        &columns.published_ms,
        &published,
    );
    writer.finish(path)
}

/// Writes which rows from `from` on share a part, none where too few do. Returns those whose values are to be written.
fn put_codes(writer: &mut TensorWriter, name: &str, part: &Numbered, from: usize) -> Vec<usize> {
    let (rows, values) = (part.numbers().len(), part.firsts().len());
    if (rows - values) * WORTH_A_CODE < rows {
        writer.numbers(name, &[]);
        return (from..from + rows).collect();
    }
    writer.numbers(name, &part.codes());
    part.firsts().map(|row| from + row).collect()
}

/// Writes the values that these rows have.
fn put<T: Element>(writer: &mut TensorWriter, name: &str, column: &[T], rows: &[usize]) {
    let values: Vec<T> = rows.iter().map(|&row| column[row]).collect();
    writer.column(name, &values);
}

/// The ids of a shard, each a valid one.
fn ids(reader: &TensorReader) -> Result<Joined, BundleError> {
    let mut offsets = read_offsets(reader, "id_lengths", "id_offsets")?;
    let begins = !offsets.is_empty() && offsets.remove(0) == 0;
    let text = String::from_utf8(reader.u8("id")?).ok();
    let ids = text.and_then(|text| Joined::new(text, offsets));
    ids.filter(|ids| begins && ActivityId::are_valid(ids.all(), ids.iter()))
        .ok_or_else(|| reader.refuse("an activity id is not valid text".into()))
}

/// Appends a shard to `columns`, all but the volatile ones, and what its rows share to `parts`, where it says so.
pub(super) fn append(
    columns: &mut Columns,
    parts: &mut Parts,
    path: &str,
    file: &Blob,
) -> Result<(), BundleError> {
    let reader = &TensorReader::open(path, file)?;
    let ids = ids(reader)?;
    let rows = ids.len();
    if !columns.id.append(ids) {
        return Err(reader.refuse("more than four gigabytes of ids".into()));
    }
    reader.append("end_ms", &mut columns.end_ms)?;

    let contents = Shared::read(reader, CONTENT, rows, &mut parts.contents)?;
    contents.append_lists(reader, &TAGS, &mut columns.tag_offsets, &mut columns.tags)?;
    if reader.has(TEXT.codes) {
        contents.append_lists(reader, &TEXT, &mut columns.text_offsets, &mut columns.text)?;
    } else {
        let end = columns.text.len() as u32;
        columns.text_offsets.extend(std::iter::repeat_n(end, rows));
    }
    contents.append(reader, "kind", &mut columns.kind)?;
    contents.append(reader, "level", &mut columns.level)?;
    contents.append(reader, "organiser", &mut columns.organiser)?;
    contents.append(reader, "series", &mut columns.series)?;
    contents.append(reader, "price", &mut columns.price)?;

    let dates = Shared::read(reader, DATE, rows, &mut parts.dates)?;
    dates.append(reader, "start_ms", &mut columns.start_ms)?;
    dates.append(reader, "weekday", &mut columns.weekday)?;
    dates.append(reader, "hour", &mut columns.hour)?;
    dates.append(reader, "season", &mut columns.season)?;
    dates.append(reader, "holiday", &mut columns.holiday)?;
    dates.append(reader, "availability", &mut columns.availability)?;

    let places = Shared::read(reader, PLACE, rows, &mut parts.places)?;
    places.append(reader, "lat", &mut columns.lat)?;
    places.append(reader, "lon", &mut columns.lon)?;
    places.append(reader, "locality", &mut columns.locality)?;
    places.append(reader, "transit_m", &mut columns.transit_m)?;

    let published = Shared::read(reader, PUBLISHED, rows, &mut parts.published)?;
    published.append(reader, "published_ms", &mut columns.published_ms)
}

/// Writes the columns that change without the activity changing: status, density and tombstones of all rows.
pub(super) fn write_volatile(catalog: &Catalog, path: &str) -> Result<Vec<u8>, BundleError> {
    let mut writer = TensorWriter::default();
    writer.u8("status", &catalog.columns().status);
    writer.column("density", &catalog.columns().density);
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
    columns.density = reader.rows("density")?;
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
    writer.column("positives", &counters.positives);
    writer.column("views", &counters.views);
    writer.column("positives_total", &counters.positives_total);
    writer.column("views_total", &counters.views_total);
    writer.finish(path)
}

/// Reads the counters of `rows` rows.
pub(super) fn read_counters(rows: usize, path: &str, file: &Blob) -> Result<Counters, BundleError> {
    let reader = TensorReader::open(path, file)?;
    let count = |name: &str| -> Result<Vec<f32>, BundleError> {
        let counts = reader.finite_rows(name, rows)?;
        if !all_within(&counts, 0.0, f32::MAX) {
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
