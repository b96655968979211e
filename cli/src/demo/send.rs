//! How do the simulated events get in? As everybody's: over HTTP, in batches of at most a hundred, each verdict checked.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use triqueta::event::{
    Batch, BatchReply, DeviceId, Event, LIMIT_EVENTS_PER_BATCH, VerdictKind, WIRE_VERSION,
};
use triqueta_trainer::progress::Progress;

use super::error::{DemoError, Result};

/// Devices that send at the same time.
const SENDERS: usize = 4;
/// How often a batch is tried when the server cannot be reached or is in trouble.
const ATTEMPTS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(30);

/// What the server said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipt {
    /// Events stored now.
    pub stored: u64,
    /// Events that were stored before.
    pub duplicates: u64,
}

/// Sends each device's events in order to `url`. Events the server has already are recognised by it, so that an
/// interrupted sending is simply begun again.
///
/// # Errors
/// [`DemoError::Unreachable`] when a batch is not taken, [`DemoError::Refused`] when an event is judged invalid,
/// [`DemoError::Interrupted`] when the work should stop. What was acknowledged stays stored.
pub fn send(
    url: &str,
    devices: &[(DeviceId, &[Event])],
    progress: &dyn Progress,
) -> Result<Receipt> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .timeout_global(Some(PATIENCE))
        .http_status_as_error(false)
        .build()
        .into();
    let sender = Sender {
        agent,
        url,
        progress,
    };
    let (stored, duplicates) = (AtomicU64::new(0), AtomicU64::new(0));
    let (failed, failure) = (AtomicBool::new(false), Mutex::new(None));
    std::thread::scope(|scope| {
        for start in 0..SENDERS {
            let (sender, stored, duplicates, failed, failure) =
                (&sender, &stored, &duplicates, &failed, &failure);
            scope.spawn(move || {
                for &(device, events) in devices.iter().skip(start).step_by(SENDERS) {
                    for events in events.chunks(LIMIT_EVENTS_PER_BATCH) {
                        if failed.load(Ordering::Relaxed) {
                            return;
                        }
                        match sender.deliver(device, events) {
                            Ok(receipt) => {
                                stored.fetch_add(receipt.stored, Ordering::Relaxed);
                                duplicates.fetch_add(receipt.duplicates, Ordering::Relaxed);
                                sender.progress.advance(events.len() as u64);
                            }
                            Err(error) => {
                                failed.store(true, Ordering::Relaxed);
                                if let Ok(mut first) = failure.lock() {
                                    first.get_or_insert(error);
                                }
                                return;
                            }
                        }
                    }
                }
            });
        }
    });
    match failure
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
    {
        Some(error) => Err(error),
        None => Ok(Receipt {
            stored: stored.into_inner(),
            duplicates: duplicates.into_inner(),
        }),
    }
}

struct Sender<'a> {
    agent: ureq::Agent,
    url: &'a str,
    progress: &'a dyn Progress,
}

impl Sender<'_> {
    fn deliver(&self, device: DeviceId, events: &[Event]) -> Result<Receipt> {
        let sent_at_ms = Timestamp::now().as_millisecond();
        let batch = Batch {
            v: WIRE_VERSION,
            device,
            sent_at_ms,
            dropped: 0,
            events: events.iter().collect(),
        };
        let body =
            serde_json::to_vec(&batch).map_err(|error| self.unreachable(error.to_string()))?;
        let mut attempt = 1;
        let answer = loop {
            if self.progress.cancelled() {
                return Err(DemoError::Interrupted);
            }
            match self.post(&body) {
                Ok(answer) => break answer,
                Err(detail) if attempt == ATTEMPTS => return Err(self.unreachable(detail)),
                Err(_) => std::thread::sleep(Duration::from_millis(100 << attempt)),
            }
            attempt += 1;
        };
        let reply: BatchReply =
            serde_json::from_str(&answer).map_err(|error| self.unreachable(error.to_string()))?;
        check(events, &reply).map_err(|error| {
            error.unwrap_or_else(|| self.unreachable("verdicts are missing".into()))
        })
    }

    /// The answer's text, or what went wrong in words.
    fn post(&self, body: &[u8]) -> std::result::Result<String, String> {
        let request = self.agent.post(self.url).content_type("application/json");
        let mut response = request.send(body).map_err(|error| error.to_string())?;
        let text = response
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?;
        if response.status().is_success() {
            Ok(text)
        } else {
            Err(format!("{}: {text}", response.status()))
        }
    }

    fn unreachable(&self, detail: String) -> DemoError {
        DemoError::Unreachable {
            url: self.url.to_owned(),
            detail,
        }
    }
}

/// One verdict an event, in order, none refused. The inner `None` says that verdicts are missing.
fn check(events: &[Event], reply: &BatchReply) -> std::result::Result<Receipt, Option<DemoError>> {
    if reply.verdicts.len() != events.len() {
        return Err(None);
    }
    let mut receipt = Receipt::default();
    for (event, verdict) in events.iter().zip(&reply.verdicts) {
        if verdict.id != event.id.to_string() {
            return Err(None);
        }
        match verdict.verdict {
            VerdictKind::Stored => receipt.stored += 1,
            VerdictKind::Duplicate => receipt.duplicates += 1,
            VerdictKind::Rejected => {
                let part = |text: &Option<String>| text.clone().unwrap_or_default();
                let reason = format!("{} {}", part(&verdict.code), part(&verdict.message));
                return Err(Some(DemoError::Refused {
                    event: verdict.id.clone(),
                    reason,
                }));
            }
        }
    }
    Ok(receipt)
}
