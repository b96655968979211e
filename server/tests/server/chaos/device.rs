//! A device with two pages on one queue, which performs what the outbox says over real sockets. Its clock is simulated, so
//! that half an hour of waiting costs no time; what it writes is written at once, and a page is killed at any moment.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use triqueta::event::{DeviceId, Event, EventId};
use triqueta::math::Random;
use triqueta::outbox::{Lease, Pace, Pending, Reply, Sender, Step, claim};

use crate::client::{head, receive};
use crate::events::gzip;
use crate::sample::{NOW_MS, batch, device, event};
use crate::world::JSON;

const PAGES: usize = 2;
/// How long a page waits for an answer, on the device's clock.
const PATIENCE_MS: i64 = 20_000;
/// How long it waits for the proxy that plays the network.
const PATIENCE: Duration = Duration::from_secs(3);
const FIRST_RETRY_MS: i64 = 3_000;
const LAST_RETRY_MS: i64 = 30 * 60_000;

/// What is on the disk, for all pages.
#[derive(Default)]
struct Disk {
    events: BTreeMap<EventId, Event>,
    pace: Pace,
    lease: Option<Lease>,
}

#[derive(Default)]
struct Page {
    name: String,
    sender: Sender,
    /// Whether it holds the lease, as far as it knows.
    leads: bool,
    /// Under way, since when.
    request: Option<(TcpStream, i64)>,
}

pub(super) struct Device {
    name: DeviceId,
    proxy: SocketAddr,
    random: Random,
    /// Whether its pages are killed.
    kills: bool,
    now_ms: i64,
    disk: Disk,
    pages: Vec<Page>,
    sequence: u64,
    /// Until when nothing may be sent, as the disk has it.
    not_before_ms: i64,
    pub(super) recorded: Vec<Event>,
    pub(super) most_under_way: usize,
    pub(super) requests: u64,
    pub(super) killed: u64,
    pub(super) opened: u64,
    pub(super) waited_ms: u64,
}

impl Device {
    pub(super) fn new(seed: u64, proxy: SocketAddr) -> Self {
        let mut new = Self {
            name: device(),
            proxy,
            random: Random::new(seed),
            kills: true,
            now_ms: NOW_MS,
            disk: Disk::default(),
            pages: vec![],
            sequence: 0,
            not_before_ms: 0,
            recorded: vec![],
            most_under_way: 0,
            requests: 0,
            killed: 0,
            opened: 0,
            waited_ms: 0,
        };
        while new.pages.len() < PAGES {
            let page = new.open();
            new.pages.push(page);
        }
        new
    }

    /// From now on no page is killed.
    pub(super) fn calm(&mut self) {
        self.kills = false;
    }

    fn open(&mut self) -> Page {
        self.opened += 1;
        Page {
            name: format!("page {}", self.opened),
            ..Page::default()
        }
    }

    /// Records so many events and sends until the server has named all of them.
    pub(super) fn run(&mut self, events: usize) {
        while self.recorded.len() < events || !self.disk.events.is_empty() {
            if self.disk.events.len() < 300 {
                let burst = (1 + self.random.below(150)).min(events - self.recorded.len());
                (0..burst).for_each(|_| self.record());
            }
            let chosen = self.random.below(PAGES);
            if self.pages[chosen].request.is_some() {
                self.hear(chosen);
            } else {
                self.flush(chosen);
            }
            let under_way = self.pages.iter().filter(|page| page.request.is_some());
            self.most_under_way = self.most_under_way.max(under_way.count());
        }
    }

    fn record(&mut self) {
        self.sequence += 1;
        let event = event(self.name, self.sequence);
        self.disk.events.insert(event.id, event.clone());
        self.recorded.push(event);
    }

    /// The page may send, or goes on sending.
    fn flush(&mut self, chosen: usize) {
        let page = &mut self.pages[chosen];
        let claimed = claim(self.disk.lease.as_ref(), &page.name, self.now_ms);
        let Some(lease) = claimed else {
            page.leads = false;
            // It asks again; meanwhile time passes, less than an answer may take.
            let ms = self.random.below(1_500) as i64;
            return self.pass(ms);
        };
        self.disk.lease = Some(lease);
        if !page.leads {
            page.sender.resume(self.disk.pace.clone());
            page.leads = true;
        }
        let pending: Vec<Pending> = self
            .disk
            .events
            .values()
            .take(100)
            .map(|event| Pending {
                id: event.id,
                time_ms: event.time_ms,
                bytes: serde_json::to_string(event).unwrap().len(),
            })
            .collect();
        match page.sender.next(self.now_ms, true, &pending) {
            Step::Post { count, packed } => self.post(chosen, count, packed),
            Step::Rest { wait_ms } => {
                page.leads = false;
                self.disk.lease = None;
                match wait_ms {
                    Some(wait_ms) => self.pass(wait_ms),
                    // The visitor opens the page again after a while.
                    None if !pending.is_empty() => {
                        self.pages[chosen] = self.open();
                        self.pass(60_000);
                    }
                    None => {}
                }
            }
        }
    }

    fn post(&mut self, chosen: usize, count: usize, packed: bool) {
        assert!(self.now_ms >= self.not_before_ms, "too early");
        self.requests += 1;
        let events: Vec<Event> = self.disk.events.values().take(count).cloned().collect();
        let json = batch(self.name, &events).to_string();
        let mut headers = vec![JSON];
        let body = if packed {
            headers.push(("Content-Encoding", "gzip"));
            gzip(json.as_bytes())
        } else {
            json.into_bytes()
        };
        let mut stream = TcpStream::connect(self.proxy).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = head("POST", "/v1/events", &headers, body.len());
        // A connection that broke already says so when the answer is read.
        let _ = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(&body));
        self.pages[chosen].request = Some((stream, self.now_ms));
    }

    /// Waits for the answer to the page's request, or is killed before.
    fn hear(&mut self, chosen: usize) {
        if self.is_killed() {
            self.pages[chosen] = self.open();
            return;
        }
        let page = &mut self.pages[chosen];
        let Some((mut stream, since_ms)) = page.request.take() else {
            return;
        };
        let received = receive(&mut stream, false);
        let nothing = Reply {
            status: 0,
            body: String::new(),
            retry_after_ms: None,
        };
        let reply = match received {
            Ok(reply) => Reply {
                status: reply.status,
                body: reply.text(),
                retry_after_ms: reply
                    .header("retry-after")
                    .map(|seconds| seconds.parse::<i64>().unwrap() * 1_000),
            },
            Err(_) => nothing,
        };
        drop(stream);
        let took_ms = self.random.below(PATIENCE_MS as usize) as i64;
        self.now_ms = self.now_ms.max(since_ms + took_ms);
        let uniform = self.random.uniform();
        let page = &mut self.pages[chosen];
        let failures = page.sender.pace.failures;
        let delete = page.sender.answered(self.now_ms, uniform, &reply);
        keeps_its_distance(&page.sender, &reply, failures, self.now_ms);
        if self.is_killed() {
            // Before what it learned is written.
            self.pages[chosen] = self.open();
            return;
        }
        self.disk.events.retain(|id, _| !delete.contains(id));
        self.disk.pace = self.pages[chosen].sender.pace.clone();
        let wait_ms = self.disk.pace.wait_ms(self.now_ms).unwrap_or(0);
        self.not_before_ms = self.now_ms + wait_ms;
    }

    fn is_killed(&mut self) -> bool {
        let is_killed = self.kills && self.random.uniform() < 0.03;
        self.killed += u64::from(is_killed);
        is_killed
    }

    /// Time passes; not beyond what a page that waits for an answer would wait.
    fn pass(&mut self, ms: i64) {
        let until_ms = self
            .pages
            .iter()
            .filter_map(|page| Some(page.request.as_ref()?.1 + PATIENCE_MS))
            .min()
            .unwrap_or(i64::MAX);
        let passed_ms = ms.min(until_ms - self.now_ms).max(0);
        self.now_ms += passed_ms;
        self.waited_ms += passed_ms as u64;
    }
}

/// After a failure a try waits for what the server asked, and for 3 s doubled with each failure in a row, up to 30 minutes,
/// ±50 %.
fn keeps_its_distance(sender: &Sender, reply: &Reply, failures: u32, now_ms: i64) {
    let wait_ms = sender.pace.wait_ms(now_ms);
    if sender.pace.failures <= failures {
        // Acknowledged, cut in half, or stopped for good.
        assert!(matches!(wait_ms, Some(0) | None), "{reply:?}: {wait_ms:?}");
        return;
    }
    let usual_ms = (FIRST_RETRY_MS << failures.min(20)).min(LAST_RETRY_MS);
    let asked_ms = reply.retry_after_ms.unwrap_or(0);
    let bounds = (usual_ms / 2).max(asked_ms)..=(usual_ms * 3 / 2).max(asked_ms);
    assert!(
        wait_ms.is_some_and(|wait_ms| bounds.contains(&wait_ms)),
        "{reply:?}: {wait_ms:?}, not in {bounds:?}"
    );
}
