//! Catalogue columns as shards: rows of one publication together, so that a later one adds a small file and changes none.

use super::lists::{append_ends, read_offsets, write_lengths};
use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::{Blob, Catalog, Columns, Counters, Joined};
use crate::error::BundleError;
use crate::event::ActivityId;
use crate::math::all_within;
use crate::model::{EMBEDDING, Embedding};

/// Writes rows `from..until`. Density and status are volatile and travel apart.
pub(super) fn write(
    columns: &Columns,
    from: usize,
    until: usize,
    path: &str,
) -> Result<Vec<u8>, BundleError> {
    let rows = from..until;
    let mut writer = TensorWriter::default();
    let mut offsets = vec![0_u32];
    let mut ids = String::new();
    for row in rows.clone() {
        ids.push_str(columns.id.get(row));
        offsets.push(ids.len() as u32);
    }
    writer.u8("id", ids.as_bytes());
    write_lengths(&mut writer, "id_lengths", &offsets);
    let mut put_lists = |name: &str, lengths: &str, offsets: &[u32], codes: &[u16]| {
        let own = &offsets[from..=until];
        writer.column(name, &codes[own[0] as usize..own[own.len() - 1] as usize]);
        write_lengths(&mut writer, lengths, own);
    };
    put_lists("tags", "tag_lengths", &columns.tag_offsets, &columns.tags);
    // Rows without words have no such tensors, as in files from before there were any.
    if columns.text_offsets[from] != columns.text_offsets[until] {
        put_lists("text", "text_lengths", &columns.text_offsets, &columns.text);
    }
    for (name, codes) in [
        ("kind", &columns.kind),
        ("locality", &columns.locality),
        ("level", &columns.level),
        ("organiser", &columns.organiser),
        ("series", &columns.series),
        ("availability", &columns.availability),
    ] {
        writer.column(name, &codes[rows.clone()]);
    }
    for (name, numbers) in [
        ("lat", &columns.lat),
        ("lon", &columns.lon),
        ("price", &columns.price),
        ("transit_m", &columns.transit_m),
    ] {
        writer.column(name, &numbers[rows.clone()]);
    }
    for (name, times) in [
        ("start_ms", &columns.start_ms),
        ("end_ms", &columns.end_ms),
        ("published_ms", &columns.published_ms),
    ] {
        writer.column(name, &times[rows.clone()]);
    }
    for (name, numbers) in [
        ("weekday", &columns.weekday),
        ("hour", &columns.hour),
        ("season", &columns.season),
        ("holiday", &columns.holiday),
    ] {
        writer.u8(name, &numbers[rows.clone()]);
    }
    writer.finish(path)
}

/// Appends the lists of codes of so many rows.
fn append_lists(
    offsets: &mut Vec<u32>,
    codes: &mut Vec<u16>,
    reader: &TensorReader,
    (name, lengths_name, offsets_name): (&str, &str, &str),
    rows: usize,
) -> Result<(), BundleError> {
    let (begin, first) = (codes.len() as u32, offsets.len());
    reader.append(name, codes)?;
    let begins = if reader.has(offsets_name) {
        let own = reader.u32(offsets_name)?;
        let ends = own.iter().skip(1);
        offsets.extend(ends.map(|end| begin.saturating_add(*end)));
        own.first() == Some(&0)
    } else {
        append_ends(offsets, reader, lengths_name, begin)?;
        true
    };
    let end = offsets.last().map_or(0, |&end| end as usize);
    if !begins || offsets.len() - first != rows || end != codes.len() {
        return Err(reader.refuse(format!("the lists of `{name}` do not cover it")));
    }
    Ok(())
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

/// Appends a shard to `columns`, all but the volatile ones.
pub(super) fn append(columns: &mut Columns, path: &str, file: &Blob) -> Result<(), BundleError> {
    let reader = TensorReader::open(path, file)?;
    let ids = ids(&reader)?;
    let rows = ids.len();
    if !columns.id.append(ids) {
        return Err(reader.refuse("more than four gigabytes of ids".into()));
    }
    append_lists(
        &mut columns.tag_offsets,
        &mut columns.tags,
        &reader,
        ("tags", "tag_lengths", "tag_offsets"),
        rows,
    )?;
    if reader.has("text") {
        append_lists(
            &mut columns.text_offsets,
            &mut columns.text,
            &reader,
            ("text", "text_lengths", "text_offsets"),
            rows,
        )?;
    } else {
        columns
            .text_offsets
            .extend(std::iter::repeat_n(columns.text.len() as u32, rows));
    }
    for (name, codes) in [
        ("kind", &mut columns.kind),
        ("locality", &mut columns.locality),
        ("level", &mut columns.level),
        ("organiser", &mut columns.organiser),
        ("series", &mut columns.series),
        ("availability", &mut columns.availability),
    ] {
        reader.append(name, codes)?;
    }
    for (name, numbers) in [
        ("lat", &mut columns.lat),
        ("lon", &mut columns.lon),
        ("price", &mut columns.price),
        ("transit_m", &mut columns.transit_m),
    ] {
        reader.append(name, numbers)?;
    }
    for (name, times) in [
        ("start_ms", &mut columns.start_ms),
        ("end_ms", &mut columns.end_ms),
        ("published_ms", &mut columns.published_ms),
    ] {
        reader.append(name, times)?;
    }
    for (name, numbers) in [
        ("weekday", &mut columns.weekday),
        ("hour", &mut columns.hour),
        ("season", &mut columns.season),
        ("holiday", &mut columns.holiday),
    ] {
        reader.append_elements(name, numbers)?;
    }
    Ok(())
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
