//! The visitor as a model sees them: what they declared, statistics of what they did, and the activities they did it
//! with, each as a row that can be embedded anew.

use std::sync::Arc;

use super::activity::ActivityRow;
use super::context::ContextRow;
use super::schema::Schema;
use crate::catalog::{Content, Words};
use crate::event::ActivityId;
use crate::history::Visitor;
use crate::math::{ln_1p, sort};

/// Names of [`UserRow::numbers`], in order.
pub const USER_NUMBERS: [&str; 11] = [
    "positives_log",
    "type_diversity",
    "locality_diversity",
    "account_age_log",
    "positives_per_week_log",
    "mean_price_log",
    "free_share",
    "weekend_share",
    "has_history",
    "declared_tags",
    "rejections_log",
];

const DAY_MS: f32 = 86_400_000.0;

/// One remembered activity.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The activity's id; breaks ties.
    pub id: ActivityId,
    /// What it was.
    pub activity: Arc<ActivityRow>,
    /// How much it counts now; negative for rejections.
    pub weight: f32,
    /// Whether a positive signal stands.
    pub positive: bool,
    /// When the visitor last acted on it, Unix ms.
    pub last_ms: i64,
}

/// One visitor at one moment, ready for a model.
#[derive(Debug, Clone, PartialEq)]
pub struct UserRow {
    /// Codes of the declared tags, ascending.
    pub tags: Vec<u16>,
    /// Code of the preferred locality.
    pub locality: u16,
    /// Code of the preferred level.
    pub level: u16,
    /// Declared parts of the week, bit `i` for the city's window `i`.
    pub availability: u16,
    /// Columns as [`USER_NUMBERS`] names them.
    pub numbers: [f32; USER_NUMBERS.len()],
    /// When it is.
    pub context: ContextRow,
    /// What the visitor acted on, in order of id, without entries that weigh nothing or of which nothing is known.
    pub history: Vec<Past>,
}

impl UserRow {
    /// The row of a visitor at `now_ms`. `words` are the catalogue's, which extend the schema's.
    pub fn of(visitor: &Visitor, schema: &Schema, words: &Words, now_ms: i64) -> Self {
        Self::recalling(visitor, schema, words, now_ms, |_, content| {
            Arc::new(ActivityRow::of_content(content, &schema.city, words))
        })
    }

    /// The same for a caller who may have the rows of remembered activities already: `row_of` makes or finds them.
    pub fn recalling(
        visitor: &Visitor,
        schema: &Schema,
        words: &Words,
        now_ms: i64,
        row_of: impl FnMut(&ActivityId, &Arc<Content>) -> Arc<ActivityRow>,
    ) -> Self {
        let profile = &visitor.profile;
        let mut tags: Vec<u16> = profile
            .tags
            .iter()
            .map(|tag| words.tags.code(tag))
            .filter(|&code| code != 0)
            .collect();
        tags.sort_unstable();
        tags.dedup();
        let windows = schema.city.availability.iter().take(16).enumerate();
        let availability = windows
            .filter(|(_, window)| profile.availability.contains(&window.name))
            .fold(0, |bits, (index, _)| bits | 1 << index);
        let history = remembered(visitor, schema, now_ms, row_of);
        Self {
            numbers: numbers(visitor, &history, tags.len(), now_ms),
            tags,
            locality: words.localities.code_of(profile.locality.as_deref()),
            level: words.levels.code_of(profile.level.as_deref()),
            availability,
            context: ContextRow::at(now_ms, &schema.city),
            history,
        }
    }

    /// How much the history can be trusted, from 0 (nothing known) towards 1: `n / (n + 3)` of `n` positive signals.
    pub fn maturity(&self) -> f32 {
        let positives = self.history.iter().filter(|past| past.positive).count() as f32;
        positives / (positives + 3.0)
    }
}

fn remembered(
    visitor: &Visitor,
    schema: &Schema,
    now_ms: i64,
    mut row_of: impl FnMut(&ActivityId, &Arc<Content>) -> Arc<ActivityRow>,
) -> Vec<Past> {
    let acted = visitor
        .history
        .entries()
        .filter(|(_, entry)| *entry.content != Content::default())
        .filter_map(|(id, entry)| Some((id, entry, entry.last_ms()?)));
    acted
        .filter_map(|(id, entry, last_ms)| {
            let weight = entry.weight(now_ms, schema.half_life_days);
            (weight != 0.0).then(|| Past {
                id: id.clone(),
                activity: row_of(id, &entry.content),
                weight,
                positive: entry.is_positive(),
                last_ms,
            })
        })
        .collect()
}

fn numbers(
    visitor: &Visitor,
    history: &[Past],
    declared: usize,
    now_ms: i64,
) -> [f32; USER_NUMBERS.len()] {
    let liked: Vec<&Past> = history.iter().filter(|past| past.positive).collect();
    let count = liked.len() as f32;
    let share = |hits: usize| {
        if liked.is_empty() {
            0.0
        } else {
            hits as f32 / count
        }
    };
    let distinct = |code: fn(&Past) -> u16| {
        let mut codes: Vec<u16> = liked.iter().map(|past| code(past)).collect();
        sort(&mut codes, |a, b| a < b);
        codes.dedup();
        share(codes.len())
    };
    let first_ms = history.iter().map(|past| past.last_ms).min();
    let since_ms = visitor
        .profile
        .since_ms
        .into_iter()
        .chain(first_ms)
        .min()
        .unwrap_or(now_ms);
    let age_days = (now_ms.saturating_sub(since_ms).max(0) as f32 / DAY_MS).min(36_500.0);
    let prices: Vec<f32> = liked
        .iter()
        .map(|past| past.activity.price)
        .filter(|price| !price.is_nan())
        .collect();
    let mean_price_log = if prices.is_empty() {
        0.0
    } else {
        prices.iter().map(|&price| ln_1p(price)).sum::<f32>() / prices.len() as f32 / 10.0
    };
    [
        ln_1p(count) / 3.0,
        distinct(|past| past.activity.kind),
        distinct(|past| past.activity.locality),
        ln_1p(age_days) / 6.0,
        ln_1p(count / (age_days / 7.0).max(1.0)),
        mean_price_log,
        share(
            liked
                .iter()
                .filter(|past| past.activity.price == 0.0)
                .count(),
        ),
        share(
            liked
                .iter()
                .filter(|past| past.activity.weekday >= 5)
                .count(),
        ),
        f32::from(u8::from(!history.is_empty())),
        (declared as f32 / 5.0).min(2.0),
        ln_1p(history.iter().filter(|past| past.weight < 0.0).count() as f32) / 3.0,
    ]
}
