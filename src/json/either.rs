//! What travelled as a list first and as an object since.

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
