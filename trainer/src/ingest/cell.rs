//! One value of a source, before anybody knows what it means.

use serde_json::Value;

/// A value as the source holds it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    /// Nothing.
    Null,
    /// Text, trimmed by nobody.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A list of texts.
    List(Vec<String>),
    /// A moment, Unix ms, where the source itself knows that it is one.
    Time(i64),
}

impl Cell {
    /// A value of JSON; objects stay JSON text.
    pub(super) fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(value),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => Self::Integer(integer),
                None => Self::Number(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => Self::Text(text),
            Value::Array(values) => Self::List(
                values
                    .into_iter()
                    .filter_map(|value| Self::from_json(value).text())
                    .collect(),
            ),
            object @ Value::Object(_) => Self::Text(object.to_string()),
        }
    }

    /// The value as trimmed text; `None` for nothing and for lists.
    pub(super) fn text(&self) -> Option<String> {
        match self {
            Self::Null | Self::List(_) => None,
            Self::Text(text) => Some(text.trim().to_owned()),
            Self::Integer(value) | Self::Time(value) => Some(value.to_string()),
            // A column of whole numbers with gaps often arrives as fractions: 12.0 is the id 12.
            Self::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => {
                Some(format!("{value:.0}"))
            }
            Self::Number(value) => Some(value.to_string()),
            Self::Boolean(value) => Some(value.to_string()),
        }
    }
}

/// One row of a source: where it stood, and its cells or why there are none.
#[derive(Debug)]
pub(super) struct Record {
    /// Line of a text file, row of a table, from 1.
    pub(super) line: u64,
    /// Cells in the order of the table's columns.
    pub(super) cells: Result<Vec<Cell>, Flaw>,
    /// Units of progress it stands for.
    pub(super) units: u64,
}

/// Why a row, or a field of it, cannot be used: a stable kind and the detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) kind: Kind,
    pub(super) detail: String,
}

impl Flaw {
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }
}

/// The kinds of flaws and of things worth knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    RowColumns,
    RowEncoding,
    RowJson,
    FieldMissing,
    FieldNumber,
    FieldBoolean,
    FieldTime,
    FieldUnmapped,
    PlaceHalf,
    ActivityImpossible,
    ActivityDuplicate,
    VisitorDuplicate,
    VisitorImpossible,
    EventImpossible,
    EventUnmatched,
    EventUnknownActivity,
    EventUnknownVisitor,
    EventDuplicate,
    // Worth knowing, no reason to refuse the row:
    WordUnified,
    PlaceUnknown,
    PriceUnclear,
    ClockUnclear,
}

impl Kind {
    /// The stable code and what it means, cause included.
    pub(super) fn describe(self) -> (&'static str, &'static str) {
        match self {
            Self::RowColumns => (
                "ROW_COLUMNS",
                "the row has another number of columns than the header (a stray separator or quote, or a cut file)",
            ),
            Self::RowEncoding => (
                "ROW_ENCODING",
                "the row is not UTF-8 (exported in another encoding; convert it)",
            ),
            Self::RowJson => ("ROW_JSON", "the line is not a JSON object"),
            Self::FieldMissing => ("FIELD_MISSING", "a value that must be there is empty"),
            Self::FieldNumber => ("FIELD_NUMBER", "a value is not a number"),
            Self::FieldBoolean => ("FIELD_BOOLEAN", "a value is neither true nor false"),
            Self::FieldTime => (
                "FIELD_TIME",
                "a value is not a time of the format the mapping states",
            ),
            Self::FieldUnmapped => ("FIELD_UNMAPPED", "a value is not in the mapping's list"),
            Self::PlaceHalf => (
                "PLACE_HALF",
                "a latitude without a longitude, or the other way round",
            ),
            Self::ActivityImpossible => (
                "ACTIVITY_IMPOSSIBLE",
                "an activity cannot be as it is described",
            ),
            Self::ActivityDuplicate => (
                "ACTIVITY_DUPLICATE",
                "an activity id occurs twice (skipping keeps the last row)",
            ),
            Self::VisitorDuplicate => (
                "VISITOR_DUPLICATE",
                "a visitor id occurs twice (skipping keeps the last row)",
            ),
            Self::VisitorImpossible => (
                "VISITOR_IMPOSSIBLE",
                "a visitor cannot be as it is described",
            ),
            Self::EventImpossible => ("EVENT_IMPOSSIBLE", "an event cannot be as it is described"),
            Self::EventUnmatched => (
                "EVENT_UNMATCHED",
                "no `body` of the mapping says what this row means",
            ),
            Self::EventUnknownActivity => (
                "EVENT_UNKNOWN_ACTIVITY",
                "an event of an activity that is not in the source",
            ),
            Self::EventUnknownVisitor => (
                "EVENT_UNKNOWN_VISITOR",
                "an event of a visitor who is not in the source",
            ),
            Self::EventDuplicate => (
                "EVENT_DUPLICATE",
                "the same event by the same visitor at the same time occurs twice (skipping keeps one)",
            ),
            Self::WordUnified => (
                "WORD_UNIFIED",
                "spellings that differ only in case or accents became one word",
            ),
            Self::PlaceUnknown => (
                "PLACE_UNKNOWN",
                "a stand-in coordinate was taken as unknown",
            ),
            Self::PriceUnclear => (
                "PRICE_UNCLEAR",
                "price and free flag contradict each other; the price counts, and a price of 0 that is not free is unknown",
            ),
            Self::ClockUnclear => (
                "CLOCK_UNCLEAR",
                "the time of day could not be read; the start of the day was taken",
            ),
        }
    }
}
