//! A disk that fails at its N-th call, and a machine that loses its power at any answer: never is anything acknowledged that
//! the disk would not still hold.
//!
//! A tracer makes the calls fail and writes down all of them; from that the disk is made anew as it was at every answer. The
//! long form tries every N, `TRIQUETA_TIMES=1000 cargo test -p triqueta-server --test server failing -- --nocapture`.

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use triqueta::event::{BatchReply, DeviceId, Event, VerdictKind};

use crate::client::{Reply, send};
use crate::disk::Disk;
use crate::process::{ServerProcess, serve_if_asked};
use crate::sample::{batch, device, event, events, withdrawal};
use crate::site::Site;
use crate::trace::{Step, TRACER, most_calls, steps};
use crate::world::{JSON, read_all};

const NAME: &str =
    "failing::a_disk_that_fails_at_its_nth_call_or_loses_power_keeps_what_was_acknowledged";
const SENDERS: usize = 3;
const BATCHES: u64 = 5;
/// Of each kind of failure.
const FAILURES: usize = 5;

/// What fails, how, and whether only the N-th call does or every one from there on.
const KINDS: [(&str, &str, &str); 5] = [
    ("fsync", "EIO", ""),
    ("fsync", "EIO", "+"),
    ("pwrite64", "ENOSPC", "+"),
    ("pwrite64", "EIO", ""),
    ("ftruncate", "EIO", ""),
];

/// What devices sent in one round.
#[derive(Default)]
struct Sent {
    staying: Vec<(DeviceId, Vec<Event>)>,
    leaving: Vec<Event>,
}

/// A round's server, its disk before, and what it is to be asked.
struct Round {
    site: Site,
    trace: tempfile::TempDir,
    sent: Sent,
}

impl Round {
    async fn prepare() -> Self {
        let site = Site::sqlite();
        site.open().await.close().await;
        let mut sent = Sent::default();
        for _ in 0..SENDERS {
            let device = device();
            sent.staying.push((device, events(device, BATCHES * 4)));
        }
        let leaving = device();
        sent.leaving = vec![event(leaving, 1), event(leaving, 2)];
        Self {
            site,
            trace: tempfile::tempdir().unwrap(),
            sent,
        }
    }

    fn folder(&self) -> &Path {
        let Site::Sqlite(folder) = &self.site else {
            unreachable!("a disk of our own")
        };
        folder.path()
    }

    /// Runs a server whose calls fail as `failure` says, while devices send; returns what was written down.
    fn run(&self, failure: &str) -> String {
        let file = self.trace.path().join("trace");
        let tracer = format!("exec {TRACER} {failure} -o {}", file.display());
        let folder = tempfile::tempdir().unwrap();
        let server = ServerProcess::try_start(folder.path(), &self.site.address(), NAME, &tracer);
        // One that cannot open its store does not start.
        if let Some(mut server) = server {
            self.send_everything(&server, 2);
            server.kill();
        }
        std::fs::read_to_string(file).unwrap()
    }

    /// Sends from all devices at once, each batch so many times at most.
    fn send_everything(&self, server: &ServerProcess, times: usize) {
        std::thread::scope(|scope| {
            for (device, events) in &self.sent.staying {
                scope.spawn(move || {
                    for part in events.chunks(4) {
                        let body = batch(*device, part).to_string();
                        until_taken(server, "/v1/events", &body, times);
                    }
                });
            }
            let leaving = self.sent.leaving[0].device;
            let body = batch(leaving, &self.sent.leaving).to_string();
            until_taken(server, "/v1/events", &body, times);
            until_taken(
                server,
                "/v1/withdraw",
                &withdrawal(leaving).to_string(),
                times,
            );
        });
    }

    /// At every answer the disk is looked at as a power failure would leave it. Returns how many answers that were.
    async fn look_at_every_answer(&self, mut disk: Disk, trace: &str) -> usize {
        let mut required = HashSet::new();
        let mut withdrawn = false;
        let mut answers = 0;
        let leaving: HashSet<_> = self.sent.leaving.iter().map(|event| event.id).collect();
        for (position, step) in steps(trace, self.folder()).iter().enumerate() {
            disk.take(step);
            let Step::Answer(answer) = step else { continue };
            let Some((_, body)) = answer.split_once("\r\n\r\n") else {
                continue;
            };
            if let Ok(reply) = serde_json::from_str::<BatchReply>(body) {
                let taken = reply
                    .verdicts
                    .iter()
                    .filter(|verdict| verdict.verdict != VerdictKind::Rejected);
                required.extend(taken.map(|verdict| verdict.id.clone()));
            } else if body.contains("\"deleted\"") {
                withdrawn = true;
            } else {
                continue;
            }
            answers += 1;
            for kept in [0, 1 + position % 5, usize::MAX] {
                let left = tempfile::tempdir().unwrap();
                disk.leave(left.path(), kept);
                let stored = stored_in(&Site::Sqlite(left)).await;
                let ids: HashSet<_> = stored.iter().map(|event| event.id.to_string()).collect();
                assert_eq!(ids.len(), stored.len(), "no event is there twice");
                for event in &stored {
                    assert!(self.is_as_sent(event), "not as it was sent: {event:?}");
                    assert!(
                        !(withdrawn && leaving.contains(&event.id)),
                        "withdrawn and there"
                    );
                }
                let gone: HashSet<_> = leaving.iter().map(ToString::to_string).collect();
                for id in &required {
                    assert!(
                        ids.contains(id) || gone.contains(id),
                        "acknowledged and lost with the power (kept {kept}): {id}"
                    );
                }
            }
        }
        answers
    }

    fn is_as_sent(&self, event: &Event) -> bool {
        let staying = self.sent.staying.iter().flat_map(|(_, events)| events);
        staying.chain(&self.sent.leaving).any(|sent| sent == event)
    }

    /// Started again on a sound disk, it takes everything once.
    async fn start_again(&self) {
        let folder = tempfile::tempdir().unwrap();
        let mut server = ServerProcess::start(folder.path(), &self.site.address(), NAME, "");
        self.send_everything(&server, 1);
        server.kill();
        let stored = stored_in(&self.site).await;
        let ids: HashSet<_> = stored.iter().map(|event| event.id).collect();
        assert_eq!((ids.len(), stored.len()), (SENDERS * 20, SENDERS * 20));
    }
}

async fn stored_in(site: &Site) -> Vec<Event> {
    let store = site.try_open(false).await.unwrap();
    let stored = read_all(&*store).await.unwrap();
    store.close().await;
    stored.into_iter().map(|stored| stored.event).collect()
}

/// Until it is taken, or refused so many times: with an answer that says to come again.
fn until_taken(server: &ServerProcess, path: &str, body: &str, times: usize) {
    for _ in 0..times {
        let reply = send(server.address, "POST", path, &[JSON], body.as_bytes()).unwrap();
        if reply.status == 200 {
            return;
        }
        assert_refused(&reply);
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn assert_refused(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.error_code().as_str()),
        (503, "STORE_UNAVAILABLE")
    );
    assert!(reply.header("retry-after").is_some());
}

#[test]
fn a_disk_that_fails_at_its_nth_call_or_loses_power_keeps_what_was_acknowledged() {
    serve_if_asked();
    let times = std::env::var("TRIQUETA_TIMES").map_or(1, |times| times.parse().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let sound = runtime.block_on(Round::prepare());
    let disk = Disk::of(sound.folder());
    let trace = sound.run("");
    let answers = runtime.block_on(sound.look_at_every_answer(disk, &trace));
    assert_eq!(answers, SENDERS * 5 + 2, "a sound disk takes everything");
    let renamed = steps(&trace, sound.folder())
        .iter()
        .any(|step| matches!(step, Step::Rename));
    assert!(
        !renamed,
        "the store renames nothing, so no renaming can fail"
    );

    for (call, error, from) in KINDS {
        // A few more than a sound run has: a connection made anew begins with calls of its own.
        let most = most_calls(&trace, call) + 2;
        let step = most.div_ceil(FAILURES * times).max(1);
        let (mut rounds, mut answers) = (0, 0);
        for number in (1..=most).step_by(step) {
            let round = runtime.block_on(Round::prepare());
            let disk = Disk::of(round.folder());
            let trace = round.run(&format!(
                "-e inject={call}:error={error}:when={number}{from}"
            ));
            runtime.block_on(async {
                answers += round.look_at_every_answer(disk, &trace).await;
                round.start_again().await;
            });
            rounds += 1;
        }
        println!(
            "{call} {error} at {rounds} of {most}{from}: {answers} answers kept what they said"
        );
    }
}
