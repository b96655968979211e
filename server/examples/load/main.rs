//! How many events a second does the server make durable, how long does an acknowledgement take at half of that, alone and
//! beside 10,000 idle connections, and does its memory stay what it is? Beside a plain INSERT loop on a database of the same
//! kind, in the same run.
//!
//! `cargo run --release -p triqueta-server --example load [SECONDS] [--events N]`, or `./build.sh bench server`. Prints the
//! rows of a bench as JSON. Client and server share the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

mod client;
mod idle;
mod loading;
mod plain;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use serde_json::{Value, json};
use triqueta_server::{ServerConfig, serve};

use idle::Idle;
use loading::{BATCH, Loaded, Until, load};

const IDLE: usize = 10_000;
/// Memory is looked at so often over a run of so many events.
const LOOKS: u64 = 10;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after = |flag: &str| {
        let place = arguments.iter().position(|said| said == flag)?;
        arguments.get(place + 1)
    };
    if let Some(address) = after(idle::HOLD) {
        let count = arguments.last().expect("how many");
        idle::hold(address.parse().unwrap(), count.parse().unwrap());
    }
    let events: Option<u64> =
        after("--events").map(|count| count.parse().expect("the number of events to send"));
    let seconds = match arguments.first() {
        Some(said) if !said.starts_with("--") => said.parse().expect("the seconds to measure"),
        _ => 10,
    };
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
    let address = server.address();
    let before = memory_bytes();
    let full = load(address, Until::Passed(length), None);
    let half = load(address, Until::Passed(length), Some(full.rate / 2.0));
    let after_both = memory_bytes();
    let idle = Idle::hold(address, IDLE);
    let crowded = load(address, Until::Passed(length), Some(full.rate / 2.0));
    drop(idle);
    let mut stored = full.events + half.events + crowded.events;

    let mut rows = Vec::new();
    rows.extend(rows_of("full load, batches of 100", &full));
    rows.extend(rows_of("half load, batches of 100", &half));
    rows.extend(rows_of(
        "half load beside 10,000 idle connections",
        &crowded,
    ));
    rows.push(row(
        "whole process, client and server",
        "memory grown over the run",
        after_both.saturating_sub(before) as f64,
        "bytes",
        full.events + half.events,
    ));
    if let Some(events) = events {
        let sent = memory_over(address, events, &mut rows);
        stored += sent;
    }
    assert_eq!(
        runtime.block_on(server.store().count()).unwrap(),
        stored,
        "what was acknowledged is stored, once"
    );
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

/// Sends so many events at full load and adds what memory was after each tenth of them.
fn memory_over(address: SocketAddr, events: u64, rows: &mut Vec<Value>) -> u64 {
    let mut sent = 0;
    for look in 1..=LOOKS {
        let part = (events * look / LOOKS).saturating_sub(sent).max(BATCH);
        sent += load(address, Until::Sent(part), None).events;
        let case = "whole process over the long run";
        let memory = memory_bytes() as f64;
        let metric = format!("memory after {look} of {LOOKS} parts");
        rows.push(row(case, &metric, memory, "bytes", sent));
    }
    sent
}

fn rows_of(case: &str, loaded: &Loaded) -> [Value; 3] {
    let quantile =
        |metric, share| row(case, metric, loaded.quantile(share), "ms", loaded.batches());
    [
        row(
            case,
            "durable events a second",
            loaded.rate,
            "1/s",
            loaded.events,
        ),
        quantile("acknowledgement p50", 0.5),
        quantile("acknowledgement p99", 0.99),
    ]
}

fn row(case: &str, metric: &str, value: f64, unit: &str, n: u64) -> Value {
    json!({"suite": "server", "case": case, "metric": metric, "value": value, "unit": unit, "n": n})
}

/// What the system keeps in memory for this process.
fn memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: Option<u64> = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kibibytes.unwrap_or(0) << 10
}
