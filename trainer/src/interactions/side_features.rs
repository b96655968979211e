//! What is known of users or items beside who chose what: bags of categorical codes.

use std::collections::BTreeMap;

/// A bag of codes an entity, out of one code space. Different columns (genre, occupation) never share a code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SideFeatures {
    offsets: Vec<usize>,
    codes: Vec<u32>,
    names: Vec<String>,
}

impl SideFeatures {
    /// Learns a code for each distinct value: `entities[e]` are the values of entity `e`, such as `genre=Drama`. Codes
    /// are given in alphabetical order, so that they do not depend on the order of rows.
    pub fn learn(entities: &[Vec<String>]) -> Self {
        let distinct: BTreeMap<&str, ()> = entities
            .iter()
            .flatten()
            .map(|value| (value.as_str(), ()))
            .collect();
        let codes: BTreeMap<&str, u32> = distinct.into_keys().zip(0..).collect();
        let mut features = Self {
            offsets: vec![0],
            codes: Vec::new(),
            names: codes.keys().map(|&name| name.to_owned()).collect(),
        };
        for values in entities {
            let mut bag: Vec<u32> = values
                .iter()
                .filter_map(|value| codes.get(value.as_str()).copied())
                .collect();
            bag.sort_unstable();
            bag.dedup();
            features.codes.extend(bag);
            features.offsets.push(features.codes.len());
        }
        features
    }

    /// The codes of an entity, ascending; none for an unknown one.
    pub fn of(&self, entity: u32) -> &[u32] {
        let entity = entity as usize;
        match (self.offsets.get(entity), self.offsets.get(entity + 1)) {
            (Some(&from), Some(&until)) => &self.codes[from..until],
            _ => &[],
        }
    }

    /// How many codes there are.
    pub fn size(&self) -> usize {
        self.names.len()
    }

    /// What a code stands for.
    pub fn name(&self, code: u32) -> Option<&str> {
        self.names.get(code as usize).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_do_not_depend_on_the_order_of_rows() {
        let bag = |values: &[&str]| {
            values
                .iter()
                .map(|&value| value.to_owned())
                .collect::<Vec<_>>()
        };
        let one = SideFeatures::learn(&[bag(&["b", "a"]), bag(&[]), bag(&["c"])]);
        let other = SideFeatures::learn(&[bag(&["c"]), bag(&["a", "b", "a"])]);
        assert_eq!(one.of(0), other.of(1));
        assert_eq!((one.size(), one.name(2)), (3, Some("c")));
        assert!(one.of(1).is_empty() && one.of(9).is_empty());
    }
}
