//! PostgreSQL as a store: its partitions, a database that goes away, and how it says what is wrong.

use triqueta::event::{DeviceId, Event, EventId};
use triqueta_server::store::{EventStore, Outcome, StorePlace};

use crate::client::get;
use crate::cluster::Cluster;
use crate::promises::delivery;
use crate::sample::{NOW_MS, batch, device, event, events, withdrawal};
use crate::site::Site;
use crate::world::{World, read_all, verdicts};

const WEEK_MS: i64 = 7 * 24 * 60 * 60 * 1_000;

fn event_of(device: DeviceId, sequence: u8, time_ms: i64) -> Event {
    Event {
        id: EventId::new(time_ms, &[sequence; 10]),
        time_ms,
        ..event(device, u64::from(sequence))
    }
}

/// Where the events of a store rest: each partition that holds any, and how many.
async fn held(site: &Site) -> Vec<(String, i64)> {
    let mut connection = site.connection().await;
    sqlx::query_as("SELECT tableoid::regclass::text, count(*) FROM events GROUP BY 1 ORDER BY 1")
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

async fn weeks(site: &Site) -> Vec<String> {
    let mut connection = site.connection().await;
    let listed = "SELECT relid::text FROM pg_partition_tree('events') WHERE isleaf AND relid::text LIKE '%from%' ORDER BY 1";
    sqlx::query_scalar(listed)
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

async fn append(store: &dyn EventStore, received_ms: i64, events: Vec<Event>) -> Vec<Outcome> {
    let device = events[0].device;
    let delivery = delivery(device, received_ms, events);
    store.append(delivery).await.unwrap()
}

#[tokio::test]
async fn weeks_have_partitions_and_an_id_is_unique_over_all_of_them() {
    let cluster = Cluster::start();
    let site = Site::database(&cluster, "weeks");
    let store = site.open().await;
    let device = device();
    // NOW_MS is 2026-05-28, a Thursday, on which the weeks of Unix time begin.
    let soon = event_of(device, 2, NOW_MS + 4 * WEEK_MS);
    let sent = vec![
        event_of(device, 1, NOW_MS),
        soon.clone(),
        event_of(device, 3, NOW_MS - WEEK_MS),
        event_of(device, 4, NOW_MS - 30 * WEEK_MS),
    ];
    assert_eq!(
        append(&*store, NOW_MS, sent.clone()).await,
        [Outcome::Stored; 4]
    );
    assert_eq!(
        weeks(&site).await.len(),
        8,
        "five weeks back, this one, two ahead"
    );
    let week = |date: &str, count| (format!("events_from_{date}"), count);
    let no_week = |count| ("events_of_no_week".to_owned(), count);
    assert_eq!(
        held(&site).await,
        [week("20260521", 1), week("20260528", 1), no_week(2)]
    );

    // Once its week comes near, what came too early moves there, and is still known.
    append(
        &*store,
        NOW_MS + 3 * WEEK_MS,
        vec![event_of(device, 5, NOW_MS)],
    )
    .await;
    assert_eq!(
        held(&site).await,
        [
            week("20260521", 1),
            week("20260528", 2),
            week("20260625", 1),
            no_week(1)
        ]
    );
    assert_eq!(
        append(&*store, NOW_MS, vec![soon]).await,
        [Outcome::Duplicate]
    );
    let order: Vec<u64> = read_all(&*store)
        .await
        .unwrap()
        .iter()
        .map(|stored| stored.event.sequence)
        .collect();
    assert_eq!(order, [1, 2, 3, 4, 5], "their places in the order stay");
    assert_eq!(weeks(&site).await.len(), 11);

    // Expired: the events go, then the weeks that ended before any event could still arrive for them.
    assert_eq!(store.expire(NOW_MS + 20 * WEEK_MS).await, Ok(5));
    assert_eq!(weeks(&site).await, Vec::<String>::new());
    assert_eq!(append(&*store, NOW_MS, sent).await, [Outcome::Stored; 4]);
}

/// A long query, such as a training's, is under way just when weeks are dropped; others go on reading meanwhile.
#[tokio::test]
async fn dropping_weeks_gives_way_to_those_who_read() {
    let cluster = Cluster::start();
    let site = Site::database(&cluster, "dropped");
    let store = site.open().await;
    append(&*store, NOW_MS, vec![event_of(device(), 1, NOW_MS)]).await;

    let mut long = site.connection().await;
    let mut transaction = sqlx::Connection::begin(&mut long).await.unwrap();
    let count = "SELECT count(*) FROM events";
    let counted: i64 = sqlx::query_scalar(count)
        .fetch_one(&mut *transaction)
        .await
        .unwrap();
    assert_eq!(counted, 1);

    let mut other = site.connection().await;
    sqlx::query("SET lock_timeout = '3s'")
        .execute(&mut other)
        .await
        .unwrap();
    let expiring = store.expire(NOW_MS + 20 * WEEK_MS);
    let reading = async {
        for _ in 0..30 {
            let read: Result<i64, _> = sqlx::query_scalar(count).fetch_one(&mut other).await;
            read.expect("nobody waits long behind a week that is to be dropped");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    let (expired, ()) = tokio::join!(expiring, reading);
    assert_eq!(expired, Ok(1));
    assert_eq!(weeks(&site).await.len(), 8, "they could not go now");

    transaction.commit().await.unwrap();
    assert_eq!(store.expire(NOW_MS + 20 * WEEK_MS).await, Ok(0));
    assert_eq!(weeks(&site).await.len(), 0, "they went the next time");
}

#[test]
fn the_server_runs_on_postgres_and_goes_on_after_it_was_cut_off() {
    let cluster = Cluster::start();
    let site = Site::database(&cluster, "served");
    let world = World::with(|config| config.store = site.place());
    world.publish("channel.json", "{\"variants\":{\"default\":\"b1\"}}");
    world.publish("manifests/b1.json", "{}");
    let (staying, leaving) = (device(), device());
    assert_eq!(
        world.deliver(staying, &events(staying, 100)),
        vec!["stored"; 100]
    );
    assert_eq!(
        world.deliver(leaving, &events(leaving, 3)),
        vec!["stored"; 3]
    );
    let reply = world.post("/v1/withdraw", &withdrawal(leaving));
    assert_eq!(reply.json()["deleted"], 3);
    assert_eq!(get(world.address, "/readyz").status, 200);
    let metrics = get(world.address, "/metrics").text();
    for line in ["triqueta_store_events 100\n", "triqueta_store_devices 1\n"] {
        assert!(metrics.contains(line), "{metrics}");
    }
    assert_eq!(world.stored().len(), 100);

    cluster.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'triqueta'");
    let later = batch(staying, &[event(staying, 101)]);
    let reply = world.post("/v1/events", &later);
    assert_eq!(
        (reply.status, reply.error_code().as_str()),
        (503, "STORE_UNAVAILABLE")
    );
    assert_eq!(verdicts(&world.post("/v1/events", &later)), ["stored"]);

    cluster.stop();
    let reply = world.post("/v1/events", &batch(staying, &[event(staying, 102)]));
    assert_eq!(
        (reply.status, reply.error_code().as_str()),
        (503, "STORE_UNAVAILABLE")
    );
    assert!(reply.header("retry-after").is_some());
    assert!(
        !reply.text().contains("127.0.0.1"),
        "inner details stay inside"
    );
    assert_eq!(get(world.address, "/healthz").status, 200);
    let ready = get(world.address, "/readyz");
    assert_eq!(ready.status, 503);
    assert!(
        ready.json()["store"]
            .as_str()
            .unwrap()
            .contains("does not answer"),
        "{}",
        ready.text()
    );
}

#[tokio::test]
async fn what_is_wrong_with_the_database_is_said_without_its_secrets() {
    let cluster = Cluster::start();
    cluster.execute(
        "CREATE DATABASE taken; CREATE DATABASE reserved; CREATE ROLE guest LOGIN; \
         REVOKE CREATE ON DATABASE reserved FROM public;",
    );
    let taken = Site::Postgres(cluster.url().replace("/postgres", "/taken"));
    taken
        .execute("CREATE SCHEMA triqueta_events CREATE TABLE triqueta_events.accounts (name text)")
        .await;
    let as_guest = cluster.url().replace("triqueta@", "guest:secreto@");
    for (url, code) in [
        (
            cluster.url().replace("/postgres", "/taken"),
            "STORE_FOREIGN",
        ),
        (
            cluster.url().replace("/postgres", "/absent"),
            "STORE_REFUSED",
        ),
        (
            cluster.url().replace("triqueta@", "nobody:secreto@"),
            "STORE_REFUSED",
        ),
        (as_guest.replace("/postgres", "/reserved"), "STORE_REFUSED"),
        (
            "postgres://guest:secreto@127.0.0.1:1/x?password=secreto".to_owned(),
            "STORE_UNREACHABLE",
        ),
        (
            "postgres://guest:secreto@127.0.0.1:port/x".to_owned(),
            "STORE_ADDRESS",
        ),
    ] {
        let place: StorePlace = url.parse().unwrap();
        let error = place.open(true, None).await.err().unwrap();
        assert_eq!(error.code(), code, "{error}");
        let said = format!("{error} {error:?} {place} {place:?}");
        assert!(!said.contains("secreto"), "{said}");
    }
    let limited = StorePlace::Postgres(cluster.url())
        .open(true, Some(1 << 20))
        .await;
    assert_eq!(limited.err().unwrap().code(), "STORE_NO_LIMIT");
}
