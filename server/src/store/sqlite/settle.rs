//! Is what the write-ahead log says also on the disk?
//!
//! Where syncing the log failed, the system may have forgotten the pages it could not write: it still shows them to whoever
//! reads, and a later sync that works says nothing of them. A connection made anew would take such transactions for
//! committed and build on them. So before it writes, all of the log is written once more, and that is synced.

use std::io::ErrorKind;
use std::path::Path;

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;

use super::explain::from_sqlite;
use crate::store::StoreError;

/// Makes durable what a new connection found in the log, and that there is a log. Nobody else writes meanwhile.
pub(super) async fn settle(
    connection: &mut SqliteConnection,
    path: &Path,
) -> Result<(), StoreError> {
    let explain = |error: sqlx::Error| from_sqlite(&error, path);
    let turn = connection
        .begin_with("BEGIN IMMEDIATE")
        .await
        .map_err(explain)?;
    let database = path.to_owned();
    let written = tokio::task::spawn_blocking(move || write_again(&database)).await;
    turn.rollback().await.map_err(explain)?;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) if error.kind() == ErrorKind::StorageFull => Err(StoreError::Full),
        Ok(Err(error)) => Err(StoreError::Io {
            detail: format!("its write-ahead log: {error}"),
        }),
        Err(_) => Err(StoreError::Closed),
    }
}

#[cfg(unix)]
fn write_again(database: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::FileExt;

    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    let log = std::fs::File::options().read(true).write(true).open(log)?;
    let (mut page, mut at) = ([0; 4_096], 0);
    loop {
        let read = log.read_at(&mut page, at)?;
        if read == 0 {
            break;
        }
        log.write_all_at(&page[..read], at)?;
        at += read as u64;
    }
    log.sync_all()?;
    // That the files have their names, too.
    let folder = database
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::File::open(folder)?.sync_all()
}

/// Elsewhere what a sync failed on is not known to be forgotten.
#[cfg(not(unix))]
fn write_again(_: &Path) -> std::io::Result<()> {
    Ok(())
}
