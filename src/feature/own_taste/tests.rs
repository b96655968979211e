#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::super::facet::Facet;
use super::*;
use crate::catalog::{Activity, Status, Words};
use crate::event::{ActivityId, Body, FavouriteAction, Shown};
use crate::feature::CommonTaste;
use crate::history::{History, Visitor};

const DAY: i64 = 86_400_000;
/// Friday 2026-11-20, midnight UTC.
const FRIDAY: i64 = 20_777 * DAY;
const NOW: i64 = FRIDAY + 30 * DAY;

/// A programme of culture and sport on working days and days off, by two organisers: number `n` is culture where `n` is
/// even, on a Saturday where `n / 2` is odd, and by the second organiser where `n / 4` is odd.
fn programme() -> Vec<Activity> {
    (0..32_i64)
        .map(|number| Activity {
            id: ActivityId(format!("a{number:02}")),
            title: "Algo".into(),
            description: String::new(),
            kind: Some(
                if number % 2 == 0 {
                    "cultura"
                } else {
                    "deporte"
                }
                .into(),
            ),
            tags: Vec::new(),
            locality: None,
            level: None,
            place: None,
            address: String::new(),
            start_ms: FRIDAY + DAY * (number / 2 % 2) + 18 * 3_600_000,
            end_ms: None,
            price: Some(0.0),
            organiser: Some(if number / 4 % 2 == 0 { "uno" } else { "dos" }.into()),
            series: None,
            published_ms: None,
            status: Status::Active,
            transit_m: None,
            link: None,
            image: None,
            contact: None,
            seed_counts: None,
        })
        .collect()
}

struct City {
    catalog: Catalog,
    schema: Schema,
}

impl City {
    fn new() -> Self {
        let activities = programme();
        let words = Words::learn(&activities, [], 1).unwrap();
        let city = crate::catalog::City::default();
        let catalog = Catalog::build(city.clone(), words.clone(), &activities).unwrap();
        let schema = Schema::new(city, words, &[], activities.len(), 10_000.0);
        Self { catalog, schema }
    }

    /// A history in which the first `count` activities were shown a week ago, and those that are `wanted` saved.
    fn lived(&self, count: usize, wanted: impl Fn(usize) -> bool) -> Visitor {
        let mut history = History::default();
        for number in 0..count {
            let id = ActivityId(format!("a{number:02}"));
            let content = self.catalog.content(Row(number as u32));
            let shown_ms = NOW - 7 * DAY;
            let shown = shown(&id);
            history.observe(shown_ms, &Body::Impression { shown }, Some(&content));
            if wanted(number) {
                let saved = Body::Favourite {
                    activity: id,
                    action: FavouriteAction::Added,
                    shown: None,
                };
                history.observe(shown_ms + 1, &saved, Some(&content));
            }
        }
        Visitor {
            history,
            ..Visitor::default()
        }
    }

    fn verdicts(&self, visitor: &Visitor) -> Vec<Verdict> {
        let own = OwnTaste::of(
            visitor,
            &self.schema,
            &self.catalog,
            NOW,
            &mut Groundwork::default(),
        );
        (0..32)
            .map(|row| own.of_row(&self.catalog, Row(row), None))
            .collect()
    }
}

fn shown(activity: &ActivityId) -> Shown {
    serde_json::from_value(serde_json::json!({
        "activity": activity, "slate": "s", "bundle": "b", "variant": "v", "position": 1,
        "propensity": 1.0, "policy": 1, "features": "", "history": "", "replayable": true,
    }))
    .unwrap()
}

/// Culture on working days and sport on days off: neither the type nor the day says anything alone.
fn either_or(number: usize) -> bool {
    number.is_multiple_of(2) != (number / 2 % 2 == 1)
}

#[test]
fn who_wants_culture_on_working_days_and_sport_on_days_off_is_understood() {
    let city = City::new();
    let verdicts = city.verdicts(&city.lived(24, either_or));
    let total = |number: usize| verdicts[number].own.iter().sum::<f32>();
    let (wanted, unwanted): (Vec<usize>, Vec<usize>) = (24..32).partition(|&n| either_or(n));
    for &yes in &wanted {
        for &no in &unwanted {
            assert!(total(yes) > total(no) + 0.5, "{} {}", total(yes), total(no));
        }
    }
}

#[test]
fn passing_by_teaches_and_what_is_on_the_page_now_has_not_been_passed_by() {
    let city = City::new();
    // Both saved the same; the second organiser was shown to one of them only.
    let wanted = |number: usize| number < 4;
    let (less, more) = (city.lived(4, wanted), city.lived(8, wanted));
    let organiser = |visitor: &Visitor| city.verdicts(visitor)[31].own[1];
    assert_eq!(organiser(&less), 0.0);
    assert!(organiser(&more) < -0.02, "{}", organiser(&more));

    let mut looking = less.clone();
    for number in 4..8 {
        let id = ActivityId(format!("a{number:02}"));
        let shown = shown(&id);
        let content = city.catalog.content(Row(number));
        looking
            .history
            .observe(NOW - 5_000, &Body::Impression { shown }, Some(&content));
    }
    assert_eq!(city.verdicts(&looking), city.verdicts(&less));
}

#[test]
fn where_looks_are_known_only_what_was_looked_at_was_passed_by() {
    let city = City::new();
    let organiser = |visitor: &Visitor| city.verdicts(visitor)[31].own[1];
    // The second organiser's activities were rendered below what the visitor scrolled to.
    let rendered = city.lived(8, |number| number < 4);
    let look = |visitor: &Visitor, numbers: std::ops::Range<u32>| {
        let mut visitor = visitor.clone();
        for number in numbers {
            let shown = shown(&ActivityId(format!("a{number:02}")));
            let content = city.catalog.content(Row(number));
            let looked = Body::Viewed { shown };
            visitor
                .history
                .observe(NOW - 7 * DAY, &looked, Some(&content));
        }
        visitor
    };
    assert!(organiser(&rendered) < -0.02);
    assert_eq!(organiser(&look(&rendered, 0..4)), 0.0);
    assert!(organiser(&look(&rendered, 0..8)) < organiser(&rendered));
}

#[test]
fn in_a_known_direction_a_click_on_one_thing_speaks_of_another() {
    let city = City::new();
    let everybody: Vec<Visitor> = (0..6).map(|_| city.lived(16, either_or)).collect();
    let common = CommonTaste::of(&everybody, &city.catalog, NOW);
    let columns = city.catalog.columns();
    let (sport, first) = (
        u32::from(columns.content(1).kind),
        u32::from(columns.content(0).organiser),
    );
    let of_the_first = city.lived(8, |number| number < 4);
    // In one city who likes the first organiser wants sport, in the other everything else.
    let wants_sport = |share: f32| {
        let direction = vec![(1 << 24 | sport, share), (6 << 24 | first, 0.9)];
        let schema = Schema {
            common_taste: common.clone().with_directions(vec![direction], vec![]),
            ..city.schema.clone()
        };
        let own = OwnTaste::of(
            &of_the_first,
            &schema,
            &city.catalog,
            NOW,
            &mut Groundwork::default(),
        );
        let of = |row: u32| own.of_row(&city.catalog, Row(row), None).own[0];
        of(1) - of(0)
    };
    assert!(wants_sport(0.9) > wants_sport(-0.9) + 0.2);
}

#[test]
fn more_clicks_move_further_and_none_move_nothing() {
    let city = City::new();
    let spread = |count: usize| {
        let verdicts = city.verdicts(&city.lived(count, either_or));
        verdicts[24].own.iter().sum::<f32>() - verdicts[25].own.iter().sum::<f32>()
    };
    assert_eq!(spread(0), 0.0);
    assert!(spread(4) > 0.0 && spread(12) > spread(4) && spread(24) > spread(12));
}

#[test]
fn the_common_taste_is_what_becomes_of_things_whoever_sees_them() {
    let mut city = City::new();
    let visitors: Vec<Visitor> = (0..6)
        .map(|_| city.lived(16, |number| number / 4 % 2 == 1))
        .collect();
    let common = CommonTaste::of(&visitors, &city.catalog, NOW);
    assert!(common.is_sound() && !common.is_empty());
    city.schema.common_taste = common;
    let verdicts = city.verdicts(&Visitor::default());
    assert!(verdicts[31].common > verdicts[26].common + 0.5);
    assert!(verdicts.iter().all(|verdict| verdict.own == [0.0; PARTS]));

    // Where only what was saved is known, everything would look wanted: nothing is read from such a log.
    let only_saved = city.lived(8, |_| true);
    assert!(CommonTaste::of([&only_saved], &city.catalog, NOW).is_empty());
}

#[test]
fn a_price_lies_between_two_rungs_and_what_is_filled_in_tells_the_sort_of_visitor() {
    let activity = ActivityRow {
        kind: 1,
        price: 24.0,
        place: (f32::NAN, f32::NAN),
        ..ActivityRow::default()
    };
    let facets = |profile: &crate::history::Profile| {
        let words = Words::learn(&programme(), [], 1).unwrap();
        let declared = Declared::of(profile, &crate::catalog::City::default(), &words);
        Outline::of_activity(&activity, 0).facets(None, &declared)
    };
    let nobody = facets(&crate::history::Profile::default());
    let rungs: Vec<Facet> = nobody
        .iter()
        .copied()
        .filter(|facet| facet.0 >> 24 == 5 && facet.0 & 0xff > 0)
        .collect();
    assert_eq!(rungs.len(), 2);
    assert_eq!(rungs[0].0 + 1, rungs[1].0);
    assert!((rungs[0].1 + rungs[1].1 - 1.0).abs() < 1e-6 && rungs[1].1 > rungs[0].1);

    let levelled = crate::history::Profile {
        level: Some("bajo".into()),
        ..crate::history::Profile::default()
    };
    let of_a_sort = |facets: &[Facet]| facets.iter().filter(|facet| facet.0 >> 24 == 13).count();
    assert_eq!(of_a_sort(&nobody), 0);
    assert!(of_a_sort(&facets(&levelled)) >= 4);
}
