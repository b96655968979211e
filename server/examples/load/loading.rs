//! Sends from many devices and times how long each acknowledgement takes.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::client::Sender;

pub(crate) const BATCH: u64 = 100;
/// Batches of as many devices wait together and share one commit.
const SENDERS: u64 = 32;

/// How long to send.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    Passed(Duration),
    Sent(u64),
}

/// What came of a load.
pub(crate) struct Loaded {
    pub(crate) events: u64,
    pub(crate) rate: f64,
    milliseconds: Vec<f64>,
}

impl Loaded {
    pub(crate) fn batches(&self) -> u64 {
        self.milliseconds.len() as u64
    }

    pub(crate) fn quantile(&self, share: f64) -> f64 {
        let last = self.milliseconds.len() - 1;
        self.milliseconds[(last as f64 * share).round() as usize]
    }
}

/// Sends as fast as it is answered or at a rate of events a second. At a rate, waiting counts from when a batch was due, so that
/// a server that stalls is not spared the batches it kept from being sent.
pub(crate) fn load(address: SocketAddr, until: Until, rate: Option<f64>) -> Loaded {
    let began = Instant::now();
    let events = AtomicU64::new(0);
    let every = rate.map(|rate| Duration::from_secs_f64((BATCH * SENDERS) as f64 / rate));
    let goes_on = || match until {
        Until::Passed(length) => began.elapsed() < length,
        Until::Sent(count) => events.load(Ordering::Relaxed) < count,
    };
    let mut milliseconds: Vec<f64> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|number| {
                let (events, goes_on) = (&events, &goes_on);
                scope.spawn(move || {
                    let mut sender = Sender::connect(address);
                    let mut waited = Vec::new();
                    let first = every.map(|every| every * number as u32 / SENDERS as u32);
                    let mut due = began + first.unwrap_or_default();
                    while goes_on() {
                        let body = sender.batch(BATCH);
                        let sent = match every {
                            Some(every) => {
                                let sent = due;
                                std::thread::sleep(due.saturating_duration_since(Instant::now()));
                                due += every;
                                sent
                            }
                            None => Instant::now(),
                        };
                        sender.deliver(&body);
                        waited.push(sent.elapsed().as_secs_f64() * 1e3);
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
