//! How do many requests become durable at the price of one? A single task owns the writing connection, takes
//! everything that waits, writes it in one transaction and answers after the commit (group commit).

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::explain::from_sqlite;
use super::work::{Answer, Work, perform};
use crate::store::StoreError;

/// How many requests may wait, and at most share one transaction.
const QUEUE: usize = 256;
const GROUP: usize = 64;
/// How long a request waits for a place in the queue.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
struct Job {
    work: Work,
    reply: oneshot::Sender<Result<Answer, StoreError>>,
}

/// The way to the writing task. It ends when this is dropped or [`Work::Close`] was done.
#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(super) fn start(options: SqliteConnectOptions, path: PathBuf) -> Self {
        let (jobs, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write_until_closed(waiting, options, path));
        Self { jobs }
    }

    /// Waits until the work is durable.
    pub(super) async fn run(&self, work: Work) -> Result<Answer, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.jobs
            .send_timeout(Job { work, reply }, PATIENCE)
            .await
            .map_err(|error| match error {
                mpsc::error::SendTimeoutError::Timeout(_) => StoreError::Overloaded,
                mpsc::error::SendTimeoutError::Closed(_) => StoreError::Closed,
            })?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
}

async fn write_until_closed(
    mut waiting: mpsc::Receiver<Job>,
    options: SqliteConnectOptions,
    path: PathBuf,
) {
    let mut connection = None;
    let mut jobs = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut jobs, GROUP).await > 0 {
        let closing = jobs.iter().any(|job| matches!(job.work, Work::Close));
        let written = write_group(&mut connection, &options, &path, &jobs).await;
        if written.is_err() || closing {
            // After a failure the next group starts on a fresh connection.
            close(connection.take()).await;
        }
        match written {
            Ok(answers) => {
                for (job, answer) in jobs.drain(..).zip(answers) {
                    // Whoever asked may have gone; the work is done all the same.
                    let _ = job.reply.send(Ok(answer));
                }
            }
            Err(error) => {
                tracing::warn!(code = error.code(), %error, requests = jobs.len(), "the store could not write");
                for job in jobs.drain(..) {
                    let _ = job.reply.send(Err(error.clone()));
                }
            }
        }
        if closing {
            return;
        }
    }
    close(connection).await;
}

async fn close(connection: Option<SqliteConnection>) {
    if let Some(connection) = connection
        && let Err(error) = connection.close().await
    {
        tracing::warn!(%error, "the store's connection did not close cleanly");
    }
}

/// Everything of the group is durable, or nothing is.
async fn write_group(
    connection: &mut Option<SqliteConnection>,
    options: &SqliteConnectOptions,
    path: &Path,
    jobs: &[Job],
) -> Result<Vec<Answer>, StoreError> {
    let explain = |error: sqlx::Error| from_sqlite(&error, path);
    let connection = match connection {
        Some(connection) => connection,
        none => none.insert(
            SqliteConnection::connect_with(options)
                .await
                .map_err(explain)?,
        ),
    };
    let mut transaction = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(explain)?;
    let mut answers = Vec::with_capacity(jobs.len());
    for job in jobs {
        answers.push(
            perform(&mut transaction, &job.work)
                .await
                .map_err(explain)?,
        );
    }
    transaction.commit().await.map_err(explain)?;
    Ok(answers)
}
