//! A write-ahead log cut short or damaged at its end, as a crash of the machine leaves it: what was whole before the damage is
//! there, nothing behind it is half there, and what was lost can be sent again.
//!
//! The long form tries so many times as many places, every one where there are enough:
//! `TRIQUETA_TIMES=100000 cargo test --release -p triqueta-server --test server torn -- --nocapture`.

use std::path::Path;

use triqueta::event::{Event, EventId};
use triqueta_server::store::{EventStore, Outcome, SqliteOptions, SqliteStore};

use crate::promises::delivery;
use crate::sample::{NOW_MS, device, events};
use crate::world::read_all;

const DELIVERIES: usize = 12;
/// Of each kind.
const PLACES: usize = 60;

/// A store as it lay on its disk amid its work, and how long its log was after each delivery.
struct Lying {
    database: Vec<u8>,
    log: Vec<u8>,
    deliveries: Vec<(Vec<Event>, usize)>,
}

async fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(SqliteOptions::new(folder.join("events.sqlite")))
        .await
        .unwrap()
}

async fn append(store: &SqliteStore, events: &[Event]) -> Vec<Outcome> {
    let delivery = delivery(events[0].device, NOW_MS, events.to_vec());
    store.append(delivery).await.unwrap()
}

async fn lying() -> Lying {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let store = open(folder.path()).await;
    let mut deliveries = Vec::new();
    for number in 0..DELIVERIES {
        let sent = events(device(), 1 + number as u64);
        assert_eq!(
            append(&store, &sent).await,
            vec![Outcome::Stored; 1 + number]
        );
        deliveries.push((sent, file("events.sqlite-wal").len()));
        if number == 2 {
            // What is in the database itself no damage to the log can reach: its length begins anew.
            store.withdraw(device(), NOW_MS).await.unwrap();
            deliveries.iter_mut().for_each(|(_, length)| *length = 0);
        }
    }
    Lying {
        database: file("events.sqlite"),
        log: file("events.sqlite-wal"),
        deliveries,
    }
}

impl Lying {
    /// Opens the store with another log: deliveries that ended in its first `sound` bytes are there, the others are not, and
    /// sent once more all of them are.
    async fn assert_recovers(&self, log: &[u8], sound: usize) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("events.sqlite"), &self.database).unwrap();
        std::fs::write(folder.path().join("events.sqlite-wal"), log).unwrap();
        let store = open(folder.path()).await;
        let is_there = |length: usize| length <= sound;
        let expected: Vec<&Event> = self
            .deliveries
            .iter()
            .filter(|(_, length)| is_there(*length))
            .flat_map(|(sent, _)| sent)
            .collect();
        let stored = read_all(&store).await.unwrap();
        let stored: Vec<_> = stored.iter().map(|stored| &stored.event).collect();
        assert_eq!(stored, expected, "of a log sound up to byte {sound}");
        for (sent, length) in &self.deliveries {
            let outcome = if is_there(*length) {
                Outcome::Duplicate
            } else {
                Outcome::Stored
            };
            assert_eq!(append(&store, sent).await, vec![outcome; sent.len()]);
        }
        store.close().await;
        let mut ids: Vec<EventId> = read_all(&open(folder.path()).await)
            .await
            .unwrap()
            .iter()
            .map(|stored| stored.event.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), (1..=DELIVERIES).sum::<usize>());
    }
}

#[tokio::test]
async fn a_log_cut_or_damaged_anywhere_keeps_what_was_whole_before() {
    let times = std::env::var("TRIQUETA_TIMES").map_or(1, |times| times.parse().unwrap());
    let lying = lying().await;
    let length = lying.log.len();
    assert!(length > 60_000, "{length}");
    // Of no common divisor with the size of a page, so that places fall everywhere in it.
    let step = (length / (PLACES * times)).max(1) | 1;
    let mut places = 0;
    for place in (0..length).step_by(step) {
        lying.assert_recovers(&lying.log[..place], place).await;
        let mut damaged = lying.log.clone();
        damaged[place] ^= 1 << (place % 8);
        lying.assert_recovers(&damaged, place).await;
        // As a disk that had made room and not yet written.
        let mut empty = lying.log.clone();
        empty[place..].fill(0);
        lying.assert_recovers(&empty, place).await;
        places += 1;
    }
    lying.assert_recovers(&lying.log, length).await;
    println!("{places} places of a log of {length} bytes: cut, damaged and emptied from there");
}
