//! Does this crate's reader of JSON take and refuse what serde's does, of every type that both read?
//!
//! Visitors get tables where serde would make code; what is written beside a type must mean what serde's attributes mean. Three
//! things this crate reads otherwise: a list is no object, a whole number may be written `-0`, and a word with a number needs it.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod golden;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use triqueta::bundle::{Channel, Group, Manifest, Model};
use triqueta::catalog::{City, Text};
use triqueta::event::{
    BatchReply, Body, Consent, DeviceType, Event, FavouriteAction, Grade, NavigationAction,
    Opinion, Source, VerdictKind,
};
use triqueta::history::{Entry, Profile};
use triqueta::json::{self, FromJson, Word};
use triqueta::math::Random;
use triqueta::outbox::{Accounts, Lease, Pace};
use triqueta::rank::{Ranking, Request};

/// What anything is replaced by.
fn others() -> Vec<Value> {
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(0.5),
        json!(70_000),
        json!(1_u64 << 40),
        json!(u64::MAX),
        json!(""),
        json!("list"),
        json!([]),
        json!([1, 2]),
        json!([0.5, 0.5, 0.5]),
        json!({}),
        json!({"rated": 5, "opened": 1}),
        json!({"opened": 300}),
        json!({"rated": 300}),
        json!({"read_to": 3}),
    ]
}

/// Every place of a value, by the way to it.
fn places(value: &Value, way: &str, all: &mut Vec<String>) {
    all.push(way.to_owned());
    match value {
        Value::Array(list) => {
            // Elements of a list are alike.
            for (n, element) in list.iter().enumerate().take(2) {
                places(element, &format!("{way}/{n}"), all);
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                places(
                    field,
                    &format!("{way}/{}", name.replace('~', "~0").replace('/', "~1")),
                    all,
                );
            }
        }
        _ => {}
    }
}

/// How often both took a text, and how often both refused it.
struct Judged(usize, usize);

fn judge<T: FromJson + DeserializeOwned + Serialize>(text: &str, judged: &mut Judged) {
    let ours = json::read::<T>(text.as_bytes()).ok();
    let serdes = serde_json::from_str::<T>(text).ok();
    let written = |value: &Option<T>| value.as_ref().map(|value| json::write(value).unwrap());
    assert_eq!(written(&ours), written(&serdes), "{text}");
    *if ours.is_some() {
        &mut judged.0
    } else {
        &mut judged.1
    } += 1;
}

/// Takes away, renames, doubles and replaces each part of a value in turn.
fn agrees<T: FromJson + DeserializeOwned + Serialize>(seed: &Value) {
    let mut judged = Judged(0, 0);
    let mut try_it = |value: &Value| judge::<T>(&value.to_string(), &mut judged);
    try_it(seed);
    let mut ways = Vec::new();
    places(seed, "", &mut ways);
    for way in &ways {
        let mut changed = seed.clone();
        // Serde takes a list for an object, this crate does not.
        let is_object = seed.pointer(way).unwrap().is_object();
        let others = others().into_iter();
        for other in others.filter(|other| !(is_object && other.is_array())) {
            *changed.pointer_mut(way).unwrap() = other;
            try_it(&changed);
        }
        let Some((parent, name)) = way.rsplit_once('/') else {
            continue;
        };
        let mut changed = seed.clone();
        match changed.pointer_mut(parent).unwrap() {
            Value::Object(fields) => {
                let field = fields.remove(name).unwrap();
                try_it(&changed);
                for (mut changed, name) in [
                    (changed, format!("{name}s")),
                    (seed.clone(), "surprise".into()),
                ] {
                    let fields = changed
                        .pointer_mut(parent)
                        .unwrap()
                        .as_object_mut()
                        .unwrap();
                    fields.insert(name, field.clone());
                    try_it(&changed);
                }
            }
            Value::Array(list) => {
                let element = list.remove(0);
                try_it(&changed);
                let list = changed.pointer_mut(parent).unwrap().as_array_mut().unwrap();
                list.extend([element.clone(), element]);
                try_it(&changed);
            }
            _ => {}
        }
    }
    // Fields that are there twice, and what is no JSON.
    let text = seed.to_string();
    let mut random = Random::new(11);
    for _ in 0..500 {
        let mut damaged = text.clone().into_bytes();
        let from = random.below(damaged.len());
        let until = (from + random.below(30)).min(damaged.len());
        let copied = damaged[from..until].to_vec();
        let to = random.below(damaged.len());
        damaged.splice(to..to, copied);
        if let Ok(text) = String::from_utf8(damaged) {
            judge::<T>(&text, &mut judged);
        }
    }
    for (at, _) in text.match_indices(",\"") {
        let rest = &text[at..];
        let end = rest[1..].find([',', '}']).map_or(rest.len(), |end| end + 1);
        judge::<T>(
            &format!("{}{}{rest}", &text[..at], &rest[..end]),
            &mut judged,
        );
    }
    let Judged(taken, refused) = judged;
    assert!(taken > 10 && refused > 100, "{taken} {refused}");
}

fn stored(bundle: usize, file: &str) -> Value {
    let (id, files) = golden::files(golden::BUNDLES[bundle]);
    let of = |path: &str| serde_json::from_slice(files.get(path).unwrap()).unwrap();
    let manifest: Value = of(&Manifest::path(&id));
    let entry = manifest["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["name"] == file);
    entry.map_or(manifest.clone(), |entry| {
        of(entry["path"].as_str().unwrap())
    })
}

#[test]
fn what_a_bundle_has() {
    agrees::<Channel>(&json!({
        "format": 1, "sequence": 2, "expires_ms": 3,
        "variants": {"default": {"bundle": "0123", "weight": 4}, "other": {"bundle": "", "weight": 0}},
    }));
    let mut manifest = stored(3, "manifest");
    manifest["judgement"] = json!({"answers": "a", "questions": 5});
    manifest["forced"] = json!({"reason": "b", "refused": ["c"]});
    manifest["self_test_digests"] = json!(["d"]);
    manifest["metrics"] = json!([{"metric": "e", "case": "f", "value": 0.5, "random": 0.25, "popularity": 0.125, "n": 6}]);
    manifest["compositions"] = json!([{
        "parts": ["g"], "loss": 0.5, "above_best": 0.0, "standard_error": 0.25, "chosen": true,
        "ranking": {"ndcg_at_10": 0.5, "below_best": 0.0, "standard_error": 0.25},
    }]);
    agrees::<Manifest>(&manifest);
    agrees::<Model>(&stored(3, "model"));
    agrees::<Text>(&json!({
        "title": "a", "description": "b", "address": "c", "link": "d", "image": "e", "contact": "f",
    }));
    agrees::<City>(&json!({
        "name": "a", "currency": "b", "centre": {"lat": 0.5, "lon": 0.25},
        "offsets": [{"from_ms": 1, "minutes": -300}], "holidays": [20000], "seasons": [{"name": "c", "months": [1, 2]}],
        "availability": [{"name": "d", "weekdays": [1], "from_hour": 6, "until_hour": 12}], "simulated": true,
    }));
}

#[test]
fn what_a_page_hands_over() {
    agrees::<Profile>(&json!({
        "tags": ["a"], "locality": "b", "availability": ["c"], "level": "d", "sinceMs": 1, "location": {"lat": 0.5, "lon": 0.25},
    }));
    agrees::<Request>(&json!({
        "limit": 5, "nowMs": 1, "seed": 2, "ranking": "content", "diversity": 0.5, "explorationSlots": 1, "placement": "a",
        "filters": {
            "types": ["a"], "localities": ["b"], "tags": ["c"], "free": true, "maxPrice": 1.5, "fromMs": 1, "toMs": 2,
            "within": {"lat": 0.5, "lon": 0.25, "km": 1.0}, "query": "d", "includePast": true, "includeUnpublished": true,
            "excludeFavourites": true, "onlyFavourites": true, "includeDisliked": true, "exclude": ["e"],
        },
    }));
    let events = include_str!("golden/events-v1.jsonl");
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        agrees::<Body>(&event["body"]);
        agrees::<Event>(&event);
    }
}

#[test]
fn what_a_device_keeps() {
    agrees::<Entry>(&json!({
        "content": {
            "title": "a", "type": "b", "tags": ["c"], "text": ["d"], "locality": "e", "level": "f", "organiser": "g",
            "series": "h", "place": {"lat": 0.5, "lon": 0.25}, "price": 1.5, "transit_m": 2.5, "density": 3.5, "start_ms": 4,
            "end_ms": 5, "weekday": 6, "hour": 7,
        },
        "signals": [{"time_ms": 1, "action": "followed_link"}, {"time_ms": 2, "action": {"opened": 30}}],
        "impressions": 1, "last_impression_ms": 2, "views": 3, "last_view_ms": 4,
    }));
    agrees::<Accounts>(&json!({
        "a": {
            "url": "a", "device": "11111111-1111-4111-8111-111111111111", "sequence": 1, "acknowledged": 2, "dropped": 3,
            "replayable": true,
            "pace": {"failures": 1, "since_ms": 2, "wait_ms": 3, "at_most": 4, "stopped": true, "plain": true},
        },
    }));
    agrees::<Pace>(
        &json!({"failures": 1, "since_ms": 2, "wait_ms": 3, "at_most": 4, "stopped": true, "plain": true}),
    );
    agrees::<Lease>(&json!({"holder": "a", "until_ms": 1}));
    agrees::<Consent>(&json!({
        "grade": "upload", "location": true, "minor": true, "text_version": "a", "time_ms": 1,
    }));
}

#[test]
fn what_is_one_of_a_few_words() {
    words::<Group>();
    words::<Source>();
    words::<NavigationAction>();
    words::<Opinion>();
    words::<FavouriteAction>();
    words::<DeviceType>();
    words::<Grade>();
    words::<VerdictKind>();
    words::<Ranking>();
}

/// Both know the same words, and mean the same by them.
fn words<T: Word + FromJson + DeserializeOwned + Debug + PartialEq>() {
    assert_eq!(T::WORDS.len(), T::ALL.len());
    for (word, meant) in T::WORDS.iter().zip(T::ALL) {
        let text = json!(word).to_string();
        assert_eq!(&serde_json::from_str::<T>(&text).unwrap(), meant);
        assert_eq!(&json::read::<T>(text.as_bytes()).unwrap(), meant);
    }
    // Serde names all that it knows.
    let refused = serde_json::from_value::<T>(json!("no such word")).unwrap_err();
    let named = refused.to_string().matches('`').count() / 2 - 1;
    assert_eq!(named, T::WORDS.len(), "{refused}");
}

#[test]
fn what_a_server_answers() {
    agrees::<BatchReply>(&json!({
        "verdicts": [{"id": "a", "verdict": "stored", "code": "b", "message": "c"}, {"id": "d", "verdict": "rejected"}],
    }));
}
