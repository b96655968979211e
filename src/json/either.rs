//! What travelled as a list first and as an object since.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Serialize, Serializer};

use super::{FromJson, JsonError, Reader};

/// A list of `L`, or an object `O`.
pub enum ListOrObject<L, O> {
    /// The list.
    List(Vec<L>),
    /// The object.
    Object(O),
}

impl<L: Serialize, O: Serialize> Serialize for ListOrObject<L, O> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::List(list) => list.serialize(serializer),
            Self::Object(object) => object.serialize(serializer),
        }
    }
}

impl<'de, L: Deserialize<'de>, O: Deserialize<'de>> Deserialize<'de> for ListOrObject<L, O> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Either(PhantomData))
    }
}

struct Either<L, O>(PhantomData<(L, O)>);

impl<'de, L: Deserialize<'de>, O: Deserialize<'de>> Visitor<'de> for Either<L, O> {
    type Value = ListOrObject<L, O>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(ListOrObject::List)
    }

    fn visit_map<A: MapAccess<'de>>(self, object: A) -> Result<Self::Value, A::Error> {
        O::deserialize(MapAccessDeserializer::new(object)).map(ListOrObject::Object)
    }
}

impl<L: FromJson, O: FromJson> FromJson for ListOrObject<L, O> {
    fn blank() -> Self {
        Self::List(Vec::new())
    }

    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        if reader.is_list() {
            let mut list = Vec::new();
            list.fill(reader)?;
            *self = Self::List(list);
        } else {
            let mut object = O::blank();
            object.fill(reader)?;
            *self = Self::Object(object);
        }
        Ok(())
    }
}
