//! A proxy on loopback that does to requests what networks do.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use triqueta::math::Random;

use crate::client::{Reply, send};

/// What becomes of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Arrives,
    /// The connection breaks before the server sees anything.
    Dropped,
    /// It is stored; the connection breaks before the answer.
    AnswerLost,
    /// The connection breaks in the middle of the answer.
    AnswerTorn,
    /// It reaches the server twice, and once more when the device has its answer.
    Doubled,
    /// It is stored; the answer is 502, 503 or 504.
    Broken,
    /// It is not stored, and the device is asked to wait a minute.
    Limited,
    /// Too large for somebody on the way.
    TooLarge,
    /// Nothing comes back until the device gives up.
    Hangs,
    /// Somebody else answers 200, such as a captive portal.
    Portal,
    /// Stored, and answered with this status.
    Answered(u16),
}

impl Fate {
    /// All that are drawn.
    pub(crate) const ALL: [Self; 10] = [
        Self::Arrives,
        Self::Dropped,
        Self::AnswerLost,
        Self::AnswerTorn,
        Self::Doubled,
        Self::Broken,
        Self::Limited,
        Self::TooLarge,
        Self::Hangs,
        Self::Portal,
    ];

    /// One in five requests is dropped, one in two arrives as it should.
    pub(crate) fn drawn(random: &mut Random, _number: u64) -> Self {
        match random.below(100) {
            0..20 => Self::Dropped,
            20..27 => Self::AnswerLost,
            27..31 => Self::AnswerTorn,
            31..38 => Self::Doubled,
            38..43 => Self::Broken,
            43..47 => Self::Limited,
            47..49 => Self::TooLarge,
            49..51 => Self::Hangs,
            51..53 => Self::Portal,
            _ => Self::Arrives,
        }
    }
}

/// What passed.
#[derive(Debug, Default, Clone)]
pub(crate) struct Seen {
    pub(crate) fates: BTreeMap<Fate, u64>,
    pub(crate) statuses: BTreeSet<u16>,
}

type Choose = fn(&mut Random, u64) -> Fate;

struct Shared {
    server: SocketAddr,
    choose: Choose,
    random: Mutex<Random>,
    number: AtomicU64,
    seen: Mutex<Seen>,
    ended: AtomicBool,
}

/// Stands before the server until it is stopped.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// `choose` decides over each request, which it is told the number of, from 0.
    pub(crate) fn start(server: SocketAddr, choose: Choose) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server,
            choose,
            random: Mutex::new(Random::new(20_261_129)),
            number: AtomicU64::new(0),
            seen: Mutex::default(),
            ended: AtomicBool::new(false),
        });
        let at = Arc::clone(&shared);
        let accepting = std::thread::spawn(move || {
            let mut passing = vec![];
            for stream in listener.incoming().map_while(Result::ok) {
                if at.ended.load(Ordering::SeqCst) {
                    break;
                }
                let at = Arc::clone(&at);
                passing.push(std::thread::spawn(move || {
                    let _ = at.pass(stream);
                }));
                passing.retain(|one| !one.is_finished());
            }
            passing.into_iter().for_each(|one| one.join().unwrap());
        });
        Self {
            address,
            shared,
            accepting,
        }
    }

    /// Waits for what is on its way, and tells what passed.
    pub(crate) fn stop(self) -> Seen {
        self.shared.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        self.accepting.join().unwrap();
        self.shared.seen.lock().unwrap().clone()
    }
}

impl Shared {
    fn pass(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let (head, body) = request(&mut stream)?;
        let number = self.number.fetch_add(1, Ordering::SeqCst);
        let fate = {
            let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
            (self.choose)(&mut random, number)
        };
        *self.seen.lock().unwrap().fates.entry(fate).or_default() += 1;
        let packed = head.to_ascii_lowercase().contains("content-encoding: gzip");
        let pass_on = || self.passed_on(packed, &body);
        match fate {
            Fate::Dropped => Ok(()),
            Fate::Arrives => self.answer(&mut stream, &whole(&pass_on()?)),
            Fate::AnswerLost => pass_on().map(|_| ()),
            Fate::AnswerTorn => {
                let text = whole(&pass_on()?);
                stream.write_all(&text[..text.len() - 20])
            }
            Fate::Doubled => {
                pass_on()?;
                self.answer(&mut stream, &whole(&pass_on()?))?;
                drop(stream);
                std::thread::sleep(Duration::from_millis(20));
                pass_on().map(|_| ())
            }
            Fate::Broken => {
                pass_on()?;
                let status = [502, 503, 504][number as usize % 3];
                self.answer(&mut stream, &bare(status, "", "<html>Bad gateway</html>"))
            }
            Fate::Limited => {
                let later = "Retry-After: 60\r\n";
                self.answer(&mut stream, &bare(429, later, ""))
            }
            Fate::TooLarge => self.answer(&mut stream, &bare(413, "", "")),
            Fate::Hangs => {
                // Until the device has given up.
                let _ = stream.read(&mut [0]);
                Ok(())
            }
            Fate::Portal => self.answer(&mut stream, &bare(200, "", "<html>Welcome</html>")),
            Fate::Answered(status) => {
                pass_on()?;
                self.seen.lock().unwrap().statuses.insert(status);
                self.answer(&mut stream, &bare(status, "", "{}"))
            }
        }
    }

    fn passed_on(&self, packed: bool, body: &[u8]) -> std::io::Result<Reply> {
        let mut headers = vec![("Content-Type", "application/json")];
        if packed {
            headers.push(("Content-Encoding", "gzip"));
        }
        send(self.server, "POST", "/v1/events", &headers, body)
    }

    fn answer(&self, stream: &mut TcpStream, text: &[u8]) -> std::io::Result<()> {
        stream.write_all(text)
    }
}

/// The server's answer, passed on.
fn whole(reply: &Reply) -> Vec<u8> {
    let retry_after = reply.header("retry-after");
    let later =
        retry_after.map_or_else(String::new, |seconds| format!("Retry-After: {seconds}\r\n"));
    bare(reply.status, &later, &reply.text())
}

fn bare(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nConnection: close\r\n{headers}\r\n{body}")
        .into_bytes()
}

/// A request's head and body.
fn request(stream: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let (mut received, mut part) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut part)?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        received.extend_from_slice(&part[..count]);
        let Some(end) = received.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok())
            .unwrap_or(0);
        if received.len() >= end + 4 + length {
            return Ok((head, received.split_off(end + 4)));
        }
    }
}
