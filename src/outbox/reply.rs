//! What the server's answer means for the events that were sent.

use uuid::Uuid;

use crate::event::{BatchReply, EventId};
use crate::json;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status; 0 where there was no answer: "unknown", never "failed and drop".
    pub status: u16,
    /// The body's text.
    pub body: String,
    /// What `Retry-After` asked for, in ms.
    pub retry_after_ms: Option<i64>,
}

/// What to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Delete these, and go on with the next batch.
    Acknowledged {
        /// Events the server gave a verdict on.
        delete: Vec<EventId>,
    },
    /// The batch is too large: send fewer at a time.
    Split,
    /// Try the same again later.
    Retry {
        /// At the earliest after so many ms.
        retry_after_ms: Option<i64>,
    },
    /// The server will never take this from here (wrong address, not allowed): keep the events and stop until the page is
    /// opened again.
    Stop,
}

/// Reads an answer to a batch of `sent` events.
pub fn outcome(sent: &[EventId], reply: &Reply) -> Outcome {
    let later = Outcome::Retry {
        retry_after_ms: reply.retry_after_ms,
    };
    match reply.status {
        200..=299 => match json::read::<BatchReply>(reply.body.as_bytes()) {
            Ok(answer) => {
                let verdicts = answer.verdicts.iter();
                let named: Vec<EventId> = verdicts
                    .filter_map(|verdict| Uuid::try_parse(&verdict.id).ok().map(EventId))
                    .collect();
                let mut delete = sent.to_vec();
                delete.retain(|id| named.contains(id));
                if delete.is_empty() {
                    later
                } else {
                    Outcome::Acknowledged { delete }
                }
            }
            // Somebody else answered, such as a captive portal.
            Err(_) => later,
        },
        413 if sent.len() > 1 => Outcome::Split,
        400 | 401 | 403 | 404 | 405 | 410 | 413 | 415 | 422 => Outcome::Stop,
        _ => later,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: u8) -> Vec<EventId> {
        (0..count)
            .map(|number| EventId::new(1_000, &[number; 10]))
            .collect()
    }

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            body: body.into(),
            retry_after_ms: None,
        }
    }

    #[test]
    fn only_ids_the_server_named_are_deleted() {
        let sent = ids(3);
        let body = format!(
            r#"{{"verdicts":[{{"id":"{}","verdict":"stored"}},{{"id":"{}","verdict":"rejected","code":"EVENT_MALFORMED"}},{{"id":"other","verdict":"stored"}}]}}"#,
            sent[0], sent[2]
        );
        assert_eq!(
            outcome(&sent, &reply(200, &body)),
            Outcome::Acknowledged {
                delete: vec![sent[0], sent[2]]
            }
        );
    }

    #[test]
    fn no_status_loses_events() {
        for status in 0..=599 {
            for body in ["", "<html>", r#"{"verdicts":[]}"#] {
                let outcome = outcome(&ids(2), &reply(status, body));
                assert!(
                    !matches!(outcome, Outcome::Acknowledged { .. }),
                    "{status} {body}"
                );
            }
        }
        assert_eq!(outcome(&ids(2), &reply(413, "")), Outcome::Split);
        assert_eq!(outcome(&ids(2), &reply(422, "")), Outcome::Stop);
        assert_eq!(
            outcome(&ids(2), &reply(503, "")),
            Outcome::Retry {
                retry_after_ms: None
            }
        );
        assert_eq!(
            outcome(&ids(2), &reply(0, "")),
            Outcome::Retry {
                retry_after_ms: None
            }
        );
    }
}
