//! Distances. Within a city the earth is flat enough: a projection around a latitude turns degrees into kilometres with
//! two multiplications. Between far points the great circle is used.

use super::Place;

const KM_PER_DEGREE: f64 = 111.195;

/// An equirectangular projection around a latitude: exact enough below some hundred kilometres.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Projection {
    km_per_lon: f32,
}

impl Projection {
    /// The projection around a latitude in degrees.
    pub fn around(lat: f64) -> Self {
        Self {
            km_per_lon: (KM_PER_DEGREE * libm::cos(lat.to_radians())) as f32,
        }
    }

    /// Kilometres between two points given as (latitude, longitude) in degrees; NaN where one is unknown.
    pub fn distance_km(&self, a: (f32, f32), b: (f32, f32)) -> f32 {
        let north = (a.0 - b.0) * KM_PER_DEGREE as f32;
        let east = (a.1 - b.1) * self.km_per_lon;
        // Exactly rounded everywhere, unlike other functions of std.
        (north * north + east * east).sqrt()
    }
}

/// Kilometres along the great circle (haversine).
pub fn distance_km(a: Place, b: Place) -> f64 {
    let half = |degrees: f64| {
        let sine = libm::sin(degrees.to_radians() / 2.0);
        sine * sine
    };
    let h = half(b.lat - a.lat)
        + libm::cos(a.lat.to_radians()) * libm::cos(b.lat.to_radians()) * half(b.lon - a.lon);
    2.0 * 6_371.0 * libm::asin(libm::sqrt(h.min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_distances_agree_within_a_city() {
        let (a, b) = (
            Place {
                lat: 4.5981,
                lon: -74.0758,
            },
            Place {
                lat: 4.6722,
                lon: -74.0556,
            },
        );
        let exact = distance_km(a, b);
        let flat = Projection::around(4.6)
            .distance_km((a.lat as f32, a.lon as f32), (b.lat as f32, b.lon as f32));
        assert!((8.3..8.7).contains(&exact), "{exact}");
        assert!((f64::from(flat) - exact).abs() < 0.02);
    }
}
