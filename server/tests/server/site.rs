//! A place for one store: an SQLite file or a database of a throw-away PostgreSQL cluster.

use std::sync::Arc;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;
use triqueta_server::store::{EventStore, StoreError, StorePlace};

use crate::cluster::Cluster;

pub(crate) enum Site {
    Sqlite(TempDir),
    Postgres(String),
}

impl Site {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap())
    }

    /// A fresh database.
    pub(crate) fn database(cluster: &Cluster, name: &str) -> Self {
        // PostgreSQL cuts names at 63 bytes.
        let name = &name[..name.len().min(63)];
        cluster.execute(&format!("CREATE DATABASE {name}"));
        Self::Postgres(cluster.url().replace("/postgres", &format!("/{name}")))
    }

    pub(crate) fn place(&self) -> StorePlace {
        match self {
            Self::Sqlite(folder) => StorePlace::File(folder.path().join("events.sqlite")),
            Self::Postgres(url) => StorePlace::Postgres(url.clone()),
        }
    }

    /// As a command line names it.
    pub(crate) fn address(&self) -> String {
        match self.place() {
            StorePlace::File(path) => path.display().to_string(),
            StorePlace::Postgres(url) => url,
        }
    }

    pub(crate) async fn try_open(&self, create: bool) -> Result<Arc<dyn EventStore>, StoreError> {
        self.place().open(create, None).await
    }

    pub(crate) async fn open(&self) -> Arc<dyn EventStore> {
        self.try_open(true).await.unwrap()
    }

    /// Runs statements past the store.
    pub(crate) async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(folder) => {
                let options = SqliteConnectOptions::new()
                    .filename(folder.path().join("events.sqlite"))
                    .create_if_missing(true);
                let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
            Self::Postgres(_) => {
                let mut connection = self.connection().await;
                sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        }
    }

    /// A connection of our own to the PostgreSQL database, where its tables are found by name.
    pub(crate) async fn connection(&self) -> PgConnection {
        let Self::Postgres(url) = self else {
            panic!("an SQLite file has no such connection")
        };
        let mut connection = PgConnection::connect(url).await.unwrap();
        sqlx::query("SET search_path = triqueta_events")
            .execute(&mut connection)
            .await
            .unwrap();
        connection
    }
}
