//! One text a row, all in one piece: thousands are opened without making a text of each.

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

    /// The text of a row; empty where there is no such row.
    pub fn get(&self, index: usize) -> &str {
        let from = match index {
            0 => 0,
            _ => self.ends.get(index - 1).map_or(0, |&end| end as usize),
        };
        let until = self.ends.get(index).map_or(from, |&end| end as usize);
        &self.all[from..until]
    }

    /// All texts in order of row.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
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
        assert_eq!(joined, rows(&["añ", "", "b", "ç"]));
        assert_eq!(joined.get(4), "");
    }
}
