//! What serde asks of a format: each answer is short, because it is built again for every type that is read.

use std::borrow::Cow;

use serde::de::value::CowStrDeserializer;
use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::text::Text;
use super::{JsonError, number};

/// Reads values one after the other.
pub(super) struct Reader<'de>(Text<'de>);

/// A whole number, as far as it fits.
enum Whole {
    Natural(u64),
    Negative(i64),
}

impl<'de> Reader<'de> {
    pub(super) fn new(bytes: &'de [u8]) -> Result<Self, JsonError> {
        let text = std::str::from_utf8(bytes);
        let text = text.map_err(|error| JsonError::new(&error.to_string()))?;
        Ok(Self(Text::new(text)))
    }

    /// The value if nothing comes behind it. An error says where it was met.
    pub(super) fn finish<T>(&mut self, value: Result<T, JsonError>) -> Result<T, JsonError> {
        value
            .and_then(|value| self.0.end().map(|()| value))
            .map_err(|error| error.after(self.0.before()))
    }

    fn whole(&mut self) -> Result<Whole, JsonError> {
        let number = self.0.number()?;
        let natural = number.parse().map(Whole::Natural);
        let whole = natural.or_else(|_| number.parse().map(Whole::Negative));
        whole.map_err(|_| JsonError::new(&format!("{number} is not a whole number, or too large")))
    }

    fn single(&mut self) -> Result<f32, JsonError> {
        number::single(self.0.number()?).ok_or_else(too_large)
    }

    fn double(&mut self) -> Result<f64, JsonError> {
        number::double(self.0.number()?).ok_or_else(too_large)
    }

    fn boolean(&mut self) -> Result<bool, JsonError> {
        if self.0.word("true") {
            Ok(true)
        } else if self.0.word("false") {
            Ok(false)
        } else {
            Err(JsonError::new("expected `true` or `false`"))
        }
    }
}

fn too_large() -> JsonError {
    JsonError::new("the number is too large")
}

macro_rules! whole_numbers {
    ($($method:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
            match self.whole()? {
                Whole::Natural(number) => visitor.visit_u64(number),
                Whole::Negative(number) => visitor.visit_i64(number),
            }
        })*
    };
}

macro_rules! alike {
    ($($method:ident($($argument:ty),*) is $other:ident)*) => {
        $(fn $method<V: Visitor<'de>>(self, $(_: $argument,)* visitor: V) -> Result<V::Value, JsonError> {
            self.$other(visitor)
        })*
    };
}

type Names = &'static [&'static str];

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = JsonError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0.next() {
            b'"' => self.deserialize_string(visitor),
            b'[' => self.deserialize_seq(visitor),
            b'{' => self.deserialize_map(visitor),
            b'n' => self.deserialize_unit(visitor),
            b't' | b'f' => self.deserialize_bool(visitor),
            _ => self.deserialize_f64(visitor),
        }
    }

    whole_numbers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_f32(self.single()?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_f64(self.double()?)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.0.word("null") {
            visitor.visit_unit()
        } else {
            Err(JsonError::new("expected `null`"))
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        if self.0.word("null") {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        match self.0.string()? {
            Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.0.open(b'[', "expected a list")?;
        let mut elements = Elements::of(self, b']');
        let value = visitor.visit_seq(&mut elements)?;
        elements.end()?;
        Ok(value)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.0.open(b'{', "expected an object")?;
        let mut fields = Elements::of(self, b'}');
        let value = visitor.visit_map(&mut fields)?;
        fields.end()?;
        Ok(value)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: Names,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        let holds_more = self.0.next() == b'{';
        let name = if holds_more {
            self.0.open(b'{', "expected an object")?;
            self.0.name()?
        } else {
            self.0.string()?
        };
        let value = visitor.visit_enum(Variant {
            reader: self,
            name,
            holds_more,
        })?;
        if holds_more && self.0.more(false, b'}')? {
            return Err(JsonError::new("an object with too many fields"));
        }
        Ok(value)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, JsonError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, JsonError> {
        self.0.skip()?;
        visitor.visit_unit()
    }

    alike! {
        deserialize_str() is deserialize_string
        deserialize_identifier() is deserialize_string
        deserialize_struct(&'static str, Names) is deserialize_map
        deserialize_tuple(usize) is deserialize_seq
        deserialize_tuple_struct(&'static str, usize) is deserialize_seq
    }

    forward_to_deserialize_any! { char bytes byte_buf unit_struct }
}

/// What is in a list or an object.
struct Elements<'a, 'de> {
    reader: &'a mut Reader<'de>,
    bracket: u8,
    begun: bool,
    ended: bool,
}

impl<'a, 'de> Elements<'a, 'de> {
    fn of(reader: &'a mut Reader<'de>, bracket: u8) -> Self {
        Self {
            reader,
            bracket,
            begun: false,
            ended: false,
        }
    }

    fn more(&mut self) -> Result<bool, JsonError> {
        if !self.ended {
            self.ended = !self.reader.0.more(!self.begun, self.bracket)?;
            self.begun = true;
        }
        Ok(!self.ended)
    }

    fn name(&mut self) -> Result<Option<Cow<'de, str>>, JsonError> {
        self.more()?.then(|| self.reader.0.name()).transpose()
    }

    /// Whoever reads so many elements asks for no more.
    fn end(&mut self) -> Result<(), JsonError> {
        if self.more()? {
            return Err(JsonError::new("a list with too many elements"));
        }
        Ok(())
    }
}

/// Never inlined: what is read at many places, such as a text or a list of numbers, is built once.
impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = JsonError;

    #[inline(never)]
    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonError> {
        if self.more()? {
            seed.deserialize(&mut *self.reader).map(Some)
        } else {
            Ok(None)
        }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = JsonError;

    #[inline(never)]
    fn next_key_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, JsonError> {
        match self.name()? {
            Some(name) => seed.deserialize(CowStrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    #[inline(never)]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, JsonError> {
        seed.deserialize(&mut *self.reader)
    }
}

/// A variant: its name, or an object with what it holds under its name.
struct Variant<'a, 'de> {
    reader: &'a mut Reader<'de>,
    name: Cow<'de, str>,
    holds_more: bool,
}

impl<'a, 'de> EnumAccess<'de> for Variant<'a, 'de> {
    type Error = JsonError;
    type Variant = Content<'a, 'de>;

    fn variant_seed<T: DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<(T::Value, Self::Variant), JsonError> {
        let variant = seed.deserialize(CowStrDeserializer::new(self.name))?;
        Ok((variant, Content(self.holds_more.then_some(self.reader))))
    }
}

/// What a variant holds, if it holds anything.
struct Content<'a, 'de>(Option<&'a mut Reader<'de>>);

impl<'a, 'de> Content<'a, 'de> {
    fn some(self) -> Result<&'a mut Reader<'de>, JsonError> {
        self.0
            .ok_or_else(|| JsonError::new("this variant holds something"))
    }
}

impl<'de> VariantAccess<'de> for Content<'_, 'de> {
    type Error = JsonError;

    fn unit_variant(self) -> Result<(), JsonError> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(JsonError::new("this variant holds nothing")),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, JsonError> {
        seed.deserialize(self.some()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, JsonError> {
        self.some()?.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: Names, visitor: V) -> Result<V::Value, JsonError> {
        self.some()?.deserialize_map(visitor)
    }
}
