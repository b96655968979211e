//! What this device knows of the visitor, put so that they can read it and take it back.

use litemap::LiteMap;
use serde::Serialize;

use super::consent::View;
use super::sender::Counts;
use super::state::State;
use crate::catalog::{self, Row};
use crate::event::ActivityId;
use crate::history::{Action, Entry, Profile};

/// One remembered activity.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Interaction<'a> {
    activity: &'a ActivityId,
    title: String,
    kinds: Vec<&'static str>,
    last_ms: i64,
    weight: f32,
}

/// A word and how much it counts.
#[derive(Serialize)]
struct Inferred {
    value: String,
    weight: f32,
}

#[derive(Serialize)]
struct InferredAll {
    tags: Vec<Inferred>,
    types: Vec<Inferred>,
    localities: Vec<Inferred>,
    organisers: Vec<Inferred>,
}

#[derive(Serialize)]
struct OutboxCounts {
    pending: u64,
    /// Of these in memory alone.
    unsaved: u64,
    acknowledged: u64,
    dropped: u64,
}

/// Everything.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Knowledge<'a> {
    consent: View<'a>,
    profile: &'a Profile,
    interactions: Vec<Interaction<'a>>,
    inferred: InferredAll,
    outbox: OutboxCounts,
    device_id: Option<String>,
}

impl<'a> Knowledge<'a> {
    pub(super) fn of(
        state: &'a State,
        Counts {
            pending,
            unsaved,
            acknowledged,
            dropped,
        }: Counts,
        now_ms: i64,
    ) -> Self {
        let half_life_days = state.engine.bundle().schema.half_life_days;
        let acted = state
            .visitor
            .history
            .entries()
            .filter_map(|(id, entry)| Some((id, entry, entry.last_ms()?)));
        let mut interactions: Vec<Interaction<'_>> = acted
            .map(|(activity, entry, last_ms)| Interaction {
                activity,
                title: title(state, activity, entry),
                kinds: kinds(entry),
                last_ms,
                weight: entry.weight(now_ms, half_life_days),
            })
            .collect();
        interactions.sort_by(|a, b| b.last_ms.cmp(&a.last_ms).then(a.activity.cmp(b.activity)));
        Self {
            consent: View::of(&state.consent),
            profile: &state.visitor.profile,
            inferred: inferred(state, now_ms, half_life_days),
            interactions,
            outbox: OutboxCounts {
                pending,
                unsaved,
                acknowledged,
                dropped,
            },
            device_id: state.device().map(|device| device.to_string()),
        }
    }
}

fn title(state: &State, activity: &ActivityId, entry: &Entry) -> String {
    match entry.content.title.as_str() {
        "" => state
            .engine
            .card(activity)
            .map_or_else(|| activity.0.clone(), |card| card.title),
        title => title.to_owned(),
    }
}

fn kinds(entry: &Entry) -> Vec<&'static str> {
    let mut kinds: Vec<&'static str> = Vec::new();
    for signal in entry.signals() {
        let kind = match signal.action {
            Action::Opened(_) => "opened",
            Action::FollowedLink => "followed_link",
            Action::Maybe => "maybe",
            Action::Liked => "liked",
            Action::Disliked => "disliked",
            Action::Saved => "saved",
            Action::Unsaved => "unsaved",
            Action::Attended => "attended",
            Action::Missed => "missed",
            Action::Rated(_) => "rated",
            // Part of having opened it.
            Action::ReadTo(_) => continue,
        };
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn inferred(state: &State, now_ms: i64, half_life_days: f32) -> InferredAll {
    let mut sums: [LiteMap<&str, f32>; 4] = Default::default();
    for (_, entry) in state.visitor.history.entries() {
        let weight = entry.weight(now_ms, half_life_days);
        let content = &entry.content;
        for tag in &content.tags {
            *sums[0].entry(tag).or_default() += weight;
        }
        for (index, word) in [
            (1, &content.kind),
            (2, &content.locality),
            (3, &content.organiser),
        ] {
            if let Some(word) = word {
                *sums[index].entry(word).or_default() += weight;
            }
        }
    }
    let [tags, types, localities, organisers] = sums.map(strongest);
    InferredAll {
        tags,
        types,
        localities,
        organisers,
    }
}

/// The dozen words that count most, rejected ones included.
fn strongest(sums: LiteMap<&str, f32>) -> Vec<Inferred> {
    let mut words: Vec<Inferred> = sums
        .into_iter()
        .map(|(value, weight)| Inferred {
            value: value.to_owned(),
            weight,
        })
        .collect();
    words.sort_by(|a, b| {
        b.weight
            .abs()
            .total_cmp(&a.weight.abs())
            .then(a.value.cmp(&b.value))
    });
    words.truncate(12);
    words
}

/// A word of the catalogue and how many activities have it.
#[derive(Serialize)]
struct Word {
    value: String,
    count: u32,
}

#[derive(Serialize)]
struct CityView<'a> {
    name: &'a str,
    currency: &'a str,
    simulated: bool,
}

/// The words a page offers for choosing.
#[derive(Serialize)]
pub(super) struct Vocabulary<'a> {
    types: Vec<Word>,
    localities: Vec<Word>,
    levels: Vec<Word>,
    tags: Vec<Word>,
    availability: Vec<Word>,
    city: CityView<'a>,
}

impl<'a> Vocabulary<'a> {
    /// Counts over the activities that are still to come; words none of them has are left out.
    pub(super) fn of(state: &'a State, now_ms: i64) -> Self {
        let catalog = &state.engine.bundle().catalog;
        let (columns, words) = (catalog.columns(), catalog.words());
        let rows: Vec<Row> = catalog
            .live_rows()
            .filter(|row| columns.date(row.index()).start_ms >= now_ms)
            .collect();
        let count = |words: &catalog::Vocabulary, has: &dyn Fn(Row, u16) -> bool| -> Vec<Word> {
            let counted = words.terms().zip(1_u16..).map(|(value, code)| Word {
                value: value.to_owned(),
                count: rows.iter().filter(|&&row| has(row, code)).count() as u32,
            });
            let mut counted: Vec<Word> = counted.filter(|word| word.count > 0).collect();
            counted.sort_by(|a, b| b.count.cmp(&a.count).then(a.value.cmp(&b.value)));
            counted
        };
        let windows = catalog.city().availability.iter().take(16).enumerate();
        let availability = windows.map(|(index, window)| Word {
            value: window.name.clone(),
            count: rows
                .iter()
                .filter(|row| columns.date(row.index()).availability & (1 << index) != 0)
                .count() as u32,
        });
        Self {
            types: count(&words.types, &|row, code| {
                columns.content(row.index()).kind == code
            }),
            localities: count(&words.localities, &|row, code| {
                columns.place(row.index()).locality == code
            }),
            levels: count(&words.levels, &|row, code| {
                columns.content(row.index()).level == code
            }),
            tags: count(&words.tags, &|row, code| catalog.tags(row).contains(&code)),
            availability: availability.collect(),
            city: CityView {
                name: &catalog.city().name,
                currency: &catalog.city().currency,
                simulated: catalog.city().simulated,
            },
        }
    }
}
