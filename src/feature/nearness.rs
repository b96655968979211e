//! How near is an activity to the visitor, and to where they have been? Kilometres become features by `e^(−km/scale)`.

use crate::catalog::{Place, Projection};
use crate::math::{EXP_GROUP, exp, exp_approximate, exp_approximate_and_tenth, exp_of_each};

/// Kilometres after which nearness to past activities falls to 1/e: within walking distance, and within the region.
const NEAR_KM: f32 = 2.0;
const AROUND_KM: f32 = 10.0 * NEAR_KM;
/// Kilometres after which nearness to the visitor falls to 1/e.
const NOW_KM: f32 = 5.0;
/// The most places a request compares with; those that weigh most are kept.
const LIMIT_PLACES: usize = 8 * EXP_GROUP;

/// Where a visitor is and has been.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Nearness {
    /// Latitude, longitude and weight.
    places: Vec<(f32, f32, f32)>,
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
    pub(super) fn add(&mut self, (lat, lon): (f32, f32), share: f32) {
        if lat.is_finite() && lon.is_finite() {
            let mut places = self.places.iter_mut();
            match places.find(|place| place.0 == lat && place.1 == lon) {
                Some(place) => place.2 += share,
                None => self.places.push((lat, lon, share)),
            }
        }
    }

    /// Keeps the places that weigh most.
    pub(super) fn finish(&mut self) {
        self.places.sort_by(|a, b| {
            b.2.total_cmp(&a.2)
                .then(a.0.total_cmp(&b.0))
                .then(a.1.total_cmp(&b.1))
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
        for (&(past_lat, past_lon, _), (near, around)) in places {
            let past = (past_lat, past_lon);
            let km = self.projection.distance_km((lat, lon), past);
            (*near, *around) = (-km / NEAR_KM, -km / AROUND_KM);
        }
        [&mut near, &mut around].map(|nearness| {
            exp_of_each(&mut nearness[..filled]);
            let places = self.places.iter().zip(&*nearness);
            places.map(|(place, nearness)| place.2 * nearness).sum()
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

    /// Adds to each place's sum how near it is to the past (twice) and to the visitor, times these weights, by approximate
    /// exponentials. Returns no less than the sizes of any place's terms.
    pub(super) fn add_to(
        &self,
        [near, around, now]: [f32; 3],
        lat: &[f32],
        lon: &[f32],
        sums: &mut [f32],
    ) -> f32 {
        // An unknown coordinate makes a distance NaN, whose exponential is 0.
        for &(past_lat, past_lon, share) in &self.places {
            let (near, around) = (share * near, share * around);
            for ((sum, &lat), &lon) in sums.iter_mut().zip(lat).zip(lon) {
                let past = (past_lat, past_lon);
                let km = self.projection.distance_km((lat, lon), past);
                // Near enough, and no division.
                let (to_around, to_near) = exp_approximate_and_tenth(km * (-1.0 / AROUND_KM));
                *sum += near * to_near + around * to_around;
            }
        }
        if let Some(here) = self.location {
            for ((sum, &lat), &lon) in sums.iter_mut().zip(lat).zip(lon) {
                let km = self.projection.distance_km(here, (lat, lon));
                *sum += now * exp_approximate(-km / NOW_KM);
            }
        }
        let shares: f32 = self.places.iter().map(|place| place.2).sum();
        shares * (near.abs() + around.abs()) + now.abs()
    }

    /// Works out how near each place is to the past (twice) and to the visitor, by approximate exponentials.
    pub(super) fn approximate(&self, lat: &[f32], lon: &[f32], nearness: &mut [Vec<f32>; 3]) {
        for nearness in nearness.iter_mut() {
            nearness.clear();
            nearness.resize(lat.len(), 0.0);
        }
        let [near, around, now] = nearness;
        for &(past_lat, past_lon, share) in &self.places {
            let both = near.iter_mut().zip(around.iter_mut());
            for (((near, around), &lat), &lon) in both.zip(lat).zip(lon) {
                let past = (past_lat, past_lon);
                let km = self.projection.distance_km((lat, lon), past);
                let (to_around, to_near) = exp_approximate_and_tenth(km * (-1.0 / AROUND_KM));
                *near += share * to_near;
                *around += share * to_around;
            }
        }
        if let Some(here) = self.location {
            for ((now, &lat), &lon) in now.iter_mut().zip(lat).zip(lon) {
                let km = self.projection.distance_km(here, (lat, lon));
                *now = exp_approximate(-km / NOW_KM);
            }
        }
    }
}
