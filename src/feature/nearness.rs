//! How near is an activity to the visitor, and to where they have been? Kilometres become features by `e^(−km/scale)`.

use crate::catalog::{Place, Projection};
use crate::math::{EXP_GROUP, exp, exp_approximate, exp_of_each};

/// Kilometres after which nearness to past activities falls to 1/e: within walking distance, and within the region.
const NEAR_KM: f32 = 2.0;
pub(super) const AROUND_KM: f32 = 10.0 * NEAR_KM;
/// Kilometres after which nearness to the visitor falls to 1/e.
const NOW_KM: f32 = 5.0;
/// The most places a request compares with; those that weigh most are kept.
pub(super) const LIMIT_PLACES: usize = 8 * EXP_GROUP;

/// Where some of a visitor's past took place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct PastPlace {
    /// Latitude and longitude in degrees.
    pub(super) at: (f32, f32),
    /// How much of the past that is.
    pub(super) share: f32,
}

/// Where a visitor is and has been.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nearness {
    places: Vec<PastPlace>,
    location: Option<(f32, f32)>,
    projection: Projection,
}

impl Nearness {
    /// `lat` is the latitude distances are measured at, in degrees.
    pub(super) fn around(lat: f64, location: Option<Place>) -> Self {
        let location = location.filter(Place::is_valid);
        Self {
            places: Vec::new(),
            location: location.map(|place| (place.lat as f32, place.lon as f32)),
            projection: Projection::around(lat),
        }
    }

    /// Takes in where a past activity took place, and how much it weighs.
    pub(super) fn add(&mut self, at: (f32, f32), share: f32) {
        if at.0.is_finite() && at.1.is_finite() {
            match self.places.iter_mut().find(|place| place.at == at) {
                Some(place) => place.share += share,
                None => self.places.push(PastPlace { at, share }),
            }
        }
    }

    /// Keeps the places that weigh most.
    pub(super) fn finish(&mut self) {
        self.places.sort_by(|a, b| {
            let [(a_lat, a_lon), (b_lat, b_lon)] = [a.at, b.at];
            let by_share = b.share.total_cmp(&a.share);
            by_share
                .then(a_lat.total_cmp(&b_lat))
                .then(a_lon.total_cmp(&b_lon))
        });
        self.places.truncate(LIMIT_PLACES);
    }

    /// How many past places there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// How near a place is to the past, within walking distance and within the region.
    pub(super) fn to_history(&self, (lat, lon): (f32, f32)) -> [f32; 2] {
        if !(lat.is_finite() && lon.is_finite()) {
            return [0.0; 2];
        }
        let (mut near, mut around) = ([0.0; LIMIT_PLACES], [0.0; LIMIT_PLACES]);
        let filled = self.places.len().next_multiple_of(EXP_GROUP);
        let places = self.places.iter().zip(near.iter_mut().zip(&mut around));
        for (past, (near, around)) in places {
            let km = self.projection.distance_km((lat, lon), past.at);
            (*near, *around) = (-km / NEAR_KM, -km / AROUND_KM);
        }
        [&mut near, &mut around].map(|nearness| {
            exp_of_each(&mut nearness[..filled]);
            let places = self.places.iter().zip(&*nearness);
            places.map(|(place, nearness)| place.share * nearness).sum()
        })
    }

    /// How near a place is to where the visitor is.
    pub(super) fn to_visitor(&self, (lat, lon): (f32, f32)) -> f32 {
        match self.location {
            Some(here) if lat.is_finite() && lon.is_finite() => {
                exp(-self.projection.distance_km(here, (lat, lon)) / NOW_KM)
            }
            _ => 0.0,
        }
    }

    /// Where the past took place.
    pub(super) fn past(&self) -> &[PastPlace] {
        &self.places
    }

    pub(super) fn projection(&self) -> Projection {
        self.projection
    }

    /// Adds to each place's sum how near it is to the visitor, times a weight, by approximate exponentials.
    pub(super) fn add_to_visitor(&self, weight: f32, lat: &[f32], lon: &[f32], sums: &mut [f32]) {
        let Some(here) = self.location else {
            return;
        };
        for ((sum, &lat), &lon) in sums.iter_mut().zip(lat).zip(lon) {
            // An unknown coordinate makes a distance NaN, whose exponential is 0.
            let km = self.projection.distance_km(here, (lat, lon));
            *sum += weight * exp_approximate(-km / NOW_KM);
        }
    }
}
