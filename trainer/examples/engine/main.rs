//! How long does a recommendation take?
//!
//! `engine time REGISTRY VISITORS ROWS…` opens the bundle that a registry publishes, repeats its activities until there are
//! so many, gives visitors histories, times their lists and prints the rows of a bench. `engine write REGISTRY VISITORS
//! FOLDER ROWS…` writes the same bundles and visitors for a browser to do the same with. `./build.sh bench engine` runs both.
//! `10000-wide-deep` instead of `10000` asks for that many activities, Wide & Deep and a tree that asks it, `10000-trees` for the
//! tree alone.

#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used, clippy::panic)]

mod deepen;
mod multiply;
mod write;

use std::path::Path;
use std::time::Instant;

use triqueta::catalog::Row;
use triqueta::engine::Engine;
use triqueta::event::{Body, FavouriteAction, Opinion, Source};
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::rank::Request;
use triqueta_trainer::publish::Registry;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (registry, visitors, folder, sizes) = match &arguments[..] {
        ["time", registry, visitors, sizes @ ..] => (registry, visitors, None, sizes),
        ["write", registry, visitors, folder, sizes @ ..] => {
            (registry, visitors, Some(Path::new(folder)), sizes)
        }
        _ => panic!(
            "usage: engine time REGISTRY VISITORS ROWS… | write REGISTRY VISITORS FOLDER ROWS…"
        ),
    };
    let visitors: usize = visitors.parse().unwrap();
    let published = Registry::at(registry).engine("default").unwrap();
    let mut rows = Vec::new();
    for name in sizes {
        let (size, models) = name.split_once('-').unwrap_or((name, ""));
        let published = published.bundle();
        let bundle = multiply::multiplied(published.clone(), size.parse().unwrap());
        let bundle = match models {
            "" => bundle,
            "trees" => deepen::deepened(bundle, None),
            "wide-deep" => deepen::deepened(bundle, Some(deepen::learned(published.clone()))),
            _ => panic!("a size is a number, or one with -trees or -wide-deep, not {name}"),
        };
        match folder {
            Some(folder) => write::written(bundle, visitors, &folder.join(name)),
            None => rows.extend(measured(&Engine::new(bundle).unwrap(), visitors, models)),
        }
    }
    if folder.is_none() {
        println!("{}", serde_json::json!({ "rows": rows }));
    }
}

/// How long lists of ten take, by length of history: tenth percentile and median of so many visitors.
fn measured(engine: &Engine, visitors: usize, models: &str) -> Vec<serde_json::Value> {
    let request = request(engine);
    let models = match models {
        "" => String::new(),
        models => format!(" ({models})"),
    };
    let mut rows = Vec::new();
    for length in [0_usize, 5, 20, 60] {
        let mut times = Vec::new();
        for number in 0..visitors {
            let visitor = visitor(engine, length, number as u64, request.now_ms);
            let started = Instant::now();
            let slate = engine.recommend(&visitor, &request).unwrap();
            times.push(started.elapsed().as_secs_f64() * 1e6);
            assert!(!slate.items.is_empty());
        }
        times.sort_by(f64::total_cmp);
        let activities = engine.bundle().catalog.len();
        for (metric, at) in [("p10", visitors / 10), ("median", visitors / 2)] {
            rows.push(serde_json::json!({
                "suite": "engine", "case": format!("{activities} activities{models}, history {length}"),
                "metric": metric, "value": times[at], "unit": "us", "n": visitors,
            }));
        }
    }
    rows
}

/// A list of ten, when the bundle was made.
pub(crate) fn request(engine: &Engine) -> Request {
    Request {
        now_ms: engine.bundle().counters.as_of_ms,
        seed: 1,
        ..Request::default()
    }
}

/// Somebody who was shown `length` activities: a third was saved, a third read, a third refused.
pub(crate) fn visitor(engine: &Engine, length: usize, seed: u64, now_ms: i64) -> Visitor {
    let mut visitor = Visitor::default();
    let mut random = Random::new(seed);
    let catalog = &engine.bundle().catalog;
    let hour = 3_600_000;
    for number in 0..length {
        let row = random.below(catalog.len());
        let activity = catalog.id(Row(row as u32)).into();
        let time_ms = now_ms - 30 * hour * (number as i64 + 1);
        let body = match number % 3 {
            0 => Body::Favourite {
                activity,
                action: FavouriteAction::Added,
                shown: None,
            },
            1 => Body::DetailView {
                activity,
                dwell_seconds: 20.0,
                scroll_depth: 0.5,
                external_click: false,
                source: Source::Recommendation,
                shown: None,
            },
            _ => Body::Feedback {
                activity,
                opinion: Opinion::Dislike,
                shown: None,
            },
        };
        engine.observe(&mut visitor, time_ms, &body);
    }
    visitor
}
