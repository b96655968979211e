//! Whatever order tasks run in: what is acknowledged was committed before, each is answered with its own outcomes, once, and a
//! commit that fails answers all of its group so.
//!
//! Shuttle decides which task goes on, at every place where one waits. The store and its writer are those that serve; only
//! the database beneath is made up. `TRIQUETA_TIMES=…` tries so many times as many orders.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use shuttle::future::{block_on, spawn, yield_now};
use triqueta::event::{Body, Consent, DeviceId, Event, EventId, Grade, Opinion, SessionId};

use super::*;
use crate::store::kept::{Kept, Reader};
use crate::store::work::Rows;
use crate::store::{Delivery, EventStore, Outcome, Statistics, StoredEvent, Watermark};

const ORDERS: usize = 1_500;
const SENDERS: u8 = 3;

/// What a database would hold after its power went.
#[derive(Debug, Default, Clone)]
struct Durable {
    events: BTreeMap<EventId, String>,
    withdrawn: BTreeSet<DeviceId>,
}

/// How a commit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Commit {
    Works,
    Fails,
    /// It is on the disk, and nobody learns of it.
    WorksUnheard,
}

/// A database in memory that commits as it is told, and lets others run meanwhile.
struct Memory {
    durable: Arc<Mutex<Durable>>,
    next_commit: fn(usize) -> Commit,
    commits: usize,
}

impl Durable {
    fn apply(&mut self, work: &Work) -> Answer {
        match work {
            Work::Append(rows) => Answer {
                outcomes: self.append(rows),
                deleted: 0,
            },
            Work::Withdraw { device, .. } => {
                self.withdrawn.insert(*device);
                let before = self.events.len();
                // Ids of this test begin with the number of their device.
                self.events
                    .retain(|id, _| id.0.as_bytes()[15] != device.0.as_bytes()[15]);
                Answer {
                    deleted: (before - self.events.len()) as u64,
                    ..Answer::default()
                }
            }
            _ => Answer::default(),
        }
    }

    fn append(&mut self, rows: &Rows) -> Vec<Outcome> {
        let outcome = |row: &crate::store::work::EventRow| {
            if self.withdrawn.contains(&rows.device) {
                return Outcome::Withdrawn;
            }
            match self.events.get(&row.id) {
                Some(first) if *first == row.payload => Outcome::Duplicate,
                Some(_) => Outcome::Conflicting,
                None => {
                    self.events.insert(row.id, row.payload.clone());
                    Outcome::Stored
                }
            }
        };
        rows.events.iter().map(outcome).collect()
    }
}

impl Ground for Memory {
    async fn write(&mut self, works: &[Work]) -> Result<Vec<Answer>, StoreError> {
        let mut pending = self.durable.lock().unwrap().clone();
        let mut answers = Vec::new();
        for work in works {
            answers.push(pending.apply(work));
        }
        yield_now().await;
        let commit = (self.next_commit)(self.commits);
        self.commits += 1;
        if commit != Commit::Fails {
            *self.durable.lock().unwrap() = pending;
        }
        yield_now().await;
        match commit {
            Commit::Works => Ok(answers),
            _ => Err(StoreError::Full),
        }
    }

    async fn close(&mut self) {
        yield_now().await;
    }
}

/// Nothing is read through the store here.
struct NoReader;

#[async_trait]
impl Reader for NoReader {
    async fn read_after(&self, _: Watermark, _: usize) -> Result<Vec<StoredEvent>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn withdrawals(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        Err(StoreError::Closed)
    }

    async fn name(&self) -> Result<String, StoreError> {
        Err(StoreError::Closed)
    }

    async fn statistics(&self) -> Result<Statistics, StoreError> {
        Err(StoreError::Closed)
    }

    async fn close(&self) {}
}

fn device(number: u8) -> DeviceId {
    DeviceId::new([number; 16])
}

fn event(number: u8, sequence: u8) -> Event {
    Event {
        id: EventId::new(1_000, &[sequence, 0, 0, 0, 0, 0, 0, 0, 0, number]),
        device: device(number),
        sequence: u64::from(sequence),
        time_ms: 1_000,
        session: SessionId::new([7; 16]),
        user: None,
        consent: Consent {
            grade: Grade::Upload,
            ..Consent::default()
        },
        body: Body::Feedback {
            activity: "a1".into(),
            opinion: Opinion::Like,
            shown: None,
        },
    }
}

fn delivery(number: u8, sequences: std::ops::RangeInclusive<u8>) -> Delivery {
    Delivery {
        device: device(number),
        sent_at_ms: 0,
        received_ms: 0,
        dropped: 0,
        events: sequences.map(|sequence| event(number, sequence)).collect(),
    }
}

type Store = Kept<NoReader>;

fn store(next_commit: fn(usize) -> Commit, queue: usize) -> (Arc<Store>, Arc<Mutex<Durable>>) {
    let durable = Arc::new(Mutex::new(Durable::default()));
    let memory = Memory {
        durable: Arc::clone(&durable),
        next_commit,
        commits: 0,
    };
    let (writer, writing) = Writer::new(memory, queue);
    drop(spawn(writing));
    (Arc::new(Kept::new(writer, NoReader)), durable)
}

/// Sends until it is acknowledged, as a device does; everything acknowledged is durable by then.
async fn send(store: &Store, durable: &Mutex<Durable>, delivery: Delivery) -> Vec<Outcome> {
    loop {
        if let Ok(outcomes) = store.append(delivery.clone()).await {
            assert_eq!(outcomes.len(), delivery.events.len());
            let durable = durable.lock().unwrap();
            for (event, outcome) in delivery.events.iter().zip(&outcomes) {
                let is_there = durable.events.contains_key(&event.id);
                let is_gone = durable.withdrawn.contains(&event.device);
                assert!(is_there || is_gone, "{outcome:?} and not durable");
            }
            return outcomes;
        }
    }
}

/// Devices send what overlaps, one withdraws, one goes away amid its request, and at last the store is closed.
fn devices_send(next_commit: fn(usize) -> Commit) {
    block_on(async move {
        let (store, durable) = store(next_commit, QUEUE);
        let mut tasks = Vec::new();
        for number in 1..=SENDERS {
            for sequences in [1..=2, 2..=3] {
                let (store, durable) = (Arc::clone(&store), Arc::clone(&durable));
                let delivery = delivery(number, sequences);
                tasks.push(spawn(async move { send(&store, &durable, delivery).await }));
            }
        }
        let leaving = {
            let (store, durable) = (Arc::clone(&store), Arc::clone(&durable));
            spawn(async move {
                while store.withdraw(device(1), 0).await.is_err() {}
                let is_left = |id: &EventId| id.0.as_bytes()[15] == 1;
                assert!(!durable.lock().unwrap().events.keys().any(is_left));
            })
        };
        let gone = {
            let store = Arc::clone(&store);
            spawn(async move { store.append(delivery(9, 1..=2)).await })
        };
        yield_now().await;
        gone.abort();
        let mut stored = 0;
        for task in tasks {
            let outcomes = task.await.unwrap();
            let is_new = |outcome: &&Outcome| **outcome == Outcome::Stored;
            stored += outcomes.iter().filter(is_new).count();
        }
        leaving.await.unwrap();
        assert!(stored <= 9, "an event is new once: {stored}");
        store.close().await;
        let late = store.append(delivery(2, 1..=1)).await;
        assert_eq!(late, Err(StoreError::Closed));
        let durable = durable.lock().unwrap();
        for number in 2..=SENDERS {
            for sequence in 1..=3 {
                assert!(durable.events.contains_key(&event(number, sequence).id));
            }
        }
    });
}

fn times() -> usize {
    std::env::var("TRIQUETA_TIMES").map_or(1, |times| times.parse().unwrap())
}

fn by_chance(_: usize) -> Commit {
    use shuttle::rand::Rng;
    match shuttle::rand::thread_rng().gen_range(0..4) {
        0 => Commit::Fails,
        1 => Commit::WorksUnheard,
        _ => Commit::Works,
    }
}

#[test]
fn what_is_acknowledged_was_committed_in_orders_drawn_by_chance() {
    shuttle::check_random(|| devices_send(by_chance), ORDERS * times());
    shuttle::check_pct(|| devices_send(by_chance), ORDERS * times(), 3);
}

/// Two requests of one group and one of the next, in every order there is, or the first so many.
#[test]
fn a_commit_that_fails_answers_all_of_its_group_so_in_every_order() {
    fn second_fails(number: usize) -> Commit {
        if number == 1 {
            Commit::Fails
        } else {
            Commit::Works
        }
    }
    let requests = || {
        block_on(async {
            let (store, durable) = store(second_fails, QUEUE);
            let requests: Vec<_> = [1, 2, 3]
                .map(|number| {
                    let store = Arc::clone(&store);
                    spawn(async move { store.append(delivery(number, 1..=1)).await })
                })
                .into_iter()
                .collect();
            for (request, number) in requests.into_iter().zip(1..) {
                let answer = request.await.unwrap();
                let is_there = durable
                    .lock()
                    .unwrap()
                    .events
                    .contains_key(&event(number, 1).id);
                match answer {
                    Ok(outcomes) => assert_eq!((outcomes, is_there), (vec![Outcome::Stored], true)),
                    Err(error) => assert_eq!((error, is_there), (StoreError::Full, false)),
                }
            }
        });
    };
    shuttle::check_dfs(requests, Some(20_000 * times()));
}

/// More wait than the queue holds: each is written or told to come again, and nobody waits for ever.
#[test]
fn who_finds_the_queue_full_is_written_later_or_told_so() {
    let requests = || {
        block_on(async {
            let (store, durable) = store(|_| Commit::Works, 1);
            let requests: Vec<_> = (1..=4)
                .map(|number| {
                    let store = Arc::clone(&store);
                    spawn(async move {
                        let rows = Rows::of(&delivery(number, 1..=1)).unwrap();
                        let patience = async {
                            yield_now().await;
                            yield_now().await;
                        };
                        store
                            .writer()
                            .run_within(Work::Append(rows), patience)
                            .await
                    })
                })
                .collect();
            let mut taken = 0;
            for request in requests {
                match request.await.unwrap() {
                    Ok(_) => taken += 1,
                    Err(error) => assert_eq!(error, StoreError::Overloaded),
                }
            }
            assert_eq!(durable.lock().unwrap().events.len(), taken);
            assert!(taken >= 1);
        });
    };
    shuttle::check_random(requests, ORDERS * times());
}
