//! Where can something take place? Real public venues, and how far they are from public transport.

use std::collections::BTreeMap;

use serde::Deserialize;
use triqueta::catalog::Place;
use triqueta::catalog::distance_km;

use super::error::{DemoError, Result};

/// Streets are not straight lines: walking is about this much longer than the crow's flight.
const WALKING_FACTOR: f64 = 1.3;

/// Article, name, locality, address, latitude, longitude, setting.
type VenueRow = (String, String, String, String, f64, f64, Setting);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    stations: Vec<(String, f64, f64)>,
    venues: BTreeMap<String, VenueRow>,
}

/// Indoors or outdoors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Setting {
    /// Under a roof.
    #[serde(rename = "sala")]
    Indoors,
    /// In the open.
    #[serde(rename = "aire")]
    Outdoors,
}

/// A place where activities happen.
#[derive(Debug, Clone, PartialEq)]
pub struct Venue {
    /// Article of the name: `el`, `la` or nothing.
    pub article: String,
    /// Its name.
    pub name: String,
    /// Locality of the city.
    pub locality: String,
    /// Street address.
    pub address: String,
    /// Where it is.
    pub place: Place,
    /// Indoors or outdoors.
    pub setting: Setting,
    /// Walking distance to the nearest TransMilenio station, metres, rounded to ten.
    pub transit_m: f32,
}

/// All venues by their key in the table.
///
/// # Errors
/// [`DemoError::Table`] if the built-in table is damaged.
pub fn venues() -> Result<BTreeMap<String, Venue>> {
    let table: Table =
        toml::from_str(include_str!("data/venues.toml")).map_err(|error| DemoError::Table {
            table: "venues.toml",
            detail: error.to_string(),
        })?;
    let stations: Vec<Place> = table
        .stations
        .iter()
        .map(|&(_, lat, lon)| Place { lat, lon })
        .collect();
    let venue = |(article, name, locality, address, lat, lon, setting): VenueRow| {
        let place = Place { lat, lon };
        let transit_m = walking_metres(place, &stations);
        Venue {
            article,
            name,
            locality,
            address,
            place,
            setting,
            transit_m,
        }
    };
    Ok(table
        .venues
        .into_iter()
        .map(|(key, row)| (key, venue(row)))
        .collect())
}

fn walking_metres(place: Place, stations: &[Place]) -> f32 {
    let km = stations
        .iter()
        .map(|&station| distance_km(place, station))
        .fold(f64::INFINITY, f64::min);
    ((km * 1_000.0 * WALKING_FACTOR / 10.0).round() * 10.0) as f32
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
    use super::*;

    /// The localities' extents with about 300 m to spare: (name, south, north, west, east).
    const EXTENTS: [(&str, f64, f64, f64, f64); 3] = [
        ("La Candelaria", 4.5880, 4.6045, -74.0810, -74.0650),
        ("Santa Fe", 4.5830, 4.6300, -74.0860, -74.0400),
        ("Chapinero", 4.6250, 4.6890, -74.0690, -74.0300),
    ];

    #[test]
    fn every_venue_lies_in_its_locality_and_can_be_walked_to() {
        let venues = venues().unwrap();
        assert!((40..=60).contains(&venues.len()), "{}", venues.len());
        for venue in venues.values() {
            let (_, south, north, west, east) = EXTENTS
                .iter()
                .find(|extent| extent.0 == venue.locality)
                .unwrap();
            let Place { lat, lon } = venue.place;
            assert!(
                (south..=north).contains(&&lat) && (west..=east).contains(&&lon),
                "{venue:?}"
            );
            assert!((20.0..=2_600.0).contains(&venue.transit_m), "{venue:?}");
            assert!(
                ["el", "la", ""].contains(&venue.article.as_str()) && !venue.address.is_empty()
            );
        }
        for (locality, ..) in EXTENTS {
            assert!(
                venues
                    .values()
                    .filter(|venue| venue.locality == locality)
                    .count()
                    >= 10,
                "{locality}"
            );
        }
    }
}
