//! What can be read from JSON: types of the language, and by [`object`] and [`words`] those of this crate.
//!
//! A value is there before it is read; what is read replaces it. So a type is little more than a table, names and the places where
//! what goes by them belongs, and all objects are read by one function. Serde's readers are code of their own for every type, and a
//! visitor would download all of it.

use std::sync::Arc;

use uuid::Uuid;

use super::JsonError;
use super::reader::{List, Reader, number_of};

/// What can be read from JSON.
pub trait FromJson {
    /// What stands there until it is read, and for good where its field is absent and may be.
    fn blank() -> Self
    where
        Self: Sized;

    /// Reads what comes next into its place. Whatever stands there is replaced.
    ///
    /// # Errors
    /// What comes instead.
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError>;
}

/// Reads a struct from an object: `object!(Type: strict { needed, other = "nameInJson" } { absent })`. The fields in the first
/// brackets must be there, those in the second may be absent. Fields of other names are refused, or passed over if it is
/// `lenient`. What the struct is before it is read may be said last.
macro_rules! object {
    (
        $type:ty: $others:ident
        { $($(#[$needed_on:meta])* $needed:ident $(= $needed_name:literal)?),* $(,)? }
        $({ $($(#[$on:meta])* $field:ident $(= $name:literal)?),* $(,)? })?
    ) => {
        $crate::json::object! {
            $type: $others
            { $($(#[$needed_on])* $needed $(= $needed_name)?),* }
            { $($($(#[$on])* $field $(= $name)?),*)? }
            or Self {
                $($needed: $crate::json::FromJson::blank(),)*
                $($($field: $crate::json::FromJson::blank(),)*)?
            }
        }
    };
    (
        $type:ty: $others:ident
        { $($(#[$needed_on:meta])* $needed:ident $(= $needed_name:literal)?),* }
        { $($(#[$on:meta])* $field:ident $(= $name:literal)?),* $(,)? }
        or $blank:expr
    ) => {
        impl $crate::json::FromJson for $type {
            fn blank() -> Self {
                $blank
            }

            fn fill(
                &mut self,
                reader: &mut $crate::json::Reader<'_>,
            ) -> Result<(), $crate::json::JsonError> {
                // A field that is in no list does not compile.
                let Self {
                    $($needed: _,)*
                    $($field: _,)*
                } = self;
                const NEEDED: &[&str] =
                    &[$($(#[$needed_on])* $crate::json::name!($needed $($needed_name)?)),*];
                const NAMES: &[&str] = &[
                    $($(#[$needed_on])* $crate::json::name!($needed $($needed_name)?),)*
                    $($(#[$on])* $crate::json::name!($field $($name)?),)*
                ];
                const FIELDS: $crate::json::Fields =
                    $crate::json::Fields::$others(NAMES, NEEDED.len());
                reader.object(
                    &FIELDS,
                    &mut [
                        $($(#[$needed_on])* &mut self.$needed,)*
                        $($(#[$on])* &mut self.$field,)*
                    ],
                )
            }
        }
    };
}

/// What a field is called.
macro_rules! name {
    ($field:ident $name:literal) => {
        $name
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// Reads an enum without content from a word: `words!(Type { Variant = "word" })`. Blank is its first variant.
macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $crate::json::Word for $type {
            const WORDS: &[&str] = &[$($word),*];
            const ALL: &[Self] = &[$(Self::$variant),*];
        }

        impl $crate::json::FromJson for $type {
            fn blank() -> Self {
                <Self as $crate::json::Word>::ALL[0]
            }

            fn fill(
                &mut self,
                reader: &mut $crate::json::Reader<'_>,
            ) -> Result<(), $crate::json::JsonError> {
                let number = reader.one_of(<Self as $crate::json::Word>::WORDS)?;
                *self = <Self as $crate::json::Word>::ALL[number];
                Ok(())
            }
        }
    };
}

/// What is one of a few words.
pub trait Word: Copy + 'static {
    /// The words.
    const WORDS: &[&str];
    /// What they mean, in the same order.
    const ALL: &[Self];

    /// What a word means.
    ///
    /// # Errors
    /// It is none of them.
    fn of_word(word: &str) -> Result<Self, JsonError> {
        Ok(Self::ALL[number_of(word, Self::WORDS)?])
    }
}

/// Reads a struct of one field as this field: `alone!(Type)`.
macro_rules! alone {
    ($type:ty) => {
        impl $crate::json::FromJson for $type {
            fn blank() -> Self {
                Self($crate::json::FromJson::blank())
            }

            fn fill(
                &mut self,
                reader: &mut $crate::json::Reader<'_>,
            ) -> Result<(), $crate::json::JsonError> {
                self.0.fill(reader)
            }
        }
    };
}

/// Reads a type as the form in which it travels: `travels!(Type as Form)`.
macro_rules! travels {
    ($type:ty as $form:ty) => {
        impl $crate::json::FromJson for $type {
            fn blank() -> Self {
                Self::default()
            }

            fn fill(
                &mut self,
                reader: &mut $crate::json::Reader<'_>,
            ) -> Result<(), $crate::json::JsonError> {
                let mut form = <$form as $crate::json::FromJson>::blank();
                form.fill(reader)?;
                let made = <$type>::try_from(form);
                *self = made.map_err(|error| $crate::json::JsonError::new(&error.to_string()))?;
                Ok(())
            }
        }
    };
}

pub(crate) use {alone, name, object, travels, words};

macro_rules! whole_numbers {
    ($($type:ident by $method:ident in $wide:ident,)*) => {
        $(impl FromJson for $type {
            fn blank() -> Self {
                0
            }

            fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
                let limits = $wide::from($type::MIN)..=$wide::from($type::MAX);
                *self = reader.$method(stringify!($type), limits)? as $type;
                Ok(())
            }
        })*
    };
}

whole_numbers! {
    u8 by natural in u64,
    u16 by natural in u64,
    u32 by natural in u64,
    u64 by natural in u64,
    i32 by integer in i64,
    i64 by integer in i64,
}

impl FromJson for usize {
    fn blank() -> Self {
        0
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        *self = reader.natural("usize", 0..=usize::MAX as u64)? as usize;
        Ok(())
    }
}

macro_rules! plain {
    ($($type:ident by $method:ident,)*) => {
        $(impl FromJson for $type {
            fn blank() -> Self {
                Self::default()
            }

            fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
                *self = reader.$method()?;
                Ok(())
            }
        })*
    };
}

plain! {
    f32 by single,
    f64 by double,
    bool by boolean,
    String by text,
}

impl FromJson for Uuid {
    fn blank() -> Self {
        Self::nil()
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let text = reader.text()?;
        let id = Self::try_parse(&text);
        *self = id.map_err(|_| JsonError::new("expected a UUID"))?;
        Ok(())
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn blank() -> Self {
        None
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        if reader.is_null() {
            *self = None;
            return Ok(());
        }
        self.insert(T::blank()).fill(reader)
    }
}

impl<T: FromJson> FromJson for Arc<T> {
    fn blank() -> Self {
        Self::new(T::blank())
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let mut value = T::blank();
        value.fill(reader)?;
        *self = Self::new(value);
        Ok(())
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn blank() -> Self {
        Self::new()
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        self.clear();
        reader.list(self)
    }
}

impl<T: FromJson> List for Vec<T> {
    fn place(&mut self) -> &mut dyn FromJson {
        self.push_mut(T::blank())
    }
}

impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn blank() -> Self {
        (A::blank(), B::blank())
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        reader.tuple(&mut [&mut self.0, &mut self.1])
    }
}
