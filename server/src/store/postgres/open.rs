//! May this database be used, and are its tables up to date?

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection};

use super::explain::from_postgres;
use super::parameters::known_parameters;
use crate::store::StoreError;
use crate::store::migrations::migrator;

/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(10);
/// Servers that start at once bring the tables up to date one after the other: "TRIQopen".
const OPENING_LOCK: i64 = i64::from_be_bytes(*b"TRIQopen");

const OWN_TABLES: &str = "SELECT count(*) FROM pg_class WHERE relnamespace = to_regnamespace('triqueta_events') AND relkind IN ('r', 'p')";
const OWN_MIGRATIONS: &str = "SELECT to_regclass('triqueta_events._sqlx_migrations') IS NOT NULL";
const SCHEMA_EXISTS: &str = "SELECT to_regnamespace('triqueta_events') IS NOT NULL";

/// What the URL says, and what every connection of ours keeps to.
pub(super) fn connect_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let (url, unknown) = known_parameters(url);
    if !unknown.is_empty() {
        tracing::warn!(
            ?unknown,
            "parameters of the store's address that are not known were left out"
        );
    }
    let options = PgConnectOptions::from_str(&url).map_err(|error| StoreError::Address {
        detail: error.to_string(),
    })?;
    Ok(options
        .application_name("triqueta")
        .options([
            ("search_path", "triqueta_events"),
            // Whoever holds what we wait for, we say so rather than wait for ever; and we hold up nobody for ever.
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "60s"),
        ])
        // What an operator reads is our own log.
        .disable_statement_logging())
}

pub(super) async fn connect(
    options: &PgConnectOptions,
    place: &str,
) -> Result<PgConnection, StoreError> {
    match tokio::time::timeout(CONNECT_PATIENCE, PgConnection::connect_with(options)).await {
        Ok(connected) => connected.map_err(|error| from_postgres(&error, place)),
        Err(_) => Err(StoreError::Unreachable {
            place: place.to_owned(),
            detail: format!("no answer within {} s", CONNECT_PATIENCE.as_secs()),
        }),
    }
}

/// Makes what is missing, where that was asked for.
pub(super) async fn prepare(
    options: &PgConnectOptions,
    place: &str,
    create: bool,
) -> Result<(), StoreError> {
    let explain = |error: sqlx::Error| from_postgres(&error, place);
    let mut connection = connect(options, place).await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(OPENING_LOCK)
        .execute(&mut connection)
        .await
        .map_err(explain)?;
    let exists: bool = sqlx::query_scalar(SCHEMA_EXISTS)
        .fetch_one(&mut connection)
        .await
        .map_err(explain)?;
    if !exists && !create {
        return Err(StoreError::Missing {
            path: format!("{place}, schema triqueta_events"),
        });
    }
    if !exists {
        sqlx::query("CREATE SCHEMA triqueta_events")
            .execute(&mut connection)
            .await
            .map_err(explain)?;
    }
    let tables: i64 = sqlx::query_scalar(OWN_TABLES)
        .fetch_one(&mut connection)
        .await
        .map_err(explain)?;
    let is_ours: bool = sqlx::query_scalar(OWN_MIGRATIONS)
        .fetch_one(&mut connection)
        .await
        .map_err(explain)?;
    if tables > 0 && !is_ours {
        return Err(StoreError::Foreign {
            path: format!("{place}, schema triqueta_events"),
        });
    }
    migrate(&mut connection, place).await?;
    warn_of_a_careless_server(&mut connection)
        .await
        .map_err(explain)?;
    // The lock ends with the connection.
    connection.close().await.map_err(explain)
}

async fn migrate(connection: &mut PgConnection, place: &str) -> Result<(), StoreError> {
    let migrator = migrator(&[
        (
            "events",
            include_str!("../../../migrations/postgres/0001_events.sql"),
        ),
        (
            "arrival",
            include_str!("../../../migrations/postgres/0002_arrival.sql"),
        ),
        (
            "name",
            include_str!("../../../migrations/postgres/0003_name.sql"),
        ),
    ]);
    migrator.run(connection).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            from_postgres(&error, place)
        }
        other => StoreError::Newer {
            path: place.to_owned(),
            detail: other.to_string(),
        },
    })
}

/// Without it a crash of the database's machine loses what it called committed; no client can make up for that.
async fn warn_of_a_careless_server(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    let fsync: String = sqlx::query_scalar("SELECT current_setting('fsync')")
        .fetch_one(connection)
        .await?;
    if fsync == "off" {
        tracing::warn!(
            "the PostgreSQL server runs with fsync = off: a crash of its machine can lose acknowledged events"
        );
    }
    Ok(())
}
