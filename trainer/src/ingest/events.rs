//! Rows to events.
//!
//! Ids are derived from the row, so that importing the same source twice gives the same events: a UUIDv7 of the time and
//! a digest of source, visitor, time and body. Devices are derived from the visitor; sequence numbers and visits from the
//! order in time.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::Value;
use triqueta::event::{ActivityId, Body, Consent, DeviceId, Event, EventId, Grade, SessionId};

use super::cell::{Cell, Flaw, Kind};
use super::field::Field;
use super::field_spec::FieldSpec;
use super::mapping::{BodyBlock, EventBlock, Mapping};
use super::reading::{Reading, Resolver};
use crate::Result;
use crate::digest::sha256_texts;

/// A pause longer than this begins another visit.
const VISIT_GAP_MS: i64 = 30 * 60 * 1_000;

/// Which events speak of one activity, and whether they must.
fn activity_of(kind: &str) -> Option<bool> {
    match kind {
        "detail_view" | "feedback" | "rating" | "favourite" | "attendance" => Some(true),
        "navigation" => Some(false),
        _ => None,
    }
}

/// How a column becomes a wire field.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    Whole,
    Number,
    Boolean,
    List,
}

/// The wire fields that can come from columns.
const WIRE_FIELDS: [(&str, Shape); 15] = [
    ("action", Shape::Text),
    ("attended", Shape::Boolean),
    ("browser", Shape::Text),
    ("clicked", Shape::List),
    ("comment", Shape::Text),
    ("device_type", Shape::Text),
    ("dwell_seconds", Shape::Number),
    ("external_click", Shape::Boolean),
    ("locale", Shape::Text),
    ("opinion", Shape::Text),
    ("query", Shape::Text),
    ("result_count", Shape::Whole),
    ("scroll_depth", Shape::Number),
    ("source", Shape::Text),
    ("stars", Shape::Whole),
];

struct Meaning {
    when: Vec<(usize, String)>,
    fixed: serde_json::Map<String, Value>,
    from: Vec<(&'static str, Shape, Field)>,
    activity: Option<bool>,
}

impl Meaning {
    fn new(
        block: &BodyBlock,
        has_activity: bool,
        mapping: &Mapping,
        resolver: &Resolver<'_>,
    ) -> Result<Self> {
        let wrong = |detail: &str| {
            mapping.impossible(&format!("[[events.body]] kind = {:?}", block.kind), detail)
        };
        if matches!(block.kind.as_str(), "impression" | "viewed") {
            return Err(wrong(
                "what was shown cannot be reconstructed from columns; send such events to the server",
            ));
        }
        let mut fixed =
            serde_json::Map::from_iter([("kind".to_owned(), Value::String(block.kind.clone()))]);
        for (name, value) in &block.set {
            let value = serde_json::to_value(value).map_err(|error| wrong(&error.to_string()))?;
            fixed.insert(name.clone(), value);
        }
        let mut from = Vec::new();
        for (name, spec) in &block.from {
            let Some(&(name, shape)) = WIRE_FIELDS.iter().find(|(known, _)| known == name) else {
                return Err(wrong(&format!(
                    "`{name}` is no field that can come from a column"
                )));
            };
            from.push((name, shape, resolver.field(name, spec)?));
        }
        let activity = activity_of(&block.kind);
        if activity == Some(true) && !has_activity {
            return Err(wrong("its block needs `activity`"));
        }
        let when = block
            .when
            .iter()
            .map(|(column, text)| Ok((resolver.column(column)?, text.clone())))
            .collect::<Result<_>>()?;
        let meaning = Self {
            when,
            fixed,
            from,
            activity,
        };
        meaning.rehearse().map_err(|detail| wrong(&detail))?;
        Ok(meaning)
    }

    /// Builds a body from made-up columns, so that a mistake in the mapping is one error and not one a row.
    fn rehearse(&self) -> std::result::Result<(), String> {
        let mut object = self.fixed.clone();
        for (name, shape, _) in &self.from {
            let value = match shape {
                // Which words are allowed is the rows' matter.
                Shape::Text if matches!(*name, "action" | "opinion" | "source" | "device_type") => {
                    return Ok(());
                }
                Shape::Text => Value::from("x"),
                Shape::Whole | Shape::Number => Value::from(1),
                Shape::Boolean => Value::from(true),
                Shape::List => Value::Array(Vec::new()),
            };
            object.insert((*name).to_owned(), value);
        }
        if self.activity == Some(true) {
            object.insert("activity".to_owned(), Value::from("x"));
        }
        serde_json::from_value::<Body>(Value::Object(object))
            .map(drop)
            .map_err(|error| error.to_string())
    }

    fn holds(&self, row: &[Cell]) -> bool {
        self.when.iter().all(|(column, text)| {
            row.get(*column).and_then(Cell::text).unwrap_or_default() == *text
        })
    }

    fn body(&self, row: &[Cell], activity: Option<&ActivityId>) -> std::result::Result<Body, Flaw> {
        let mut object = self.fixed.clone();
        for (name, shape, field) in &self.from {
            let value = match shape {
                Shape::Text => field.text(row)?.map(Value::from),
                Shape::Number => field.number(row)?.map(Value::from),
                Shape::Whole => field.number(row)?.map(|value| {
                    if value.fract() == 0.0 {
                        Value::from(value as i64)
                    } else {
                        Value::from(value)
                    }
                }),
                Shape::Boolean => field.boolean(row)?.map(Value::from),
                Shape::List => Some(Value::from(field.list(row)?)),
            };
            if let Some(value) = value {
                object.insert((*name).to_owned(), value);
            }
        }
        match (self.activity, activity) {
            (Some(true), None) => return Err(Flaw::new(Kind::FieldMissing, "`activity` is empty")),
            (Some(_), Some(activity)) => {
                object.insert("activity".to_owned(), Value::from(activity.0.clone()));
            }
            _ => {}
        }
        let impossible = |error: String| Flaw::new(Kind::EventImpossible, error);
        let body: Body = serde_json::from_value(Value::Object(object))
            .map_err(|error| impossible(error.to_string()))?;
        body.validate()
            .map_err(|error| impossible(error.to_string()))?;
        Ok(body)
    }
}

struct Fields {
    user: Field,
    activity: Option<Field>,
    time: Field,
    meanings: Vec<Meaning>,
}

impl Fields {
    fn new(block: &EventBlock, mapping: &Mapping, resolver: &Resolver<'_>) -> Result<Self> {
        let activity: Option<&FieldSpec> = block.activity.as_ref();
        Ok(Self {
            user: resolver.field("user", &block.user)?,
            activity: resolver.optional("activity", activity)?,
            time: resolver.field("time", &block.time)?,
            meanings: block
                .body
                .iter()
                .map(|body| Meaning::new(body, activity.is_some(), mapping, resolver))
                .collect::<Result<_>>()?,
        })
    }
}

/// Reads the events of all blocks. `users` are the known visitors, `None` where the source has no table of them.
pub(super) fn read(
    mapping: &Mapping,
    reading: &mut Reading<'_>,
    activities: &HashSet<ActivityId>,
    users: Option<&HashSet<String>>,
) -> Result<Vec<Event>> {
    let mut drafts: Vec<Event> = Vec::new();
    let mut seen: HashSet<EventId> = HashSet::new();
    for block in &mapping.events {
        let table = reading.open(&block.table)?;
        let fields = Fields::new(block, mapping, &reading.resolver(&table))?;
        reading.each(table, |row, _| {
            let event = draft(&fields, &mapping.name, row)?;
            if let Some(activity) = event.body.activity()
                && !activities.contains(activity)
            {
                return Err(Flaw::new(
                    Kind::EventUnknownActivity,
                    format!("activity {activity}"),
                ));
            }
            let user = event.user.as_deref().unwrap_or_default();
            if users.is_some_and(|users| !users.contains(user)) {
                return Err(Flaw::new(
                    Kind::EventUnknownVisitor,
                    format!("visitor {user}"),
                ));
            }
            if !seen.insert(event.id) {
                return Err(Flaw::new(
                    Kind::EventDuplicate,
                    format!("visitor {user} at {} ms", event.time_ms),
                ));
            }
            drafts.push(event);
            Ok(())
        })?;
    }
    Ok(number(drafts))
}

fn draft(fields: &Fields, source: &str, row: &[Cell]) -> std::result::Result<Event, Flaw> {
    let user = fields.user.needed(row)?;
    let activity = fields
        .activity
        .as_ref()
        .map_or(Ok(None), |field| field.text(row))?
        .map(ActivityId);
    let (time_ms, _) = fields.time.needed_time(row)?;
    let Some(meaning) = fields.meanings.iter().find(|meaning| meaning.holds(row)) else {
        return Err(Flaw::new(Kind::EventUnmatched, format!("visitor {user}")));
    };
    let body = meaning.body(row, activity.as_ref())?;
    let impossible = |error: String| Flaw::new(Kind::EventImpossible, error);
    let json = serde_json::to_string(&body).map_err(|error| impossible(error.to_string()))?;
    let event = Event {
        id: EventId::new(
            time_ms,
            &first(sha256_texts(&[
                "event",
                source,
                &user,
                &time_ms.to_string(),
                &json,
            ])),
        ),
        device: DeviceId::new(first(sha256_texts(&["device", source, &user]))),
        sequence: 0,
        time_ms,
        session: SessionId::new([0; 16]),
        user: Some(user),
        consent: Consent {
            grade: Grade::Upload,
            text_version: "import".to_owned(),
            ..Consent::default()
        },
        body,
    };
    event
        .validate()
        .map_err(|error| impossible(error.to_string()))?;
    Ok(event)
}

/// Sorts by time, and gives each device's events their sequence numbers and visits.
fn number(mut events: Vec<Event>) -> Vec<Event> {
    events.sort_by_key(|event| (event.time_ms, event.id));
    let mut devices: HashMap<DeviceId, (u64, i64, SessionId)> = HashMap::new();
    for event in &mut events {
        let (sequence, last_ms, session) =
            devices
                .entry(event.device)
                .or_insert((0, i64::MIN, SessionId::new([0; 16])));
        if event.time_ms.saturating_sub(*last_ms) > VISIT_GAP_MS {
            let texts = [
                "session",
                &event.device.to_string(),
                &event.time_ms.to_string(),
            ];
            *session = SessionId::new(first(sha256_texts(&texts)));
        }
        (*sequence, *last_ms) = (*sequence + 1, event.time_ms);
        (event.sequence, event.session) = (*sequence, *session);
    }
    events
}

/// The time of the first event of each activity.
pub(super) fn first_times(events: &[Event]) -> BTreeMap<&ActivityId, i64> {
    let mut times = BTreeMap::new();
    for event in events {
        if let Some(activity) = event.body.activity() {
            times.entry(activity).or_insert(event.time_ms);
        }
    }
    times
}

fn first<const N: usize>(digest: [u8; 32]) -> [u8; N] {
    std::array::from_fn(|index| digest.get(index).copied().unwrap_or_default())
}
