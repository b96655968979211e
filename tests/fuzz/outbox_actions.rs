//! The outbox under any sequence of actions: what happens is recorded, sent, answered, the clock jumps, a page dies, the disk
//! is full, the visitor withdraws. Each byte, or two, is an action. Whatever their order: nothing leaves the disk but what the
//! server has, what is too old and what the visitor withdrew; nothing is sent after a withdrawal; one request of a device is
//! under way at a time; events are sent in their order; and a page that is opened afterwards delivers all that is left.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::event::{BatchReply, DeviceId, EventId, Verdict, VerdictKind};
use triqueta::outbox::{
    Accounts, LEASE_MS, LIMIT_AGE_MS, Lease, Pending, Reply, Sender, Step, Unsaved, bound, claim,
};

/// Short: it is read at every step.
const URL: &str = "https://a";
const PAGES: usize = 2;
/// As long as a page waits for an answer.
const PATIENCE_MS: i64 = 20_000;
/// Longer than any waiting after a failure lasts.
const LAST_WAIT_MS: i64 = 3_600_000;
/// Enough to send what 300 actions leave, beginning with one event at a time.
const ROUNDS: usize = 30;

/// What all pages see.
#[derive(Default)]
struct Disk {
    queue: BTreeMap<EventId, Pending>,
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
    acknowledged: bool,
}

/// Runs the actions; gives whether the server acknowledged anything.
pub(crate) fn run(actions: &[u8]) -> bool {
    let mut world = World::new();
    for action in actions.iter().take(600).collect::<Vec<_>>().chunks(2) {
        let argument = action.get(1).map_or(0, |byte| **byte);
        world.act(*action[0], argument);
        let under_way = world.pages.iter().filter(|page| page.request.is_some());
        assert!(under_way.count() <= 1, "one request at a time");
    }
    let acknowledged = world.acknowledged;
    world.delivers();
    acknowledged
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
        self.disk.queue.insert(id, pending);
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
        let mut named = None;
        if let Some(account) = self.disk.accounts.get_mut(URL) {
            for (pending, _) in unsaved.events(account.device) {
                self.disk.queue.insert(pending.id, *pending);
            }
            account.sequence = account.sequence.max(unsaved.sequence(account.device));
            account.drop_events(saving.dropped(account.device) as usize);
            named = Some(account.device);
        }
        unsaved.saved(&saving);
        assert!(!unsaved.has_news(), "the disk knows of everything");
        if let Some(device) = named {
            self.let_go(device, saving.named(device));
        }
    }

    /// What the device deletes the server has.
    fn let_go(&mut self, device: DeviceId, ids: &[EventId]) {
        let has = self.server.get(&device);
        for id in ids {
            let is_stored = has.is_some_and(|has| has.contains(id));
            assert!(is_stored, "{id} is deleted, not stored");
            self.disk.queue.remove(id);
        }
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
                let dropped = self.disk.queue.remove(&id);
                let age_ms = dropped.map(|pending| self.now_ms - pending.time_ms);
                assert!(age_ms > Some(LIMIT_AGE_MS), "{id} is dropped: {age_ms:?}");
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
        self.let_go(device, &delete);
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

    /// The disk has room, the server answers, and one page is opened after all others died.
    fn delivers(&mut self) {
        self.disk.is_full = false;
        for page in 0..PAGES {
            self.pages[page] = self.open();
        }
        self.now_ms += LEASE_MS;
        for _ in 0..ROUNDS {
            if self.disk.queue.is_empty() {
                return;
            }
            self.flush(0);
            if self.pages[0].request.is_some() {
                self.answered(0, 0);
            } else {
                self.now_ms += LAST_WAIT_MS;
            }
        }
        let left = self.disk.queue.len();
        assert_eq!(left, 0, "events that nobody can deliver");
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
