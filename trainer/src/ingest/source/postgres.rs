//! Tables and queries of a PostgreSQL database.
//!
//! The server turns each row into JSON: arrays, numbers, times with zones and NULLs then arrive in one well-defined form,
//! whatever the column types are.

use futures_util::TryStreamExt;
use sha2::{Digest, Sha256};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Connection, Executor, Row, SqlSafeStr, Statement,
};

use super::super::cell::{Cell, Flaw, Kind, Record};
use super::super::mapping::TableSpec;
use super::Table;
use crate::digest::hexadecimal;
use crate::error::ImportError;
use crate::progress::Progress;
use crate::{Result, TrainerError};

/// Rows between two questions whether to stop.
const ROWS_PER_CHECK: usize = 1_000;

/// Reads a table or query whole, in one read-only transaction.
pub(super) fn open(
    name: &str,
    spec: &TableSpec,
    url: &str,
    progress: &dyn Progress,
) -> Result<Table> {
    let query = match (&spec.query, &spec.table) {
        (Some(query), _) => query.trim().trim_end_matches(';').to_owned(),
        (None, Some(table)) => format!("SELECT * FROM {}", quoted(table)),
        (None, None) => String::new(),
    };
    // A thread of its own, because the caller may be inside a runtime already.
    let (columns, rows, sha256) = std::thread::scope(|scope| {
        let work = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| refused("the connection", error))?;
            runtime.block_on(read(name, &query, url, progress))
        });
        work.join()
            .unwrap_or_else(|_| Err(refused("the connection", "the reader stopped unexpectedly")))
    })?;
    let names = columns.clone();
    let records = (1..).zip(rows).map(move |(line, row)| {
        let cells = match serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&row) {
            Ok(mut object) => Ok(names
                .iter()
                .map(|column| object.remove(column).map_or(Cell::Null, Cell::from_json))
                .collect()),
            Err(error) => Err(Flaw::new(Kind::RowJson, error.to_string())),
        };
        Ok(Record {
            line,
            cells,
            units: 1,
        })
    });
    Ok(Table {
        name: name.to_owned(),
        columns,
        sha256,
        total: None,
        records: Box::new(records),
    })
}

async fn read(
    name: &str,
    query: &str,
    url: &str,
    progress: &dyn Progress,
) -> Result<(Vec<String>, Vec<String>, String)> {
    let options: PgConnectOptions = url
        .parse()
        .map_err(|error: sqlx::Error| refused("the URL", error))?;
    let options = options
        .application_name("triqueta import")
        .options([("timezone", "UTC")])
        .disable_statement_logging();
    let mut connection = options
        .connect()
        .await
        .map_err(|error| refused("the connection", error))?;
    let result = read_from(&mut connection, name, query, progress).await;
    // A failed goodbye costs nothing: all rows are here or the error is already known.
    let _ = connection.close().await;
    result
}

async fn read_from(
    connection: &mut PgConnection,
    name: &str,
    query: &str,
    progress: &dyn Progress,
) -> Result<(Vec<String>, Vec<String>, String)> {
    let refused = |error: sqlx::Error| refused(name, error);
    connection
        .execute("BEGIN READ ONLY")
        .await
        .map_err(refused)?;
    let statement = connection
        .prepare(AssertSqlSafe(query.to_owned()).into_sql_str())
        .await
        .map_err(refused)?;
    let columns = statement
        .columns()
        .iter()
        .map(|column| column.name().to_owned())
        .collect();
    let as_json = format!("SELECT row_to_json(source)::text FROM ({query}) AS source");
    let mut stream = connection.fetch(sqlx::query(AssertSqlSafe(as_json)));
    let (mut rows, mut hash) = (Vec::new(), Sha256::new());
    while let Some(row) = stream.try_next().await.map_err(refused)? {
        let row: String = row.try_get(0).map_err(refused)?;
        hash.update(row.as_bytes());
        hash.update(b"\n");
        rows.push(row);
        if rows.len().is_multiple_of(ROWS_PER_CHECK) && progress.cancelled() {
            return Err(TrainerError::Cancelled);
        }
    }
    Ok((columns, rows, hexadecimal(&hash.finalize())))
}

/// `schema.table` with each part quoted.
fn quoted(table: &str) -> String {
    let parts: Vec<String> = table
        .split('.')
        .map(|part| format!("\"{}\"", part.replace('"', "\"\"")))
        .collect();
    parts.join(".")
}

fn refused(what: &str, error: impl ToString) -> TrainerError {
    ImportError::Postgres {
        what: what.to_owned(),
        detail: error.to_string(),
    }
    .into()
}
