//! One text a row, all in one piece: thousands are opened without making a text of each.

use std::ops::Range;

use serde::{Serialize, Serializer};

use crate::json::{FromJson, JsonError, Reader};

/// Texts by row number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Joined {
    all: String,
    /// Where the row's text ends, one a row.
    ends: Vec<u32>,
}

impl Joined {
    /// The texts that end at `ends` of `all`; nothing where these do not cut it into whole characters, one text a row and
    /// nothing left over.
    pub fn new(all: String, ends: Vec<u32>) -> Option<Self> {
        let last = ends.last().map_or(0, |&end| end as usize);
        let cuts = |end: &u32| all.is_char_boundary(*end as usize);
        let covers = last == all.len() && ends.is_sorted() && ends.iter().all(cuts);
        covers.then_some(Self { all, ends })
    }

    /// All texts in one piece.
    pub fn all(&self) -> &str {
        &self.all
    }

    /// Where each row's text ends, in bytes.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Where the text of a row lies; nowhere where there is no such row.
    #[inline(always)]
    fn range(&self, index: usize) -> Range<usize> {
        let from = match index {
            0 => 0,
            _ => self.ends.get(index - 1).map_or(0, |&end| end as usize),
        };
        from..self.ends.get(index).map_or(from, |&end| end as usize)
    }

    /// The text of a row; empty where there is no such row.
    pub fn get(&self, index: usize) -> &str {
        &self.all[self.range(index)]
    }

    /// The same as bytes, for who looks at all of them.
    #[inline(always)]
    pub(super) fn bytes(&self, index: usize) -> &[u8] {
        &self.all.as_bytes()[self.range(index)]
    }

    /// How many bytes each row's text has.
    pub(crate) fn lengths(&self) -> impl Iterator<Item = usize> {
        let begins = std::iter::once(&0).chain(&self.ends);
        let pairs = begins.zip(&self.ends);
        pairs.map(|(begin, end)| (end - begin) as usize)
    }

    /// All texts in order of row.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Appends a row.
    pub fn push(&mut self, text: &str) {
        let limit = u32::MAX as usize - self.all.len();
        // What is beyond four gigabytes has no place: no shard can hold so much.
        self.all
            .push_str(if text.len() <= limit { text } else { "" });
        self.ends.push(self.all.len() as u32);
    }

    /// Forgets all rows but the first so many.
    pub fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.all
            .truncate(self.ends.last().map_or(0, |&end| end as usize));
    }

    /// Whether it begins with the rows of another.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.ends.starts_with(&other.ends) && self.all.starts_with(&other.all)
    }

    /// Appends other rows; false, and nothing appended, where all would be longer than four gigabytes.
    #[must_use]
    pub fn append(&mut self, other: Self) -> bool {
        if self.is_empty() {
            *self = other;
            return true;
        }
        if self.all.len() + other.all.len() > u32::MAX as usize {
            return false;
        }
        let base = self.all.len() as u32;
        self.all.push_str(&other.all);
        self.ends.extend(other.ends.iter().map(|end| base + end));
        true
    }
}

impl<'a> Extend<&'a str> for Joined {
    fn extend<I: IntoIterator<Item = &'a str>>(&mut self, texts: I) {
        texts.into_iter().for_each(|text| self.push(text));
    }
}

impl<'a> FromIterator<&'a str> for Joined {
    fn from_iter<I: IntoIterator<Item = &'a str>>(texts: I) -> Self {
        let mut joined = Self::default();
        joined.extend(texts);
        joined
    }
}

/// It travels as a list.
impl Serialize for Joined {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl FromJson for Joined {
    fn blank() -> Self {
        Self::default()
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        reader.texts(&mut |text| self.push(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_that_do_not_cut_whole_characters_are_refused() {
        let joined = |ends: &[u32]| Joined::new("añb".into(), ends.to_vec());
        assert!(joined(&[1, 3, 4]).is_some());
        for ends in [&[1, 2, 4][..], &[3, 1, 4], &[1, 3], &[1, 3, 5], &[]] {
            assert!(joined(ends).is_none(), "{ends:?}");
        }
    }

    #[test]
    fn rows_keep_their_texts_when_others_are_appended() {
        let rows = |texts: &[&str]| {
            let mut joined = Joined::default();
            joined.extend(texts.iter().copied());
            joined
        };
        let mut joined = rows(&["añ", ""]);
        assert!(joined.append(rows(&["b", "ç"])));
        let all: Vec<&str> = joined.iter().collect();
        assert_eq!(all, ["añ", "", "b", "ç"]);
        assert!(joined.lengths().eq([3, 0, 1, 2]));
        assert_eq!(joined, rows(&["añ", "", "b", "ç"]));
        assert_eq!(joined.get(4), "");
    }

    #[test]
    fn it_begins_with_its_first_rows_and_with_no_others() {
        let mut joined: Joined = ["ab", "", "c"].into_iter().collect();
        for (rows, begins) in [
            (&["ab", "", "c"][..], true),
            (&["ab", ""], true),
            (&[], true),
            (&["a", "b"], false),
            (&["ab", "c"], false),
            (&["ab", "", "c", ""], false),
        ] {
            let rows: Joined = rows.iter().copied().collect();
            assert_eq!(joined.starts_with(&rows), begins, "{rows:?}");
        }
        joined.truncate(2);
        assert_eq!(joined.iter().collect::<Vec<_>>(), ["ab", ""]);
        joined.truncate(0);
        assert_eq!(joined, Joined::default());
    }
}
