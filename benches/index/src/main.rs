//! Would an index of neighbours find the best sooner than looking at every row?
//!
//! `index ROWS…` makes the numbers that the browser's peers multiply, looks for the largest ten products row by row and through
//! an HNSW index (usearch), and prints the rows of a bench. `./build.sh bench engine` runs it.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod exact;
mod made;

use std::hint::black_box;
use std::thread::{available_parallelism, scope};
use std::time::Instant;

use exact::BEST;
use made::{Row, WIDTH};
use serde_json::{Value, json};
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

/// Queries that say how many of the best are found; the first of them, which the browser's peers have too, are timed.
const QUERIES: usize = 100;
const TIMED: usize = 10;
const ROUNDS: usize = 15;
/// As the browser's index is made (benches/engine/page/contenders/hnswlib.mjs).
const NEIGHBOURS: usize = 16;
const BUILDING_LOOKS_AT: usize = 200;
/// A search looks at so many at first, and at twice as many until it finds so large a share of the best.
const SEARCH_LOOKS_AT: usize = 64;
const LEAST_SHARE: f64 = 0.9;

fn main() {
    let sizes = std::env::args().skip(1).map(|rows| rows.parse().unwrap());
    let rows: Vec<Value> = sizes.flat_map(measured).collect();
    println!("{}", json!({ "rows": rows }));
}

/// What reading, looking at every row and looking into an index take, of so many rows.
fn measured(rows: usize) -> Vec<Value> {
    let (matrix, queries) = made::made(rows, QUERIES);
    let row = |contender: &str, metric: &str, value: f64, unit: &str, n: usize| {
        json!({
            "suite": "index", "case": format!("{rows} rows, {contender}"), "contender": contender, "activities": rows,
            "metric": metric, "value": value, "unit": unit, "n": n,
        })
    };
    let timed = |contender: &str, work: &dyn Fn(&Row)| {
        let times = times(&queries[..TIMED], work);
        [("p10", ROUNDS / 10), ("median", ROUNDS / 2)]
            .map(|(metric, at)| row(contender, metric, times[at], "us", ROUNDS))
    };
    let mut figures = Vec::new();
    figures.extend(timed("reading", &|_| {
        black_box(exact::read(black_box(&matrix)));
    }));
    figures.extend(timed("every row", &|query| {
        black_box(exact::best(&matrix, query));
    }));

    let started = Instant::now();
    let index = built(&matrix);
    let building = started.elapsed().as_secs_f64();
    let wanted = queries.iter().map(|query| exact::best(&matrix, query));
    let wanted: Vec<_> = queries.iter().zip(wanted).collect();
    let mut looks_at = SEARCH_LOOKS_AT;
    let share = loop {
        index.change_expansion_search(looks_at);
        let share = found(&index, &wanted);
        if share >= LEAST_SHARE || looks_at >= rows {
            break share;
        }
        looks_at *= 2;
    };
    figures.extend(timed("HNSW", &|query| {
        black_box(index.search(query, BEST).unwrap());
    }));
    figures.extend([
        row("HNSW", "agreement", share, "share", QUERIES),
        row("HNSW", "looks at", looks_at as f64, "rows", 1),
        row("HNSW", "build", building, "s", 1),
        row("HNSW", "memory", index.memory_usage() as f64, "B", 1),
    ]);
    figures
}

/// Mean times of a query in µs, a round each, ascending.
fn times(queries: &[Row], work: &dyn Fn(&Row)) -> Vec<f64> {
    let round = |_| {
        let started = Instant::now();
        queries.iter().for_each(work);
        started.elapsed().as_secs_f64() * 1e6 / queries.len() as f64
    };
    let mut times: Vec<f64> = (0..ROUNDS).map(round).collect();
    times.sort_by(f64::total_cmp);
    times
}

/// An index of all rows, built by as many threads as there are cores.
fn built(matrix: &[Row]) -> Index {
    let options = IndexOptions {
        dimensions: WIDTH,
        metric: MetricKind::IP,
        quantization: ScalarKind::F32,
        connectivity: NEIGHBOURS,
        expansion_add: BUILDING_LOOKS_AT,
        ..IndexOptions::default()
    };
    let index = Index::new(&options).unwrap();
    let threads = available_parallelism().unwrap().get();
    index
        .reserve_capacity_and_threads(matrix.len(), threads)
        .unwrap();
    scope(|scope| {
        for thread in 0..threads {
            let index = &index;
            let rows = matrix.iter().enumerate().skip(thread).step_by(threads);
            scope.spawn(move || {
                rows.for_each(|(row, values)| index.add(row as u64, values).unwrap())
            });
        }
    });
    index
}

/// The share of the best that the index finds.
fn found(index: &Index, wanted: &[(&Row, [u32; BEST])]) -> f64 {
    let of_query = |(query, best): &(&Row, [u32; BEST])| {
        let answer = index.search(query.as_slice(), BEST).unwrap();
        let known = answer
            .keys
            .iter()
            .filter(|&&row| best.contains(&(row as u32)));
        known.count()
    };
    let known: usize = wanted.iter().map(of_query).sum();
    known as f64 / (wanted.len() * BEST) as f64
}
