//! What every store promises, asked of SQLite and of PostgreSQL.

use std::collections::HashSet;

use triqueta::event::{Body, DeviceId, Event, EventId, Opinion};
use triqueta_server::store::{
    Delivery, EventStore, Outcome, StoreError, StoredEvent, Watermark, export,
};

use crate::cluster::Cluster;
use crate::sample::{NOW_MS, device, event, events};
use crate::site::Site;
use crate::world::read_all;

/// The same promises of both: a test each for SQLite, and one for all of them where a cluster must be started first.
macro_rules! promises {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            use crate::site::Site;

            $(
                #[tokio::test]
                async fn $name() {
                    super::$name(&Site::sqlite()).await;
                }
            )*
        }

        #[tokio::test]
        async fn postgres_keeps_every_promise() {
            let cluster = Cluster::start();
            $(
                println!("{}", stringify!($name));
                $name(&Site::database(&cluster, stringify!($name))).await;
            )*
        }
    };
}

promises!(
    an_event_is_kept_once_also_within_a_delivery_and_after_opening_again,
    the_same_id_with_other_content_keeps_the_first,
    a_long_delivery_with_repeats_is_judged_event_by_event,
    a_withdrawn_device_is_deleted_and_refused,
    ids_of_clocks_that_are_far_off_are_kept_once_too,
    text_comes_back_as_it_was_sent,
    many_deliveries_at_once_are_all_answered_in_their_own_order,
    reading_beside_two_writers_sees_every_event_once,
    reading_goes_on_where_it_stopped_and_misses_nothing,
    training_reads_beside_a_server_that_writes,
    a_watermark_is_never_given_twice,
    events_past_their_retention_go_and_the_others_stay,
    what_arrived_under_a_wrong_clock_does_not_keep_what_has_expired,
    a_withdrawal_of_more_than_one_piece_leaves_nothing,
    gaps_in_a_devices_counting_are_events_that_are_missing,
    impossible_counts_do_not_break_the_sums,
    a_store_that_is_not_there_is_made_only_when_asked,
    a_store_of_a_newer_version_is_refused,
    a_closed_store_says_so,
);

pub(crate) fn delivery(device: DeviceId, received_ms: i64, events: Vec<Event>) -> Delivery {
    Delivery {
        device,
        sent_at_ms: NOW_MS,
        received_ms,
        dropped: 0,
        events,
    }
}

fn disliked(event: &Event) -> Event {
    let mut other = event.clone();
    other.body = Body::Feedback {
        activity: "a1".into(),
        opinion: Opinion::Dislike,
        shown: None,
    };
    other
}

fn events_of(stored: Vec<StoredEvent>) -> Vec<Event> {
    stored.into_iter().map(|stored| stored.event).collect()
}

async fn append(store: &dyn EventStore, events: Vec<Event>) -> Vec<Outcome> {
    let device = events[0].device;
    store
        .append(delivery(device, NOW_MS, events))
        .await
        .unwrap()
}

async fn an_event_is_kept_once_also_within_a_delivery_and_after_opening_again(site: &Site) {
    use Outcome::{Duplicate, Stored};
    let store = site.open().await;
    let sent = events(device(), 3);
    let twice = vec![sent[0].clone(), sent[1].clone(), sent[0].clone()];
    assert_eq!(append(&*store, twice).await, [Stored, Stored, Duplicate]);
    assert_eq!(
        append(&*store, sent.clone()).await,
        [Duplicate, Duplicate, Stored]
    );
    store.close().await;
    let store = site.open().await;
    assert_eq!(append(&*store, sent.clone()).await, [Duplicate; 3]);
    let stored: Vec<_> = read_all(&*store).await.unwrap();
    assert_eq!(
        stored
            .iter()
            .map(|stored| &stored.event)
            .collect::<Vec<_>>(),
        sent.iter().collect::<Vec<_>>()
    );
}

async fn the_same_id_with_other_content_keeps_the_first(site: &Site) {
    use Outcome::{Conflicting, Stored};
    let store = site.open().await;
    let device = device();
    let (first, second) = (event(device, 1), event(device, 2));
    assert_eq!(append(&*store, vec![first.clone()]).await, [Stored]);
    let sent = vec![disliked(&first), second.clone(), disliked(&second)];
    assert_eq!(
        append(&*store, sent).await,
        [Conflicting, Stored, Conflicting]
    );
    let stored = read_all(&*store).await.unwrap();
    assert_eq!(events_of(stored), [first, second]);
}

async fn a_long_delivery_with_repeats_is_judged_event_by_event(site: &Site) {
    use Outcome::{Conflicting, Duplicate, Stored};
    let store = site.open().await;
    let fresh = events(device(), 40);
    assert_eq!(append(&*store, vec![fresh[7].clone()]).await, [Stored]);
    let mut sent = fresh.clone();
    let mut outcomes = vec![Stored; 40];
    outcomes[7] = Duplicate;
    // Twice within what a store may take at once: as it was, otherwise, and otherwise than what was there before.
    for (place, again, outcome) in [
        (11, fresh[3].clone(), Duplicate),
        (20, disliked(&fresh[5]), Conflicting),
        (31, disliked(&fresh[7]), Conflicting),
    ] {
        sent.insert(place, again);
        outcomes.insert(place, outcome);
    }
    assert_eq!(append(&*store, sent).await, outcomes);
    let kept = [&fresh[7..8], &fresh[..7], &fresh[8..]].concat();
    assert_eq!(events_of(read_all(&*store).await.unwrap()), kept);
}

async fn a_withdrawn_device_is_deleted_and_refused(site: &Site) {
    let store = site.open().await;
    let (leaving, staying) = (device(), device());
    let sent = events(leaving, 3);
    append(&*store, sent.clone()).await;
    append(&*store, events(staying, 2)).await;
    assert_eq!(store.withdraw(leaving, NOW_MS).await, Ok(3));
    assert_eq!(store.withdraw(leaving, NOW_MS).await, Ok(0));
    assert_eq!(append(&*store, sent).await, [Outcome::Withdrawn; 3]);
    let stored = read_all(&*store).await.unwrap();
    assert_eq!(stored.len(), 2);
    assert!(stored.iter().all(|stored| stored.event.device == staying));
    assert_eq!(store.statistics().await.unwrap().devices, 1);
}

async fn ids_of_clocks_that_are_far_off_are_kept_once_too(site: &Site) {
    const YEAR_MS: i64 = 365 * 24 * 60 * 60 * 1_000;
    let store = site.open().await;
    let device = device();
    let sent: Vec<_> = [-26, -1, 0, 1, 73]
        .iter()
        .zip(1..)
        .map(|(years, sequence)| {
            let mut event = event(device, sequence);
            event.time_ms = NOW_MS + years * YEAR_MS;
            event.id = EventId::new(event.time_ms, &[u8::try_from(sequence).unwrap(); 10]);
            event
        })
        .collect();
    assert_eq!(append(&*store, sent.clone()).await, [Outcome::Stored; 5]);
    assert_eq!(append(&*store, sent.clone()).await, [Outcome::Duplicate; 5]);
    let stored = read_all(&*store).await.unwrap();
    assert_eq!(
        events_of(stored),
        sent,
        "in the order they came, not of their clocks"
    );
}

async fn text_comes_back_as_it_was_sent(site: &Site) {
    let store = site.open().await;
    let mut told = event(device(), 1);
    told.user = Some("ñandú \u{0}\u{1f}'\"\\ $1 🌵".to_owned());
    append(&*store, vec![told.clone()]).await;
    assert_eq!(
        append(&*store, vec![told.clone()]).await,
        [Outcome::Duplicate]
    );
    assert_eq!(read_all(&*store).await.unwrap()[0].event, told);
}

/// Deliveries that wait together are written together; each gets the answers to its own events.
async fn many_deliveries_at_once_are_all_answered_in_their_own_order(site: &Site) {
    let store = site.open().await;
    let known = event(device(), 1);
    append(&*store, vec![known.clone()]).await;
    let leaving = device();
    let mut tasks = Vec::new();
    for round in 0..60_u64 {
        let store = std::sync::Arc::clone(&store);
        let known = known.clone();
        tasks.push(tokio::spawn(async move {
            if round == 30 {
                store.withdraw(leaving, NOW_MS).await.unwrap();
                return;
            }
            let mut sent = events(known.device, 2);
            sent.insert(1, known.clone());
            sent.insert(2, disliked(&known));
            assert_eq!(
                append(&*store, sent).await,
                [
                    Outcome::Stored,
                    Outcome::Duplicate,
                    Outcome::Conflicting,
                    Outcome::Stored
                ]
            );
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.count().await, Ok(1 + 59 * 2));
}

/// Two servers write and training reads on from where it was: a watermark must never appear after a later one was read.
async fn reading_beside_two_writers_sees_every_event_once(site: &Site) {
    let writers = [site.open().await, site.open().await];
    let reader = site.try_open(false).await.unwrap();
    let mut tasks = Vec::new();
    for store in writers {
        tasks.push(tokio::spawn(async move {
            let device = device();
            for round in 0..40 {
                let sent = (1..=5)
                    .map(|step| event(device, round * 5 + step))
                    .collect();
                append(&*store, sent).await;
            }
        }));
    }
    let mut seen = HashSet::new();
    let mut reached = Watermark::default();
    let mut finished = false;
    loop {
        let page = reader.read_after(reached, 1_000).await.unwrap();
        for stored in &page {
            assert!(stored.watermark > reached, "the order never changes");
            reached = stored.watermark;
            assert!(seen.insert(stored.event.id), "seen once");
        }
        if page.is_empty() && finished {
            break;
        }
        // Whatever they wrote is there before this is read as true.
        finished = tasks.iter().all(tokio::task::JoinHandle::is_finished);
        tokio::task::yield_now().await;
    }
    assert_eq!(seen.len(), 400);
}

async fn gaps_in_a_devices_counting_are_events_that_are_missing(site: &Site) {
    let store = site.open().await;
    let (gappy, whole) = (device(), device());
    append(&*store, vec![event(gappy, 3), event(gappy, 10)]).await;
    append(&*store, events(whole, 4)).await;
    assert_eq!(store.statistics().await.unwrap().missing, 6);
    append(&*store, vec![event(gappy, 5)]).await;
    let statistics = store.statistics().await.unwrap();
    assert_eq!(
        (statistics.missing, statistics.devices, statistics.events),
        (5, 2, 7)
    );
    assert!(statistics.bytes > 0);
}

async fn a_store_that_is_not_there_is_made_only_when_asked(site: &Site) {
    let error = site.try_open(false).await.err().unwrap();
    assert_eq!(error.code(), "STORE_MISSING");
    site.open().await;
    assert_eq!(site.try_open(false).await.unwrap().count().await, Ok(0));
}

async fn reading_goes_on_where_it_stopped_and_misses_nothing(site: &Site) {
    let store = site.open().await;
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
    let reached = export(&*store, page[6].watermark, |stored| read.push(stored.event))
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
    export(&*store, reached, |stored| news.push(stored.event))
        .await
        .unwrap();
    assert_eq!(news, [later]);
}

async fn training_reads_beside_a_server_that_writes(site: &Site) {
    let serving = site.open().await;
    let reading = site.try_open(false).await.unwrap();
    let device = device();
    for (round, part) in events(device, 300).chunks(100).enumerate() {
        serving
            .append(delivery(device, NOW_MS, part.to_vec()))
            .await
            .unwrap();
        assert_eq!(read_all(&*reading).await.unwrap().len(), 100 * (round + 1));
    }
}

async fn a_watermark_is_never_given_twice(site: &Site) {
    let store = site.open().await;
    let (leaving, staying) = (device(), device());
    store
        .append(delivery(leaving, NOW_MS, events(leaving, 5)))
        .await
        .unwrap();
    let reached = export(&*store, Watermark::default(), drop).await.unwrap();
    store.withdraw(leaving, NOW_MS).await.unwrap();
    store.close().await;
    let store = site.open().await;
    store
        .append(delivery(staying, NOW_MS, events(staying, 1)))
        .await
        .unwrap();
    assert_eq!(store.read_after(reached, 10).await.unwrap().len(), 1);
}

async fn events_past_their_retention_go_and_the_others_stay(site: &Site) {
    let store = site.open().await;
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
        read_all(&*store)
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

/// More rows than one look takes stand in front of what has expired, from while the clock was ahead.
async fn what_arrived_under_a_wrong_clock_does_not_keep_what_has_expired(site: &Site) {
    let store = site.open().await;
    let (ahead, old) = (device(), device());
    for part in events(ahead, 1_100).chunks(100) {
        let early = delivery(ahead, NOW_MS + 1_000_000, part.to_vec());
        store.append(early).await.unwrap();
    }
    let sent = delivery(old, NOW_MS - 10, events(old, 7));
    store.append(sent).await.unwrap();
    assert_eq!(store.expire(NOW_MS).await, Ok(7));
    assert_eq!(store.count().await, Ok(1_100));
}

async fn a_withdrawal_of_more_than_one_piece_leaves_nothing(site: &Site) {
    let store = site.open().await;
    let (leaving, staying) = (device(), device());
    let sent = events(leaving, 2_300);
    for part in sent.chunks(100) {
        append(&*store, part.to_vec()).await;
    }
    append(&*store, events(staying, 3)).await;
    let late = append(&*store, sent[..1].to_vec());
    let (deleted, late) = tokio::join!(store.withdraw(leaving, NOW_MS), late);
    assert_eq!((deleted, late), (Ok(2_300), vec![Outcome::Withdrawn]));
    assert_eq!(store.count().await, Ok(3));
}

async fn a_closed_store_says_so(site: &Site) {
    let store = site.open().await;
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
}

async fn impossible_counts_do_not_break_the_sums(site: &Site) {
    let store = site.open().await;
    for _ in 0..3 {
        let device = device();
        let mut claims = delivery(device, NOW_MS, vec![event(device, u64::MAX)]);
        claims.dropped = u64::MAX;
        claims.sent_at_ms = i64::MIN;
        store.append(claims).await.unwrap();
    }
    assert_eq!(store.statistics().await.unwrap().dropped, 3 << 40);
    assert_eq!(read_all(&*store).await.unwrap().len(), 3);
}

async fn a_store_of_a_newer_version_is_refused(site: &Site) {
    site.open().await.close().await;
    site.execute(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         SELECT 99, 'later', TRUE, checksum, 0 FROM _sqlx_migrations LIMIT 1",
    )
    .await;
    let error = site.try_open(true).await.err().unwrap();
    assert_eq!(error.code(), "STORE_NEWER");
    assert!(error.to_string().contains("update this program"), "{error}");
}
