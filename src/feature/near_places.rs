//! How near are the places of a catalogue to where a visitor has been, nearly? Most of it is known from the last list.
//!
//! One event changes one past place, and the shares of all others by the same factor. So each past place is taken in once, and
//! later only what changed beside that factor.

use std::mem::{swap, take};
use std::ops::RangeInclusive;

use super::nearness::{AROUND_KM, LIMIT_PLACES, Nearness, PastPlace};
use crate::catalog::Projection;
use crate::math::{APPROXIMATION_ERROR, UNIT_ROUNDOFF, exp_approximate_and_tenth, select};

/// What was carried on is no further from nearness to the past than this and what it would be off by worked out anew. With `S`
/// for [`MOST_SHRUNK`], `C` for [`MOST_CHANGES`] and `u` for [`UNIT_ROUNDOFF`], where shares add up to 1: [`SAME`] in all shares
/// together; `2CuS` for the products and sums of changes and `CuS` for what is noted of them; `2LuS` for those of the [`LIMIT_PLACES`] (`L`)
/// that were taken in at first, and `S` times the error of exponentials.
const ERROR: f32 = 3e-5;
/// Shares that differ by less, relative to themselves, are the same: after a moment they differ by roundings.
const SAME: f32 = 2e-6;
/// So many changes, and all is worked out anew.
const MOST_CHANGES: usize = 16;
/// By so much all shares together may have shrunk since.
const MOST_SHRUNK: f32 = 2.0;
/// So many places are worked out together.
const GROUP: usize = 8;
const _: () = {
    let (changes, places) = (MOST_CHANGES as f32, LIMIT_PLACES as f32);
    let roundings = (3.0 * changes + 2.0 * places) * UNIT_ROUNDOFF;
    assert!(SAME + MOST_SHRUNK * (roundings + APPROXIMATION_ERROR) < ERROR);
};
/// By what shares may have changed in common. Others are not worth following, or no numbers.
const FACTORS: RangeInclusive<f32> = 1e-3..=1e3;

/// Of each place of a catalogue how near it is to one visitor's past. Where little is in common with the past that was followed
/// last, all is worked out anew.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct NearPlaces {
    /// The past, with shares as they were taken in.
    past: Vec<PastPlace>,
    projection: Option<Projection>,
    /// What the shares, and so all nearness, have to be multiplied with by now.
    scale: f32,
    is_anew: bool,
    /// Since all was worked out anew.
    changes: usize,
    /// The most that shares taken in added up to.
    most: f32,
    /// Of each place, within walking distance and within the region.
    near: Vec<f32>,
    around: Vec<f32>,
    /// Room for the next past, and for what is to be taken in of it.
    next: Vec<PastPlace>,
    changed: Vec<PastPlace>,
}

impl NearPlaces {
    /// Works out how near these places are, with what is known of them from the last time. They must be the last time's, where
    /// they are as many.
    pub(super) fn follow(&mut self, nearness: &Nearness, lat: &[f32], lon: &[f32]) {
        let projection = Some(nearness.projection());
        let is_known = self.projection == projection && self.near.len() == lat.len();
        if !(is_known && self.change(nearness, lat, lon)) {
            self.fill(nearness, lat, lon);
        }
    }

    /// Works out how near these places are, whatever is known.
    pub(super) fn fill(&mut self, nearness: &Nearness, lat: &[f32], lon: &[f32]) {
        for column in [&mut self.near, &mut self.around] {
            column.clear();
            column.resize(lat.len(), 0.0);
        }
        // As many as there ever are: nothing is allocated later.
        for (places, most) in [
            (&mut self.past, LIMIT_PLACES),
            (&mut self.next, LIMIT_PLACES),
            (&mut self.changed, 2 * LIMIT_PLACES),
        ] {
            places.clear();
            places.reserve(most);
        }
        self.past.extend(nearness.past());
        self.projection = Some(nearness.projection());
        (self.scale, self.is_anew, self.changes) = (1.0, true, 0);
        self.most = self.past.iter().map(|past| past.share).sum();
        self.take_in(nearness.past(), nearness.projection(), lat, lon);
    }

    /// Of each place how near it is to the past, within walking distance and within the region, times these weights.
    pub(super) fn weighed(&self, near: f32, around: f32) -> impl Iterator<Item = f32> + '_ {
        let scale = self.scale;
        let both = self.near.iter().zip(&self.around);
        // In this order nothing is larger than the weights.
        both.map(move |(to_near, to_around)| {
            near * (scale * to_near) + around * (scale * to_around)
        })
    }

    /// How near a place is to the past, within walking distance and within the region.
    pub(super) fn of(&self, place: usize) -> [f32; 2] {
        [self.near[place], self.around[place]].map(|nearness| self.scale * nearness)
    }

    /// How much further than worked out anew nearness can be from the truth.
    pub(super) fn error(&self) -> f32 {
        if self.is_anew { 0.0 } else { ERROR }
    }

    /// Takes in what changed. Says no where that is about as much as to begin anew, or roundings would tell: then it has not.
    fn change(&mut self, nearness: &Nearness, lat: &[f32], lon: &[f32]) -> bool {
        let (numbers, remains) = self.matched(nearness);
        let Some(scale) = self.common_factor(nearness, &numbers) else {
            return false;
        };
        self.next.clear();
        self.changed.clear();
        for (place, number) in nearness.past().iter().zip(numbers) {
            let known = number.map_or(0.0, |number| self.past[number].share);
            let wanted = place.share / scale;
            let is_known = (wanted - known).abs() <= SAME * known;
            let share = if is_known { known } else { wanted };
            self.next.push(PastPlace { share, ..*place });
            if !is_known {
                let share = wanted - known;
                self.changed.push(PastPlace { share, ..*place });
            }
        }
        for (place, remains) in self.past.iter().zip(remains) {
            if !remains {
                let share = -place.share;
                self.changed.push(PastPlace { share, ..*place });
            }
        }
        let changes = self.changes + self.changed.len();
        if changes > MOST_CHANGES || 2 * self.changed.len() > nearness.len() {
            return false;
        }
        let mut total: f32 = self.past.iter().map(|past| past.share).sum();
        let mut most = self.most;
        for changed in &self.changed {
            total += changed.share;
            // No number stays none.
            most = if total <= most { most } else { total };
        }
        let has_shrunk = scale * most > MOST_SHRUNK;
        if has_shrunk || most.is_nan() {
            return false;
        }
        let changed = take(&mut self.changed);
        self.take_in(&changed, nearness.projection(), lat, lon);
        self.changed = changed;
        swap(&mut self.past, &mut self.next);
        (self.scale, self.is_anew, self.changes, self.most) = (scale, false, changes, most);
        true
    }

    /// Of each place of a past where it is among those taken in, and which of these remain.
    fn matched(
        &self,
        nearness: &Nearness,
    ) -> ([Option<usize>; LIMIT_PLACES], [bool; LIMIT_PLACES]) {
        let (mut numbers, mut remains) = ([None; LIMIT_PLACES], [false; LIMIT_PLACES]);
        for (at, (place, number)) in nearness.past().iter().zip(&mut numbers).enumerate() {
            let is_it = |past: &PastPlace| past.at == place.at;
            // Mostly nothing moves.
            *number = match self.past.get(at) {
                Some(past) if is_it(past) => Some(at),
                _ => self.past.iter().position(is_it),
            };
            if let Some(remains) = number.and_then(|number| remains.get_mut(number)) {
                *remains = true;
            }
        }
        (numbers, remains)
    }

    /// What most shares have to be multiplied with.
    fn common_factor(&self, nearness: &Nearness, numbers: &[Option<usize>]) -> Option<f32> {
        let (mut factors, mut count) = ([0.0; LIMIT_PLACES], 0);
        for (place, number) in nearness.past().iter().zip(numbers) {
            if let Some(number) = *number {
                factors[count] = place.share / self.past[number].share;
                count += 1;
            }
        }
        let (factors, middle) = (&mut factors[..count], count / 2);
        select(factors, middle, |a, b| a < b);
        let factor = factors.get(middle).copied();
        factor.filter(|factor| FACTORS.contains(factor))
    }

    /// Adds to the nearness of all places how near they are to these of the past.
    fn take_in(&mut self, past: &[PastPlace], projection: Projection, lat: &[f32], lon: &[f32]) {
        let ((lat, last_lat), (lon, last_lon)) = (lat.as_chunks(), lon.as_chunks());
        let (near, last_near) = self.near.as_chunks_mut();
        let (around, last_around) = self.around.as_chunks_mut();
        for ((near, around), at) in near.iter_mut().zip(around).zip(lat.iter().zip(lon)) {
            add_nearness(past, projection, at, (near, around));
        }
        let (mut lat, mut lon) = ([0.0; GROUP], [0.0; GROUP]);
        let (mut near, mut around) = ([0.0; GROUP], [0.0; GROUP]);
        let last = last_lat.len();
        lat[..last].copy_from_slice(last_lat);
        lon[..last].copy_from_slice(last_lon);
        near[..last].copy_from_slice(last_near);
        around[..last].copy_from_slice(last_around);
        add_nearness(past, projection, (&lat, &lon), (&mut near, &mut around));
        last_near.copy_from_slice(&near[..last]);
        last_around.copy_from_slice(&around[..last]);
    }
}

/// Adds to the nearness of a group of places how near they are to these of the past: a group at a time, so that what is added to
/// stays in registers while one past place after the other is taken in.
fn add_nearness(
    past: &[PastPlace],
    projection: Projection,
    (lat, lon): (&[f32; GROUP], &[f32; GROUP]),
    (near, around): (&mut [f32; GROUP], &mut [f32; GROUP]),
) {
    let (mut to_near, mut to_around) = (*near, *around);
    for past in past {
        for place in 0..GROUP {
            // An unknown coordinate makes a distance NaN, whose exponential is 0.
            let km = projection.distance_km((lat[place], lon[place]), past.at);
            // Near enough, and no division.
            let (region, walk) = exp_approximate_and_tenth(km * (-1.0 / AROUND_KM));
            to_near[place] += past.share * walk;
            to_around[place] += past.share * region;
        }
    }
    (*near, *around) = (to_near, to_around);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;

    const PLACES: usize = 60;

    /// Somewhere in a city.
    fn anywhere(random: &mut Random) -> (f32, f32) {
        let mut degrees = |from: f32| from + 0.2 * random.uniform() as f32;
        (degrees(4.55), degrees(-74.2))
    }

    /// Nearness to a past of these places and weights.
    fn nearness(past: &[((f32, f32), f32)]) -> Nearness {
        let mut nearness = Nearness::around(4.65, None);
        let all: f32 = past.iter().map(|past| past.1).sum();
        for &(place, weight) in past.iter().filter(|past| past.1 > 0.0) {
            nearness.add(place, weight / all);
        }
        nearness.finish();
        nearness
    }

    /// Follows pasts of up to so many places; says how often nothing was worked out anew.
    fn followed(most: usize, seed: u64) -> usize {
        let mut random = Random::new(seed);
        let (mut lat, lon): (Vec<f32>, Vec<f32>) =
            (0..PLACES).map(|_| anywhere(&mut random)).unzip();
        lat[7] = f32::NAN;
        let (mut known, mut anew) = (NearPlaces::default(), NearPlaces::default());
        let (mut past, mut followed): (Vec<((f32, f32), f32)>, usize) = (Vec::new(), 0);
        for step in 0..3_000 {
            match random.below(12) {
                // Another visitor.
                _ if past.len() > most => past.clear(),
                0 => drop(past.pop()),
                1 if !past.is_empty() => {
                    let place = random.below(past.len());
                    past.remove(place);
                }
                2 if !past.is_empty() => {
                    let place = random.below(past.len());
                    past[place].1 *= [0.0, 1e-6, 0.5, 3.0, 1e6, 1e12][random.below(6)];
                }
                3 if !past.is_empty() => past.push(past[random.below(past.len())]),
                _ => past.push((anywhere(&mut random), 0.1 + random.uniform() as f32)),
            }
            // Some time goes by.
            let fades = 0.9 + 0.1 * random.uniform() as f32;
            past.iter_mut().for_each(|past| past.1 *= fades);
            let nearness = nearness(&past);
            known.follow(&nearness, &lat, &lon);
            anew.fill(&nearness, &lat, &lon);
            followed += usize::from(!known.is_anew);
            for place in 0..PLACES {
                for (known_one, anew) in known.of(place).into_iter().zip(anew.of(place)) {
                    let error = (known_one - anew).abs();
                    assert!(error <= known.error(), "step {step}: off by {error}");
                }
            }
        }
        followed
    }

    #[test]
    fn what_is_followed_is_nearly_what_is_worked_out_anew() {
        for (most, least_followed) in [(3, 100), (20, 1_000), (100, 1_000)] {
            let followed = followed(most, most as u64);
            assert!(followed > least_followed, "{followed} of {most} places");
        }
    }

    #[test]
    fn what_is_no_number_is_worked_out_anew() {
        let places = [(4.6, -74.1), (4.61, -74.1), (4.62, -74.1)];
        let (lat, lon): (Vec<f32>, Vec<f32>) = places.into_iter().unzip();
        let past = |share: f32| {
            let mut nearness = Nearness::around(4.65, None);
            for (place, share) in places.into_iter().zip([0.25, 0.5, share]) {
                nearness.add(place, share);
            }
            nearness
        };
        let (mut known, mut anew) = (NearPlaces::default(), NearPlaces::default());
        for share in [0.25, f32::NAN, 0.25, f32::INFINITY, 0.5, 0.0, 0.25] {
            known.follow(&past(share), &lat, &lon);
            anew.fill(&past(share), &lat, &lon);
            for place in 0..places.len() {
                for (known, anew) in known.of(place).into_iter().zip(anew.of(place)) {
                    let is_near = known == anew || (known - anew).abs() <= ERROR;
                    let both_none = known.is_nan() && anew.is_nan();
                    assert!(is_near || both_none, "{known} {anew}");
                }
            }
        }
    }
}
