//! With which statements is it written?

use std::collections::HashSet;

use sqlx::{QueryBuilder, Sqlite, Transaction};
use triqueta::event::DeviceId;

use crate::store::Outcome;
use crate::store::work::{Answer, DELETED_AT_ONCE, EventRow, Rows, Work, digest};

const INSERT_EVENTS: &str = "INSERT INTO events (id, device, sent_at_ms, received_ms, payload) ";
const NAME_INSERTED: &str = " ON CONFLICT (id) DO NOTHING RETURNING id";
/// So many rows go into one statement: each statement is a turn between two threads, which takes longer than its rows, and
/// each number of rows is a statement of its own to prepare.
const ROWS_AT_ONCE: [usize; 3] = [32, 4, 1];
const SAME_EVENT: &str = "SELECT payload = ? FROM events WHERE id = ?";
const UPSERT_DEVICE: &str = "INSERT INTO devices (device, first_sequence, last_sequence, stored, dropped, seen_ms) \
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET \
     first_sequence = min(first_sequence, excluded.first_sequence), \
     last_sequence = max(last_sequence, excluded.last_sequence), stored = stored + excluded.stored, \
     dropped = max(dropped, excluded.dropped), seen_ms = max(seen_ms, excluded.seen_ms)";
const IS_WITHDRAWN: &str = "SELECT count(*) FROM withdrawals WHERE digest = ?";
const DELETE_EVENTS_OF: &str =
    "DELETE FROM events WHERE watermark IN (SELECT watermark FROM events WHERE device = ? LIMIT ?)";
const DELETE_DEVICE: &str = "DELETE FROM devices WHERE device = ?";
const INSERT_WITHDRAWAL: &str =
    "INSERT INTO withdrawals (digest, withdrawn_ms) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING";
const EXPIRE_EVENTS: &str = "DELETE FROM events WHERE watermark IN \
                             (SELECT watermark FROM events WHERE received_ms < ? ORDER BY received_ms LIMIT ?)";
const EXPIRE_DEVICES: &str = "DELETE FROM devices WHERE seen_ms < ?";
const EXPIRE_WITHDRAWALS: &str = "DELETE FROM withdrawals WHERE withdrawn_ms < ?";
// As large as a small delivery, so that a full store is noticed; the room is given back in the same transaction.
const FILL_PROBE: &str = "INSERT INTO probe (one, checked_ms, padding) VALUES (1, ?, zeroblob(16384)) \
                          ON CONFLICT (one) DO UPDATE SET checked_ms = excluded.checked_ms, padding = excluded.padding";
const EMPTY_PROBE: &str = "UPDATE probe SET padding = zeroblob(0)";

/// Does one piece of work within a transaction.
pub(super) async fn perform(
    transaction: &mut Transaction<'_, Sqlite>,
    work: &Work,
) -> Result<Answer, sqlx::Error> {
    match work {
        Work::Append(rows) => append(transaction, rows).await,
        Work::Withdraw { device, now_ms } => {
            sqlx::query(INSERT_WITHDRAWAL)
                .bind(digest(*device))
                .bind(now_ms)
                .execute(&mut **transaction)
                .await?;
            sqlx::query(DELETE_DEVICE)
                .bind(key(device))
                .execute(&mut **transaction)
                .await?;
            let done = sqlx::query(DELETE_EVENTS_OF)
                .bind(key(device))
                .bind(DELETED_AT_ONCE)
                .execute(&mut **transaction)
                .await?;
            Ok(Answer {
                deleted: done.rows_affected(),
                ..Answer::default()
            })
        }
        Work::Expire { before_ms } => {
            sqlx::query(EXPIRE_DEVICES)
                .bind(before_ms)
                .execute(&mut **transaction)
                .await?;
            sqlx::query(EXPIRE_WITHDRAWALS)
                .bind(before_ms)
                .execute(&mut **transaction)
                .await?;
            let done = sqlx::query(EXPIRE_EVENTS)
                .bind(before_ms)
                .bind(DELETED_AT_ONCE)
                .execute(&mut **transaction)
                .await?;
            Ok(Answer {
                deleted: done.rows_affected(),
                ..Answer::default()
            })
        }
        Work::Probe { now_ms } => {
            sqlx::query(FILL_PROBE)
                .bind(now_ms)
                .execute(&mut **transaction)
                .await?;
            sqlx::query(EMPTY_PROBE).execute(&mut **transaction).await?;
            Ok(Answer::default())
        }
        Work::Close => Ok(Answer::default()),
    }
}

async fn append(
    transaction: &mut Transaction<'_, Sqlite>,
    rows: &Rows,
) -> Result<Answer, sqlx::Error> {
    let withdrawn: i64 = sqlx::query_scalar(IS_WITHDRAWN)
        .bind(digest(rows.device))
        .fetch_one(&mut **transaction)
        .await?;
    if withdrawn > 0 {
        return Ok(Answer {
            outcomes: vec![Outcome::Withdrawn; rows.events.len()],
            ..Answer::default()
        });
    }
    let mut inserted = insert(transaction, rows).await?;
    let mut outcomes = Vec::with_capacity(rows.events.len());
    for event in &rows.events {
        outcomes.push(if inserted.remove(event.id.0.as_bytes().as_slice()) {
            Outcome::Stored
        } else {
            compare(transaction, event).await?
        });
    }
    let sequences = rows.events.iter().map(|event| event.sequence);
    if let (Some(first), Some(last)) = (sequences.clone().min(), sequences.max()) {
        let stored = outcomes
            .iter()
            .filter(|outcome| **outcome == Outcome::Stored)
            .count();
        sqlx::query(UPSERT_DEVICE)
            .bind(key(&rows.device))
            .bind(first)
            .bind(last)
            .bind(i64::try_from(stored).unwrap_or(i64::MAX))
            .bind(rows.dropped)
            .bind(rows.received_ms)
            .execute(&mut **transaction)
            .await?;
    }
    Ok(Answer {
        outcomes,
        ..Answer::default()
    })
}

/// Stores the events whose ids are new, in their order, and gives these ids.
async fn insert(
    transaction: &mut Transaction<'_, Sqlite>,
    rows: &Rows,
) -> Result<HashSet<Vec<u8>>, sqlx::Error> {
    let mut inserted = HashSet::with_capacity(rows.events.len());
    let mut left = rows.events.as_slice();
    for size in ROWS_AT_ONCE {
        let pieces = left.chunks_exact(size);
        left = pieces.remainder();
        for piece in pieces {
            let mut statement = QueryBuilder::<Sqlite>::new(INSERT_EVENTS);
            statement.push_values(piece, |mut row, event| {
                row.push_bind(event.id.0.as_bytes().as_slice())
                    .push_bind(key(&rows.device))
                    .push_bind(rows.sent_at_ms)
                    .push_bind(rows.received_ms)
                    .push_bind(event.payload.as_str());
            });
            let ids: Vec<Vec<u8>> = statement
                .push(NAME_INSERTED)
                .build_query_scalar()
                .fetch_all(&mut **transaction)
                .await?;
            inserted.extend(ids);
        }
    }
    Ok(inserted)
}

/// What is said of an event whose id was there already.
async fn compare(
    transaction: &mut Transaction<'_, Sqlite>,
    event: &EventRow,
) -> Result<Outcome, sqlx::Error> {
    let same: bool = sqlx::query_scalar(SAME_EVENT)
        .bind(event.payload.as_str())
        .bind(event.id.0.as_bytes().as_slice())
        .fetch_one(&mut **transaction)
        .await?;
    Ok(if same {
        Outcome::Duplicate
    } else {
        Outcome::Conflicting
    })
}

fn key(device: &DeviceId) -> &[u8] {
    device.0.as_bytes().as_slice()
}
