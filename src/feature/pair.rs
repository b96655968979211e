//! The features of a visitor and an activity together: in event recommendation they decide most, because nearly every
//! activity is new and only what it shares with the past speaks for it.

use std::collections::BTreeSet;

use super::component::Component;
use super::own_taste::OwnTaste;
use super::prepared::{Prepared, norm};
use super::schema::Schema;
use super::user::{Past, UserRow};
use crate::catalog::{Catalog, Counters, Projection, Row, UNKNOWN, Words, text_terms};
use crate::history::Visitor;
use crate::math::{exp, ln_1p};

/// One pair feature: its name and the score component it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairFeature {
    /// Its name, a column of the schema.
    pub name: &'static str,
    /// The component of the score it contributes to.
    pub component: Component,
}

const fn feature(name: &'static str, component: Component) -> PairFeature {
    PairFeature { name, component }
}

/// All pair features, in column order.
pub const PAIR_FEATURES: [PairFeature; 38] = [
    feature("history_tag_cosine", Component::Content),
    feature("declared_tag_cosine", Component::Content),
    feature("declared_tag_matches", Component::Content),
    feature("rejected_tag_cosine", Component::Content),
    feature("type_share", Component::Content),
    feature("level_match", Component::Content),
    feature("free", Component::Content),
    feature("price_distance", Component::Content),
    feature("organiser_share", Component::Organiser),
    feature("organiser_log_count", Component::Organiser),
    feature("organiser_recency", Component::Organiser),
    feature("organiser_prior", Component::Organiser),
    feature("series_log_count", Component::Organiser),
    feature("organiser_rejected", Component::Organiser),
    feature("near_history", Component::Place),
    feature("around_history", Component::Place),
    feature("locality_declared", Component::Place),
    feature("locality_share", Component::Place),
    feature("near_now", Component::Place),
    feature("density_log", Component::Place),
    feature("transit_near", Component::Place),
    feature("weekday_share", Component::Schedule),
    feature("slot_share", Component::Schedule),
    feature("availability_match", Component::Schedule),
    feature("days_to_start_log", Component::Schedule),
    feature("weekend", Component::Schedule),
    feature("positives_log", Component::Popularity),
    feature("positives_total_log", Component::Popularity),
    feature("views_log", Component::Popularity),
    feature("days_published_log", Component::Popularity),
    feature("common_taste", Component::Popularity),
    feature("own_content", Component::Content),
    feature("own_organiser", Component::Organiser),
    feature("own_place", Component::Place),
    feature("own_schedule", Component::Schedule),
    feature("history_text_cosine", Component::Content),
    feature("declared_text_cosine", Component::Content),
    feature("rejected_text_cosine", Component::Content),
];

/// The features of one pair, columns as [`PAIR_FEATURES`] names them.
pub type PairRow = [f32; PAIR_FEATURES.len()];

/// Kilometres after which nearness to past activities falls to 1/e: within walking distance, and within the region.
const NEAR_KM: f32 = 2.0;
const AROUND_KM: f32 = 20.0;
/// Kilometres after which nearness to the visitor falls to 1/e.
const NOW_KM: f32 = 5.0;
/// "Long ago" where the visitor never met the organiser: as many days.
const NEVER_DAYS: f32 = 10_000.0;
/// The most places a request compares with; those that weigh most are kept.
const LIMIT_PLACES: usize = 64;
const DAY_MS: f32 = 86_400_000.0;

/// The visitor's half of the pair features, summed once a request.
#[derive(Debug, Clone, PartialEq)]
pub struct PairSide {
    now_ms: i64,
    liked_tags: Vec<f32>,
    rejected_tags: Vec<f32>,
    declared_tags: Vec<f32>,
    declared_count: f32,
    liked_text: Vec<f32>,
    declared_text: Vec<f32>,
    rejected_text: Vec<f32>,
    types: Vec<f32>,
    localities: Vec<f32>,
    organisers: Vec<f32>,
    organiser_counts: Vec<f32>,
    organiser_rejections: Vec<f32>,
    organiser_last_ms: Vec<i64>,
    series_counts: Vec<f32>,
    weekdays: [f32; 7],
    slots: [f32; 6],
    places: Vec<(f32, f32, f32)>,
    mean_log_price: Option<f32>,
    projection: Projection,
    level: u16,
    locality: u16,
    availability: u16,
    location: Option<(f32, f32)>,
    own_taste: OwnTaste,
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
        let (profile, words) = (&visitor.profile, catalog.words());
        let centre = schema
            .city
            .centre
            .or(profile.location)
            .map_or(0.0, |place| place.lat);
        let mut side = Self {
            now_ms,
            liked_tags: vec![0.0; words.tags.size()],
            rejected_tags: vec![0.0; words.tags.size()],
            declared_tags: vec![0.0; words.tags.size()],
            declared_count: user.tags.len() as f32,
            liked_text: vec![0.0; words.text.size()],
            declared_text: declared_text(&profile.tags, words, schema),
            rejected_text: vec![0.0; words.text.size()],
            types: vec![0.0; words.types.size()],
            localities: vec![0.0; words.localities.size()],
            organisers: vec![0.0; words.organisers.size()],
            organiser_counts: vec![0.0; words.organisers.size()],
            organiser_rejections: vec![0.0; words.organisers.size()],
            organiser_last_ms: vec![i64::MIN; words.organisers.size()],
            series_counts: vec![0.0; words.series.size()],
            weekdays: [0.0; 7],
            slots: [0.0; 6],
            places: Vec::new(),
            mean_log_price: None,
            projection: Projection::around(centre),
            level: user.level,
            locality: user.locality,
            availability: user.availability,
            location: profile
                .location
                .map(|place| (place.lat as f32, place.lon as f32)),
            own_taste: OwnTaste::of(visitor, schema, catalog, now_ms),
        };
        let declared_norm = norm(&user.tags, |tag| schema.idf(tag));
        for &tag in &user.tags {
            side.declared_tags[usize::from(tag)] = schema.idf(tag) / declared_norm.max(1e-6);
        }
        let liked: f32 = user.history.iter().map(|past| past.weight.max(0.0)).sum();
        let rejected: f32 = user
            .history
            .iter()
            .map(|past| (-past.weight).max(0.0))
            .sum();
        for past in &user.history {
            if past.weight > 0.0 {
                side.add_liked(past, past.weight / liked, schema);
            } else {
                let share = -past.weight / rejected;
                add_tags(&mut side.rejected_tags, past, share, schema);
                add_text(&mut side.rejected_text, past, share, schema);
                side.organiser_rejections[usize::from(past.activity.organiser)] -= past.weight;
            }
        }
        side.mean_log_price = mean_log_price(&user.history);
        side.places.sort_by(|a, b| {
            b.2.total_cmp(&a.2)
                .then(a.0.total_cmp(&b.0))
                .then(a.1.total_cmp(&b.1))
        });
        side.places.truncate(LIMIT_PLACES);
        side
    }

    fn add_liked(&mut self, past: &Past, share: f32, schema: &Schema) {
        let activity = &past.activity;
        add_tags(&mut self.liked_tags, past, share, schema);
        add_text(&mut self.liked_text, past, share, schema);
        self.types[usize::from(activity.kind)] += share;
        self.localities[usize::from(activity.locality)] += share;
        self.organisers[usize::from(activity.organiser)] += share;
        self.organiser_counts[usize::from(activity.organiser)] += past.weight;
        let last = &mut self.organiser_last_ms[usize::from(activity.organiser)];
        *last = (*last).max(past.last_ms);
        self.series_counts[usize::from(activity.series)] += past.weight;
        self.weekdays[usize::from(activity.weekday % 7)] += share;
        self.slots[usize::from(activity.slot % 6)] += share;
        let (lat, lon) = activity.place;
        if lat.is_finite() && lon.is_finite() {
            match self
                .places
                .iter_mut()
                .find(|place| place.0 == lat && place.1 == lon)
            {
                Some(place) => place.2 += share,
                None => self.places.push((lat, lon, share)),
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
        let columns = catalog.columns();
        let index = row.index();
        let tags = catalog.tags(row);
        let norm = prepared.tag_norm[index].max(1e-6);
        let cosine = |profile: &[f32]| {
            tags.iter()
                .map(|&tag| schema.idf(tag) * profile[usize::from(tag)])
                .sum::<f32>()
                / norm
        };
        let text = catalog.text(row);
        let text_norm = prepared.text_norm[index].max(1e-6);
        let text_cosine = |profile: &[f32]| {
            text.iter()
                .map(|&word| schema.text_idf(word) * profile[usize::from(word)])
                .sum::<f32>()
                / text_norm
        };
        let flag = |condition: bool| f32::from(u8::from(condition));
        let matches = tags
            .iter()
            .filter(|&&tag| self.declared_tags[usize::from(tag)] > 0.0)
            .count() as f32;
        let known = |code: u16, value: f32| if code == 0 { 0.0 } else { value };
        let kind = columns.kind[index];
        let (locality, level) = (columns.locality[index], columns.level[index]);
        let (organiser, series) = (columns.organiser[index], columns.series[index]);
        let slot = usize::from(columns.hour[index] / 4).min(5);
        let weekday = usize::from(columns.weekday[index]).min(6);
        let decay = counters.decay(self.now_ms);
        let count = |counts: &[f32]| counts.get(index).copied().unwrap_or(0.0);
        let days_to_start = days(columns.start_ms[index].saturating_sub(self.now_ms));
        let taste = self.own_taste.of_row(schema, catalog, row);
        let [own_content, own_organiser, own_place, own_schedule] = taste.own;
        let published_ms = columns.published_ms[index];
        let days_published = if published_ms == crate::catalog::NO_TIME {
            30.0
        } else {
            days(self.now_ms.saturating_sub(published_ms))
        };
        [
            cosine(&self.liked_tags),
            cosine(&self.declared_tags),
            matches.min(3.0) / 3.0,
            cosine(&self.rejected_tags),
            known(kind, self.types[usize::from(kind)]),
            flag(level != 0 && level == self.level),
            flag(columns.price[index] == 0.0),
            self.price_distance(columns.price[index]),
            known(organiser, self.organisers[usize::from(organiser)]),
            known(
                organiser,
                ln_1p(self.organiser_counts[usize::from(organiser)]),
            ),
            ln_1p(self.organiser_days(organiser)),
            prepared.organiser_share[usize::from(organiser)],
            known(series, ln_1p(self.series_counts[usize::from(series)])),
            known(
                organiser,
                ln_1p(self.organiser_rejections[usize::from(organiser)]),
            ),
            self.nearness(columns.lat[index], columns.lon[index], NEAR_KM),
            self.nearness(columns.lat[index], columns.lon[index], AROUND_KM),
            flag(locality != 0 && locality == self.locality),
            known(locality, self.localities[usize::from(locality)]),
            self.near_now(columns.lat[index], columns.lon[index]),
            ln_1p(columns.density[index]),
            nan_as_zero(1.0 / (1.0 + columns.transit_m[index] / 500.0)),
            self.weekdays[weekday],
            self.slots[slot],
            flag(self.availability & columns.availability[index] != 0),
            ln_1p(days_to_start),
            flag(weekday >= 5),
            ln_1p(count(&counters.positives) * decay),
            ln_1p(count(&counters.positives_total)),
            ln_1p(count(&counters.views) * decay),
            ln_1p(days_published),
            taste.common,
            own_content,
            own_organiser,
            own_place,
            own_schedule,
            text_cosine(&self.liked_text),
            text_cosine(&self.declared_text),
            text_cosine(&self.rejected_text),
        ]
    }

    fn organiser_days(&self, organiser: u16) -> f32 {
        match self.organiser_last_ms[usize::from(organiser)] {
            i64::MIN => NEVER_DAYS,
            _ if organiser == 0 => NEVER_DAYS,
            last_ms => days(self.now_ms.saturating_sub(last_ms)),
        }
    }

    fn price_distance(&self, price: f32) -> f32 {
        match self.mean_log_price {
            Some(mean) if !price.is_nan() => (ln_1p(price) - mean).abs() / 10.0,
            _ => 0.0,
        }
    }

    fn nearness(&self, lat: f32, lon: f32, scale_km: f32) -> f32 {
        if !(lat.is_finite() && lon.is_finite()) {
            return 0.0;
        }
        let nearness = |&(past_lat, past_lon, share): &(f32, f32, f32)| {
            share
                * exp(-self
                    .projection
                    .distance_km((lat, lon), (past_lat, past_lon))
                    / scale_km)
        };
        self.places.iter().map(nearness).sum()
    }

    fn near_now(&self, lat: f32, lon: f32) -> f32 {
        match self.location {
            Some(here) if lat.is_finite() && lon.is_finite() => {
                exp(-self.projection.distance_km(here, (lat, lon)) / NOW_KM)
            }
            _ => 0.0,
        }
    }
}

fn days(milliseconds: i64) -> f32 {
    (milliseconds.max(0) as f32 / DAY_MS).min(NEVER_DAYS)
}

fn nan_as_zero(value: f32) -> f32 {
    if value.is_nan() { 0.0 } else { value }
}

fn add_tags(profile: &mut [f32], past: &Past, share: f32, schema: &Schema) {
    let norm = norm(&past.activity.tags, |tag| schema.idf(tag)).max(1e-6);
    for &tag in &past.activity.tags {
        profile[usize::from(tag)] += share * schema.idf(tag) / norm;
    }
}

fn add_text(profile: &mut [f32], past: &Past, share: f32, schema: &Schema) {
    let norm = norm(&past.activity.text, |word| schema.text_idf(word)).max(1e-6);
    for &word in &past.activity.text {
        profile[usize::from(word)] += share * schema.text_idf(word) / norm;
    }
}

/// The words of the declared tags, as a text would have them: a title may name an interest that is no tag.
fn declared_text(tags: &[String], words: &Words, schema: &Schema) -> Vec<f32> {
    let mut profile = vec![0.0; words.text.size()];
    let terms: BTreeSet<String> = tags.iter().flat_map(|tag| text_terms(tag)).collect();
    let codes = terms.iter().map(|term| words.text.code(term));
    let codes: Vec<u16> = codes.filter(|&code| code != UNKNOWN).collect();
    let norm = norm(&codes, |word| schema.text_idf(word)).max(1e-6);
    for code in codes {
        profile[usize::from(code)] = schema.text_idf(code) / norm;
    }
    profile
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
