//! What does a tower read?
//!
//! Bags of codes, each looked up in one embedding table and averaged, and then numbers. A [`TowerInput`] is such a row
//! before its codes are looked up: the same for the recommender, which embeds one row at a time, and for the trainer,
//! which gathers thousands and sends gradients back to the rows they came from.

use crate::feature::{ACTIVITY_NUMBERS, ActivityRow, CONTEXT_NUMBERS, USER_NUMBERS, UserRow};

use super::two_tower::EMBEDDING;

/// The embedding tables of the event towers and their widths, in order. Row 0 stands for unknown words and for those
/// newer than the training; only the availability windows have no such row.
pub const TABLE_WIDTHS: [(&str, usize); 10] = [
    ("tag", 16),
    ("kind", 8),
    ("locality", 8),
    ("level", 4),
    ("organiser", 8),
    ("series", 8),
    ("season", 4),
    ("weekday", 4),
    ("slot", 4),
    ("availability", 4),
];

const TAG: usize = 0;
const KIND: usize = 1;
const LOCALITY: usize = 2;
const LEVEL: usize = 3;
const ORGANISER: usize = 4;
const SERIES: usize = 5;
const SEASON: usize = 6;
const WEEKDAY: usize = 7;
const SLOT: usize = 8;
/// The table of availability windows in [`TABLE_WIDTHS`].
pub(super) const AVAILABILITY: usize = 9;

/// The tables the bags of [`TowerInput::of_activity`] are looked up in.
pub const ACTIVITY_TABLES: [usize; 9] = [
    KIND, TAG, LOCALITY, LEVEL, ORGANISER, SERIES, SEASON, WEEKDAY, SLOT,
];
/// The bags of [`TowerInput::of_activity`] that name one activity rather than a kind of activity: tags, organiser and
/// series. A training that hides some of them learns what to make of names it has never met.
pub const NAMING_BAGS: [usize; 3] = [1, 4, 5];
/// The tables the bags of [`TowerInput::of_user`] are looked up in.
pub const USER_TABLES: [usize; 6] = [TAG, LOCALITY, LEVEL, AVAILABILITY, SEASON, WEEKDAY];

/// Inputs of the activity tower: type, tags, locality, level, organiser, series, season, weekday, slot, numbers.
pub const ACTIVITY_INPUTS: usize = width(&ACTIVITY_TABLES) + ACTIVITY_NUMBERS.len();
/// Inputs of the user tower: tags, locality, level, availability, season and weekday of the moment, pooled history,
/// numbers, context numbers.
pub const USER_INPUTS: usize =
    width(&USER_TABLES) + EMBEDDING + USER_NUMBERS.len() + CONTEXT_NUMBERS.len();

const fn width(tables: &[usize]) -> usize {
    let (mut sum, mut number) = (0, 0);
    while number < tables.len() {
        sum += TABLE_WIDTHS[tables[number]].1;
        number += 1;
    }
    sum
}

/// One input row before its codes are looked up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TowerInput {
    codes: Vec<u32>,
    /// Where the codes of each bag end.
    ends: Vec<usize>,
    /// What follows the bags (and the pooled history, where a tower has one).
    pub numbers: Vec<f32>,
}

impl TowerInput {
    /// Adds a bag of codes, which may be empty.
    pub fn push(&mut self, codes: impl IntoIterator<Item = u32>) {
        self.codes.extend(codes);
        self.ends.push(self.codes.len());
    }

    /// The bags in order.
    pub fn bags(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(&0).chain(&self.ends);
        starts
            .zip(&self.ends)
            .map(|(&from, &until)| &self.codes[from..until])
    }

    /// The input of the activity tower.
    pub fn of_activity(activity: &ActivityRow) -> Self {
        let mut input = Self {
            numbers: activity.numbers.to_vec(),
            ..Self::default()
        };
        input.push([u32::from(activity.kind)]);
        input.push(activity.tags.iter().map(|&tag| u32::from(tag)));
        input.push([u32::from(activity.locality)]);
        input.push([u32::from(activity.level)]);
        input.push([u32::from(activity.organiser)]);
        input.push([u32::from(activity.series)]);
        input.push([u32::from(activity.season)]);
        input.push([u32::from(activity.weekday)]);
        input.push([u32::from(activity.slot)]);
        input
    }

    /// The input of the user tower, without the pooled history. Availability counts for the first `windows` windows, those
    /// the model has a row for.
    pub fn of_user(user: &UserRow, windows: usize) -> Self {
        let numbers = user.numbers.iter().chain(&user.context.numbers);
        let mut input = Self {
            numbers: numbers.copied().collect(),
            ..Self::default()
        };
        input.push(user.tags.iter().map(|&tag| u32::from(tag)));
        input.push([u32::from(user.locality)]);
        input.push([u32::from(user.level)]);
        let declared = availability_windows(user.availability);
        input.push(declared.filter(|&window| (window as usize) < windows));
        input.push([u32::from(user.context.season)]);
        input.push([u32::from(user.context.weekday)]);
        input
    }
}

/// The windows whose bit is set.
pub(super) fn availability_windows(bits: u16) -> impl Iterator<Item = u32> {
    (0..16).filter(move |bit| bits & (1 << bit) != 0)
}
