//! A field as the mapping file states it, and how it is bound to the columns of a table.

use std::collections::BTreeMap;
use std::fmt;

use jiff::tz::TimeZone;
use serde::de::{self, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use super::cell::Cell;
use super::field::{Field, Origin};
use super::time::TimeFormat;

/// A field as the mapping file states it: the name of a column, or a table with more to say.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldSpec(pub(super) FieldOptions);

/// Everything that can be said of a field. Exactly one of the first four.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FieldOptions {
    /// The column.
    column: Option<String>,
    /// The first of these columns that is not empty.
    first_of: Vec<String>,
    /// The same text for every row.
    constant: Option<String>,
    /// 16 hexadecimal digits from these columns: an id for a source that has none.
    digest: Vec<String>,
    /// Between the words of a list.
    separator: Option<String>,
    /// Source text to our text.
    map: BTreeMap<String, String>,
    /// What becomes of texts that are not in `map`.
    unmapped: Unmapped,
    /// Formats tried in order; `iso` where none is given.
    time: OneOrMore,
    /// IANA zone of times without one; the city's where absent.
    zone: Option<String>,
    /// A column that holds the time of day for a date.
    clock: Option<String>,
    /// Which time of day in that column, from 0.
    clock_nth: usize,
    /// Numbers are multiplied by it.
    scale: Option<f64>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Unmapped {
    #[default]
    Keep,
    Error,
    Drop,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    #[default]
    None,
    One(TimeFormat),
    More(Vec<TimeFormat>),
}

impl<'de> Deserialize<'de> for FieldSpec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = FieldSpec;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("the name of a column, or a table with `column`, `first_of`, `constant` or `digest`")
            }
            fn visit_str<E: de::Error>(self, column: &str) -> Result<FieldSpec, E> {
                Ok(FieldSpec(FieldOptions {
                    column: Some(column.to_owned()),
                    ..FieldOptions::default()
                }))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FieldSpec, A::Error> {
                let options = FieldOptions::deserialize(MapAccessDeserializer::new(map))?;
                let origins = [
                    options.column.is_some(),
                    !options.first_of.is_empty(),
                    options.constant.is_some(),
                    !options.digest.is_empty(),
                ];
                if origins.into_iter().filter(|&given| given).count() != 1 {
                    return Err(de::Error::custom(
                        "give exactly one of `column`, `first_of`, `constant` and `digest`",
                    ));
                }
                Ok(FieldSpec(options))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

/// What resolving a field against a header may find wrong.
pub(super) enum Unresolved {
    /// A column the source does not have.
    Column(String),
    /// A time zone nobody knows.
    Zone(String),
}

/// What every field of a mapping shares.
pub(super) struct Surroundings<'a> {
    pub(super) columns: &'a [String],
    pub(super) empty: &'a [String],
    pub(super) zone: &'a TimeZone,
}

impl FieldSpec {
    /// Finds the columns.
    pub(super) fn resolve(
        &self,
        name: &'static str,
        around: &Surroundings<'_>,
    ) -> Result<Field, Unresolved> {
        let options = &self.0;
        let position = |column: &String| {
            around
                .columns
                .iter()
                .position(|found| found == column)
                .ok_or_else(|| Unresolved::Column(column.clone()))
        };
        let origin = if let Some(constant) = &options.constant {
            Origin::Constant(Cell::Text(constant.clone()))
        } else if !options.digest.is_empty() {
            Origin::Digest(
                options
                    .digest
                    .iter()
                    .map(position)
                    .collect::<Result<_, _>>()?,
            )
        } else {
            Origin::FirstOf(
                options
                    .column
                    .iter()
                    .chain(&options.first_of)
                    .map(position)
                    .collect::<Result<_, _>>()?,
            )
        };
        let zone = match &options.zone {
            Some(zone) => TimeZone::get(zone).map_err(|_| Unresolved::Zone(zone.clone()))?,
            None => around.zone.clone(),
        };
        Ok(Field {
            name,
            origin,
            empty: around.empty.to_vec(),
            separator: options.separator.clone(),
            map: options.map.clone(),
            unmapped: options.unmapped,
            formats: match &options.time {
                OneOrMore::None => vec![TimeFormat::Iso],
                OneOrMore::One(format) => vec![format.clone()],
                OneOrMore::More(formats) => formats.clone(),
            },
            zone,
            clock: options
                .clock
                .as_ref()
                .map(position)
                .transpose()?
                .map(|column| (column, options.clock_nth)),
            scale: options.scale,
        })
    }
}
