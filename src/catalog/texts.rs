//! What visitors read of all activities, kept as it travels: of a text nothing is made, not even a copy, before somebody
//! reads it.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use super::{Blob, BlobColumn, Row, Text};

/// What a text consists of, in the order of a shard's fields.
pub const TEXT_FIELDS: [&str; 6] = [
    "title",
    "description",
    "address",
    "link",
    "image",
    "contact",
];

const TITLE: usize = 0;

/// One part of the texts of some rows, all in one piece.
#[derive(Debug, Clone)]
pub struct TextField {
    joined: Blob,
    rows: usize,
    /// How long the row's part is, where nobody has asked yet where it ends.
    lengths: BlobColumn<u32>,
    /// Where the row's part ends, one a row; none where no row has any, or lengths are impossible.
    ends: OnceLock<Vec<u32>>,
}

impl TextField {
    /// The parts that end at `ends` of `joined`; nothing where these do not cut it into one part a row with nothing left over.
    /// Whether they are text is seen when they are read: what is none is replaced then.
    pub fn new(joined: Blob, ends: Vec<u32>) -> Option<Self> {
        let last = ends.last().map_or(0, |&end| end as usize);
        let covers = last == joined.len() && ends.is_sorted();
        covers.then(|| Self::cut(joined, ends))
    }

    /// The parts that are so long, one after the other. Nothing is read of either before somebody asks for a part: all are empty
    /// then where they do not cover `joined` (see [`TextField::is_sound`]).
    pub fn of_lengths(joined: Blob, lengths: BlobColumn<u32>) -> Self {
        Self {
            joined,
            rows: lengths.len(),
            lengths,
            ends: OnceLock::new(),
        }
    }

    /// The parts of so many rows, none of which has any.
    pub fn empty(rows: usize) -> Self {
        Self {
            joined: Blob::default(),
            rows,
            lengths: Vec::new().into(),
            ends: OnceLock::from(Vec::new()),
        }
    }

    fn cut(joined: Blob, ends: Vec<u32>) -> Self {
        let none = Self::empty(ends.len());
        if joined.is_empty() {
            return none;
        }
        let ends = OnceLock::from(ends);
        Self {
            joined,
            ends,
            ..none
        }
    }

    fn ends(&self) -> &[u32] {
        self.ends.get_or_init(|| {
            let mut end = 0_usize;
            let mut ends = self.lengths.to_vec();
            for length in &mut ends {
                end = end.saturating_add(*length as usize);
                *length = u32::try_from(end).unwrap_or(u32::MAX);
            }
            let covers = end == self.joined.len() && ends.len() == self.rows;
            if covers { ends } else { Vec::new() }
        })
    }

    /// Whether its parts cover it. Whoever asks has all lengths read.
    pub fn is_sound(&self) -> bool {
        self.joined.is_empty() || self.ends().len() == self.rows
    }

    /// Where the part of a row lies.
    fn range(&self, index: usize) -> Range<usize> {
        let from = match index {
            0 => 0,
            _ => self.ends().get(index - 1).map_or(0, |&end| end as usize),
        };
        from..self.ends().get(index).map_or(from, |&end| end as usize)
    }

    /// The part of a row; empty where the bytes cannot be had any more.
    fn get(&self, index: usize) -> Cow<'_, str> {
        match self.joined.read(self.range(index)) {
            Some(Cow::Borrowed(bytes)) => String::from_utf8_lossy(bytes),
            Some(Cow::Owned(bytes)) => String::from_utf8_lossy(&bytes).into_owned().into(),
            None => Cow::default(),
        }
    }
}

impl Default for TextField {
    fn default() -> Self {
        Self::empty(0)
    }
}

/// Equal where they say the same, however they lie.
impl PartialEq for TextField {
    fn eq(&self, other: &Self) -> bool {
        (self.rows, &self.joined, self.ends()) == (other.rows, &other.joined, other.ends())
    }
}

impl Eq for TextField {}

/// The texts of the rows of one publication: fields as [`TEXT_FIELDS`] names them.
type Shard = [TextField; TEXT_FIELDS.len()];

/// The texts of a catalogue, one a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Texts {
    shards: Vec<Shard>,
    /// The row after each shard's last.
    ends: Vec<usize>,
}

impl Texts {
    /// Appends the rows of a shard; false, and nothing appended, where its fields have different numbers of rows, or more than
    /// can be counted.
    #[must_use]
    pub fn append(&mut self, shard: Shard) -> bool {
        let rows = shard[TITLE].rows;
        let agree = shard.iter().all(|field| field.rows == rows);
        let Some(end) = self.len().checked_add(rows).filter(|_| agree) else {
            return false;
        };
        self.ends.push(end);
        self.shards.push(shard);
        true
    }

    /// Whether all fields are cut as they say. Whoever asks has all lengths read.
    pub fn are_sound(&self) -> bool {
        self.shards.iter().flatten().all(TextField::is_sound)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.ends.last().copied().unwrap_or(0)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The title of a row; empty where there is no such row.
    pub fn title(&self, row: Row) -> Cow<'_, str> {
        self.part(TITLE, row)
    }

    /// All titles, for whoever looks at most of them: what lies elsewhere is then asked for once.
    pub fn titles(&self) -> Titles<'_> {
        let fields = self.shards.iter().map(|shard| &shard[TITLE]);
        Titles {
            texts: self,
            joined: fields.map(|field| field.joined.whole()).collect(),
        }
    }

    /// The shard that a row is in, and where in it; no shard's number where there is no such row.
    fn place(&self, row: Row) -> (usize, usize) {
        let shard = self.ends.partition_point(|&end| end <= row.index());
        let start = match shard {
            0 => 0,
            _ => self.ends[shard - 1],
        };
        (shard, row.index() - start)
    }

    /// A part of the text of a row, by its place in [`TEXT_FIELDS`]; empty where there is no such row or part.
    pub fn part(&self, field: usize, row: Row) -> Cow<'_, str> {
        let (shard, index) = self.place(row);
        let of = self.shards.get(shard).and_then(|shard| shard.get(field));
        of.map_or(Cow::default(), |of| of.get(index))
    }

    /// All texts of a row; empty where there is no such row.
    pub fn get(&self, row: Row) -> Text {
        let parts: [_; TEXT_FIELDS.len()] = std::array::from_fn(|field| self.part(field, row));
        let [title, description, address, link, image, contact] = parts.map(Cow::into_owned);
        let given = |part: String| (!part.is_empty()).then_some(part);
        Text {
            title,
            description,
            address,
            link: given(link),
            image: given(image),
            contact: given(contact),
        }
    }
}

/// The titles of a catalogue, all of them in memory.
#[derive(Debug)]
pub struct Titles<'a> {
    texts: &'a Texts,
    /// Of each shard.
    joined: Vec<Cow<'a, [u8]>>,
}

impl Titles<'_> {
    /// The title of a row; empty where there is no such row.
    pub fn get(&self, row: Row) -> Cow<'_, str> {
        let (shard, index) = self.texts.place(row);
        let of = self.texts.shards.get(shard).zip(self.joined.get(shard));
        let bytes = of.and_then(|(fields, joined)| joined.get(fields[TITLE].range(index)));
        bytes.map_or(Cow::default(), String::from_utf8_lossy)
    }
}

impl Extend<Text> for Texts {
    /// Appends the rows as one shard.
    fn extend<I: IntoIterator<Item = Text>>(&mut self, texts: I) {
        let mut fields: [(String, Vec<u32>); TEXT_FIELDS.len()] = Default::default();
        for text in texts {
            let parts = [
                text.title,
                text.description,
                text.address,
                text.link.unwrap_or_default(),
                text.image.unwrap_or_default(),
                text.contact.unwrap_or_default(),
            ];
            for ((joined, ends), part) in fields.iter_mut().zip(parts) {
                let limit = u32::MAX as usize - joined.len();
                // What is beyond four gigabytes has no place: no shard can hold so much.
                joined.push_str(if part.len() <= limit { &part } else { "" });
                ends.push(joined.len() as u32);
            }
        }
        let rows = fields[TITLE].1.len();
        if rows > 0 {
            self.ends.push(self.len() + rows);
            let cut =
                |(joined, ends): (String, _)| TextField::cut(joined.into_bytes().into(), ends);
            self.shards.push(fields.map(cut));
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
    use super::super::blob::tests::Elsewhere;
    use super::*;

    fn written() -> Vec<Text> {
        vec![
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
        ]
    }

    fn blob(text: &str) -> Blob {
        text.as_bytes().to_vec().into()
    }

    #[test]
    fn texts_come_back_as_they_were() {
        let texts: Texts = written().into_iter().collect();
        let read: Vec<Text> = (0..3).map(|row| texts.get(Row(row))).collect();
        assert_eq!(read, written());
        assert_eq!(texts.title(Row(2)), "Ajedrez");
        assert_eq!(texts.get(Row(3)), Text::default());
    }

    #[test]
    fn rows_of_later_shards_are_found_after_those_of_earlier_ones() {
        let mut texts: Texts = written().into_iter().collect();
        texts.extend([]);
        texts.extend(written().into_iter().rev());
        assert_eq!(texts.len(), 6);
        let read: Vec<Text> = (0..7).map(|row| texts.get(Row(row))).collect();
        let later = written().into_iter().rev();
        let expected: Vec<Text> = written().into_iter().chain(later).collect();
        assert_eq!(read[..6], expected);
        let titles = texts.titles();
        let found = (0..7).map(|row| titles.get(Row(row)));
        assert!(found.eq(read.iter().map(|text| &*text.title)));
        assert_eq!(read[6], Text::default());
    }

    #[test]
    fn ends_that_do_not_cover_their_field_are_refused() {
        let field = |ends: &[u32]| TextField::new(blob("añb"), ends.to_vec());
        assert!(field(&[1, 3, 4]).is_some());
        for ends in [&[3, 1, 4][..], &[1, 3], &[1, 3, 5], &[]] {
            assert!(field(ends).is_none(), "{ends:?}");
        }
        let [one, two] = [field(&[4]), field(&[1, 4])].map(Option::unwrap_or_default);
        let mut shard: Shard = std::array::from_fn(|_| one.clone());
        shard[3] = two;
        assert!(!Texts::default().append(shard.clone()));
        shard[3] = TextField::empty(2);
        assert!(!Texts::default().append(shard.clone()));
        shard[3] = TextField::empty(1);
        assert!(Texts::default().append(shard));
        assert_eq!(
            TextField::new(blob(""), vec![0, 0]),
            Some(TextField::empty(2))
        );
    }

    #[test]
    fn lengths_are_looked_at_when_a_part_is_asked_for() {
        let field = |lengths: &[u32]| {
            let lengths = BlobColumn::from(lengths.to_vec());
            TextField::of_lengths(blob("añb"), lengths)
        };
        for (lengths, parts) in [
            (&[1, 2, 1][..], ["a", "ñ", "b"]),
            (&[0, 4, 0], ["", "añb", ""]),
            (&[1, 2, 2], [""; 3]),
            (&[1, u32::MAX, 4], [""; 3]),
            (&[1, 2, 0], [""; 3]),
        ] {
            let field = field(lengths);
            assert_eq!([0, 1, 2].map(|row| field.get(row)), parts, "{lengths:?}");
            assert_eq!(field.is_sound(), parts != [""; 3], "{lengths:?}");
        }
        assert_eq!(field(&[1, 3]), TextField::cut(blob("añb"), vec![1, 4]));
        let lost = BlobColumn::wide(Blob::new(Elsewhere(vec![0; 4]), 8));
        let lost = TextField::of_lengths(blob("añb"), lost);
        assert!(!lost.is_sound() && lost.get(1).is_empty());
    }

    #[test]
    fn more_rows_than_can_be_counted_are_refused() {
        let mut texts: Texts = written().into_iter().collect();
        let shard: Shard = std::array::from_fn(|_| TextField::empty(usize::MAX));
        assert!(!texts.append(shard));
        assert_eq!(texts.len(), 3);
    }

    #[test]
    fn texts_that_cannot_be_had_any_more_are_empty() {
        let field =
            |lies: Blob, ends: &[u32]| TextField::new(lies, ends.to_vec()).unwrap_or_default();
        let mut shard: Shard = std::array::from_fn(|_| field(Blob::default(), &[0, 0]));
        shard[TITLE] = field(Blob::new(Elsewhere(b"one".to_vec()), 6), &[3, 6]);
        let mut texts = Texts::default();
        assert!(texts.append(shard));
        let read: Vec<_> = (0..3).map(|row| texts.title(Row(row))).collect();
        assert_eq!(read, ["one", "", ""]);
        let titles = texts.titles();
        assert_eq!(
            (0..3).map(|row| titles.get(Row(row))).collect::<String>(),
            ""
        );
    }

    #[test]
    fn what_is_no_text_is_replaced_when_it_is_read() {
        let field = TextField::new(blob("añb"), vec![2, 4]).unwrap_or_default();
        let read: Vec<_> = (0..2).map(|row| field.get(row)).collect();
        assert_eq!(read, ["a\u{fffd}", "\u{fffd}b"]);
    }
}
