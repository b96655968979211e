//! How many events a second does the server make durable, and how long does an acknowledgement take at half of that?
//! Beside a plain INSERT loop on a database of the same kind, in the same run.
//!
//! `cargo run --release -p triqueta-server --example load [SECONDS]`, or `./build.sh bench server`. Prints the rows of
//! a bench as JSON. Client and server share the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod client;
mod plain;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use triqueta_server::{ServerConfig, serve};

use client::Sender;

const BATCH: u64 = 100;
/// Batches of as many devices wait together and share one commit.
const SENDERS: u64 = 32;

fn main() {
    let seconds = std::env::args().nth(1).map_or(10, |seconds| {
        seconds.parse().expect("the number of seconds to measure")
    });
    let length = Duration::from_secs(seconds);
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut config = ServerConfig::new(folder.path(), folder.path().join("events.sqlite"));
    config.address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let server = runtime
        .block_on(serve(config, std::future::pending()))
        .unwrap();

    let one_by_one = runtime.block_on(plain::insert_one_by_one(folder.path(), length / 2));
    let by_hundred = runtime.block_on(plain::insert_by_hundred(folder.path(), length / 2));
    let before = memory_bytes();
    let full = load(server.address(), length, None);
    let half = load(server.address(), length, Some(full.rate / 2.0));
    let stored = runtime.block_on(server.store().count()).unwrap();
    assert_eq!(
        stored,
        full.events + half.events,
        "what was acknowledged is stored, once"
    );

    let row = |case: &str, metric: &str, value: f64, unit: &str, n: u64| json!({"suite": "server", "case": case, "metric": metric, "value": value, "unit": unit, "n": n});
    let mut rows = vec![
        row(
            "full load, batches of 100",
            "durable events a second",
            full.rate,
            "1/s",
            full.events,
        ),
        row(
            "full load, batches of 100",
            "acknowledgement p50",
            full.quantile(0.5),
            "ms",
            full.batches(),
        ),
        row(
            "full load, batches of 100",
            "acknowledgement p99",
            full.quantile(0.99),
            "ms",
            full.batches(),
        ),
        row(
            "half load, batches of 100",
            "durable events a second",
            half.rate,
            "1/s",
            half.events,
        ),
        row(
            "half load, batches of 100",
            "acknowledgement p50",
            half.quantile(0.5),
            "ms",
            half.batches(),
        ),
        row(
            "half load, batches of 100",
            "acknowledgement p99",
            half.quantile(0.99),
            "ms",
            half.batches(),
        ),
        row(
            "whole process, client and server",
            "memory grown over the run",
            memory_bytes().saturating_sub(before) as f64,
            "bytes",
            stored,
        ),
    ];
    for (case, rate) in [
        ("plain INSERT, one a transaction", one_by_one),
        ("plain INSERT, 100 a transaction", by_hundred),
    ] {
        let mut plain = row(case, "durable events a second", rate, "1/s", 1);
        plain["ratio"] = json!(full.rate / rate);
        rows.push(plain);
    }
    println!("{:#}", json!({ "rows": rows }));
}

/// What came of a load.
struct Loaded {
    events: u64,
    rate: f64,
    milliseconds: Vec<f64>,
}

impl Loaded {
    fn batches(&self) -> u64 {
        self.milliseconds.len() as u64
    }

    fn quantile(&self, share: f64) -> f64 {
        let last = self.milliseconds.len() - 1;
        self.milliseconds[(last as f64 * share).round() as usize]
    }
}

/// Sends from many devices for a while, as fast as they are answered or at a rate of events a second. At a rate, waiting
/// counts from when a batch was due, so that a server that stalls is not spared the batches it kept from being sent.
fn load(address: SocketAddr, length: Duration, rate: Option<f64>) -> Loaded {
    let began = Instant::now();
    let events = AtomicU64::new(0);
    let every = rate.map(|rate| Duration::from_secs_f64((BATCH * SENDERS) as f64 / rate));
    let mut milliseconds: Vec<f64> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| {
                let events = &events;
                scope.spawn(move || {
                    let mut sender = Sender::connect(address);
                    let mut waited = Vec::new();
                    let mut due = began
                        + every.map_or(Duration::ZERO, |every| {
                            every * number as u32 / SENDERS as u32
                        });
                    while began.elapsed() < length {
                        let body = sender.batch(BATCH);
                        match every {
                            Some(every) => {
                                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                                sender.deliver(&body);
                                waited.push(due.elapsed().as_secs_f64() * 1e3);
                                due += every;
                            }
                            None => {
                                let sent = Instant::now();
                                sender.deliver(&body);
                                waited.push(sent.elapsed().as_secs_f64() * 1e3);
                            }
                        }
                        events.fetch_add(BATCH, Ordering::Relaxed);
                    }
                    waited
                })
            })
            .collect();
        senders
            .into_iter()
            .flat_map(|sender| sender.join().unwrap())
            .collect()
    });
    let took = began.elapsed().as_secs_f64();
    milliseconds.sort_by(f64::total_cmp);
    let events = events.into_inner();
    Loaded {
        events,
        rate: events as f64 / took,
        milliseconds,
    }
}

/// What the system keeps in memory for this process.
fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(0) << 10
}
