#![allow(clippy::unwrap_used)]

use super::*;
use crate::feature::facet::DIRECTION;

/// Two facets a direction ties together, and a third that goes its own way.
const TIED: [u32; 3] = [3 << 24 | 1, 3 << 24 | 2, 3 << 24 | 3];

fn tied() -> CommonTaste {
    let direction = vec![(TIED[0], 0.8), (TIED[1], -0.6)];
    CommonTaste {
        weights: vec![(TIED[0], 0.25)].into(),
        ..CommonTaste::default()
    }
    .with_directions(vec![direction], TIED[..2].to_vec())
}

#[test]
fn weights_alone_travel_as_they_always_did_and_everything_comes_back() {
    let alone: CommonTaste = json::read(b"[[50331649,0.25]]").unwrap();
    assert_eq!(serde_json::to_string(&alone).unwrap(), "[[50331649,0.25]]");
    assert!(alone.is_sound() && alone.directions.lists().is_empty());
    let whole = tied();
    let json = serde_json::to_string(&whole).unwrap();
    assert_eq!(json::read::<CommonTaste>(json.as_bytes()).unwrap(), whole);
    let turned = whole.with_directions(vec![vec![(TIED[1], 1.0), (TIED[0], 1.0)]], vec![]);
    assert!(!turned.is_sound());
}

#[test]
fn what_no_training_writes_is_refused() {
    let one = || vec![(TIED[0], 1.0)];
    let many = CommonTaste::default().with_directions(vec![one(); LIMIT_DIRECTIONS + 1], vec![]);
    assert!(!many.is_sound());
    for weight in [f32::NAN, f32::INFINITY, 1e30, -1e30] {
        assert!(
            !tied()
                .with_directions(vec![vec![(TIED[0], weight)]], vec![])
                .is_sound()
        );
    }
    assert!(
        tied()
            .with_directions(vec![one(); LIMIT_DIRECTIONS], vec![])
            .is_sound()
    );
}

#[test]
fn facets_keep_their_whole_width_where_no_directions_were_looked_for() {
    let taste = tied();
    let width = CommonTaste::departure(TIED[0]).deviation;
    assert!(width > 0.0);
    assert_eq!(
        TIED.map(|code| taste.own_deviation(code) / width),
        [
            CommonTaste::BESIDE_DIRECTIONS,
            CommonTaste::BESIDE_DIRECTIONS,
            1.0
        ]
    );
    assert_eq!(taste.own_deviation(DIRECTION.code(0)), 1.0);
}

#[test]
fn more_directions_than_a_device_follows_are_refused_when_they_are_read() {
    let read = |count: u32| {
        let directions: Vec<Vec<Facet>> = (0..count).map(|number| vec![(number, 1.0)]).collect();
        let reading = serde_json::to_value(Reading::default()).unwrap();
        let stored =
            serde_json::json!({ "weights": [], "directions": directions, "reading": reading });
        json::read::<CommonTaste>(stored.to_string().as_bytes())
    };
    assert!(read(64).is_ok_and(|taste| taste.is_sound()));
    assert!(read(65).is_err_and(|error| error.to_string().contains("65 directions")));
}
