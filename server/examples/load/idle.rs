//! Connections that are open and say nothing, held by a process of their own: both ends in one would be twice as many files.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

pub(crate) const HOLD: &str = "--hold";
const ALIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";
/// The server ends those that are silent for two minutes: each says a word before.
const WORD_EVERY: Duration = Duration::from_secs(60);

/// Idle connections of another process; they end with this.
pub(crate) struct Idle(Child);

impl Idle {
    /// Returns once the server has answered each of them.
    pub(crate) fn hold(address: SocketAddr, count: usize) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([HOLD, &address.to_string(), &count.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(
            line.trim(),
            "held",
            "see the words above; ulimit -n may be too low"
        );
        Self(child)
    }
}

impl Drop for Idle {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The other process: holds connections until it is ended.
pub(crate) fn hold(address: SocketAddr, count: usize) -> ! {
    let files = count as u64 + 64;
    let allowed = rlimit::increase_nofile_limit(files).unwrap();
    assert!(allowed >= files, "only {allowed} files may be open");
    let mut streams: Vec<_> = (0..count)
        .map(|_| TcpStream::connect(address).unwrap())
        .collect();
    let mut said = false;
    loop {
        for stream in &mut streams {
            stream.write_all(ALIVE).unwrap();
            assert!(stream.read(&mut [0; 2_048]).unwrap() > 0);
        }
        if !said {
            println!("held");
            said = true;
        }
        std::thread::sleep(WORD_EVERY);
    }
}
