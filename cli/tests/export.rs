//! Events taken out of a store while it takes more: each once, and none of devices that withdrew.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../trainer/tests/support/cluster.rs"]
mod cluster;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use triqueta::event::{Body, Consent, DeviceId, Event, EventId, Grade, Opinion, SessionId};
use triqueta_cli::event_log::{ExportError, export_events};
use triqueta_server::store::{Delivery, EventStore, StorePlace};
use triqueta_trainer::dataset::EventLog;

use cluster::Cluster;

const NOW_MS: i64 = 1_780_000_000_000;

fn event(device: u8, sequence: u16, time_ms: i64) -> Event {
    let mut random = [device; 10];
    random[..2].copy_from_slice(&sequence.to_be_bytes());
    Event {
        id: EventId::new(time_ms, &random),
        device: DeviceId::new([device; 16]),
        sequence: u64::from(sequence),
        time_ms,
        session: SessionId::new([7; 16]),
        user: None,
        consent: Consent {
            grade: Grade::Upload,
            ..Consent::default()
        },
        body: Body::Feedback {
            activity: "a1".into(),
            opinion: Opinion::Like,
            shown: None,
        },
    }
}

async fn append(store: &dyn EventStore, events: Vec<Event>) {
    let delivery = Delivery {
        device: events[0].device,
        sent_at_ms: NOW_MS,
        received_ms: NOW_MS,
        dropped: 0,
        events,
    };
    store.append(delivery).await.unwrap();
}

fn exported(folder: &Path) -> Vec<Event> {
    EventLog::open(folder).unwrap().read().unwrap()
}

async fn every_event_once_over_two_exports(place: StorePlace) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("events");
    let store = place.open(true, None).await.unwrap();
    let (leaving, old) = (DeviceId::new([9; 16]), NOW_MS - 1_000_000);
    append(&*store, (1..=50).map(|n| event(9, n, NOW_MS)).collect()).await;
    append(&*store, vec![event(8, 1, old), event(8, 2, NOW_MS)]).await;

    let sending = tokio::spawn({
        let store = Arc::clone(&store);
        async move {
            for round in 0..100_u16 {
                let sent = (1..=5).map(|step| event(1, round * 5 + step, NOW_MS));
                append(&*store, sent.collect()).await;
            }
        }
    });
    // Reads beside the server, as a training does.
    let reader = place.open(false, None).await.unwrap();
    let first = export_events(&*reader, &folder, old).await.unwrap();
    assert!(first.added >= 52, "{first:?}");
    assert_eq!(first.deleted, 0);
    store.withdraw(leaving, NOW_MS).await.unwrap();
    sending.await.unwrap();
    // Whoever was killed amid a part leaves a file that does not count.
    let half = folder.join("part-half.parquet");
    std::fs::write(&half, "half").unwrap();

    let second = export_events(&*reader, &folder, old + 1).await.unwrap();
    assert_eq!(first.added + second.added, 552, "each was added once");
    assert_eq!(
        second.deleted, 51,
        "what was withdrawn, and what is too old"
    );
    assert!(!half.exists());
    let events = exported(&folder);
    let ids: BTreeSet<_> = events.iter().map(|event| event.id).collect();
    let expected: BTreeSet<_> = (1..=500)
        .map(|sequence| event(1, sequence, NOW_MS).id)
        .chain([event(8, 2, NOW_MS).id])
        .collect();
    assert_eq!((events.len(), ids), (501, expected));

    let third = export_events(&*reader, &folder, old + 1).await.unwrap();
    assert_eq!((third.added, third.deleted), (0, 0));
    assert_eq!(third.reached, second.reached);
    assert_eq!(exported(&folder), events);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_sqlite_every_event_comes_once_while_more_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let place = StorePlace::File(folder.path().join("events.sqlite"));
    every_event_once_over_two_exports(place).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_postgres_every_event_comes_once_while_more_arrive() {
    let cluster = Cluster::start();
    cluster.execute("CREATE DATABASE exported");
    let url = cluster.url().replace("/postgres", "/exported");
    let place = StorePlace::Postgres(url);
    every_event_once_over_two_exports(place).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_was_changed_is_noticed_and_another_folder_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    let place = StorePlace::File(parent.path().join("events.sqlite"));
    let store = place.open(true, None).await.unwrap();
    append(&*store, vec![event(1, 1, NOW_MS)]).await;
    let folder = parent.path().join("events");
    export_events(&*store, &folder, 0).await.unwrap();
    let part = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.extension().is_some_and(|kind| kind == "parquet"))
        .unwrap();
    std::fs::write(part, "something else").unwrap();
    let error = EventLog::open(&folder).unwrap().read().unwrap_err();
    assert_eq!(error.code(), "DATASET_DAMAGED");

    let other = parent.path().join("letters");
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("letter"), "mine").unwrap();
    let error = export_events(&*store, &other, 0).await.unwrap_err();
    assert!(error.to_string().contains("letters"), "{error}");
    assert_eq!(std::fs::read_dir(&other).unwrap().count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_goes_on_with_its_own_store_alone() {
    let parent = tempfile::tempdir().unwrap();
    let open = async |name: &str| {
        let place = StorePlace::File(parent.path().join(name));
        place.open(true, None).await.unwrap()
    };
    let (one, other) = (open("one.sqlite").await, open("other.sqlite").await);
    append(&*one, vec![event(1, 1, NOW_MS), event(1, 2, NOW_MS)]).await;
    append(&*other, (1..=3).map(|n| event(2, n, NOW_MS)).collect()).await;
    let folder = parent.path().join("events");
    export_events(&*one, &folder, 0).await.unwrap();
    let refused = export_events(&*other, &folder, 0).await.unwrap_err();
    assert!(
        matches!(&refused, ExportError::Folder(error) if error.code() == "DATASET_OTHER_STORE"),
        "{refused}"
    );
    assert_eq!(exported(&folder).len(), 2);
    one.close().await;
    let again = open("one.sqlite").await;
    append(&*again, vec![event(1, 3, NOW_MS)]).await;
    let exported_again = export_events(&*again, &folder, 0).await.unwrap();
    assert_eq!(
        exported_again.added, 1,
        "the store is the same after a restart"
    );

    // A log of before stores had names goes on with whichever comes first.
    let mark = folder.join("events.json");
    let mut contents: Value = serde_json::from_slice(&std::fs::read(&mark).unwrap()).unwrap();
    assert!(contents.as_object_mut().unwrap().remove("store").is_some());
    std::fs::write(&mark, contents.to_string()).unwrap();
    assert_eq!(export_events(&*again, &folder, 0).await.unwrap().added, 0);
    export_events(&*other, &folder, 0).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_put_back_to_an_earlier_state_is_noticed_before_and_after_it_has_grown() {
    let parent = tempfile::tempdir().unwrap();
    let at = |name: &str| parent.path().join(name);
    let open = async || {
        let place = StorePlace::File(at("events.sqlite"));
        place.open(true, None).await.unwrap()
    };
    let store = open().await;
    append(&*store, vec![event(1, 1, NOW_MS)]).await;
    store.close().await;
    std::fs::copy(at("events.sqlite"), at("backup")).unwrap();
    let store = open().await;
    append(&*store, vec![event(1, 2, NOW_MS), event(2, 1, NOW_MS)]).await;
    let folder = at("events");
    assert_eq!(export_events(&*store, &folder, 0).await.unwrap().added, 3);
    store.close().await;

    std::fs::copy(at("backup"), at("events.sqlite")).unwrap();
    let store = open().await;
    for sequence in 1..=3 {
        let refused = export_events(&*store, &folder, 0).await.unwrap_err();
        assert!(
            matches!(&refused, ExportError::Folder(error) if error.code() == "DATASET_STORE_WENT_BACK"),
            "{refused}"
        );
        append(&*store, vec![event(3, sequence, NOW_MS)]).await;
    }
    assert_eq!(exported(&folder).len(), 3, "what was exported stays");
    let anew = export_events(&*store, &at("anew"), 0).await.unwrap();
    assert_eq!(anew.added, 4);

    // Whoever said the last thing withdraws: nothing is left to compare with, and nothing of theirs is kept for it.
    let mark = || std::fs::read_to_string(at("anew").join("events.json")).unwrap();
    let last = event(3, 3, NOW_MS);
    assert!(mark().contains(&last.id.to_string()));
    store.withdraw(last.device, NOW_MS).await.unwrap();
    let gone = export_events(&*store, &at("anew"), 0).await.unwrap();
    assert_eq!((gone.added, gone.deleted), (0, 3));
    assert!(!mark().contains(&last.id.to_string()));

    // So has what the server no longer keeps.
    append(&*store, vec![event(4, 1, NOW_MS)]).await;
    export_events(&*store, &at("anew"), 0).await.unwrap();
    assert_eq!(store.expire(NOW_MS + 1).await.unwrap(), 2);
    let expired = export_events(&*store, &at("anew"), NOW_MS + 1)
        .await
        .unwrap();
    assert_eq!((expired.added, expired.deleted), (0, 2));
}

#[test]
fn the_command_adds_what_is_new_each_time() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("events.sqlite");
    let run = || -> Value {
        let done = Command::new(env!("CARGO_BIN_EXE_triqueta"))
            .args(["--json", "export", "--retention-days", "36500"])
            .arg(&path)
            .arg("--out")
            .arg(parent.path().join("events"))
            .output()
            .unwrap();
        serde_json::from_slice(&done.stdout).unwrap_or_default()
    };
    assert_eq!(run(), Value::Null, "there is no store");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let send = |sequence| {
        runtime.block_on(async {
            let store = StorePlace::File(path.clone())
                .open(true, None)
                .await
                .unwrap();
            append(&*store, vec![event(1, sequence, NOW_MS)]).await;
            store.close().await;
        });
    };
    for sequence in 1..=2 {
        send(sequence);
        let said = run();
        assert_eq!((&said["added"], &said["deleted"]), (&1.into(), &0.into()));
    }
    assert_eq!(exported(&parent.path().join("events")).len(), 2);
}
