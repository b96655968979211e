//! Which database? Told by how its place is written: a URL for PostgreSQL, a file for SQLite.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use super::{EventStore, PostgresOptions, PostgresStore, SqliteOptions, SqliteStore, StoreError};

/// Where the events rest. It is written `postgres://user@host:port/database`, or as the path of a file.
#[derive(Clone, PartialEq, Eq)]
pub enum StorePlace {
    /// An SQLite file.
    File(PathBuf),
    /// The URL of a PostgreSQL database. It may hold a password and is never shown whole.
    Postgres(String),
}

impl StorePlace {
    /// Opens the store. `create` makes what is missing; `limit_bytes` is the largest an SQLite file may become. Needs a
    /// tokio runtime.
    ///
    /// # Errors
    /// [`StoreError`] says why the place cannot be used.
    pub async fn open(
        &self,
        create: bool,
        limit_bytes: Option<u64>,
    ) -> Result<Arc<dyn EventStore>, StoreError> {
        match self {
            Self::File(path) => {
                let options = SqliteOptions {
                    path: path.clone(),
                    create,
                    limit_bytes,
                };
                Ok(Arc::new(SqliteStore::open(options).await?))
            }
            Self::Postgres(_) if limit_bytes.is_some() => Err(StoreError::NoLimit),
            Self::Postgres(url) => {
                let options = PostgresOptions {
                    url: url.clone(),
                    create,
                };
                Ok(Arc::new(PostgresStore::open(options).await?))
            }
        }
    }
}

impl FromStr for StorePlace {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        let is_url = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        Ok(if is_url {
            Self::Postgres(text.to_owned())
        } else {
            Self::File(text.into())
        })
    }
}

impl From<PathBuf> for StorePlace {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl From<&Path> for StorePlace {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

/// The place without what is secret in it.
impl fmt::Display for StorePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            Self::Postgres(url) => formatter.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for StorePlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StorePlace({self})")
    }
}

/// User and password stand before the last `@`, and a password may stand in the query too.
pub(super) fn without_secrets(url: &str) -> String {
    let plain = url.split(['?', '#']).next().unwrap_or_default();
    let (scheme, rest) = plain.split_once("://").unwrap_or(("postgres", plain));
    let address = rest.rsplit_once('@').map_or(rest, |(_, address)| address);
    format!("{scheme}://{address}")
}
