//! What is sent next, when, and what is dropped because the queue is full or old.

use crate::event::{EventId, LIMIT_EVENTS_PER_BATCH};

/// The most bytes of events in one batch: browsers share 64 KiB among requests that outlive a page.
pub const LIMIT_BATCH_BYTES: usize = 48 * 1024;
/// The most events kept.
pub const LIMIT_QUEUED: usize = 10_000;
/// The most bytes of events kept: 16 MiB, more than so many usual ones need.
pub const LIMIT_QUEUED_BYTES: usize = 16 * 1024 * 1024;
/// Events older than this are dropped: 30 days.
pub const LIMIT_AGE_MS: i64 = 30 * 86_400_000;

const FIRST_RETRY_MS: f64 = 3_000.0;
const LAST_RETRY_MS: f64 = 30.0 * 60_000.0;

/// A stored event, as the queue sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Its id.
    pub id: EventId,
    /// When it happened, Unix ms.
    pub time_ms: i64,
    /// Length of its JSON in bytes.
    pub bytes: usize,
}

/// What must go because of the bounds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Events to drop, the oldest first.
    pub drop: Vec<EventId>,
}

/// Which of the stored events (in order of id) exceed the queue's age, number or bytes. Dropped events are counted and the
/// count is told to the server.
pub fn bound(stored: &[Pending], now_ms: i64) -> Bounds {
    let too_old = |pending: &Pending| now_ms.saturating_sub(pending.time_ms) > LIMIT_AGE_MS;
    let mut drop: Vec<EventId> = stored
        .iter()
        .filter(|pending| too_old(pending))
        .map(|pending| pending.id)
        .collect();
    let kept: Vec<&Pending> = stored.iter().filter(|pending| !too_old(pending)).collect();
    let mut bytes = 0_usize;
    let fits = |pending: &&&Pending| {
        bytes = bytes.saturating_add(pending.bytes);
        bytes <= LIMIT_QUEUED_BYTES
    };
    // The newest stay.
    let fitting = kept
        .iter()
        .rev()
        .take(LIMIT_QUEUED)
        .take_while(fits)
        .count();
    let surplus = kept.len() - fitting;
    drop.extend(kept[..surplus].iter().map(|pending| pending.id));
    Bounds { drop }
}

/// How many of the stored events (in order of id) the next batch takes: at most [`LIMIT_EVENTS_PER_BATCH`] and
/// [`LIMIT_BATCH_BYTES`], at least one where there is one. `at_most` lowers the number after the server found a batch too
/// large.
pub fn next_batch(stored: &[Pending], at_most: usize) -> usize {
    let mut bytes = 0;
    let fits = |pending: &&Pending| {
        bytes += pending.bytes + 1;
        bytes <= LIMIT_BATCH_BYTES
    };
    let count = stored
        .iter()
        .take(LIMIT_EVENTS_PER_BATCH.min(at_most.max(1)))
        .take_while(fits)
        .count();
    count.max(usize::from(!stored.is_empty()))
}

/// How long to wait after the `failures`-th failure in a row (from 1): 3 s doubled each time up to 30 minutes, ±50 % by
/// `uniform` in [0, 1), and at least what the server asked for.
pub fn backoff_ms(failures: u32, retry_after_ms: Option<i64>, uniform: f64) -> i64 {
    let doubled = FIRST_RETRY_MS * f64::from(1_u32 << failures.saturating_sub(1).min(20));
    let jittered = doubled.min(LAST_RETRY_MS) * (0.5 + uniform.clamp(0.0, 1.0));
    (jittered as i64).max(retry_after_ms.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(number: u8, time_ms: i64, bytes: usize) -> Pending {
        Pending {
            id: EventId::new(time_ms, &[number; 10]),
            time_ms,
            bytes,
        }
    }

    #[test]
    fn batches_keep_to_both_limits_and_never_starve() {
        let small: Vec<Pending> = (0..150).map(|n| pending(n, 1_000, 10)).collect();
        assert_eq!(next_batch(&small, usize::MAX), LIMIT_EVENTS_PER_BATCH);
        assert_eq!(next_batch(&small, 7), 7);
        let large: Vec<Pending> = (0..10).map(|n| pending(n, 1_000, 20_000)).collect();
        assert_eq!(next_batch(&large, usize::MAX), 2);
        assert_eq!(next_batch(&[pending(0, 0, 99_999_999)], usize::MAX), 1);
        assert_eq!(next_batch(&[], usize::MAX), 0);
    }

    #[test]
    fn the_oldest_go_first_and_only_above_the_bounds() {
        let now_ms = 40 * 86_400_000;
        let mut stored: Vec<Pending> = vec![pending(1, 1_000, 10), pending(2, now_ms, 10)];
        assert_eq!(bound(&stored, now_ms).drop, [stored[0].id]);
        stored = (0..LIMIT_QUEUED as i64 + 3)
            .map(|n| pending(0, now_ms + n, 10))
            .collect();
        let dropped = bound(&stored, now_ms).drop;
        assert_eq!(dropped, [stored[0].id, stored[1].id, stored[2].id]);
        let half = LIMIT_QUEUED_BYTES / 2;
        stored = [half, half, half + 1, half - 1]
            .iter()
            .zip(1..)
            .map(|(&bytes, number)| pending(number, now_ms + i64::from(number), bytes))
            .collect();
        assert_eq!(bound(&stored, now_ms).drop, [stored[0].id, stored[1].id]);
    }

    #[test]
    fn waiting_grows_is_bounded_and_honours_the_server() {
        let waits: Vec<i64> = (1..=12)
            .map(|failures| backoff_ms(failures, None, 0.5))
            .collect();
        assert_eq!(&waits[..3], [3_000, 6_000, 12_000]);
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(waits[11], 30 * 60_000);
        assert_eq!(backoff_ms(1, None, 0.0), 1_500);
        assert_eq!(backoff_ms(1, Some(60_000), 0.9), 60_000);
        assert!(backoff_ms(u32::MAX, None, 1.0) <= 45 * 60_000);
    }
}
