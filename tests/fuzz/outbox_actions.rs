//! The outbox under any sequence of actions: what happens is recorded, sent, answered, the clock jumps, a page dies, the disk
//! is full, the visitor withdraws. Each byte, or two, is an action. Whatever their order:
//! nothing that is on the disk is lost, nothing is sent after a withdrawal, one request of a device is under way at a time,
//! and events are sent in their order.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::event::{BatchReply, DeviceId, EventId, Verdict, VerdictKind};
use triqueta::outbox::{
    Accounts, Lease, Pending, Reply, Sender, Step, Unsaved, bound, claim, queue_key, queue_prefix,
};

const URL: &str = "https://events.example/v1/events";
const PAGES: usize = 2;
/// As long as a page waits for an answer.
const PATIENCE_MS: i64 = 20_000;

/// What all pages see.
#[derive(Default)]
struct Disk {
    queue: BTreeMap<String, Pending>,
    accounts: Accounts,
    lease: Option<Lease>,
    is_full: bool,
}

struct Page {
    name: String,
    sender: Sender,
    unsaved: Unsaved,
    leads: bool,
    /// What is under way: under which name, which events, since when.
    request: Option<(DeviceId, Vec<EventId>, i64)>,
}

struct World {
    disk: Disk,
    pages: Vec<Page>,
    now_ms: i64,
    opened: u32,
    recorded: u64,
    /// What the server has, by the name it was sent under.
    server: BTreeMap<DeviceId, BTreeSet<EventId>>,
    /// Names that were given up.
    withdrawn: BTreeSet<DeviceId>,
    /// What was on the disk, and neither deleted for cause nor dropped by the bounds.
    owed: BTreeSet<EventId>,
    acknowledged: bool,
}

/// Runs the actions; gives whether the server acknowledged anything.
pub(crate) fn run(actions: &[u8]) -> bool {
    let mut world = World::new();
    for action in actions.iter().take(600).collect::<Vec<_>>().chunks(2) {
        let argument = action.get(1).map_or(0, |byte| **byte);
        world.act(*action[0], argument);
        world.holds();
    }
    world.acknowledged
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            disk: Disk::default(),
            pages: vec![],
            now_ms: 1_800_000_000_000,
            opened: 0,
            recorded: 0,
            server: BTreeMap::new(),
            withdrawn: BTreeSet::new(),
            owed: BTreeSet::new(),
            acknowledged: false,
        };
        for _ in 0..PAGES {
            let page = world.open();
            world.pages.push(page);
        }
        world.consent();
        world
    }

    fn open(&mut self) -> Page {
        self.opened += 1;
        Page {
            name: format!("page {}", self.opened),
            sender: Sender::default(),
            unsaved: Unsaved::default(),
            leads: false,
            request: None,
        }
    }

    fn act(&mut self, action: u8, argument: u8) {
        let page = usize::from(action >> 7) % PAGES;
        match (action & 0x7f) % 11 {
            0 | 1 => self.record(page),
            2 | 3 => self.flush(page),
            4 | 5 => self.answered(page, argument),
            6 => self.pass(i64::from(argument) * 250),
            7 => self.jump(argument),
            8 => self.pages[page] = self.open(),
            9 => self.disk.is_full = argument.is_multiple_of(2),
            _ if argument.is_multiple_of(3) => self.withdraw(),
            _ => self.consent(),
        }
    }

    fn consent(&mut self) {
        if !self.disk.is_full {
            let number = (self.withdrawn.len() as u128).to_be_bytes();
            self.disk.accounts.open(URL, DeviceId::new(number), true);
        }
    }

    /// Deleting needs no room.
    fn withdraw(&mut self) {
        self.disk.queue.clear();
        self.owed.clear();
        for account in self.disk.accounts.close() {
            self.withdrawn.insert(account.device);
        }
    }

    fn record(&mut self, page: usize) {
        let Some(account) = self.disk.accounts.get(URL).cloned() else {
            return;
        };
        self.recorded += 1;
        let mut random = [0; 10];
        random[2..].copy_from_slice(&self.recorded.to_be_bytes());
        let id = EventId::new(self.now_ms, &random);
        let (time_ms, bytes) = (self.now_ms, 300 + (self.recorded % 7) as usize * 400);
        let pending = Pending { id, time_ms, bytes };
        let unsaved = &mut self.pages[page].unsaved;
        let sequence = account.sequence.max(unsaved.sequence(account.device)) + 1;
        if self.disk.is_full {
            unsaved.add(account.device, sequence, pending, String::new());
            return;
        }
        self.store_unsaved(page);
        self.disk.queue.insert(queue_key(URL, id), pending);
        self.owed.insert(id);
        if let Some(account) = self.disk.accounts.get_mut(URL) {
            account.sequence = account.sequence.max(sequence);
        }
    }

    /// One transaction, where the disk has room.
    fn store_unsaved(&mut self, page: usize) {
        let unsaved = &mut self.pages[page].unsaved;
        if self.disk.is_full || !unsaved.has_news() {
            return;
        }
        let saving = unsaved.saving();
        if let Some(account) = self.disk.accounts.get_mut(URL) {
            for (pending, _) in unsaved.events(account.device) {
                self.disk.queue.insert(queue_key(URL, pending.id), *pending);
                self.owed.insert(pending.id);
            }
            for id in &saving.named {
                self.disk.queue.remove(&queue_key(URL, *id));
                self.owed.remove(id);
            }
            account.sequence = account.sequence.max(unsaved.sequence(account.device));
            account.drop_events(saving.dropped as usize);
        }
        unsaved.saved(&saving);
        assert!(!unsaved.has_news(), "the disk knows of everything");
    }

    fn flush(&mut self, page: usize) {
        self.store_unsaved(page);
        if self.pages[page].request.is_some() {
            return;
        }
        let me = self.pages[page].name.clone();
        let claimed = claim(self.disk.lease.as_ref(), &me, self.now_ms);
        let Some(lease) = claimed else {
            self.pages[page].leads = false;
            return;
        };
        // Written on a full disk too: it stands for the browser's lock as well.
        self.disk.lease = Some(lease);
        let stored: Vec<Pending> = self.disk.queue.values().copied().collect();
        if !self.disk.is_full {
            for id in bound(&stored, self.now_ms).drop {
                self.disk.queue.remove(&queue_key(URL, id));
                self.owed.remove(&id);
            }
        }
        let Some(account) = self.disk.accounts.get(URL).cloned() else {
            return self.rest(page);
        };
        let at = &mut self.pages[page];
        if !at.leads {
            at.sender.resume(account.pace);
            at.leads = true;
        }
        let mut waiting: Vec<Pending> = self
            .disk
            .queue
            .values()
            .filter(|pending| !at.unsaved.is_named(pending.id))
            .copied()
            .collect();
        let unsaved = at.unsaved.events(account.device).iter();
        waiting.extend(unsaved.map(|(pending, _)| *pending));
        waiting.sort_by_key(|pending| pending.id);
        waiting.dedup_by_key(|pending| pending.id);
        match at.sender.next(self.now_ms, true, &waiting) {
            Step::Post { count, .. } => {
                let ids: Vec<EventId> = waiting[..count].iter().map(|one| one.id).collect();
                assert!(
                    !self.withdrawn.contains(&account.device),
                    "after a withdrawal"
                );
                assert!(ids.is_sorted(), "in order");
                at.request = Some((account.device, ids, self.now_ms));
            }
            Step::Rest { .. } => self.rest(page),
        }
    }

    fn rest(&mut self, page: usize) {
        self.pages[page].leads = false;
        let mine = |lease: &mut Lease| lease.holder == self.pages[page].name;
        self.disk.lease.take_if(mine);
    }

    /// What comes back: a verdict on all, on half, or anything else; or nothing.
    fn answered(&mut self, page: usize, argument: u8) {
        let Some((device, ids, _)) = self.pages[page].request.take() else {
            return;
        };
        let named = match argument % 4 {
            0 => &ids[..],
            1 => &ids[..ids.len().div_ceil(2)],
            _ => &[],
        };
        // A server that was told of a withdrawal takes nothing under that name.
        let takes = argument % 8 != 7 && !self.withdrawn.contains(&device);
        if takes {
            self.server.entry(device).or_default().extend(&ids);
        }
        let verdict = |id: &EventId| Verdict {
            id: id.to_string(),
            verdict: VerdictKind::Stored,
            code: None,
            message: None,
        };
        let status = match argument % 4 {
            0 | 1 if takes => 200,
            2 => [413, 429, 503, 500][usize::from(argument >> 2) % 4],
            _ => u16::from(argument) * 3 % 600,
        };
        let verdicts = named
            .iter()
            .filter(|_| status == 200)
            .map(verdict)
            .collect();
        let reply = Reply {
            status,
            body: serde_json::to_string(&BatchReply { verdicts }).unwrap(),
            retry_after_ms: (argument % 16 == 2).then_some(60_000),
        };
        let at = &mut self.pages[page];
        let uniform = f64::from(argument) / 256.0;
        let delete = at.sender.answered(self.now_ms, uniform, &reply);
        self.acknowledged |= !delete.is_empty();
        at.unsaved.remove(&delete);
        if self.disk.is_full {
            at.unsaved.not_deleted(device, &delete);
            at.sender.noted(false);
            return;
        }
        at.sender.noted(true);
        let account = self.disk.accounts.get_mut(URL);
        let Some(account) = account.filter(|account| account.device == device) else {
            return;
        };
        account.pace = at.sender.pace.clone();
        account.sequence = account.sequence.max(at.unsaved.sequence(device));
        let has = self.server.get(&device);
        for id in delete {
            assert!(
                has.is_some_and(|has| has.contains(&id)),
                "deleted, not stored"
            );
            self.disk.queue.remove(&queue_key(URL, id));
            self.owed.remove(&id);
        }
    }

    /// Time passes; a page that waits for an answer gives up before its lease ends.
    fn pass(&mut self, ms: i64) {
        for page in 0..PAGES {
            let since = self.pages[page].request.as_ref().map(|(.., since)| *since);
            if since.is_some_and(|since_ms| self.now_ms + ms >= since_ms + PATIENCE_MS) {
                self.answered(page, 7);
            }
        }
        self.now_ms += ms;
    }

    /// Somebody sets the clock: nobody is sending then.
    fn jump(&mut self, argument: u8) {
        if self.pages.iter().any(|page| page.request.is_some()) {
            return;
        }
        let hours = i64::from(argument) - 128;
        self.now_ms += hours * hours * hours.signum() * 3_600_000 / 64;
    }

    fn holds(&self) {
        let under_way = self.pages.iter().filter(|page| page.request.is_some());
        assert!(under_way.count() <= 1, "one request at a time");
        for id in &self.owed {
            let key = queue_key(URL, *id);
            assert!(self.disk.queue.contains_key(&key), "{id} is lost");
        }
        let prefix = queue_prefix(URL);
        assert!(self.disk.queue.keys().all(|key| key.starts_with(&prefix)));
    }
}

/// Recorded, sent and acknowledged; a full disk; a withdrawal and a new name.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let plain = [0, 0, 0, 0, 2, 0, 4, 0, 2, 0];
    let failing = [0, 0, 2, 0, 4, 6, 6, 255, 2, 0, 4, 0];
    let full = [9, 0, 0, 0, 2, 0, 9, 1, 0, 0, 2, 0, 4, 1, 2, 0, 4, 0];
    let withdrawn = [0, 0, 2, 0, 4, 0, 0, 0, 2, 0, 10, 0, 4, 0, 10, 1, 0, 0, 2, 0];
    let two = [0, 0, 2, 0, 130, 0, 4, 0, 8, 0, 128, 0, 130, 0, 132, 0];
    [&plain[..], &failing, &full, &withdrawn, &two]
        .map(<[u8]>::to_vec)
        .to_vec()
}
