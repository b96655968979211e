//! What a text holds next: numbers, words and texts, and lists and objects of whatever there are places for. No type but those of
//! the language is known here, so each function is there once.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use super::text::Text;
use super::{FromJson, JsonError, number};

/// Reads values one after the other.
pub struct Reader<'de>(Text<'de>);

/// What is known of the fields of an object.
pub(crate) struct Fields {
    names: &'static [&'static str],
    needed: usize,
    strict: bool,
}

/// Values in a row.
pub(super) trait List {
    /// The blank place of the next one.
    fn place(&mut self) -> &mut dyn FromJson;
}

/// Values by name.
pub(crate) trait Map {
    /// The blank place of the one of this name.
    fn place(&mut self, name: String) -> &mut dyn FromJson;
}

impl Fields {
    /// Fields of these names, 32 at most. The first must be there, so many, and no others may.
    pub(crate) const fn strict(names: &'static [&'static str], needed: usize) -> Self {
        // Which of them were found is a bit each.
        assert!(names.len() <= u32::BITS as usize);
        Self {
            names,
            needed,
            strict: true,
        }
    }

    /// The same, but others are passed over.
    pub(crate) const fn lenient(names: &'static [&'static str], needed: usize) -> Self {
        Self {
            strict: false,
            ..Self::strict(names, needed)
        }
    }

    /// The number of a field. It is looked for from `next` on first: most objects have their fields in order.
    fn number(&self, name: &str, next: usize) -> Option<usize> {
        let (before, after) = self.names.split_at(next);
        let place = |names: &[&str]| names.iter().position(|other| *other == name);
        place(after)
            .map(|place| next + place)
            .or_else(|| place(before))
    }
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|error| JsonError::new(&error.to_string()))?;
        Ok(Self(Text::new(text)))
    }

    /// Reads a value behind which nothing comes. An error says where it was met.
    pub(super) fn only(&mut self, place: &mut dyn FromJson) -> Result<(), JsonError> {
        let read = place.fill(self).and_then(|()| self.0.end());
        read.map_err(|error| error.after(self.0.before()))
    }

    /// Reads an object, each field into the place of its number.
    pub(crate) fn object(
        &mut self,
        fields: &Fields,
        places: &mut [&mut dyn FromJson],
    ) -> Result<(), JsonError> {
        self.0.open(b'{', "expected an object")?;
        let (mut first, mut found, mut next) = (true, 0_u32, 0);
        while self.0.more(first, b'}')? {
            first = false;
            let name = self.0.name()?;
            match fields.number(&name, next) {
                Some(number) if found & 1 << number == 0 => {
                    found |= 1 << number;
                    next = number + 1;
                    places[number].fill(self)?;
                }
                Some(_) => return Err(JsonError::new(&format!("duplicate field `{name}`"))),
                None if fields.strict => {
                    return Err(JsonError::among("field", &name, fields.names));
                }
                None => self.0.skip()?,
            }
        }
        let mut needed = fields.names[..fields.needed].iter().enumerate();
        match needed.find(|(number, _)| found & 1 << number == 0) {
            Some((_, name)) => Err(JsonError::new(&format!("missing field `{name}`"))),
            None => Ok(()),
        }
    }

    /// Reads an object of whatever names.
    pub(crate) fn map(&mut self, map: &mut dyn Map) -> Result<(), JsonError> {
        self.0.open(b'{', "expected an object")?;
        let mut first = true;
        while self.0.more(first, b'}')? {
            first = false;
            let name = self.0.name()?.into_owned();
            map.place(name).fill(self)?;
        }
        Ok(())
    }

    /// Reads a list.
    pub(super) fn list(&mut self, list: &mut dyn List) -> Result<(), JsonError> {
        self.0.open(b'[', "expected a list")?;
        let mut first = true;
        while self.0.more(first, b']')? {
            first = false;
            list.place().fill(self)?;
        }
        Ok(())
    }

    /// Reads a list of texts without making each of them one of its own.
    pub(crate) fn texts(&mut self, each: &mut dyn FnMut(&str)) -> Result<(), JsonError> {
        self.0.open(b'[', "expected a list")?;
        let mut first = true;
        while self.0.more(first, b']')? {
            first = false;
            each(&self.0.string()?);
        }
        Ok(())
    }

    /// Reads a list of as many values as there are places.
    pub(super) fn tuple(&mut self, places: &mut [&mut dyn FromJson]) -> Result<(), JsonError> {
        self.0.open(b'[', "expected a list")?;
        let mut first = true;
        for place in places {
            if !self.0.more(first, b']')? {
                return Err(JsonError::new("a list with too few elements"));
            }
            first = false;
            place.fill(self)?;
        }
        if self.0.more(first, b']')? {
            return Err(JsonError::new("a list with too many elements"));
        }
        Ok(())
    }

    /// Reads a word, or an object of a number that goes by a word.
    pub(crate) fn word_with_number(&mut self) -> Result<(Cow<'de, str>, Option<u16>), JsonError> {
        if self.0.next() != b'{' {
            return Ok((self.0.string()?, None));
        }
        self.0.open(b'{', "expected an object")?;
        let word = self.0.name()?;
        let mut number = 0;
        number.fill(self)?;
        if self.0.more(false, b'}')? {
            return Err(JsonError::new("an object with too many fields"));
        }
        Ok((word, Some(number)))
    }

    /// Reads one of these words: its number.
    #[inline(never)]
    pub(crate) fn one_of(&mut self, words: &[&str]) -> Result<usize, JsonError> {
        number_of(&self.0.string()?, words)
    }

    /// Whether a list comes next.
    pub(super) fn is_list(&mut self) -> bool {
        self.0.next() == b'['
    }

    /// Whether `null` comes next, and goes behind it.
    pub(super) fn is_null(&mut self) -> bool {
        self.0.word("null")
    }

    pub(crate) fn text(&mut self) -> Result<String, JsonError> {
        self.0.string().map(Cow::into_owned)
    }

    pub(super) fn boolean(&mut self) -> Result<bool, JsonError> {
        if self.0.word("true") {
            Ok(true)
        } else if self.0.word("false") {
            Ok(false)
        } else {
            Err(JsonError::new("expected `true` or `false`"))
        }
    }

    pub(super) fn single(&mut self) -> Result<f32, JsonError> {
        number::single(self.0.number()?).ok_or_else(too_large)
    }

    pub(super) fn double(&mut self) -> Result<f64, JsonError> {
        number::double(self.0.number()?).ok_or_else(too_large)
    }

    /// Reads a whole number that `kind` has.
    pub(super) fn natural(
        &mut self,
        kind: &str,
        limits: RangeInclusive<u64>,
    ) -> Result<u64, JsonError> {
        let number = self.0.number()?;
        // Zero may be written so.
        let digits = if number == "-0" { "0" } else { number };
        let found = digits.parse().ok().filter(|found| limits.contains(found));
        found.ok_or_else(|| not_whole(kind, number))
    }

    /// The same of numbers that may be negative.
    pub(super) fn integer(
        &mut self,
        kind: &str,
        limits: RangeInclusive<i64>,
    ) -> Result<i64, JsonError> {
        let number = self.0.number()?;
        let found = number.parse().ok().filter(|found| limits.contains(found));
        found.ok_or_else(|| not_whole(kind, number))
    }
}

/// Which of these words it is.
pub(super) fn number_of(word: &str, words: &[&str]) -> Result<usize, JsonError> {
    let number = words.iter().position(|other| *other == word);
    number.ok_or_else(|| JsonError::among("variant", word, words))
}

#[cold]
#[inline(never)]
fn not_whole(kind: &str, number: &str) -> JsonError {
    JsonError::new(&format!("expected {kind} instead of {number}"))
}

fn too_large() -> JsonError {
    JsonError::new("the number is too large")
}
