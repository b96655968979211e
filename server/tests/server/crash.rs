//! The server killed and its disk failing, while devices send: every acknowledged event is there, once.
//!
//! The long form kills so many times as often, `TRIQUETA_TIMES=20` for a thousand kills:
//! `TRIQUETA_TIMES=20 cargo test --release -p triqueta-server --test server killing -- --nocapture`.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use triqueta::event::{Event, EventId};

use crate::client::send;
use crate::cluster::Cluster;
use crate::process::{ServerProcess, serve_if_asked};
use crate::sample::{batch, device, event};
use crate::site::Site;
use crate::world::{JSON, read_all, verdicts};

const SENDERS: u64 = 4;
/// Of each store.
const KILLS: u64 = 25;

/// What the devices know: where the server is, and which events it acknowledged.
struct Field {
    address: Mutex<SocketAddr>,
    done: AtomicBool,
    acknowledged: Mutex<HashMap<EventId, Event>>,
    repeats: AtomicU64,
}

impl Field {
    fn new(address: SocketAddr) -> Self {
        Self {
            address: Mutex::new(address),
            done: AtomicBool::new(false),
            acknowledged: Mutex::default(),
            repeats: AtomicU64::new(0),
        }
    }

    fn address(&self) -> SocketAddr {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends batch after batch, each until it is acknowledged, as a device's queue does.
    fn run_device(&self) {
        let device = device();
        let mut sequence = 0;
        while !self.done.load(Ordering::SeqCst) {
            let size = 1 + sequence % 60;
            let sent: Vec<_> = (1..=size)
                .map(|step| event(device, sequence + step))
                .collect();
            let body = batch(device, &sent).to_string();
            while !self.deliver(&sent, body.as_bytes()) && !self.done.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            sequence += size;
        }
    }

    fn deliver(&self, sent: &[Event], body: &[u8]) -> bool {
        let Ok(reply) = send(self.address(), "POST", "/v1/events", &[JSON], body) else {
            return false;
        };
        if reply.status != 200 {
            return false;
        }
        let verdicts = verdicts(&reply);
        assert!(
            verdicts
                .iter()
                .all(|verdict| verdict == "stored" || verdict == "duplicate"),
            "{verdicts:?}"
        );
        let repeats = verdicts
            .iter()
            .filter(|verdict| *verdict == "duplicate")
            .count();
        self.repeats.fetch_add(repeats as u64, Ordering::SeqCst);
        let mut acknowledged = self.acknowledged.lock().unwrap();
        acknowledged.extend(sent.iter().map(|event| (event.id, event.clone())));
        true
    }

    /// How many events were acknowledged, once every one of them was found stored, once and as it was sent.
    fn verify(&self, site: &Site) -> usize {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let stored = runtime.block_on(async {
            let store = site.try_open(false).await.unwrap();
            read_all(&*store).await.unwrap()
        });
        let by_id: HashMap<_, _> = stored
            .iter()
            .map(|stored| (stored.event.id, &stored.event))
            .collect();
        assert_eq!(by_id.len(), stored.len(), "no event is there twice");
        let acknowledged = self.acknowledged.lock().unwrap();
        let missing = acknowledged
            .keys()
            .filter(|id| !by_id.contains_key(id))
            .count();
        let changed = acknowledged
            .iter()
            .filter(|(id, event)| by_id.get(id).is_some_and(|stored| stored != event))
            .count();
        assert_eq!(
            (missing, changed),
            (0, 0),
            "of {} acknowledged events some are missing or not as sent",
            acknowledged.len()
        );
        acknowledged.len()
    }
}

#[test]
fn killing_the_server_loses_no_event_that_sqlite_acknowledged() {
    serve_if_asked();
    kill_while_devices_send(
        &Site::sqlite(),
        "crash::killing_the_server_loses_no_event_that_sqlite_acknowledged",
    );
}

#[test]
fn killing_the_server_loses_no_event_that_postgres_acknowledged() {
    serve_if_asked();
    let cluster = Cluster::start();
    kill_while_devices_send(
        &Site::database(&cluster, "killed"),
        "crash::killing_the_server_loses_no_event_that_postgres_acknowledged",
    );
}

fn kill_while_devices_send(site: &Site, name: &str) {
    let times = std::env::var("TRIQUETA_TIMES").map_or(1, |times| times.parse().unwrap());
    let kills = KILLS * times;
    let folder = tempfile::tempdir().unwrap();
    let start = || ServerProcess::start(folder.path(), &site.address(), name, "");
    let mut server = start();
    let field = Field::new(server.address);
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| field.run_device());
        }
        for kill in 0..kills {
            // Mostly amid traffic, sometimes in a server's first moments.
            let settled = if kill % 3 == 0 { 0 } else { 100 };
            std::thread::sleep(Duration::from_millis(20 + settled + kill * 7_919 % 280));
            server.kill();
            server = start();
            *field.address.lock().unwrap() = server.address;
        }
        std::thread::sleep(Duration::from_millis(200));
        field.done.store(true, Ordering::SeqCst);
    });
    server.kill();
    let acknowledged = field.verify(site);
    let repeats = field.repeats.load(Ordering::SeqCst);
    println!(
        "{name}: {kills} kills, {acknowledged} events acknowledged, 0 lost, 0 twice; {repeats} came again and were recognised"
    );
    assert!(acknowledged > 100, "the devices were heard: {acknowledged}");
}

#[test]
fn a_disk_that_takes_no_more_loses_no_acknowledged_event() {
    serve_if_asked();
    let (site, folder) = (Site::sqlite(), tempfile::tempdir().unwrap());
    let name = "crash::a_disk_that_takes_no_more_loses_no_acknowledged_event";
    // Writing beyond this size fails, in the middle of whatever the server writes.
    let mut server = ServerProcess::start(
        folder.path(),
        &site.address(),
        name,
        "trap '' XFSZ; ulimit -f 600;",
    );
    let field = Field::new(server.address);
    let mut refused = 0;
    std::thread::scope(|scope| {
        for _ in 0..SENDERS {
            scope.spawn(|| field.run_device());
        }
        let device = device();
        let mut sequence = 0;
        while refused < 20 {
            sequence += 1;
            let body = batch(device, &[event(device, sequence)]).to_string();
            let reply = send(
                server.address,
                "POST",
                "/v1/events",
                &[JSON],
                body.as_bytes(),
            )
            .unwrap();
            refused += u32::from(reply.status == 503);
        }
        assert_eq!(
            crate::client::get(server.address, "/healthz").status,
            200,
            "it goes on answering"
        );
        server.kill();
        server = ServerProcess::start(folder.path(), &site.address(), name, "");
        *field.address.lock().unwrap() = server.address;
        std::thread::sleep(Duration::from_millis(200));
        field.done.store(true, Ordering::SeqCst);
    });
    server.kill();
    println!(
        "{} events acknowledged around a failing disk, 0 lost",
        field.verify(&site)
    );
}
