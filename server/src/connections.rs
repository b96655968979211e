//! How many may be connected at once, and for how long without a word? Those beyond wait outside until one goes.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// How long a connection may be silent: longer than the slowest store takes to answer.
const SILENCE: Duration = Duration::from_secs(120);
/// What the process opens beside connections: the store, files on their way out.
const OTHER_FILES: u64 = 256;

/// As many connections as are wanted, or as the system lets a process hold; it is asked for more where it allows that.
pub(crate) fn as_the_system_allows(wanted: usize) -> usize {
    let files = u64::try_from(wanted)
        .unwrap_or(u64::MAX)
        .saturating_add(OTHER_FILES);
    let Ok(allowed) = rlimit::increase_nofile_limit(files) else {
        return wanted;
    };
    let allowed = usize::try_from(allowed.saturating_sub(OTHER_FILES)).unwrap_or(wanted);
    if allowed < wanted {
        tracing::warn!(
            connections = allowed,
            "the system lets this process hold fewer connections than configured; raise its limit of open files (ulimit -n)"
        );
    }
    wanted.min(allowed).max(1)
}

/// A listener that holds so many connections at most.
pub(crate) struct Entrance {
    listener: TcpListener,
    places: Arc<Semaphore>,
    silence: Duration,
}

impl Entrance {
    pub(crate) fn new(listener: TcpListener, connections: usize) -> Self {
        Self {
            listener,
            places: Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS))),
            silence: SILENCE,
        }
    }
}

impl Listener for Entrance {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers leave at once.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delay");
        }
        let connection = Connection {
            stream,
            patience: Box::pin(sleep(self.silence)),
            silence: self.silence,
            _place: place,
        };
        (connection, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that gives up its place when it ends, and ends when nothing was read or written for too long.
pub(crate) struct Connection {
    stream: TcpStream,
    patience: Pin<Box<Sleep>>,
    silence: Duration,
    _place: Option<OwnedSemaphorePermit>,
}

impl Connection {
    fn stream(&mut self) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.stream)
    }

    fn heard(&mut self) {
        let until = Instant::now() + self.silence;
        self.patience.as_mut().reset(until);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Poll::Ready(read) = self.stream().poll_read(context, buffer) {
            self.heard();
            return Poll::Ready(read);
        }
        ready!(self.patience.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(self.stream().poll_write(context, bytes));
        self.heard();
        Poll::Ready(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(self.stream().poll_write_vectored(context, bytes));
        self.heard();
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_silent_connection_ends_and_one_that_speaks_does_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut entrance = Entrance {
            silence: Duration::from_millis(300),
            ..Entrance::new(listener, 1)
        };
        let mut client = TcpStream::connect(entrance.local_addr().unwrap())
            .await
            .unwrap();
        let (mut connection, _) = entrance.accept().await;
        let mut byte = [0; 1];
        for _ in 0..8 {
            client.write_all(b"x").await.unwrap();
            assert_eq!(connection.read(&mut byte).await.unwrap(), 1);
            sleep(Duration::from_millis(50)).await;
        }
        let ended = connection.read(&mut byte).await.unwrap_err();
        assert_eq!(ended.kind(), io::ErrorKind::TimedOut);
    }
}
