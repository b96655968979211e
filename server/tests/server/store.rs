//! The store by itself: the file it accepts, the order it reads in, the time it keeps.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};
use triqueta::event::{DeviceId, Event};
use triqueta_server::store::{
    Delivery, EventStore, Outcome, SqliteOptions, SqliteStore, StoreError, Watermark, export,
};

use crate::sample::{NOW_MS, device, event, events};
use crate::world::read_all;

fn delivery(device: DeviceId, received_ms: i64, events: Vec<Event>) -> Delivery {
    Delivery {
        device,
        sent_at_ms: NOW_MS,
        received_ms,
        dropped: 0,
        events,
    }
}

async fn open(folder: &Path) -> SqliteStore {
    SqliteStore::open(SqliteOptions::new(folder.join("events.sqlite")))
        .await
        .unwrap()
}

async fn refused(path: &Path) -> StoreError {
    SqliteStore::open(SqliteOptions::new(path))
        .await
        .unwrap_err()
}

async fn change(path: &Path, sql: &str) {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_file_that_is_no_database_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "not a database\n".repeat(500);
    std::fs::write(&path, &notes).unwrap();
    let error = refused(&path).await;
    assert_eq!(error.code(), "STORE_NOT_A_DATABASE");
    assert!(error.to_string().contains("notes.txt"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    assert_eq!(refused(folder.path()).await.code(), "STORE_NOT_A_DATABASE");
}

#[tokio::test]
async fn another_programs_database_is_refused_and_left_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.sqlite");
    change(&path, "CREATE TABLE accounts (name TEXT)").await;
    let before = std::fs::read(&path).unwrap();
    assert_eq!(refused(&path).await.code(), "STORE_FOREIGN");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path()).await.close().await;
    let path = folder.path().join("events.sqlite");
    change(
        &path,
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', TRUE, x'00', 0)",
    )
    .await;
    let error = refused(&path).await;
    assert_eq!(error.code(), "STORE_NEWER");
    assert!(error.to_string().contains("update this program"), "{error}");
}

#[tokio::test]
async fn a_place_that_cannot_be_written_is_refused() {
    // Kernel folders refuse files even from the superuser.
    let error = refused(Path::new("/sys/triqueta-events.sqlite")).await;
    assert_eq!(error.code(), "STORE_UNWRITABLE");
    assert!(
        error.to_string().contains("/sys/triqueta-events.sqlite"),
        "{error}"
    );
    let absent = SqliteOptions {
        create: false,
        ..SqliteOptions::new("/tmp/no-such-store.sqlite")
    };
    assert_eq!(
        SqliteStore::open(absent).await.unwrap_err().code(),
        "STORE_MISSING"
    );
}

#[tokio::test]
async fn reading_goes_on_where_it_stopped_and_misses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let device = device();
    let sent: Vec<_> = events(device, 2_500);
    for part in sent.chunks(100) {
        store
            .append(delivery(device, NOW_MS, part.to_vec()))
            .await
            .unwrap();
    }
    let page = store.read_after(Watermark::default(), 7).await.unwrap();
    assert_eq!(page.len(), 7);
    let mut read: Vec<_> = page.iter().map(|stored| stored.event.clone()).collect();
    let reached = export(&store, page[6].watermark, |stored| read.push(stored.event))
        .await
        .unwrap();
    assert_eq!(read, sent);
    assert_eq!(store.count().await.unwrap(), 2_500);

    let later = event(device, 2_501);
    store
        .append(delivery(device, NOW_MS, vec![later.clone()]))
        .await
        .unwrap();
    let mut news = Vec::new();
    export(&store, reached, |stored| news.push(stored.event))
        .await
        .unwrap();
    assert_eq!(news, [later]);
}

#[tokio::test]
async fn training_reads_beside_a_server_that_writes() {
    let folder = tempfile::tempdir().unwrap();
    let serving = open(folder.path()).await;
    let reading = SqliteStore::open(SqliteOptions {
        create: false,
        ..SqliteOptions::new(folder.path().join("events.sqlite"))
    });
    let reading = reading.await.unwrap();
    let device = device();
    for (round, part) in events(device, 300).chunks(100).enumerate() {
        serving
            .append(delivery(device, NOW_MS, part.to_vec()))
            .await
            .unwrap();
        assert_eq!(read_all(&reading).await.unwrap().len(), 100 * (round + 1));
    }
}

#[tokio::test]
async fn a_watermark_is_never_given_twice() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let (leaving, staying) = (device(), device());
    store
        .append(delivery(leaving, NOW_MS, events(leaving, 5)))
        .await
        .unwrap();
    let reached = export(&store, Watermark::default(), drop).await.unwrap();
    store.withdraw(leaving, NOW_MS).await.unwrap();
    store.close().await;
    let store = open(folder.path()).await;
    store
        .append(delivery(staying, NOW_MS, events(staying, 1)))
        .await
        .unwrap();
    assert_eq!(store.read_after(reached, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn events_past_their_retention_go_and_the_others_stay() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let (old, young) = (device(), device());
    let first = events(old, 2_200);
    for part in first.chunks(100) {
        store
            .append(delivery(old, NOW_MS - 10, part.to_vec()))
            .await
            .unwrap();
    }
    store
        .append(delivery(young, NOW_MS, events(young, 3)))
        .await
        .unwrap();
    assert_eq!(store.expire(NOW_MS).await.unwrap(), 2_200);
    assert!(
        read_all(&store)
            .await
            .unwrap()
            .iter()
            .all(|stored| stored.event.device == young)
    );
    let statistics = store.statistics().await.unwrap();
    assert_eq!(
        (statistics.events, statistics.devices, statistics.missing),
        (3, 1, 0)
    );
    assert_eq!(store.expire(NOW_MS).await.unwrap(), 0);
}

#[tokio::test]
async fn a_closed_store_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let device = device();
    assert_eq!(
        store
            .append(delivery(device, NOW_MS, events(device, 1)))
            .await
            .unwrap(),
        [Outcome::Stored]
    );
    store.close().await;
    store.close().await;
    assert_eq!(
        store
            .append(delivery(device, NOW_MS, events(device, 1)))
            .await,
        Err(StoreError::Closed)
    );
    assert_eq!(store.count().await, Err(StoreError::Closed));
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "the write-ahead file was folded in"
    );
}

#[tokio::test]
async fn impossible_counts_do_not_break_the_sums() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    for _ in 0..3 {
        let device = device();
        let mut claims = delivery(device, NOW_MS, vec![event(device, u64::MAX)]);
        claims.dropped = u64::MAX;
        claims.sent_at_ms = i64::MIN;
        store.append(claims).await.unwrap();
    }
    assert_eq!(store.statistics().await.unwrap().dropped, 3 << 40);
    assert_eq!(read_all(&store).await.unwrap().len(), 3);
}
