//! Which row of a factorization machine stands for what: every word, weekday and number a visitor or an activity can
//! have, and the features of the two together.
//!
//! Every vocabulary has a row for unknown words, at code 0, which words newer than the training read too. The pair
//! features come last, so that a machine learned before one was appended lacks only the last rows.

use litemap::LiteMap;

use super::factorization_machine::Feature;
use super::tower_input::availability_windows;
use crate::feature::{
    ACTIVITY_NUMBERS, ActivityRow, CONTEXT_NUMBERS, PAIR_FEATURES, PairRow, Schema, USER_NUMBERS,
    UserRow,
};

/// How many pair features there are.
pub(super) const PAIRS: usize = PAIR_FEATURES.len();

/// The kinds of features, in the order of their rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    DeclaredTag,
    DeclaredLocality,
    DeclaredLevel,
    Availability,
    Season,
    Weekday,
    PastTag,
    PastKind,
    PastLocality,
    PastOrganiser,
    PastSeries,
    PastWeekday,
    PastSlot,
    VisitorNumber,
    MomentNumber,
    ActivityTag,
    ActivityKind,
    ActivityLocality,
    ActivityLevel,
    ActivityOrganiser,
    ActivitySeries,
    ActivitySeason,
    ActivityWeekday,
    ActivitySlot,
    ActivityNumber,
    Pair,
}

/// How many blocks there are.
const BLOCKS: usize = Block::Pair as usize + 1;

/// Which row of a machine stands for which feature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureSpace {
    starts: [u32; BLOCKS + 1],
}

impl FeatureSpace {
    /// The rows a schema asks for.
    pub fn of(schema: &Schema) -> Self {
        let words = &schema.words;
        let (tags, kinds) = (words.tags.size(), words.types.size());
        let (localities, levels) = (words.localities.size(), words.levels.size());
        let (organisers, series) = (words.organisers.size(), words.series.size());
        let seasons = schema.city.seasons.len() + 1;
        let windows = schema.city.availability.len().min(16);
        let visitor = [tags, localities, levels, windows, seasons, 7];
        let past = [tags, kinds, localities, organisers, series, 7, 6];
        let numbers = [USER_NUMBERS.len(), CONTEXT_NUMBERS.len()];
        let activity = [
            tags,
            kinds,
            localities,
            levels,
            organisers,
            series,
            seasons,
            7,
            6,
            ACTIVITY_NUMBERS.len(),
            PAIRS,
        ];
        let sizes = visitor.iter().chain(&past).chain(&numbers).chain(&activity);
        let mut starts = [0; BLOCKS + 1];
        for (block, &size) in sizes.enumerate() {
            starts[block + 1] = starts[block] + size as u32;
        }
        Self { starts }
    }

    /// How many rows there are.
    pub fn size(&self) -> usize {
        self.starts[BLOCKS] as usize
    }

    /// The row of a code; that of unknown ones for a code newer than the training.
    fn row(&self, block: Block, code: usize) -> u32 {
        let (start, end) = (self.starts[block as usize], self.starts[block as usize + 1]);
        let row = start.saturating_add(u32::try_from(code).unwrap_or(u32::MAX));
        if row < end { row } else { start }
    }

    /// The row each row's code is hidden behind when it is taken for unknown: the first of its vocabulary; itself where a
    /// feature is no word.
    pub fn unknown_rows(&self) -> Vec<u32> {
        let is_word = |block: usize| {
            let closed = [
                Block::Availability,
                Block::Weekday,
                Block::PastWeekday,
                Block::PastSlot,
                Block::VisitorNumber,
                Block::MomentNumber,
                Block::ActivityWeekday,
                Block::ActivitySlot,
                Block::ActivityNumber,
                Block::Pair,
            ];
            !closed.iter().any(|&closed| closed as usize == block)
        };
        let blocks = (0..BLOCKS).map(|block| (block, self.starts[block]..self.starts[block + 1]));
        blocks
            .flat_map(|(block, rows)| {
                let first = rows.start;
                rows.map(move |row| if is_word(block) { first } else { row })
            })
            .collect()
    }

    fn numbers<'a>(&self, block: Block, numbers: &'a [f32]) -> impl Iterator<Item = Feature> + 'a {
        let start = self.starts[block as usize];
        (start..)
            .zip(numbers.iter().copied())
            .filter(|(_, x)| *x != 0.0)
    }

    /// A bag whose entries weigh `1 / √n`: many tags do not shout louder than one.
    fn bag(&self, block: Block, codes: impl Iterator<Item = usize>, into: &mut Vec<Feature>) {
        let from = into.len();
        let mut counts: LiteMap<u32, f32> = LiteMap::new_vec();
        let mut total = 0.0_f32;
        for code in codes {
            *counts.entry(self.row(block, code)).or_default() += 1.0;
            total += 1.0;
        }
        into.extend(counts);
        let scale = 1.0 / libm::sqrtf(total.max(1.0));
        for feature in &mut into[from..] {
            feature.1 *= scale;
        }
    }

    /// The visitor's features at a moment. `history` are the remembered activities and their weights, which may stand
    /// for `user.history`; each counts by its share of all weights.
    pub fn visitor<'a>(
        &self,
        user: &UserRow,
        history: impl Iterator<Item = (&'a ActivityRow, f32)> + Clone,
    ) -> Vec<Feature> {
        let mut features = Vec::new();
        let tags = user.tags.iter().map(|&tag| usize::from(tag));
        self.bag(Block::DeclaredTag, tags, &mut features);
        let mut one = |block, code: usize| features.push((self.row(block, code), 1.0));
        one(Block::DeclaredLocality, usize::from(user.locality));
        one(Block::DeclaredLevel, usize::from(user.level));
        one(Block::Season, usize::from(user.context.season));
        one(Block::Weekday, usize::from(user.context.weekday));
        let windows = self.starts[Block::Availability as usize + 1]
            - self.starts[Block::Availability as usize];
        let windows = availability_windows(user.availability).filter(|&window| window < windows);
        self.bag(
            Block::Availability,
            windows.map(|window| window as usize),
            &mut features,
        );
        features.extend(self.past(history));
        features.extend(self.numbers(Block::VisitorNumber, &user.numbers));
        features.extend(self.numbers(Block::MomentNumber, &user.context.numbers));
        features
    }

    fn past<'a>(
        &self,
        history: impl Iterator<Item = (&'a ActivityRow, f32)> + Clone,
    ) -> LiteMap<u32, f32> {
        let total: f32 = history.clone().map(|(_, weight)| weight.abs()).sum();
        let mut shares: LiteMap<u32, f32> = LiteMap::new_vec();
        for (activity, weight) in history.filter(|(_, weight)| *weight != 0.0) {
            let share = weight / total;
            let mut add = |block, code: usize, share: f32| {
                *shares.entry(self.row(block, code)).or_default() += share;
            };
            let of_tag = share / libm::sqrtf(activity.tags.len().max(1) as f32);
            for &tag in &activity.tags {
                add(Block::PastTag, usize::from(tag), of_tag);
            }
            add(Block::PastKind, usize::from(activity.kind), share);
            add(Block::PastLocality, usize::from(activity.locality), share);
            add(Block::PastOrganiser, usize::from(activity.organiser), share);
            add(Block::PastSeries, usize::from(activity.series), share);
            add(Block::PastWeekday, usize::from(activity.weekday), share);
            add(Block::PastSlot, usize::from(activity.slot), share);
        }
        shares
    }

    /// The activity's features.
    pub fn activity(&self, activity: &ActivityRow) -> Vec<Feature> {
        let mut features = Vec::new();
        let tags = activity.tags.iter().map(|&tag| usize::from(tag));
        self.bag(Block::ActivityTag, tags, &mut features);
        let mut one = |block, code: usize| features.push((self.row(block, code), 1.0));
        one(Block::ActivityKind, usize::from(activity.kind));
        one(Block::ActivityLocality, usize::from(activity.locality));
        one(Block::ActivityLevel, usize::from(activity.level));
        one(Block::ActivityOrganiser, usize::from(activity.organiser));
        one(Block::ActivitySeries, usize::from(activity.series));
        one(Block::ActivitySeason, usize::from(activity.season));
        one(Block::ActivityWeekday, usize::from(activity.weekday));
        one(Block::ActivitySlot, usize::from(activity.slot));
        features.extend(self.numbers(Block::ActivityNumber, &activity.numbers));
        features
    }

    /// The features of a pair, already standardised.
    pub fn pair(&self, standardised: &PairRow) -> Vec<Feature> {
        (self.first_pair() as u32..)
            .zip(standardised.iter().copied())
            .collect()
    }

    /// The row of the first pair feature; the others follow, and nothing comes after them.
    pub fn first_pair(&self) -> usize {
        self.starts[Block::Pair as usize] as usize
    }
}
