//! Which weeks have a partition? Made ahead of time, dropped once empty and past.
//!
//! An event whose week has none rests in the default partition: none ever waits for its week, and none is refused.

use jiff::Timestamp;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use super::statements::take_turn;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// Devices keep events for 30 days before they drop them, so this far back they still arrive.
const BEHIND_MS: i64 = 5 * WEEK_MS;
/// Ready before the week begins, whatever the server does on the day.
const AHEAD_MS: i64 = 2 * WEEK_MS;
/// How soon it is tried again after a failure.
const AGAIN_MS: i64 = 60 * 60 * 1_000;

const PAST_WEEKS: &str = "SELECT relname::text FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid \
                           WHERE inhparent = 'events'::regclass AND relname LIKE 'events\\_from\\_%' AND relname < $1";

/// Weeks are made and dropped while nobody reads. Whoever comes meanwhile waits behind, so it is given up soon and tried again.
const LOCK_PATIENCE: &str = "SET LOCAL lock_timeout = '200ms'";
/// A week is made within a delivery: where that takes long, because much rests in the default partition, it is given up, and
/// events rest there on.
const LONGEST: &str = "SET LOCAL statement_timeout = '10s'";

/// Up to when weeks are there.
#[derive(Debug, Default)]
pub(super) struct Weeks {
    next_look_ms: Option<i64>,
}

impl Weeks {
    /// Makes the partitions around a moment, unless that was done lately. A failure is logged and costs nothing else.
    pub(super) async fn cover(&mut self, connection: &mut PgConnection, now_ms: i64) {
        if self.next_look_ms.is_some_and(|next| now_ms < next) {
            return;
        }
        // Said first: where this is given up for taking too long, the next delivery must not begin it again.
        self.next_look_ms = Some(now_ms.saturating_add(AGAIN_MS));
        match make_weeks(connection, now_ms).await {
            Ok(()) => self.next_look_ms = Some(now_ms.saturating_add(DAY_MS)),
            Err(error) => {
                tracing::warn!(%error, "the coming weeks' partitions could not be made; events rest in the default one");
            }
        }
    }
}

async fn make_weeks(connection: &mut PgConnection, now_ms: i64) -> Result<(), sqlx::Error> {
    let mut begin_ms = week_of(now_ms.saturating_sub(BEHIND_MS));
    while begin_ms <= now_ms.saturating_add(AHEAD_MS) {
        let name = name_of(begin_ms);
        let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
            .bind(&name)
            .fetch_one(&mut *connection)
            .await?;
        if !exists {
            make_week(connection, &name, begin_ms).await?;
        }
        begin_ms += WEEK_MS;
    }
    Ok(())
}

/// Events of the week that rest in the default partition move into the new one; to a reader nothing changes.
async fn make_week(
    connection: &mut PgConnection,
    name: &str,
    begin_ms: i64,
) -> Result<(), sqlx::Error> {
    let (begin, end) = (first_id(begin_ms), first_id(begin_ms + WEEK_MS));
    let mut transaction = connection.begin().await?;
    take_turn(&mut transaction).await?;
    // Another server may have made it meanwhile.
    let exists: bool = sqlx::query_scalar("SELECT to_regclass($1) IS NOT NULL")
        .bind(name)
        .fetch_one(&mut *transaction)
        .await?;
    if exists {
        return transaction.rollback().await;
    }
    // Nobody may read between the two places.
    for statement in [
        LONGEST.to_owned(),
        LOCK_PATIENCE.to_owned(),
        "LOCK TABLE events IN ACCESS EXCLUSIVE MODE".to_owned(),
        format!("CREATE TABLE {name} (LIKE events INCLUDING ALL)"),
        format!(
            "WITH moved AS (DELETE FROM events_of_no_week WHERE id >= '{begin}' AND id < '{end}' RETURNING *) \
             INSERT INTO {name} SELECT * FROM moved"
        ),
        format!(
            "ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM ('{begin}') TO ('{end}')"
        ),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&mut *transaction)
            .await?;
    }
    transaction.commit().await
}

/// Drops weeks that ended well before a time and hold nothing. Whatever still arrives from then rests in the default one.
/// A failure is logged and costs nothing else: the next expiry tries again.
pub(super) async fn drop_empty_weeks(connection: &mut PgConnection, before_ms: i64) {
    if let Err(error) = drop_weeks(connection, before_ms).await {
        tracing::warn!(%error, "weeks that are past and empty could not be dropped");
    }
}

async fn drop_weeks(connection: &mut PgConnection, before_ms: i64) -> Result<(), sqlx::Error> {
    let kept_from = name_of(week_of(before_ms.saturating_sub(BEHIND_MS)));
    let mut transaction = connection.begin().await?;
    take_turn(&mut transaction).await?;
    sqlx::raw_sql(LOCK_PATIENCE)
        .execute(&mut *transaction)
        .await?;
    let names: Vec<String> = sqlx::query_scalar(PAST_WEEKS)
        .bind(kept_from)
        .fetch_all(&mut *transaction)
        .await?;
    for name in names {
        let holds: bool = sqlx::query_scalar(AssertSqlSafe(format!(
            "SELECT EXISTS (SELECT 1 FROM {name})"
        )))
        .fetch_one(&mut *transaction)
        .await?;
        if !holds {
            sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE {name}")))
                .execute(&mut *transaction)
                .await?;
        }
    }
    transaction.commit().await
}

/// The beginning of a moment's week. Weeks begin on Thursdays, as the Unix epoch did.
fn week_of(time_ms: i64) -> i64 {
    time_ms.div_euclid(WEEK_MS) * WEEK_MS
}

/// Named by its first day in UTC, so that names sort as weeks do. Years beyond four digits hold no events.
fn name_of(begin_ms: i64) -> String {
    let time = Timestamp::from_millisecond(begin_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    format!("events_from_{}", time.strftime("%Y%m%d"))
}

/// The least UUID that begins with a time.
fn first_id(time_ms: i64) -> Uuid {
    let milliseconds = u128::try_from(time_ms).unwrap_or(0);
    Uuid::from_u128(milliseconds << 80)
}
