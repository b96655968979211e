//! The features of a visitor and an activity together: in event recommendation they decide most, because nearly every
//! activity is new and only what it shares with the past speaks for it.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;

use super::facet::PARTS;
use super::nearness::Nearness;
use super::own_taste::{Groundwork, OwnTaste};
use super::pair_features::{
    COMMON_TASTE, DAYS_PUBLISHED, DAYS_TO_START, DENSITY, NEARNESS, OWN_CONTENT, PAIR_FEATURES,
    POSITIVES, POSITIVES_TOTAL, PairRow, TRANSIT, VIEWS, column,
};
use super::prepared::Prepared;
use super::profiles::{DECLARED, LIKED, Profiles, REJECTED};
use super::schema::Schema;
use super::user::{Past, UserRow};
use crate::catalog::{Catalog, Counters, DatePart, NO_TIME, Row, UNKNOWN, Words, text_terms};
use crate::history::Visitor;
use crate::math::{Column, ln_1p};

/// When in the week an activity takes place, as far as pair features see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct TimeOfWeek {
    pub(super) slot: u8,
    pub(super) weekday: u8,
    pub(super) day_off: bool,
    pub(super) availability: u16,
}

impl Hash for TimeOfWeek {
    /// As one number: field by field it takes several times as long.
    fn hash<H: Hasher>(&self, state: &mut H) {
        let day = u32::from_le_bytes([self.slot, self.weekday, self.day_off.into(), 0]);
        state.write_u64(u64::from(day) << 16 | u64::from(self.availability));
    }
}

impl TimeOfWeek {
    pub(super) fn of(date: &DatePart) -> Self {
        Self {
            slot: date.hour / 4,
            weekday: date.weekday,
            day_off: date.is_day_off(),
            availability: date.availability,
        }
    }
}

/// "Long ago" where the visitor never met the organiser: as many days.
const NEVER_DAYS: f32 = 10_000.0;
const DAY_MS: f32 = 86_400_000.0;

/// The visitor's half of the pair features, summed once a request.
#[derive(Debug, Clone, PartialEq)]
pub struct PairSide {
    now_ms: i64,
    tags: Profiles,
    text: Profiles,
    declared_count: f32,
    types: Vec<f32>,
    localities: Vec<f32>,
    organisers: Vec<f32>,
    /// What was chosen and rejected of each, and how long ago it was met last: as logarithms.
    organiser_counts: Vec<f32>,
    organiser_rejections: Vec<f32>,
    organiser_recency: Vec<f32>,
    series_counts: Vec<f32>,
    weekdays: [f32; 7],
    slots: [f32; 6],
    nearness: Nearness,
    mean_log_price: Option<f32>,
    level: u16,
    locality: u16,
    availability: u16,
    own_taste: OwnTaste,
}

/// How near places are to one visitor, as far as it was asked.
#[derive(Debug, Clone, Default)]
pub struct KnownPlaces(HashMap<u32, [f32; 3], RandomState>);

impl KnownPlaces {
    /// Forgets them: another visitor is asked about.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

impl PairSide {
    /// Sums up a visitor for a catalogue.
    pub fn new(
        user: &UserRow,
        visitor: &Visitor,
        schema: &Schema,
        catalog: &Catalog,
        now_ms: i64,
    ) -> Self {
        let groundwork = &mut Groundwork::default();
        Self::recalling(user, visitor, schema, catalog, now_ms, groundwork)
    }

    /// The same with what the regression of this visitor's past began with the last time, under the same schema and catalogue.
    pub(crate) fn recalling(
        user: &UserRow,
        visitor: &Visitor,
        schema: &Schema,
        catalog: &Catalog,
        now_ms: i64,
        groundwork: &mut Groundwork,
    ) -> Self {
        let (profile, words) = (&visitor.profile, catalog.words());
        let centre = schema
            .city
            .centre
            .or(profile.location)
            .map_or(0.0, |place| place.lat);
        let mut side = Self {
            now_ms,
            tags: Profiles::new(
                words.tags.size(),
                const {
                    [
                        column("history_tag_cosine"),
                        column("declared_tag_cosine"),
                        column("rejected_tag_cosine"),
                    ]
                },
            ),
            text: Profiles::new(
                words.text.size(),
                const {
                    [
                        column("history_text_cosine"),
                        column("declared_text_cosine"),
                        column("rejected_text_cosine"),
                    ]
                },
            ),
            declared_count: user.tags.len() as f32,
            types: vec![0.0; words.types.size()],
            localities: vec![0.0; words.localities.size()],
            organisers: vec![0.0; words.organisers.size()],
            organiser_counts: vec![0.0; words.organisers.size()],
            organiser_rejections: vec![0.0; words.organisers.size()],
            organiser_recency: vec![ln_1p(NEVER_DAYS); words.organisers.size()],
            series_counts: vec![0.0; words.series.size()],
            weekdays: [0.0; 7],
            slots: [0.0; 6],
            nearness: Nearness::around(centre, profile.location),
            mean_log_price: None,
            level: user.level,
            locality: user.locality,
            availability: user.availability,
            own_taste: OwnTaste::of(visitor, schema, catalog, now_ms, groundwork),
        };
        side.tags.declare(&user.tags, |tag| schema.idf(tag));
        let declared = declared_words(&profile.tags, words);
        side.text.declare(&declared, |word| schema.text_idf(word));
        let liked: f32 = user.history.iter().map(|past| past.weight.max(0.0)).sum();
        let rejected: f32 = user
            .history
            .iter()
            .map(|past| (-past.weight).max(0.0))
            .sum();
        for past in &user.history {
            if past.weight > 0.0 {
                side.add_terms(LIKED, past, past.weight / liked, schema);
                side.add_liked(past, past.weight / liked);
            } else {
                side.add_terms(REJECTED, past, -past.weight / rejected, schema);
                side.organiser_rejections[usize::from(past.activity.organiser)] -= past.weight;
            }
        }
        side.recall_organisers(&user.history);
        for counts in [
            &mut side.organiser_counts,
            &mut side.organiser_rejections,
            &mut side.series_counts,
        ] {
            counts
                .iter_mut()
                .for_each(|count| *count = logarithm(*count));
        }
        side.mean_log_price = mean_log_price(&user.history);
        side.nearness.finish();
        side
    }

    fn add_terms(&mut self, which: usize, past: &Past, share: f32, schema: &Schema) {
        let (tags, text) = (&past.activity.tags, &past.activity.text);
        self.tags.add(which, tags, share, |tag| schema.idf(tag));
        self.text
            .add(which, text, share, |word| schema.text_idf(word));
    }

    fn add_liked(&mut self, past: &Past, share: f32) {
        let activity = &past.activity;
        self.types[usize::from(activity.kind)] += share;
        self.localities[usize::from(activity.locality)] += share;
        self.organisers[usize::from(activity.organiser)] += share;
        self.organiser_counts[usize::from(activity.organiser)] += past.weight;
        self.series_counts[usize::from(activity.series)] += past.weight;
        self.weekdays[usize::from(activity.weekday % 7)] += share;
        self.slots[usize::from(activity.slot % 6)] += share;
        self.nearness.add(activity.place, share);
    }

    /// How long ago the visitor last chose something of each organiser; the unknown one is nobody.
    fn recall_organisers(&mut self, history: &[Past]) {
        let mut last_ms: Vec<(u16, i64)> = history
            .iter()
            .filter(|past| past.weight > 0.0 && past.activity.organiser != UNKNOWN)
            .map(|past| (past.activity.organiser, past.last_ms))
            .collect();
        last_ms.sort_unstable();
        for (number, &(organiser, last_ms_of_it)) in last_ms.iter().enumerate() {
            let is_last = last_ms
                .get(number + 1)
                .is_none_or(|next| next.0 != organiser);
            if is_last {
                let days = days(self.now_ms.saturating_sub(last_ms_of_it));
                self.organiser_recency[usize::from(organiser)] = ln_1p(days);
            }
        }
    }

    /// The features of this visitor and one activity.
    pub fn row(
        &self,
        catalog: &Catalog,
        prepared: &Prepared,
        counters: &Counters,
        schema: &Schema,
        row: Row,
    ) -> PairRow {
        let near = self.near(place_of(catalog, row));
        self.row_near(catalog, prepared, counters, schema, row, near)
    }

    /// The same for who asks of many activities: how near a place is, is worked out once for all that happens there.
    pub fn row_knowing(
        &self,
        catalog: &Catalog,
        prepared: &Prepared,
        counters: &Counters,
        schema: &Schema,
        row: Row,
        places: &mut KnownPlaces,
    ) -> PairRow {
        let place = prepared.scan.place(row);
        let near = places.0.entry(place);
        let near = *near.or_insert_with(|| self.near(place_of(catalog, row)));
        self.row_near(catalog, prepared, counters, schema, row, near)
    }

    /// The features of an activity that is so near.
    fn row_near(
        &self,
        catalog: &Catalog,
        prepared: &Prepared,
        counters: &Counters,
        schema: &Schema,
        row: Row,
        near: [f32; 3],
    ) -> PairRow {
        let (columns, index) = (catalog.columns(), row.index());
        let (content, date) = (columns.content(index), columns.date(index));
        let mut features = self.content_row(catalog, prepared, schema, row);
        self.declared_matches(self.tags_declared(catalog.tags(row)), &mut features);
        self.of_price(content.price, &mut features);
        self.of_organiser(content.organiser, prepared, &mut features);
        self.of_series(content.series, &mut features);
        for (column, near) in NEARNESS.into_iter().zip(near) {
            features[column] = near;
        }
        self.of_time(TimeOfWeek::of(date), &mut features);
        let (places, place) = (&prepared.scan.places, prepared.scan.place(row));
        features[TRANSIT] = places.transit[place as usize];
        features[DAYS_TO_START] = ln_1p(self.days_to_start(date.start_ms));
        features[DAYS_PUBLISHED] = ln_1p(self.days_published(columns.published_ms(index)));
        for (column, counts, decay) in self.counts(catalog, counters) {
            let count = counts.get(index).copied().unwrap_or(0.0);
            features[column] = logarithm(count * decay);
        }
        let corners = places.corners_of(place);
        let taste = self.own_taste.of_row(catalog, row, corners);
        features[COMMON_TASTE] = taste.common;
        features[OWN_CONTENT..OWN_CONTENT + PARTS].copy_from_slice(&taste.own);
        features
    }

    /// Those features alone that content-based recommendation reads ([`crate::model::content_score`]); the others are 0.
    pub fn content_row(
        &self,
        catalog: &Catalog,
        prepared: &Prepared,
        schema: &Schema,
        row: Row,
    ) -> PairRow {
        let columns = catalog.columns();
        let content = columns.content(row.index());
        let mut features = [0.0; PAIR_FEATURES.len()];
        let [norm, text_norm] = prepared.scan.norms(row);
        let idf = |tag| schema.idf(tag);
        self.tags
            .compare(catalog.tags(row), norm, idf, &mut features);
        let idf = |word| schema.text_idf(word);
        self.text
            .compare(catalog.text(row), text_norm, idf, &mut features);
        self.of_kind(content.kind, &mut features);
        self.of_level(content.level, &mut features);
        self.of_locality(columns.place(row.index()).locality, &mut features);
        features
    }

    /// What an activity's tags are compared with, and the words of its text.
    pub(super) fn profiles(&self) -> [&Profiles; 2] {
        [&self.tags, &self.text]
    }

    /// How many of these tags were declared.
    pub(super) fn tags_declared(&self, tags: &[u16]) -> usize {
        let declared = |tag: &&u16| self.tags.of(**tag)[DECLARED] > 0.0;
        tags.iter().filter(declared).count()
    }

    pub(super) fn declared_matches(&self, matches: usize, features: &mut PairRow) {
        features[const { column("declared_tag_matches") }] = matches.min(3) as f32 / 3.0;
    }

    pub(super) fn of_kind(&self, kind: u16, features: &mut PairRow) {
        features[const { column("type_share") }] = known(kind, self.types[usize::from(kind)]);
    }

    pub(super) fn of_level(&self, level: u16, features: &mut PairRow) {
        features[const { column("level_match") }] = flag(level != 0 && level == self.level);
    }

    pub(super) fn of_price(&self, price: f32, features: &mut PairRow) {
        features[const { column("free") }] = flag(price == 0.0);
        features[const { column("price_distance") }] = self.price_distance(price);
    }

    pub(super) fn of_organiser(&self, code: u16, prepared: &Prepared, features: &mut PairRow) {
        let organiser = usize::from(code);
        features[const { column("organiser_share") }] = known(code, self.organisers[organiser]);
        let count = self.organiser_counts[organiser];
        features[const { column("organiser_log_count") }] = known(code, count);
        features[const { column("organiser_recency") }] = self.organiser_recency[organiser];
        features[const { column("organiser_prior") }] = prepared.organiser_share[organiser];
        let rejections = self.organiser_rejections[organiser];
        features[const { column("organiser_rejected") }] = known(code, rejections);
    }

    pub(super) fn of_series(&self, series: u16, features: &mut PairRow) {
        let count = self.series_counts[usize::from(series)];
        features[const { column("series_log_count") }] = known(series, count);
    }

    /// How near a place is, as [`NEARNESS`] has it.
    fn near(&self, place: (f32, f32)) -> [f32; 3] {
        let [near, around] = self.nearness.to_history(place);
        [near, around, self.nearness.to_visitor(place)]
    }

    pub(super) fn of_locality(&self, locality: u16, features: &mut PairRow) {
        features[const { column("locality_declared") }] =
            flag(locality != 0 && locality == self.locality);
        let share = self.localities[usize::from(locality)];
        features[const { column("locality_share") }] = known(locality, share);
    }

    pub(super) fn of_time(&self, time: TimeOfWeek, features: &mut PairRow) {
        let (weekday, slot) = (
            usize::from(time.weekday).min(6),
            usize::from(time.slot).min(5),
        );
        features[const { column("weekday_share") }] = self.weekdays[weekday];
        features[const { column("slot_share") }] = self.slots[slot];
        features[const { column("availability_match") }] =
            flag(self.availability & time.availability != 0);
        features[const { column("weekend") }] = flag(weekday >= 5);
    }

    /// How far away the start is, at least 0.
    pub(super) fn days_to_start(&self, start_ms: i64) -> f32 {
        days(start_ms.saturating_sub(self.now_ms))
    }

    /// How long it has been published, at least 0; a month where that is unknown.
    pub(super) fn days_published(&self, published_ms: i64) -> f32 {
        if published_ms == NO_TIME {
            30.0
        } else {
            days(self.now_ms.saturating_sub(published_ms))
        }
    }

    /// Columns that are logarithms of counts, the counts of rows, and what is left of them by now.
    pub(super) fn counts<'a>(
        &self,
        catalog: &'a Catalog,
        counters: &'a Counters,
    ) -> [(usize, &'a Column<f32>, f32); 4] {
        let decay = counters.decay(self.now_ms);
        [
            (POSITIVES, &counters.positives, decay),
            (POSITIVES_TOTAL, &counters.positives_total, 1.0),
            (VIEWS, &counters.views, decay),
            (DENSITY, &catalog.columns().density, 1.0),
        ]
    }

    pub(super) fn nearness(&self) -> &Nearness {
        &self.nearness
    }

    pub(super) fn own_taste(&self) -> &OwnTaste {
        &self.own_taste
    }

    fn price_distance(&self, price: f32) -> f32 {
        match self.mean_log_price {
            Some(mean) if !price.is_nan() => (ln_1p(price) - mean).abs() / 10.0,
            _ => 0.0,
        }
    }
}

fn place_of(catalog: &Catalog, row: Row) -> (f32, f32) {
    let place = catalog.columns().place(row.index());
    (place.lat, place.lon)
}

/// How near public transport is, by metres; 0 where that is unknown.
pub(super) fn transit_feature(transit_m: f32) -> f32 {
    nan_as_zero(1.0 / (1.0 + transit_m / 500.0))
}

fn flag(condition: bool) -> f32 {
    f32::from(u8::from(condition))
}

/// Nothing is known of the unknown: code 0 is everybody's.
fn known(code: u16, value: f32) -> f32 {
    if code == 0 { 0.0 } else { value }
}

/// `ln(1 + x)`, at once where nothing was counted.
fn logarithm(x: f32) -> f32 {
    if x == 0.0 { 0.0 } else { ln_1p(x) }
}

fn days(milliseconds: i64) -> f32 {
    let days = milliseconds.max(0) as f32 / DAY_MS;
    // No function call, which `min` is in a browser.
    if days < NEVER_DAYS { days } else { NEVER_DAYS }
}

fn nan_as_zero(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value }
}

/// The words of the declared tags, as a text would have them: a title may name an interest that is no tag.
fn declared_words(tags: &[String], words: &Words) -> Vec<u16> {
    let terms = text_terms(tags.iter().map(String::as_str));
    let codes = terms.iter().map(|term| words.text.code(term));
    codes.filter(|&code| code != UNKNOWN).collect()
}

fn mean_log_price(history: &[Past]) -> Option<f32> {
    let mut sum = (0.0, 0.0);
    for past in history
        .iter()
        .filter(|past| past.weight > 0.0 && !past.activity.price.is_nan())
    {
        sum = (
            sum.0 + past.weight * ln_1p(past.activity.price),
            sum.1 + past.weight,
        );
    }
    (sum.1 > 0.0).then(|| sum.0 / sum.1)
}
