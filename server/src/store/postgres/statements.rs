//! With which statements is it written? Deliveries that wait together are written together: the database may be another
//! machine, and every statement is a journey there and back.

use std::collections::{BTreeMap, HashMap, HashSet};

use sqlx::{Postgres, Transaction};
use triqueta::event::DeviceId;
use uuid::Uuid;

use crate::store::Outcome;
use crate::store::work::{Answer, DELETED_AT_ONCE, Rows, Work, digest};

/// Held from before a watermark is drawn until its row can be seen, by one writer of all servers: "TRIQturn".
const TURN: i64 = i64::from_be_bytes(*b"TRIQturn");

const WITHDRAWN_OF: &str = "SELECT digest FROM withdrawals WHERE digest = ANY($1)";
const INSERT_EVENTS: &str = "INSERT INTO events (id, device, sent_at_ms, received_ms, payload) \
     SELECT id, device, sent_at_ms, received_ms, payload \
     FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[]) WITH ORDINALITY \
     AS sent (id, device, sent_at_ms, received_ms, payload, place) ORDER BY place \
     ON CONFLICT (id) DO NOTHING RETURNING id";
const FIRST_CONTENT: &str = "SELECT id, payload FROM events WHERE id = ANY($1)";
const UPSERT_DEVICES: &str = "INSERT INTO devices (device, first_sequence, last_sequence, stored, dropped, seen_ms) \
     SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[]) \
     ON CONFLICT (device) DO UPDATE SET \
     first_sequence = least(devices.first_sequence, excluded.first_sequence), \
     last_sequence = greatest(devices.last_sequence, excluded.last_sequence), \
     stored = devices.stored + excluded.stored, dropped = greatest(devices.dropped, excluded.dropped), \
     seen_ms = greatest(devices.seen_ms, excluded.seen_ms)";
const DELETE_EVENTS_OF: &str = "WITH piece AS (SELECT id FROM events WHERE device = $1 LIMIT $2) \
                                DELETE FROM events USING piece WHERE events.id = piece.id";
const DELETE_DEVICE: &str = "DELETE FROM devices WHERE device = $1";
const INSERT_WITHDRAWAL: &str = "INSERT INTO withdrawals (digest, withdrawn_ms) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
const EXPIRE_EVENTS: &str = "WITH oldest AS (SELECT id FROM events WHERE received_ms < $1 ORDER BY received_ms LIMIT $2) \
                             DELETE FROM events USING oldest WHERE events.id = oldest.id";
const EXPIRE_DEVICES: &str = "DELETE FROM devices WHERE seen_ms < $1";
const EXPIRE_WITHDRAWALS: &str = "DELETE FROM withdrawals WHERE withdrawn_ms < $1";
const PROBE: &str = "INSERT INTO probe (one, checked_ms) VALUES (1, $1) ON CONFLICT (one) DO UPDATE SET checked_ms = excluded.checked_ms";

/// Waits until no other server writes. A row whose watermark is lower is then never seen later than this one's, so that
/// whoever reads on from a watermark misses nothing.
pub(super) async fn take_turn(
    transaction: &mut Transaction<'_, Postgres>,
) -> Result<(), sqlx::Error> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(TURN)
        .execute(&mut **transaction)
        .await
        .map(|_| ())
}

/// Does a group of works within a transaction, each with its answer.
pub(super) async fn perform_all(
    transaction: &mut Transaction<'_, Postgres>,
    works: &[Work],
) -> Result<Vec<Answer>, sqlx::Error> {
    let mut answers = Vec::with_capacity(works.len());
    let mut rest = works;
    while let Some(work) = rest.first() {
        let deliveries: Vec<&Rows> = rest.iter().map_while(delivery).collect();
        if deliveries.is_empty() {
            answers.push(perform(transaction, work).await?);
            rest = &rest[1..];
        } else {
            answers.extend(append(transaction, &deliveries).await?);
            rest = &rest[deliveries.len()..];
        }
    }
    Ok(answers)
}

fn delivery(work: &Work) -> Option<&Rows> {
    match work {
        Work::Append(rows) => Some(rows),
        _ => None,
    }
}

async fn perform(
    transaction: &mut Transaction<'_, Postgres>,
    work: &Work,
) -> Result<Answer, sqlx::Error> {
    let deleted = match work {
        Work::Withdraw { device, now_ms } => {
            sqlx::query(INSERT_WITHDRAWAL)
                .bind(digest(*device))
                .bind(now_ms)
                .execute(&mut **transaction)
                .await?;
            sqlx::query(DELETE_DEVICE)
                .bind(device.0)
                .execute(&mut **transaction)
                .await?;
            sqlx::query(DELETE_EVENTS_OF)
                .bind(device.0)
                .bind(DELETED_AT_ONCE)
                .execute(&mut **transaction)
                .await?
                .rows_affected()
        }
        Work::Expire { before_ms } => {
            for statement in [EXPIRE_DEVICES, EXPIRE_WITHDRAWALS] {
                sqlx::query(statement)
                    .bind(before_ms)
                    .execute(&mut **transaction)
                    .await?;
            }
            sqlx::query(EXPIRE_EVENTS)
                .bind(before_ms)
                .bind(DELETED_AT_ONCE)
                .execute(&mut **transaction)
                .await?
                .rows_affected()
        }
        Work::Probe { now_ms } => {
            sqlx::query(PROBE)
                .bind(now_ms)
                .execute(&mut **transaction)
                .await?;
            0
        }
        Work::Append(_) | Work::Close => 0,
    };
    Ok(Answer {
        deleted,
        ..Answer::default()
    })
}

async fn append(
    transaction: &mut Transaction<'_, Postgres>,
    deliveries: &[&Rows],
) -> Result<Vec<Answer>, sqlx::Error> {
    let digests: Vec<_> = deliveries.iter().map(|rows| digest(rows.device)).collect();
    let withdrawn: Vec<Vec<u8>> = sqlx::query_scalar(WITHDRAWN_OF)
        .bind(&digests)
        .fetch_all(&mut **transaction)
        .await?;
    let is_withdrawn = |rows: &Rows| withdrawn.contains(&digest(rows.device));
    let welcome: Vec<&Rows> = deliveries
        .iter()
        .copied()
        .filter(|rows| !is_withdrawn(rows))
        .collect();
    let mut outcomes = outcomes_of(transaction, &welcome).await?.into_iter();
    let answers: Vec<Answer> = deliveries
        .iter()
        .map(|rows| Answer {
            outcomes: if is_withdrawn(rows) {
                vec![Outcome::Withdrawn; rows.events.len()]
            } else {
                outcomes.by_ref().take(rows.events.len()).collect()
            },
            ..Answer::default()
        })
        .collect();
    count_devices(transaction, deliveries, &answers).await?;
    Ok(answers)
}

/// What became of every event, in the order of the deliveries.
async fn outcomes_of(
    transaction: &mut Transaction<'_, Postgres>,
    deliveries: &[&Rows],
) -> Result<Vec<Outcome>, sqlx::Error> {
    let sent = || {
        deliveries
            .iter()
            .flat_map(|rows| rows.events.iter().map(move |event| (*rows, event)))
    };
    let mut inserted: HashSet<Uuid> = sqlx::query_scalar(INSERT_EVENTS)
        .bind(sent().map(|(_, event)| event.id.0).collect::<Vec<_>>())
        .bind(sent().map(|(rows, _)| rows.device.0).collect::<Vec<_>>())
        .bind(sent().map(|(rows, _)| rows.sent_at_ms).collect::<Vec<_>>())
        .bind(sent().map(|(rows, _)| rows.received_ms).collect::<Vec<_>>())
        .bind(
            sent()
                .map(|(_, event)| event.payload.as_str())
                .collect::<Vec<_>>(),
        )
        .fetch_all(&mut **transaction)
        .await?
        .into_iter()
        .collect();
    // The first of an id is the one that was inserted; later ones of the same group are repeats.
    let is_new: Vec<bool> = sent()
        .map(|(_, event)| inserted.remove(&event.id.0))
        .collect();
    let known: Vec<Uuid> = sent()
        .zip(&is_new)
        .filter(|(_, is_new)| !**is_new)
        .map(|((_, event), _)| event.id.0)
        .collect();
    let first: HashMap<Uuid, String> = if known.is_empty() {
        HashMap::new()
    } else {
        sqlx::query_as(FIRST_CONTENT)
            .bind(known)
            .fetch_all(&mut **transaction)
            .await?
            .into_iter()
            .collect()
    };
    Ok(sent()
        .zip(is_new)
        .map(|((_, event), is_new)| match first.get(&event.id.0) {
            _ if is_new => Outcome::Stored,
            Some(payload) if *payload == event.payload => Outcome::Duplicate,
            _ => Outcome::Conflicting,
        })
        .collect())
}

/// What a device says of its own counting.
struct Claim {
    first: i64,
    last: i64,
    stored: i64,
    dropped: i64,
    seen_ms: i64,
}

async fn count_devices(
    transaction: &mut Transaction<'_, Postgres>,
    deliveries: &[&Rows],
    answers: &[Answer],
) -> Result<(), sqlx::Error> {
    // One row a device: a statement may not change the same row twice.
    let mut claims: BTreeMap<DeviceId, Claim> = BTreeMap::new();
    for (rows, answer) in deliveries.iter().zip(answers) {
        let counted = rows.events.iter().zip(&answer.outcomes);
        for (event, outcome) in counted.filter(|(_, outcome)| **outcome != Outcome::Withdrawn) {
            let claim = claims.entry(rows.device).or_insert(Claim {
                first: event.sequence,
                last: event.sequence,
                stored: 0,
                dropped: 0,
                seen_ms: rows.received_ms,
            });
            claim.first = claim.first.min(event.sequence);
            claim.last = claim.last.max(event.sequence);
            claim.stored += i64::from(*outcome == Outcome::Stored);
            claim.dropped = claim.dropped.max(rows.dropped);
            claim.seen_ms = claim.seen_ms.max(rows.received_ms);
        }
    }
    let column = |value: fn(&Claim) -> i64| claims.values().map(value).collect::<Vec<_>>();
    sqlx::query(UPSERT_DEVICES)
        .bind(claims.keys().map(|device| device.0).collect::<Vec<_>>())
        .bind(column(|claim| claim.first))
        .bind(column(|claim| claim.last))
        .bind(column(|claim| claim.stored))
        .bind(column(|claim| claim.dropped))
        .bind(column(|claim| claim.seen_ms))
        .execute(&mut **transaction)
        .await
        .map(|_| ())
}
