//! What rows of a shard share travels once, and of each row its number. Until engine 5 every row had all columns of its own.

use super::lists::append_ends;
use super::tensors::{Element, TensorReader};
use crate::catalog::{MOST_TAGS, Numbered, TEXT_TERMS};
use crate::error::BundleError;

/// Which of so many values each row of a shard has, or that each has its own.
pub(super) enum Shared {
    Own { rows: usize },
    Once { numbers: Vec<u32>, values: usize },
}

/// Lists of codes: the names of the codes, of how many there are in each list, and of where each begins, as was written until
/// engine 4.
pub(super) struct ListNames {
    /// So many codes at most: a few bytes must not become lists without end.
    most: usize,
    pub(super) codes: &'static str,
    pub(super) lengths: &'static str,
    pub(super) offsets: &'static str,
}

pub(super) const TAGS: ListNames = ListNames {
    most: MOST_TAGS,
    codes: "tags",
    lengths: "tag_lengths",
    offsets: "tag_offsets",
};

pub(super) const TEXT: ListNames = ListNames {
    most: TEXT_TERMS,
    codes: "text",
    lengths: "text_lengths",
    offsets: "text_offsets",
};

impl Shared {
    /// What the rows of a shard share under a name; `part` goes on with it.
    pub(super) fn read(
        reader: &TensorReader,
        name: &str,
        rows: usize,
        part: &mut Numbered,
    ) -> Result<Self, BundleError> {
        if !reader.has(name) {
            return Ok(Self::Own { rows });
        }
        let mut codes = reader.numbers(name)?;
        if codes.is_empty() {
            // Too few were the same to say so: each has its own.
            codes.resize(rows, 0);
        }
        let (before, known) = (part.numbers().len(), part.firsts().len());
        if codes.len() != rows || !part.append(&codes) {
            return Err(reader.refuse(format!("`{name}` does not number rows in their order")));
        }
        let own = part.numbers()[before..].iter();
        let numbers = own.map(|number| number - known as u32).collect();
        let values = part.firsts().len() - known;
        Ok(Self::Once { numbers, values })
    }

    /// Appends each row's value of a column.
    pub(super) fn append<T: Element>(
        &self,
        reader: &TensorReader,
        name: &str,
        to: &mut Vec<T>,
    ) -> Result<(), BundleError> {
        let Self::Once { numbers, values } = self else {
            return reader.append(name, to);
        };
        let once = reader.rows::<T>(name)?;
        if once.len() != *values {
            return Err(reader.refuse(format!("`{name}` has {} values of {values}", once.len())));
        }
        to.extend(numbers.iter().map(|&number| once[number as usize]));
        Ok(())
    }

    /// Appends each row's list of codes, and where it ends.
    pub(super) fn append_lists(
        &self,
        reader: &TensorReader,
        names: &ListNames,
        offsets: &mut Vec<u32>,
        codes: &mut Vec<u16>,
    ) -> Result<(), BundleError> {
        let (numbers, values) = match self {
            Self::Own { rows } => return append_all(reader, names, *rows, offsets, codes),
            Self::Once { numbers, values } => (numbers, *values),
        };
        let (mut begins, mut once) = (vec![0], Vec::new());
        append_all(reader, names, values, &mut begins, &mut once)?;
        let list = |number: usize| {
            let list = once.get(begins[number] as usize..begins[number + 1] as usize);
            list.filter(|list| list.len() <= names.most)
        };
        let lists: Option<Vec<&[u16]>> = (0..values).map(list).collect();
        let impossible = || reader.refuse(format!("a list of `{}` is impossible", names.codes));
        let lists = lists.ok_or_else(impossible)?;
        let lengths = numbers.iter().map(|&number| lists[number as usize].len());
        codes.reserve(lengths.sum());
        offsets.reserve(numbers.len());
        for &number in numbers {
            codes.extend_from_slice(lists[number as usize]);
            offsets.push(codes.len() as u32);
        }
        Ok(())
    }
}

/// Appends so many lists.
fn append_all(
    reader: &TensorReader,
    names: &ListNames,
    lists: usize,
    offsets: &mut Vec<u32>,
    codes: &mut Vec<u16>,
) -> Result<(), BundleError> {
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
    if !begins || offsets.len() - first != lists || end != codes.len() {
        let detail = format!("the lists of `{}` do not cover it", names.codes);
        return Err(reader.refuse(detail));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::lists::write_lengths;
    use super::super::tensors::TensorWriter;
    use super::*;
    use crate::catalog::Blob;

    fn reader(write: impl Fn(&mut TensorWriter)) -> TensorReader {
        let mut writer = TensorWriter::default();
        write(&mut writer);
        let bytes = Blob::from(writer.finish("shard").unwrap());
        TensorReader::open("shard", &bytes).unwrap()
    }

    #[test]
    fn rows_get_what_they_share() {
        let reader = reader(|writer| {
            writer.numbers("part", &[0, 0, 1]);
            writer.f32("price", &[0.5, 2.0]);
            writer.f32("too_few", &[0.5]);
            writer.u16("tags", &[4, 7, 9]);
            write_lengths(writer, "tag_lengths", &[0, 1, 3]);
        });
        let mut part = Numbered::default();
        assert!(part.append(&[0, 1]));
        let shared = Shared::read(&reader, "part", 3, &mut part).unwrap();
        assert_eq!(part.numbers(), [0, 0, 1, 2, 1]);
        let mut prices = vec![9.0_f32];
        shared.append(&reader, "price", &mut prices).unwrap();
        assert_eq!(prices, [9.0, 0.5, 2.0, 0.5]);
        assert!(shared.append(&reader, "too_few", &mut prices).is_err());
        let (mut offsets, mut codes) = (vec![0, 1], vec![3]);
        shared
            .append_lists(&reader, &TAGS, &mut offsets, &mut codes)
            .unwrap();
        assert_eq!((offsets, codes), (vec![0, 1, 2, 4, 5], vec![3, 4, 7, 9, 4]));
        assert!(Shared::read(&reader, "part", 2, &mut part).is_err());
    }

    #[test]
    fn without_codes_each_row_has_its_own() {
        let reader = reader(|writer| {
            writer.numbers("part", &[]);
            writer.f32("price", &[0.5, 2.0, 0.5]);
        });
        let mut part = Numbered::default();
        let shared = Shared::read(&reader, "part", 3, &mut part).unwrap();
        assert_eq!(part.numbers(), [0, 1, 2]);
        let mut prices = Vec::<f32>::new();
        shared.append(&reader, "price", &mut prices).unwrap();
        assert_eq!(prices, [0.5, 2.0, 0.5]);
    }

    #[test]
    fn impossible_lists_are_refused() {
        for (lengths, accepted) in [(&[64, 0][..], true), (&[65, 0], false), (&[64], false)] {
            let reader = reader(|writer| {
                writer.numbers("part", &[0, 0]);
                let codes: u32 = lengths.iter().sum();
                writer.u16("tags", &vec![1; codes as usize]);
                writer.u32("tag_lengths", lengths);
            });
            let shared = Shared::read(&reader, "part", 2, &mut Numbered::default()).unwrap();
            let read = shared.append_lists(&reader, &TAGS, &mut vec![0], &mut Vec::new());
            assert_eq!(read.is_ok(), accepted, "{lengths:?}");
        }
        for (length, accepted) in [(12, true), (13, false)] {
            let reader = reader(|writer| {
                writer.numbers("part", &[0]);
                writer.u16("text", &vec![1; length as usize]);
                writer.u32("text_lengths", &[length]);
            });
            let shared = Shared::read(&reader, "part", 1, &mut Numbered::default()).unwrap();
            let read = shared.append_lists(&reader, &TEXT, &mut vec![0], &mut Vec::new());
            assert_eq!(read.is_ok(), accepted, "{length} words");
        }
        let descending = reader(|writer| {
            writer.numbers("part", &[0, 0]);
            writer.u16("tags", &[1; 4]);
            writer.u32("tag_offsets", &[0, 9, 4]);
        });
        let shared = Shared::read(&descending, "part", 2, &mut Numbered::default()).unwrap();
        let read = shared.append_lists(&descending, &TAGS, &mut vec![0], &mut Vec::new());
        assert!(read.is_err());
    }
}
