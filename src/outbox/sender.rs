//! What is to be done now? Everything about sending is decided here, without input or output: told the time, what is stored
//! and what came back, it says what to post, what to delete and how long to wait. At most one request is under way.

use super::pace::Pace;
use super::queue::{Pending, next_batch};
use super::reply::{Outcome, Reply, outcome};
use crate::event::EventId;

/// Batches below this are sent as they are: packing them would save nothing.
const WORTH_PACKING_BYTES: usize = 2 * 1024;

/// What to do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Post the first `count` stored events and hand what comes back to [`Sender::answered`].
    Post {
        /// At least 1.
        count: usize,
        /// As gzip, where the device can.
        packed: bool,
    },
    /// Nothing.
    Rest {
        /// Ask again after so many ms; `None` where there is nothing to ask for.
        wait_ms: Option<i64>,
    },
}

/// The device's sender.
#[derive(Debug, Clone, Default)]
pub struct Sender {
    /// How sending has fared; shared with the other pages.
    pub pace: Pace,
    under_way: Vec<EventId>,
    packed: bool,
    has_resumed: bool,
    at_once: bool,
    /// How sending fares could not be written down: what is stored is older.
    is_ahead: bool,
}

impl Sender {
    /// Goes on where the last page that sent left off. What stopped sending is tried again by a page that was opened since.
    pub fn resume(&mut self, pace: Pace) {
        if !self.is_ahead {
            self.pace = pace;
        }
        if !self.has_resumed {
            self.pace.reopened();
        }
        if self.at_once {
            self.pace.reset();
        }
        (self.has_resumed, self.at_once) = (true, false);
    }

    /// Whether the pace was written down for the other pages; where it was not, this page goes on from its own.
    pub fn noted(&mut self, is_stored: bool) {
        self.is_ahead = !is_stored;
    }

    /// The network came back, or the visitor asks: the next time it resumes no waiting holds.
    pub fn at_once(&mut self) {
        self.at_once = true;
    }

    /// Another page sends: what was asked for is its to do.
    pub fn not_at_once(&mut self) {
        self.at_once = false;
    }

    /// What to do with the `stored` events (in order of id).
    pub fn next(&mut self, now_ms: i64, online: bool, stored: &[Pending]) -> Step {
        if stored.is_empty() || !online || !self.under_way.is_empty() {
            return Step::Rest { wait_ms: None };
        }
        match self.pace.wait_ms(now_ms) {
            Some(0) => {
                let count = next_batch(stored, self.pace.at_most);
                let batch = &stored[..count];
                let bytes: usize = batch.iter().map(|pending| pending.bytes).sum();
                self.under_way = batch.iter().map(|pending| pending.id).collect();
                self.packed = !self.pace.plain && bytes >= WORTH_PACKING_BYTES;
                Step::Post {
                    count,
                    packed: self.packed,
                }
            }
            wait_ms => Step::Rest { wait_ms },
        }
    }

    /// No answer will come to what is under way: it says nothing of how sending fares, and the events stay.
    pub fn unanswered(&mut self) {
        self.under_way.clear();
    }

    /// Takes an answer; gives the events to delete, none where nothing was under way. `uniform` in [0, 1) spreads the next
    /// try.
    pub fn answered(&mut self, now_ms: i64, uniform: f64, reply: &Reply) -> Vec<EventId> {
        let sent = std::mem::take(&mut self.under_way);
        if sent.is_empty() {
            return vec![];
        }
        match outcome(&sent, reply) {
            Outcome::Acknowledged { delete } => {
                self.pace.succeeded();
                return delete;
            }
            Outcome::Split => self.pace.too_large(sent.len()),
            Outcome::Retry { retry_after_ms } => self.pace.failed(now_ms, uniform, retry_after_ms),
            // A server that does not read gzip says so in the same words as one that takes no JSON.
            Outcome::Stop if reply.status == 415 && self.packed => self.pace.plain = true,
            Outcome::Stop => self.pace.stop(),
        }
        vec![]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(count: u8, bytes: usize) -> Vec<Pending> {
        let pending = |number| Pending {
            id: EventId::new(1_000, &[number; 10]),
            time_ms: 1_000,
            bytes,
        };
        (0..count).map(pending).collect()
    }

    fn reply(status: u16) -> Reply {
        Reply {
            status,
            body: String::new(),
            retry_after_ms: None,
        }
    }

    #[test]
    fn one_request_is_under_way_at_a_time() {
        let mut sender = Sender::default();
        let queue = stored(3, 100);
        let post = Step::Post {
            count: 3,
            packed: false,
        };
        assert_eq!(sender.next(0, true, &queue), post);
        assert_eq!(
            sender.next(0, true, &queue),
            Step::Rest { wait_ms: None },
            "before the answer"
        );
        assert!(sender.answered(0, 0.5, &reply(503)).is_empty());
        assert_eq!(
            sender.next(0, true, &queue),
            Step::Rest {
                wait_ms: Some(3_000)
            }
        );
        assert_eq!(
            sender.next(3_000, false, &queue),
            Step::Rest { wait_ms: None }
        );
        assert_eq!(sender.next(3_000, true, &queue), post);
    }

    #[test]
    fn a_page_waits_as_the_one_before_did_unless_the_visitor_asks() {
        let mut before = Sender::default();
        let queue = stored(1, 100);
        before.next(0, true, &queue);
        before.answered(0, 0.5, &reply(503));
        let mut page = Sender::default();
        page.resume(before.pace.clone());
        let rest = Step::Rest {
            wait_ms: Some(2_000),
        };
        assert_eq!(page.next(1_000, true, &queue), rest);
        page.at_once();
        assert_eq!(page.next(1_000, true, &queue), rest, "not resumed yet");
        page.resume(before.pace);
        assert!(matches!(page.next(1_000, true, &queue), Step::Post { .. }));
    }

    #[test]
    fn a_full_disk_does_not_make_a_page_forget_to_wait() {
        let mut sender = Sender::default();
        let queue = stored(1, 100);
        sender.resume(Pace::default());
        sender.next(0, true, &queue);
        sender.answered(0, 0.5, &reply(503));
        sender.noted(false);
        sender.resume(Pace::default());
        let rest = Step::Rest {
            wait_ms: Some(2_000),
        };
        assert_eq!(sender.next(1_000, true, &queue), rest);
        sender.noted(true);
        sender.resume(Pace::default());
        assert!(matches!(
            sender.next(1_000, true, &queue),
            Step::Post { .. }
        ));
    }

    #[test]
    fn a_server_that_cannot_unpack_gets_plain_text() {
        let mut sender = Sender::default();
        let queue = stored(10, 1_000);
        let packed = |step| matches!(step, Step::Post { packed: true, .. });
        assert!(packed(sender.next(0, true, &queue)));
        sender.answered(0, 0.5, &reply(415));
        assert_eq!(
            sender.next(0, true, &queue),
            Step::Post {
                count: 10,
                packed: false
            }
        );
        sender.answered(0, 0.5, &reply(415));
        assert_eq!(sender.next(0, true, &queue), Step::Rest { wait_ms: None });
    }

    #[test]
    fn a_batch_too_large_is_halved_at_once_until_one_is_left() {
        let mut sender = Sender::default();
        let queue = stored(100, 100);
        let mut sizes = vec![];
        while let Step::Post { count, .. } = sender.next(0, true, &queue) {
            sizes.push(count);
            sender.answered(0, 0.5, &reply(413));
        }
        assert_eq!(sizes, [100, 50, 25, 12, 6, 3, 1]);
    }
}
