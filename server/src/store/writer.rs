//! How do many requests become durable at the price of one? A single task owns the writing connection, takes
//! everything that waits, has it written in one transaction and answers after the commit (group commit).

#[cfg(test)]
mod explored;

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::StoreError;
use super::work::{Answer, DELETED_AT_ONCE, Work};

/// How many requests may wait, and at most share one transaction.
const QUEUE: usize = 256;
const GROUP: usize = 64;
/// How long a request waits for a place in the queue.
const PATIENCE: Duration = Duration::from_secs(5);

/// A database that writes a group of works in one transaction.
pub(super) trait Ground: Send + 'static {
    /// When this returns answers, everything of the group is durable; otherwise nothing is.
    fn write(
        &mut self,
        works: &[Work],
    ) -> impl Future<Output = Result<Vec<Answer>, StoreError>> + Send;

    /// Lets go of the connection; the next group starts on a fresh one.
    fn close(&mut self) -> impl Future<Output = ()> + Send;
}

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
    pub(super) fn start(ground: impl Ground) -> Self {
        let (writer, writing) = Self::new(ground, QUEUE);
        tokio::spawn(writing);
        writer
    }

    /// The way to a writing task with so long a queue, and the task.
    fn new(ground: impl Ground, queue: usize) -> (Self, impl Future<Output = ()> + Send) {
        let (jobs, waiting) = mpsc::channel(queue);
        (Self { jobs }, write_until_closed(waiting, ground))
    }

    /// Waits until the work is durable.
    pub(super) async fn run(&self, work: Work) -> Result<Answer, StoreError> {
        let patience = async { tokio::time::sleep(PATIENCE).await };
        self.run_within(work, patience).await
    }

    /// As [`Self::run`]; `patience` ends when there must be a place in the queue.
    async fn run_within(
        &self,
        work: Work,
        patience: impl Future<Output = ()>,
    ) -> Result<Answer, StoreError> {
        let place = tokio::select! {
            biased;
            place = self.jobs.reserve() => place.map_err(|_| StoreError::Closed)?,
            () = patience => return Err(StoreError::Overloaded),
        };
        let (reply, answer) = oneshot::channel();
        place.send(Job { work, reply });
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// Does a work that deletes until nothing is left for it, a piece at a time, so that deliveries wait for one piece at most.
    pub(super) async fn delete(&self, piece: impl Fn() -> Work) -> Result<u64, StoreError> {
        let mut total = 0;
        loop {
            let deleted = self.run(piece()).await?.deleted;
            total += deleted;
            if deleted < DELETED_AT_ONCE.unsigned_abs() {
                return Ok(total);
            }
        }
    }
}

async fn write_until_closed(mut waiting: mpsc::Receiver<Job>, mut ground: impl Ground) {
    let mut jobs = Vec::with_capacity(GROUP);
    while waiting.recv_many(&mut jobs, GROUP).await > 0 {
        let (works, replies): (Vec<_>, Vec<_>) =
            jobs.drain(..).map(|job| (job.work, job.reply)).unzip();
        let closing = works.iter().any(|work| matches!(work, Work::Close));
        let written = ground.write(&works).await;
        if written.is_err() || closing {
            ground.close().await;
        }
        // Whoever asked may have gone; the work is done all the same.
        match written {
            Ok(answers) => {
                for (reply, answer) in replies.into_iter().zip(answers) {
                    let _ = reply.send(Ok(answer));
                }
            }
            Err(error) => {
                tracing::warn!(code = error.code(), %error, requests = works.len(), "the store could not write");
                for reply in replies {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
        if closing {
            return;
        }
    }
    ground.close().await;
}
