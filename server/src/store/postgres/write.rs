//! Who holds the writing connection, when is a fresh one made, and when is waiting over?

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{Connection, Executor};

use super::explain::from_postgres;
use super::open::connect;
use super::partitions::{Weeks, drop_empty_weeks};
use super::statements::{perform_all, take_turn};
use crate::store::StoreError;
use crate::store::work::{Answer, Work};
use crate::store::writer::Ground;

/// How long a group may take. Beyond it the connection counts as dead: a network that swallows packets never says so.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a connection may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(2);

/// A database may be told to answer before a commit is on its disk; we wait for it all the same.
const WAIT_FOR_THE_DISK: &str = "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// The database as the writing task knows it.
pub(super) struct PostgresGround {
    options: PgConnectOptions,
    place: String,
    connection: Option<PgConnection>,
    weeks: Weeks,
}

impl PostgresGround {
    pub(super) fn new(options: PgConnectOptions, place: String) -> Self {
        Self {
            options,
            place,
            connection: None,
            weeks: Weeks::default(),
        }
    }

    async fn write_group(&mut self, works: &[Work]) -> Result<Vec<Answer>, StoreError> {
        let explain = |error: sqlx::Error| from_postgres(&error, &self.place);
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let mut connection = connect(&self.options, &self.place).await?;
                connection
                    .execute(WAIT_FOR_THE_DISK)
                    .await
                    .map_err(explain)?;
                none.insert(connection)
            }
        };
        if let Some(now_ms) = works.iter().filter_map(moment).max() {
            self.weeks.cover(connection, now_ms).await;
        }
        let mut transaction = connection.begin().await.map_err(explain)?;
        take_turn(&mut transaction).await.map_err(explain)?;
        let answers = perform_all(&mut transaction, works)
            .await
            .map_err(explain)?;
        transaction.commit().await.map_err(explain)?;
        for work in works {
            if let Work::Expire { before_ms } = work {
                drop_empty_weeks(connection, *before_ms).await;
            }
        }
        Ok(answers)
    }
}

/// The server's clock when the work came.
fn moment(work: &Work) -> Option<i64> {
    match work {
        Work::Append(rows) => Some(rows.received_ms),
        Work::Withdraw { now_ms, .. } | Work::Probe { now_ms } => Some(*now_ms),
        Work::Expire { .. } | Work::Close => None,
    }
}

impl Ground for PostgresGround {
    async fn write(&mut self, works: &[Work]) -> Result<Vec<Answer>, StoreError> {
        // Closing touches no database.
        if works.iter().all(|work| matches!(work, Work::Close)) {
            return Ok(works.iter().map(|_| Answer::default()).collect());
        }
        let place = self.place.clone();
        match tokio::time::timeout(PATIENCE, self.write_group(works)).await {
            Ok(written) => written,
            Err(_) => Err(StoreError::Unreachable {
                place,
                detail: format!("no answer within {} s", PATIENCE.as_secs()),
            }),
        }
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Ok(Err(error)) = tokio::time::timeout(FAREWELL, connection.close()).await
        {
            tracing::debug!(%error, "the store's connection did not close cleanly");
        }
    }
}
