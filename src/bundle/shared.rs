//! What rows of a shard share travels once, and of each row its number. Until engine 5 every row had all columns of its own.

use super::lists::append_ends;
use super::tensors::{Element, TensorReader};
use crate::catalog::{CodeLists, number};
use crate::error::BundleError;

/// What is called how of lists of codes: which of them each content has, since engine 7; the codes; how long lists are; and where
/// each begins, as was written until engine 4.
pub(super) struct ListNames {
    pub(super) numbers: &'static str,
    pub(super) codes: &'static str,
    pub(super) lengths: &'static str,
    pub(super) offsets: &'static str,
}

pub(super) const TAGS: ListNames = ListNames {
    numbers: "tag_lists",
    codes: "tags",
    lengths: "tag_lengths",
    offsets: "tag_offsets",
};

pub(super) const TEXT: ListNames = ListNames {
    numbers: "text_lists",
    codes: "text",
    lengths: "text_lengths",
    offsets: "text_offsets",
};

/// Appends of each row of a shard the number of its value, the first of the shard's being `begin`. How many values there are.
pub(super) fn append_values(
    reader: &TensorReader,
    name: &str,
    rows: usize,
    numbers: &mut Vec<u32>,
    begin: usize,
) -> Result<usize, BundleError> {
    let first = numbers.len();
    if reader.has(name) {
        reader.append_numbers(name, numbers)?;
    }
    if numbers.len() == first {
        // Each has its own: as it was, and where too few are the same to say so.
        numbers.resize(first + rows, 0);
    }
    let codes = &mut numbers[first..];
    match number(codes, begin as u32) {
        Some(values) if codes.len() == rows => Ok(values as usize),
        _ => Err(reader.refuse(format!("`{name}` does not number rows in their order"))),
    }
}

/// Puts a column into a field of values.
pub(super) fn fill<T: Element, V>(
    reader: &TensorReader,
    name: &str,
    values: &mut [V],
    field: impl Fn(&mut V) -> &mut T,
) -> Result<(), BundleError> {
    let column = reader.rows::<T>(name)?;
    check_length(reader, name, column.len(), values.len())?;
    for (value, entry) in values.iter_mut().zip(column) {
        *field(value) = entry;
    }
    Ok(())
}

/// Refuses a column of another length.
pub(super) fn check_length(
    reader: &TensorReader,
    name: &str,
    found: usize,
    expected: usize,
) -> Result<(), BundleError> {
    if found == expected {
        return Ok(());
    }
    Err(reader.refuse(format!("`{name}` has {found} values of {expected}")))
}

/// Appends the lists of codes that so many contents have. Which each has.
pub(super) fn append_lists(
    reader: &TensorReader,
    names: &ListNames,
    contents: usize,
    lists: &mut CodeLists,
) -> Result<Vec<u32>, BundleError> {
    let mut numbers = Vec::new();
    let count = append_values(reader, names.numbers, contents, &mut numbers, lists.len())?;
    let CodeLists { offsets, codes } = lists;
    let (begin, first) = (codes.len() as u32, offsets.len());
    reader.append(names.codes, codes)?;
    let begins = if reader.has(names.offsets) {
        let own = reader.u32(names.offsets)?;
        let ends = own.iter().skip(1);
        offsets.extend(ends.map(|end| begin.saturating_add(*end)));
        own.first() == Some(&0)
    } else {
        append_ends(offsets, reader, names.lengths, begin)?;
        true
    };
    let end = offsets.last().map_or(0, |&end| end as usize);
    if !begins || offsets.len() - first != count || end != codes.len() {
        let detail = format!("the lists of `{}` do not cover it", names.codes);
        return Err(reader.refuse(detail));
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::lists::write_lengths;
    use super::super::tensors::TensorWriter;
    use super::*;
    use crate::catalog::{Blob, ContentPart};

    fn reader(write: impl Fn(&mut TensorWriter)) -> TensorReader {
        let mut writer = TensorWriter::default();
        write(&mut writer);
        let bytes = Blob::from(writer.finish("shard").unwrap());
        TensorReader::open("shard", &bytes).unwrap()
    }

    #[test]
    fn rows_get_the_numbers_of_what_they_share() {
        let reader = reader(|writer| {
            writer.numbers("part", &[0, 0, 1]);
            writer.numbers("own", &[]);
            writer.f32("price", &[0.5, 2.0]);
            writer.f32("too_few", &[0.5]);
            writer.numbers("tag_lists", &[0, 0, 1]);
            writer.u16("tags", &[4, 7, 9]);
            write_lengths(writer, "tag_lengths", &[0, 1, 3]);
        });
        for (name, rows, expected) in [
            ("part", 3, Ok((2, vec![0, 2, 3, 2]))),
            ("part", 2, Err(())),
            ("own", 3, Ok((3, vec![0, 2, 3, 4]))),
            ("absent", 1, Ok((1, vec![0, 2]))),
        ] {
            let mut numbers = vec![0];
            let values = append_values(&reader, name, rows, &mut numbers, 2);
            let found = values.map(|values| (values, numbers)).map_err(|_| ());
            assert_eq!(found, expected, "{name} of {rows}");
        }
        let mut contents = [ContentPart::default(); 2];
        fill(&reader, "price", &mut contents, |content| {
            &mut content.price
        })
        .unwrap();
        assert_eq!(contents.map(|content| content.price), [0.5, 2.0]);
        let short = fill(&reader, "too_few", &mut contents, |content| {
            &mut content.price
        });
        assert!(short.is_err());
        let mut lists = CodeLists::default();
        lists.push(&[3]);
        let numbers = append_lists(&reader, &TAGS, 3, &mut lists).unwrap();
        assert_eq!(
            (numbers, &lists.offsets[..]),
            (vec![1, 2, 1], &[0, 1, 2, 4][..])
        );
        assert_eq!(lists.get(2), [7, 9]);
        assert!(append_lists(&reader, &TAGS, 2, &mut lists).is_err());
    }

    #[test]
    fn lists_that_do_not_cover_their_codes_are_refused() {
        for (lengths, accepted) in [(&[1, 3][..], true), (&[1, 2], false), (&[4], false)] {
            let reader = reader(|writer| {
                writer.u16("tags", &[1; 4]);
                writer.u32("tag_lengths", lengths);
            });
            let read = append_lists(&reader, &TAGS, 2, &mut CodeLists::default());
            assert_eq!(read.is_ok(), accepted, "{lengths:?}");
        }
        let begins_late = reader(|writer| {
            writer.u16("tags", &[1; 4]);
            writer.u32("tag_offsets", &[1, 4]);
        });
        let read = append_lists(&begins_late, &TAGS, 1, &mut CodeLists::default());
        assert!(read.is_err());
    }
}
