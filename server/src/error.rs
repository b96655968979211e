//! Why a server cannot start or go on.

use std::net::SocketAddr;

use thiserror::Error;

use crate::store::StoreError;

/// The server cannot start, or stopped on its own.
#[derive(Debug, Error)]
pub enum ServerError {
    /// Another program listens there.
    #[error("port {} on {} is in use by another program; stop it, or choose another port (0 takes any free one)", .address.port(), .address.ip())]
    PortBusy {
        /// The address asked for.
        address: SocketAddr,
    },
    /// This user may not listen there, or the machine has no such address.
    #[error(
        "cannot listen on {address} ({cause}); use an address of this machine and a port from 1024 up"
    )]
    Address {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A folder to serve is not there.
    #[error("there is no {what} at `{path}`; {cure}")]
    Missing {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: String,
        /// What to do.
        cure: &'static str,
    },
    /// An allowed origin is not an origin.
    #[error(
        "`{origin}` is not an origin; write scheme, host and port only, such as `https://example.org`"
    )]
    Origin {
        /// The text given.
        origin: String,
    },
    /// The event store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The serving task ended on its own.
    #[error("the server stopped by itself ({detail}); start it again and report this with its log")]
    Stopped {
        /// What ended it.
        detail: String,
    },
}

impl ServerError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::PortBusy { .. } => "SERVER_PORT_BUSY",
            Self::Address { .. } => "SERVER_ADDRESS",
            Self::Missing { .. } => "SERVER_MISSING",
            Self::Origin { .. } => "SERVER_ORIGIN",
            Self::Store(error) => error.code(),
            Self::Stopped { .. } => "SERVER_STOPPED",
        }
    }
}
