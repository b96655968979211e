//! The outbox against a network that does everything a network can do to it, in simulated time: what was recorded is in the
//! store exactly once, one request is under way at a time, and tries keep their distance.
//!
//! 10,000 events as a test; the long form is the same with `TRIQUETA_CHAOS_EVENTS=100000`.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};

use triqueta::event::{BatchReply, EventId, Verdict, VerdictKind};
use triqueta::math::Random;
use triqueta::outbox::{LIMIT_QUEUED, Pace, Pending, Reply, Sender, Step, bound};

/// How long the browser waits for an answer.
const PATIENCE_MS: i64 = 20_000;
const FIRST_RETRY_MS: i64 = 3_000;
const LAST_RETRY_MS: i64 = 30 * 60_000;

fn how_many(name: &str, usually: usize) -> usize {
    // The one way to ask a test for its long form.
    #[allow(clippy::disallowed_methods)]
    let asked = std::env::var(name);
    asked.map_or(usually, |count| count.parse().unwrap())
}

/// What happens to one request on its way.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Arrives,
    /// Never reaches the server.
    Dropped,
    /// Stored; the answer never reaches the device.
    AnswerLost,
    /// Reaches the server twice.
    Doubled,
    /// Stored for all that; the proxy answers something else.
    Refused(u16),
    /// Neither stored nor answered for longer than anybody waits.
    Hangs,
    /// Somebody else answers 200, such as a captive portal.
    Portal,
    /// Only the first half of the events has a verdict.
    Half,
}

fn fate(random: &mut Random) -> Fate {
    match (random.uniform() * 100.0) as u32 {
        0..20 => Fate::Dropped,
        20..30 => Fate::AnswerLost,
        30..38 => Fate::Doubled,
        38..44 => Fate::Refused([500, 502, 503, 504][(random.uniform() * 4.0) as usize]),
        44..50 => Fate::Refused(429),
        50..52 => Fate::Refused(413),
        52..54 => Fate::Refused(100 + (random.uniform() * 500.0) as u16),
        54..56 => Fate::Hangs,
        56..58 => Fate::Portal,
        58..62 => Fate::Half,
        _ => Fate::Arrives,
    }
}

/// The server: keeps the first of each id.
#[derive(Default)]
struct Store {
    rows: BTreeMap<EventId, u32>,
    repeats: u64,
}

impl Store {
    fn take(&mut self, batch: &[EventId]) -> String {
        let verdict = |id: &EventId| {
            let is_new = self.rows.insert(*id, 1).is_none();
            self.repeats += u64::from(!is_new);
            Verdict {
                id: id.to_string(),
                verdict: if is_new {
                    VerdictKind::Stored
                } else {
                    VerdictKind::Duplicate
                },
                code: None,
                message: None,
            }
        };
        let verdicts = batch.iter().map(verdict).collect();
        serde_json::to_string(&BatchReply { verdicts }).unwrap()
    }
}

/// The device, the network and the server, and what was seen of them.
struct World {
    random: Random,
    now_ms: i64,
    queue: Vec<Pending>,
    pace: Pace,
    store: Store,
    /// Until when another request must not begin, and why it must not.
    not_before_ms: (i64, &'static str),
    failures_in_a_row: u32,
    requests: u64,
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            random: Random::new(seed),
            now_ms: 1_800_000_000_000,
            queue: vec![],
            pace: Pace::default(),
            store: Store::default(),
            not_before_ms: (0, ""),
            failures_in_a_row: 0,
            requests: 0,
        }
    }

    fn record(&mut self) -> EventId {
        self.now_ms += (self.random.uniform() * 50.0) as i64;
        let bytes: [u8; 10] = std::array::from_fn(|_| self.random.next_u64() as u8);
        let id = EventId::new(self.now_ms, &bytes);
        let bytes = 300 + (self.random.uniform() * 1_500.0) as usize;
        self.queue.push(Pending {
            id,
            time_ms: self.now_ms,
            bytes,
        });
        self.queue.sort_by_key(|pending| pending.id);
        id
    }

    /// One page sends as far as it gets. It may be killed at any time: the next one knows what was stored and no more.
    fn page(&mut self) -> Option<i64> {
        let mut sender = Sender::default();
        sender.resume(self.pace.clone());
        loop {
            let step = sender.next(self.now_ms, true, &self.queue);
            let Step::Post { count, .. } = step else {
                let Step::Rest { wait_ms } = step else {
                    unreachable!("a step is to post or to rest");
                };
                return wait_ms;
            };
            let again = sender.next(self.now_ms, true, &self.queue);
            assert_eq!(again, Step::Rest { wait_ms: None }, "one request at a time");
            let (until_ms, why) = self.not_before_ms;
            assert!(self.now_ms >= until_ms, "too early after {why}");
            let batch: Vec<EventId> = self.queue[..count].iter().map(|one| one.id).collect();
            let Some(reply) = self.network(&batch) else {
                return Some(0);
            };
            let uniform = self.random.uniform();
            let delete: BTreeSet<EventId> = sender
                .answered(self.now_ms, uniform, &reply)
                .into_iter()
                .collect();
            assert!(
                delete.iter().all(|id| self.store.rows.contains_key(id)),
                "deleted, but not stored: {reply:?}"
            );
            self.keeps_its_distance(&sender, &reply, delete.is_empty(), count);
            // The page is killed before what it learned is written.
            if self.random.uniform() < 0.03 {
                self.not_before_ms = (0, "");
                // The next page knows of those that were written.
                self.failures_in_a_row = self.pace.failures;
                return Some(0);
            }
            self.queue.retain(|pending| !delete.contains(&pending.id));
            self.pace = sender.pace.clone();
        }
    }

    /// What becomes of a request; `None` where its page is killed meanwhile.
    fn network(&mut self, batch: &[EventId]) -> Option<Reply> {
        self.requests += 1;
        self.now_ms += 5 + (self.random.uniform() * 200.0) as i64;
        let reply = |status: u16, body: String, retry_after_ms| Reply {
            status,
            body,
            retry_after_ms,
        };
        let nothing = reply(0, String::new(), None);
        let reply = match fate(&mut self.random) {
            Fate::Arrives => reply(200, self.store.take(batch), None),
            Fate::Dropped => nothing,
            Fate::AnswerLost => {
                self.store.take(batch);
                nothing
            }
            Fate::Doubled => {
                self.store.take(batch);
                reply(200, self.store.take(batch), None)
            }
            Fate::Refused(status) => {
                let seconds = (status == 429 || status == 503).then_some(60_000);
                self.store.take(batch);
                reply(status, String::new(), seconds)
            }
            Fate::Hangs => {
                self.now_ms += PATIENCE_MS;
                nothing
            }
            Fate::Portal => reply(200, "<html>Welcome</html>".to_owned(), None),
            Fate::Half => reply(
                200,
                self.store.take(&batch[..batch.len().div_ceil(2)]),
                None,
            ),
        };
        (self.random.uniform() >= 0.03).then_some(reply)
    }

    fn keeps_its_distance(&mut self, sender: &Sender, reply: &Reply, failed: bool, count: usize) {
        let wait_ms = sender.pace.wait_ms(self.now_ms);
        if !failed {
            self.failures_in_a_row = 0;
            self.not_before_ms = (0, "");
            assert_eq!(wait_ms, Some(0), "goes on after {reply:?}");
            return;
        }
        match reply.status {
            413 if count > 1 => assert_eq!(wait_ms, Some(0), "smaller at once"),
            400 | 401 | 403 | 404 | 405 | 410 | 413 | 415 | 422 => {
                let plain = reply.status == 415 && sender.pace.plain;
                assert!(wait_ms.is_none() || plain, "{reply:?} is not repeated");
            }
            status => {
                self.failures_in_a_row += 1;
                assert_eq!(sender.pace.failures, self.failures_in_a_row);
                let doubled = FIRST_RETRY_MS << (self.failures_in_a_row - 1).min(20);
                let usual = doubled.min(LAST_RETRY_MS);
                let asked = reply.retry_after_ms.unwrap_or(0);
                let wait_ms = wait_ms.unwrap();
                assert!(wait_ms >= (usual / 2).max(asked), "{status}: {wait_ms}");
                assert!(wait_ms <= (usual * 3 / 2).max(asked), "{status}: {wait_ms}");
                self.not_before_ms = (self.now_ms + wait_ms, "a failure");
            }
        }
    }
}

#[test]
fn whatever_the_network_does_each_event_is_stored_exactly_once() {
    let events = how_many("TRIQUETA_CHAOS_EVENTS", 10_000);
    let mut world = World::new(20_261_129);
    let mut recorded = BTreeSet::new();
    while recorded.len() < events || !world.queue.is_empty() {
        let burst = (world.random.uniform() * 200.0) as usize;
        let room = LIMIT_QUEUED / 2 - world.queue.len().min(LIMIT_QUEUED / 2);
        for _ in 0..burst.min(events - recorded.len()).min(room) {
            recorded.insert(world.record());
        }
        // Stopped (`None`): the visitor opens a page again after a while.
        let wait_ms = world.page().unwrap_or(60_000);
        world.now_ms += wait_ms + (world.random.uniform() * 100.0) as i64;
        assert_eq!(
            bound(&world.queue, world.now_ms).drop,
            [],
            "below every bound"
        );
    }
    assert_eq!(recorded.len(), events);
    assert!(
        world.store.rows.keys().eq(recorded.iter()),
        "all of them, and nothing else"
    );
    assert!(
        world.store.repeats > 0,
        "the network repeated, and it did not show"
    );
    println!(
        "{events} events, {} requests, {} repeats dropped by the store",
        world.requests, world.store.repeats
    );
}

#[test]
fn every_status_keeps_what_it_has_no_verdict_on() {
    let pending: Vec<Pending> = (0..10)
        .map(|number| Pending {
            id: EventId::new(1_000, &[number; 10]),
            time_ms: 1_000,
            bytes: 100,
        })
        .collect();
    for status in 100..600_u16 {
        let mut sender = Sender::default();
        assert!(matches!(
            sender.next(0, true, &pending),
            Step::Post { count: 10, .. }
        ));
        let reply = Reply {
            status,
            body: r#"{"error":{"code":"ANY"}}"#.to_owned(),
            retry_after_ms: None,
        };
        assert_eq!(sender.answered(0, 0.5, &reply), [], "{status}");
        let again = sender.next(0, true, &pending);
        match status {
            413 => assert!(matches!(again, Step::Post { count: 5, .. })),
            400 | 401 | 403 | 404 | 405 | 410 | 415 | 422 => {
                assert_eq!(again, Step::Rest { wait_ms: None }, "{status}: not again");
            }
            _ => {
                let rest = Step::Rest {
                    wait_ms: Some(3_000),
                };
                assert_eq!(again, rest, "{status}: later");
            }
        }
    }
}
