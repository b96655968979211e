//! Lists one after the other: how long each is travels, and where it ends is summed by whoever reads. Until engine 4 the sums
//! travelled themselves, under another name.

use super::tensors::{TensorReader, TensorWriter};
use crate::catalog::Joined;
use crate::error::BundleError;

/// Writes how long lists are, list `i` being `offsets[i]..offsets[i + 1]`.
pub(super) fn write_lengths(writer: &mut TensorWriter, name: &str, offsets: &[u32]) {
    let lengths = offsets.windows(2).map(|pair| pair[1] - pair[0]);
    writer.column(name, lengths.collect::<Vec<u32>>());
}

/// Appends where each list ends, its length and those before it added up, the first beginning at `begin`.
pub(super) fn append_ends(
    ends: &mut Vec<u32>,
    reader: &TensorReader,
    lengths: &str,
    begin: u32,
) -> Result<(), BundleError> {
    let first = ends.len();
    reader.append(lengths, ends)?;
    let mut end = u64::from(begin);
    for length in &mut ends[first..] {
        end += u64::from(*length);
        *length = end as u32;
    }
    if end > u32::MAX.into() {
        return Err(reader.refuse(format!("`{lengths}` add up to too much")));
    }
    Ok(())
}

/// How many lists there are, whichever way they say where they end: none of it is read.
pub(super) fn count(
    reader: &TensorReader,
    lengths: &str,
    ends: &str,
) -> Result<usize, BundleError> {
    reader.len(if reader.has(ends) { ends } else { lengths })
}

/// Where each list begins, and where the last one ends; `offsets` is what this was called when it travelled.
pub(super) fn read_offsets(
    reader: &TensorReader,
    lengths: &str,
    offsets: &str,
) -> Result<Vec<u32>, BundleError> {
    if reader.has(offsets) {
        return reader.u32(offsets);
    }
    let mut offsets = vec![0];
    append_ends(&mut offsets, reader, lengths, 0)?;
    Ok(offsets)
}

/// Texts in one piece, and how long each is.
pub(super) fn read_texts(
    reader: &TensorReader,
    name: &str,
    lengths: &str,
    offsets: &str,
) -> Result<Joined, BundleError> {
    let mut ends = read_offsets(reader, lengths, offsets)?;
    let begins = !ends.is_empty() && ends.remove(0) == 0;
    let text = String::from_utf8(reader.u8(name)?).ok();
    let texts = text.and_then(|text| Joined::new(text, ends));
    texts
        .filter(|_| begins)
        .ok_or_else(|| reader.refuse(format!("`{name}` is not cut into texts")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::catalog::Blob;

    fn read(write: impl Fn(&mut TensorWriter)) -> Vec<u32> {
        let mut writer = TensorWriter::default();
        write(&mut writer);
        let bytes = Blob::from(writer.finish("file").unwrap());
        let reader = TensorReader::open("file", &bytes).unwrap();
        read_offsets(&reader, "lengths", "offsets").unwrap_or_default()
    }

    #[test]
    fn lists_are_where_they_were_and_where_older_bundles_say() {
        let offsets = [0, 3, 3, 70_000];
        let as_lengths = read(|writer| write_lengths(writer, "lengths", &offsets));
        assert_eq!(as_lengths, offsets);
        let as_they_were = read(|writer| writer.u32("offsets", &offsets));
        assert_eq!(as_they_were, as_lengths);
        let second_shard = read(|writer| write_lengths(writer, "lengths", &[70_000, 70_002]));
        assert_eq!(second_shard, [0, 2]);
        let none = read(|writer| write_lengths(writer, "lengths", &[0]));
        assert_eq!(none, [0]);
    }

    #[test]
    fn lengths_that_add_up_to_too_much_are_refused() {
        for (last, accepted) in [(4, true), (5, false)] {
            let mut writer = TensorWriter::default();
            writer.u32("lengths", &[u32::MAX - 4, 0, last]);
            let bytes = Blob::from(writer.finish("file").unwrap());
            let reader = TensorReader::open("file", &bytes).unwrap();
            assert_eq!(
                read_offsets(&reader, "lengths", "offsets").is_ok(),
                accepted
            );
        }
    }
}
