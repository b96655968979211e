//! Maps of few entries as objects: read, written, and for serde by `#[serde(with = "json::map")]`. What serde makes of such a map
//! by itself is a list where it is empty.

use std::collections::BTreeMap;

use litemap::LiteMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::reader::{Map, Reader};
use super::{FromJson, JsonError};

impl<K: Ord + From<String>, T: FromJson> FromJson for LiteMap<K, T> {
    fn blank() -> Self {
        Self::new_vec()
    }

    /// Foreign names come in any order: they are sorted once, when all are there. Of one that comes twice the last stands.
    fn fill(&mut self, reader: &mut Reader<'_>) -> Result<(), JsonError> {
        let mut entries = Vec::new();
        reader.map(&mut entries)?;
        *self = entries.into_iter().collect();
        Ok(())
    }
}

impl<K: From<String>, T: FromJson> Map for Vec<(K, T)> {
    fn place(&mut self, name: String) -> &mut dyn FromJson {
        &mut self.push_mut((name.into(), T::blank())).1
    }
}

/// Writes a map as an object.
pub(crate) fn serialize<K: Serialize, V: Serialize, S: Serializer>(
    map: &LiteMap<K, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(map)
}

/// Reads a map from an object and nothing else.
pub(crate) fn deserialize<'de, K, V, D>(deserializer: D) -> Result<LiteMap<K, V>, D::Error>
where
    K: Ord + Deserialize<'de>,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let entries = BTreeMap::deserialize(deserializer)?;
    Ok(entries.into_iter().collect())
}

/// The same where there may be none.
pub(crate) fn deserialize_option<'de, K, V, D>(
    deserializer: D,
) -> Result<Option<LiteMap<K, V>>, D::Error>
where
    K: Ord + Deserialize<'de>,
    V: Deserialize<'de>,
    D: Deserializer<'de>,
{
    let entries: Option<BTreeMap<K, V>> = Option::deserialize(deserializer)?;
    Ok(entries.map(|entries| entries.into_iter().collect()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::json::{read, write};
    use crate::math::Random;

    #[derive(Serialize)]
    #[serde(transparent)]
    struct Written(#[serde(with = "super")] LiteMap<String, usize>);

    #[test]
    fn names_come_in_any_order_and_the_last_of_a_name_stands() {
        let mut random = Random::new(3);
        let entries: Vec<(usize, usize)> =
            (0..500).map(|place| (random.below(300), place)).collect();
        let fields = entries
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value}"));
        let json = format!("{{{}}}", fields.collect::<Vec<_>>().join(","));
        let expected: BTreeMap<String, usize> = (entries.iter())
            .map(|(key, value)| (key.to_string(), *value))
            .collect();
        assert!(expected.len() < entries.len());
        let map: LiteMap<String, usize> = read(json.as_bytes()).unwrap();
        assert!(map.iter().eq(&expected));
        assert_eq!(write(&Written(map)).unwrap(), write(&expected).unwrap());
    }

    #[test]
    fn an_empty_map_is_an_object() {
        assert_eq!(write(&Written(LiteMap::new_vec())).unwrap(), "{}");
        assert!(read::<LiteMap<String, usize>>(b"{}").unwrap().is_empty());
        assert!(read::<LiteMap<String, usize>>(b"[]").is_err());
    }
}
