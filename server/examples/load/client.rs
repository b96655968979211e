//! A device that sends batch after batch over one connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{SystemTime, UNIX_EPOCH};

use triqueta::event::{
    Batch, Body, Consent, DeviceId, Event, EventId, Grade, Opinion, SessionId, WIRE_VERSION,
};

pub(crate) struct Sender {
    stream: BufReader<TcpStream>,
    device: DeviceId,
    sequence: u64,
}

fn chance<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap();
    bytes
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_millis()).unwrap()
}

impl Sender {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self {
            stream: BufReader::new(stream),
            device: DeviceId::new(chance()),
            sequence: 0,
        }
    }

    /// The next events, as they travel.
    pub(crate) fn batch(&mut self, count: u64) -> String {
        let now_ms = now_ms();
        let first = self.sequence + 1;
        self.sequence += count;
        let batch = Batch {
            v: WIRE_VERSION,
            device: self.device,
            sent_at_ms: now_ms,
            dropped: 0,
            events: (first..first + count)
                .map(|sequence| like(self.device, sequence, now_ms))
                .collect(),
        };
        serde_json::to_string(&batch).unwrap()
    }

    /// Returns once every event was acknowledged as stored.
    pub(crate) fn deliver(&mut self, body: &str) {
        let head = format!(
            "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        let stream = self.stream.get_mut();
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            let lower = line.to_ascii_lowercase();
            if let Some(stated) = lower.strip_prefix("content-length:") {
                length = stated.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).unwrap();
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.contains("\"stored\"") && !answer.contains("\"rejected\""),
            "{answer}"
        );
    }
}

pub(crate) fn like(device: DeviceId, sequence: u64, now_ms: i64) -> Event {
    Event {
        id: EventId::new(now_ms, &chance()),
        device,
        sequence,
        time_ms: now_ms,
        session: SessionId::new(chance()),
        user: None,
        consent: Consent {
            grade: Grade::Upload,
            text_version: "1".to_owned(),
            time_ms: now_ms,
            ..Consent::default()
        },
        body: Body::Feedback {
            activity: "a1".into(),
            opinion: Opinion::Like,
            shown: None,
        },
    }
}
