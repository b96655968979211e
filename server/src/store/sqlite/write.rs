//! Who holds the writing connection, and when is a fresh one made?

use std::path::PathBuf;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use super::explain::from_sqlite;
use super::settle::settle;
use super::statements::perform;
use crate::store::StoreError;
use crate::store::work::{Answer, Work};
use crate::store::writer::Ground;

/// The file as the writing task knows it.
pub(super) struct SqliteGround {
    options: SqliteConnectOptions,
    path: PathBuf,
    connection: Option<SqliteConnection>,
}

impl SqliteGround {
    pub(super) fn new(options: SqliteConnectOptions, path: PathBuf) -> Self {
        Self {
            options,
            path,
            connection: None,
        }
    }
}

/// What was deleted still stands in the write-ahead log, until that is written over. Whoever reads just then keeps it there:
/// not for long, and the next deletion empties it too.
async fn empty_the_log(connection: &mut SqliteConnection) {
    let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)")
        .execute(connection)
        .await;
    if let Err(error) = emptied {
        tracing::warn!(%error, "what was deleted is still in the write-ahead log; the next deletion tries again");
    }
}

impl Ground for SqliteGround {
    async fn write(&mut self, works: &[Work]) -> Result<Vec<Answer>, StoreError> {
        let explain = |error: sqlx::Error| from_sqlite(&error, &self.path);
        let connection = match &mut self.connection {
            Some(connection) => connection,
            none => {
                let mut connection = SqliteConnection::connect_with(&self.options)
                    .await
                    .map_err(explain)?;
                settle(&mut connection, &self.path).await?;
                none.insert(connection)
            }
        };
        let mut transaction = connection
            .begin_with("BEGIN IMMEDIATE")
            .await
            .map_err(explain)?;
        let mut answers = Vec::with_capacity(works.len());
        for work in works {
            answers.push(perform(&mut transaction, work).await.map_err(explain)?);
        }
        transaction.commit().await.map_err(explain)?;
        if works.iter().any(Work::deletes) {
            empty_the_log(connection).await;
        }
        Ok(answers)
    }

    async fn close(&mut self) {
        if let Some(connection) = self.connection.take()
            && let Err(error) = connection.close().await
        {
            tracing::warn!(%error, "the store's connection did not close cleanly");
        }
    }
}
