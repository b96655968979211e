//! The text of a document and how far it was read: what JSON is, whatever it is read into.

use std::borrow::Cow;

use super::JsonError;

/// How deep lists and objects may lie in each other: reading one takes a part of the stack.
const LIMIT_DEPTH: u8 = 128;

const ESCAPES: [(u8, char); 8] = [
    (b'"', '"'),
    (b'\\', '\\'),
    (b'/', '/'),
    (b'b', '\u{8}'),
    (b'f', '\u{c}'),
    (b'n', '\n'),
    (b'r', '\r'),
    (b't', '\t'),
];

/// Of each byte whether a string may not go on with it as it is.
const ENDS_PLAIN: [bool; 1 << 8] = {
    let mut ends = [false; 1 << 8];
    let mut byte = 0;
    while byte < b' ' {
        ends[byte as usize] = true;
        byte += 1;
    }
    ends[b'"' as usize] = true;
    ends[b'\\' as usize] = true;
    ends
};

/// A document and how far it was read.
pub(super) struct Text<'de> {
    all: &'de str,
    at: usize,
    depth: u8,
}

impl<'de> Text<'de> {
    pub(super) fn new(all: &'de str) -> Self {
        Self {
            all,
            at: 0,
            depth: 0,
        }
    }

    /// What was read.
    pub(super) fn before(&self) -> &'de str {
        &self.all[..self.at]
    }

    /// The first byte of what comes next, 0 where nothing does.
    pub(super) fn next(&mut self) -> u8 {
        loop {
            let byte = self.byte();
            // Whatever else comes next is larger than a space.
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return byte;
            }
            self.at += 1;
        }
    }

    /// Nothing comes any more.
    pub(super) fn end(&mut self) -> Result<(), JsonError> {
        self.next();
        if self.at == self.all.len() {
            Ok(())
        } else {
            Err(JsonError::new("trailing characters"))
        }
    }

    /// Goes into a list or an object.
    pub(super) fn open(&mut self, bracket: u8, what: &str) -> Result<(), JsonError> {
        self.next();
        if !self.take(bracket) {
            return Err(JsonError::new(what));
        }
        self.depth += 1;
        if self.depth > LIMIT_DEPTH {
            return Err(JsonError::new(
                "lists and objects are too deep in each other",
            ));
        }
        Ok(())
    }

    /// Whether a list or an object goes on, with its `first` or a later element; leaves it where it does not.
    pub(super) fn more(&mut self, first: bool, bracket: u8) -> Result<bool, JsonError> {
        let next = self.next();
        if next == bracket {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        if !first {
            if next != b',' {
                return Err(JsonError::new(
                    "expected `,` or the end of a list or an object",
                ));
            }
            self.at += 1;
        }
        Ok(true)
    }

    /// The name of an object's next field, up to its value.
    pub(super) fn name(&mut self) -> Result<Cow<'de, str>, JsonError> {
        let name = self.string()?;
        self.next();
        if self.take(b':') {
            Ok(name)
        } else {
            Err(JsonError::new("expected `:`"))
        }
    }

    /// Whether `word` comes next, and goes behind it.
    pub(super) fn word(&mut self, word: &str) -> bool {
        self.next();
        let is_next = self.all[self.at..].starts_with(word);
        if is_next {
            self.at += word.len();
        }
        is_next
    }

    /// A number as it is written.
    pub(super) fn number(&mut self) -> Result<&'de str, JsonError> {
        self.next();
        let from = self.at;
        self.take(b'-');
        let leading_zero = self.byte() == b'0';
        let digits = self.digits();
        let mut is_number = digits == 1 || digits > 1 && !leading_zero;
        if self.take(b'.') {
            is_number &= self.digits() > 0;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'-') || self.take(b'+');
            is_number &= self.digits() > 0;
        }
        if is_number {
            Ok(&self.all[from..self.at])
        } else {
            Err(JsonError::new("expected a number"))
        }
    }

    /// A string; a piece of the document where nothing in it is escaped.
    pub(super) fn string(&mut self) -> Result<Cow<'de, str>, JsonError> {
        self.next();
        if !self.take(b'"') {
            return Err(JsonError::new("expected a string"));
        }
        let mut text = Cow::Borrowed(self.plain());
        loop {
            if self.take(b'"') {
                return Ok(text);
            }
            if !self.take(b'\\') {
                return Err(JsonError::new(
                    "a string with a control character or no end",
                ));
            }
            let text = text.to_mut();
            text.push(self.escaped()?);
            text.push_str(self.plain());
        }
    }

    /// Reads any value and forgets it.
    pub(super) fn skip(&mut self) -> Result<(), JsonError> {
        match self.next() {
            b'"' => {
                self.string()?;
            }
            bracket @ (b'[' | b'{') => {
                let is_object = bracket == b'{';
                self.open(bracket, "")?;
                let mut first = true;
                while self.more(first, if is_object { b'}' } else { b']' })? {
                    first = false;
                    if is_object {
                        self.name()?;
                    }
                    self.skip()?;
                }
            }
            b't' | b'f' | b'n' => {
                if !["true", "false", "null"].iter().any(|word| self.word(word)) {
                    return Err(JsonError::new("expected a value"));
                }
            }
            _ => {
                self.number()?;
            }
        }
        Ok(())
    }

    fn byte(&self) -> u8 {
        self.all.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.byte() == byte;
        self.at += usize::from(is_next);
        is_next
    }

    fn digits(&mut self) -> usize {
        let rest = self.all.as_bytes()[self.at..].iter();
        let digits = rest.take_while(|byte| byte.is_ascii_digit()).count();
        self.at += digits;
        digits
    }

    /// What of a string needs no escape.
    fn plain(&mut self) -> &'de str {
        let rest = &self.all[self.at..];
        let ends = |byte: u8| ENDS_PLAIN[usize::from(byte)];
        let length = rest.bytes().position(ends).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn escaped(&mut self) -> Result<char, JsonError> {
        for (letter, character) in ESCAPES {
            if self.take(letter) {
                return Ok(character);
            }
        }
        let character = self.take(b'u').then(|| self.by_number()).flatten();
        character.ok_or_else(|| JsonError::new("there is no such escape"))
    }

    /// A character by its number, or by the two halves that UTF-16 makes of it.
    fn by_number(&mut self) -> Option<char> {
        let unit = self.unit()?;
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit);
        }
        if !(self.take(b'\\') && self.take(b'u')) {
            return None;
        }
        let low = self
            .unit()?
            .checked_sub(0xDC00)
            .filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + low)
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.all.get(self.at..self.at + 4)?;
        self.at += 4;
        let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| is_plain)
    }
}
