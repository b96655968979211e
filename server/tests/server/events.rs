//! Events on their way in: stored once, judged one by one.

use std::collections::HashSet;
use std::io::Write;
use std::net::TcpStream;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use triqueta::event::{Body, Grade, Opinion};

use crate::client::{head, receive};
use crate::sample::{self, batch, device, event, events};
use crate::world::{JSON, World, verdicts};

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn events_are_stored_as_sent_with_the_time_of_their_arrival() {
    let world = World::new();
    let (device, now) = (device(), std::time::SystemTime::now());
    let sent = events(device, 100);
    assert_eq!(world.deliver(device, &sent), vec!["stored"; 100]);
    let stored = world.stored();
    assert_eq!(
        stored
            .iter()
            .map(|stored| stored.event.clone())
            .collect::<Vec<_>>(),
        sent
    );
    let now_ms = i64::try_from(
        now.duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap();
    for stored in stored {
        assert_eq!(stored.sent_at_ms, sample::NOW_MS);
        assert!((now_ms..now_ms + 60_000).contains(&stored.received_ms));
    }
}

#[test]
fn an_event_sent_again_is_a_duplicate_also_within_one_batch_and_after_a_restart() {
    let mut world = World::new();
    let device = device();
    let sent = events(device, 3);
    let twice = [sent[0].clone(), sent[1].clone(), sent[0].clone()];
    assert_eq!(
        world.deliver(device, &twice),
        ["stored", "stored", "duplicate"]
    );
    assert_eq!(
        world.deliver(device, &sent),
        ["duplicate", "duplicate", "stored"]
    );
    world.stop();
    let path = world.store_path();
    let again = World::with(|config| config.store = path.into());
    assert_eq!(
        again.deliver(device, &sent),
        ["duplicate", "duplicate", "duplicate"]
    );
    assert_eq!(again.stored().len(), 3);
}

#[test]
fn the_same_id_with_other_content_keeps_the_first_and_is_counted() {
    let world = World::new();
    let device = device();
    let first = event(device, 1);
    let mut other = first.clone();
    other.body = Body::Feedback {
        activity: "a1".into(),
        opinion: Opinion::Dislike,
        shown: None,
    };
    assert_eq!(
        world.deliver(device, std::slice::from_ref(&first)),
        ["stored"]
    );
    assert_eq!(world.deliver(device, &[other]), ["duplicate"]);
    assert_eq!(world.stored()[0].event, first);
    let metrics = crate::client::get(world.address, "/metrics").text();
    assert!(
        metrics.contains("triqueta_events_total{fate=\"conflicting\"} 1"),
        "{metrics}"
    );
    assert!(
        metrics.contains("triqueta_events_total{fate=\"duplicate\"} 0"),
        "{metrics}"
    );
}

#[test]
fn one_bad_event_does_not_cost_the_others() {
    let world = World::new();
    let device = device();
    let sent = events(device, 9);
    let mut sending = batch(device, &sent);
    sending["events"][7]["device"] = json!(crate::sample::device());
    sending["events"][0]["id"] = json!("no-uuid");
    sending["events"][1]["surprise"] = json!(1);
    sending["events"][2]["time_ms"] = json!(-1);
    sending["events"][3]["body"] = json!({"kind": "rating", "activity": "a1", "stars": 6});
    sending["events"][4] = json!("not an object");
    sending["events"][5]["body"]["kind"] = json!("levitation");
    sending["events"][6]["consent"]["grade"] = json!("device");
    let reply = world.post("/v1/events", &sending);
    assert_eq!(reply.status, 200);
    assert_eq!(
        verdicts(&reply),
        [vec!["rejected"; 8], vec!["stored"]].concat()
    );
    let json = reply.json();
    let codes: Vec<_> = json["verdicts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|verdict| verdict["code"].as_str())
        .collect();
    let malformed = Some("EVENT_MALFORMED");
    let out_of_range = Some("EVENT_OUT_OF_RANGE");
    assert_eq!(
        codes,
        [
            malformed,
            malformed,
            out_of_range,
            out_of_range,
            malformed,
            malformed,
            Some("CONSENT_MISSING"),
            Some("DEVICE_MISMATCH"),
            None
        ]
    );
    assert_eq!(json["verdicts"][0]["id"], "no-uuid");
    assert_eq!(json["verdicts"][1]["id"], sent[1].id.to_string());
    assert_eq!(json["verdicts"][4]["id"], "");
    assert_eq!(json["verdicts"][8]["id"], sent[8].id.to_string());
    assert_eq!(world.stored().len(), 1);
}

#[test]
fn a_key_given_twice_is_refused_rather_than_guessed() {
    let world = World::new();
    let device = device();
    let text = batch(device, &[event(device, 1)]).to_string();
    let doubled = text.replacen("\"sequence\":1", "\"sequence\":1,\"sequence\":2", 1);
    let reply = world.post_bytes("/v1/events", &[JSON], doubled.as_bytes());
    assert_eq!(
        (reply.status, verdicts(&reply)),
        (200, vec!["rejected".to_owned()])
    );
    let doubled = text.replacen("\"v\":1", "\"v\":1,\"v\":1", 1);
    assert_eq!(
        world
            .post_bytes("/v1/events", &[JSON], doubled.as_bytes())
            .status,
        400
    );
}

#[test]
fn a_minors_events_are_refused() {
    let world = World::new();
    let device = device();
    let mut minors = event(device, 1);
    minors.consent.minor = true;
    assert_eq!(minors.consent.grade, Grade::Upload);
    assert_eq!(world.deliver(device, &[minors]), ["rejected"]);
    assert!(world.stored().is_empty());
}

#[test]
fn a_packed_batch_is_read_and_an_empty_one_answered() {
    let world = World::new();
    let device = device();
    let packed = gzip(batch(device, &events(device, 50)).to_string().as_bytes());
    let reply = world.post_bytes("/v1/events", &[JSON, ("Content-Encoding", "gzip")], &packed);
    assert_eq!(verdicts(&reply), vec!["stored"; 50]);
    assert!(world.deliver(device, &[]).is_empty());
}

#[test]
fn many_senders_at_once_lose_nothing() {
    let world = World::new();
    let before = std::time::Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let device = device();
                for round in 0..25 {
                    let sent: Vec<_> = (1..=20)
                        .map(|step| event(device, round * 20 + step))
                        .collect();
                    assert_eq!(world.deliver(device, &sent), vec!["stored"; 20]);
                }
            });
        }
    });
    let seconds = before.elapsed().as_secs_f64();
    let stored = world.stored();
    let ids: HashSet<_> = stored.iter().map(|stored| stored.event.id).collect();
    assert_eq!((stored.len(), ids.len()), (4_000, 4_000));
    assert!(
        stored
            .windows(2)
            .all(|pair| pair[0].watermark < pair[1].watermark)
    );
    println!(
        "4000 events from 8 senders in batches of 20: {:.0} events a second",
        4_000.0 / seconds
    );
}

#[test]
fn a_request_under_way_when_the_server_stops_is_finished_and_stored() {
    let mut world = World::new();
    let device = device();
    let body = batch(device, &[event(device, 1)]).to_string();
    let mut stream = TcpStream::connect(world.address).unwrap();
    let (first, rest) = body.as_bytes().split_at(50);
    stream
        .write_all(head("POST", "/v1/events", &[JSON], body.len()).as_bytes())
        .unwrap();
    stream.write_all(first).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(200));
    world.begin_stop();
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(
        TcpStream::connect(world.address).is_err(),
        "a stopping server takes nobody new"
    );
    stream.write_all(rest).unwrap();
    assert_eq!(verdicts(&receive(&mut stream, false).unwrap()), ["stored"]);
    world.stop();
    let path = world.store_path();
    assert_eq!(
        World::with(|config| config.store = path.into())
            .stored()
            .len(),
        1
    );
}
