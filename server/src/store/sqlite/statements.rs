//! With which statements is it written?

use sqlx::{Sqlite, Transaction};
use triqueta::event::DeviceId;

use crate::store::Outcome;
use crate::store::work::{Answer, DELETED_AT_ONCE, EventRow, Rows, Work, digest};

const INSERT_EVENT: &str = "INSERT INTO events (id, device, sent_at_ms, received_ms, payload) VALUES (?, ?, ?, ?, ?) \
                            ON CONFLICT (id) DO NOTHING";
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
    let mut outcomes = Vec::with_capacity(rows.events.len());
    for event in &rows.events {
        outcomes.push(append_event(transaction, rows, event).await?);
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

async fn append_event(
    transaction: &mut Transaction<'_, Sqlite>,
    rows: &Rows,
    event: &EventRow,
) -> Result<Outcome, sqlx::Error> {
    let id = event.id.0.as_bytes().as_slice();
    let inserted = sqlx::query(INSERT_EVENT)
        .bind(id)
        .bind(key(&rows.device))
        .bind(rows.sent_at_ms)
        .bind(rows.received_ms)
        .bind(event.payload.as_str())
        .execute(&mut **transaction)
        .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Outcome::Stored);
    }
    let same: bool = sqlx::query_scalar(SAME_EVENT)
        .bind(event.payload.as_str())
        .bind(id)
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
