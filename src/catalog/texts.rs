//! What visitors read of all activities, kept as it travels: nothing is made of a text before somebody reads it.

use super::{Row, Text};

/// What a text consists of, in the order of [`Texts::fields`].
pub const TEXT_FIELDS: [&str; 6] = [
    "title",
    "description",
    "address",
    "link",
    "image",
    "contact",
];

const TITLE: usize = 0;

/// One part of every row's text, all in one piece.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TextField {
    joined: String,
    /// Where the row's part ends, one a row.
    ends: Vec<u32>,
}

impl TextField {
    /// The parts that end at `ends` of `joined`; nothing where these do not cut it into whole characters, one part a row and
    /// nothing left over.
    pub fn new(joined: String, ends: Vec<u32>) -> Option<Self> {
        let last = ends.last().map_or(0, |&end| end as usize);
        let cuts = |end: &u32| joined.is_char_boundary(*end as usize);
        let covers = last == joined.len() && ends.is_sorted() && ends.iter().all(cuts);
        covers.then_some(Self { joined, ends })
    }

    /// All parts in one piece.
    pub fn joined(&self) -> &str {
        &self.joined
    }

    /// Where each row's part ends, in bytes.
    pub fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The part of a row; empty where there is no such row.
    pub fn get(&self, index: usize) -> &str {
        let from = match index {
            0 => 0,
            _ => self.ends.get(index - 1).map_or(0, |&end| end as usize),
        };
        let until = self.ends.get(index).map_or(from, |&end| end as usize);
        &self.joined[from..until]
    }

    fn push(&mut self, part: &str) {
        let limit = u32::MAX as usize - self.joined.len();
        // What is beyond four gigabytes has no place: no shard can hold so much.
        self.joined
            .push_str(if part.len() <= limit { part } else { "" });
        self.ends.push(self.joined.len() as u32);
    }
}

/// The texts of a catalogue, one a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts([TextField; TEXT_FIELDS.len()]);

impl Texts {
    /// From the fields as [`TEXT_FIELDS`] names them; nothing where they have different numbers of rows.
    pub fn new(fields: [TextField; TEXT_FIELDS.len()]) -> Option<Self> {
        let rows = fields[TITLE].ends.len();
        let agree = fields.iter().all(|field| field.ends.len() == rows);
        agree.then_some(Self(fields))
    }

    /// The fields as [`TEXT_FIELDS`] names them.
    pub fn fields(&self) -> &[TextField; TEXT_FIELDS.len()] {
        &self.0
    }

    /// Appends other rows; false, and nothing appended, where a field would be longer than four gigabytes.
    #[must_use]
    pub fn append(&mut self, other: Self) -> bool {
        if self.is_empty() {
            *self = other;
            return true;
        }
        let fields = || self.0.iter().zip(&other.0);
        if fields().any(|(own, more)| own.joined.len() + more.joined.len() > u32::MAX as usize) {
            return false;
        }
        for (own, more) in self.0.iter_mut().zip(other.0) {
            let base = own.joined.len() as u32;
            own.joined.push_str(&more.joined);
            own.ends.extend(more.ends.iter().map(|end| base + end));
        }
        true
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.0[TITLE].ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The title of a row; empty where there is no such row.
    pub fn title(&self, row: Row) -> &str {
        self.0[TITLE].get(row.index())
    }

    /// All texts of a row; empty where there is no such row.
    pub fn get(&self, row: Row) -> Text {
        let [title, description, address, link, image, contact] =
            self.0.each_ref().map(|field| field.get(row.index()));
        let given = |part: &str| (!part.is_empty()).then(|| part.to_owned());
        Text {
            title: title.to_owned(),
            description: description.to_owned(),
            address: address.to_owned(),
            link: given(link),
            image: given(image),
            contact: given(contact),
        }
    }
}

impl Extend<Text> for Texts {
    fn extend<I: IntoIterator<Item = Text>>(&mut self, texts: I) {
        for text in texts {
            let parts = [
                text.title,
                text.description,
                text.address,
                text.link.unwrap_or_default(),
                text.image.unwrap_or_default(),
                text.contact.unwrap_or_default(),
            ];
            for (field, part) in self.0.iter_mut().zip(parts) {
                field.push(&part);
            }
        }
    }
}

impl FromIterator<Text> for Texts {
    fn from_iter<I: IntoIterator<Item = Text>>(texts: I) -> Self {
        let mut all = Self::default();
        all.extend(texts);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back_as_they_were() {
        let written = [
            Text {
                title: "Música en la Séptima".into(),
                link: Some("https://example.org".into()),
                ..Text::default()
            },
            Text::default(),
            Text {
                title: "Ajedrez".into(),
                description: "En el parque.".into(),
                ..Text::default()
            },
        ];
        let texts: Texts = written.iter().cloned().collect();
        let read: Vec<Text> = (0..3).map(|row| texts.get(Row(row))).collect();
        assert_eq!(read, written);
        assert_eq!(texts.title(Row(2)), "Ajedrez");
        assert_eq!(texts.get(Row(3)), Text::default());
    }

    #[test]
    fn ends_that_do_not_cut_whole_characters_are_refused() {
        let field = |ends: &[u32]| TextField::new("añb".into(), ends.to_vec());
        assert!(field(&[1, 3, 4]).is_some());
        for ends in [&[1, 2, 4][..], &[3, 1, 4], &[1, 3], &[1, 3, 5], &[]] {
            assert!(field(ends).is_none(), "{ends:?}");
        }
        let [one, two] = [field(&[4]), field(&[1, 4])].map(Option::unwrap_or_default);
        let fields = || {
            [
                one.clone(),
                two.clone(),
                one.clone(),
                one.clone(),
                one.clone(),
            ]
        };
        let [a, b, c, d, e] = fields();
        assert!(Texts::new([a, b, c, d, e, one.clone()]).is_none());
    }
}
