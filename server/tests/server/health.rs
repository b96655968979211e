//! What the server says about itself.

use crate::client::get;
use crate::sample::{batch, device, event, events, withdrawal};
use crate::world::World;

#[test]
fn a_server_is_alive_before_it_is_ready_and_says_what_it_waits_for() {
    let world = World::new();
    assert_eq!(get(world.address, "/healthz").status, 200);
    let ready = || get(world.address, "/readyz");
    assert_eq!(ready().status, 503);
    assert_eq!(
        (
            ready().json()["ready"].as_bool(),
            ready().json()["store"].as_str()
        ),
        (Some(false), Some("ok"))
    );
    assert!(
        ready().json()["channel"]
            .as_str()
            .unwrap()
            .contains("triqueta publish")
    );

    world.publish("channel.json", "{\"varia");
    assert!(
        ready().json()["channel"]
            .as_str()
            .unwrap()
            .contains("damaged")
    );
    world.publish("channel.json", "{\"variants\":{}}");
    assert!(
        ready().json()["channel"]
            .as_str()
            .unwrap()
            .contains("names no bundle")
    );
    world.publish("channel.json", "{\"variants\":{\"default\":\"b1\"}}");
    assert!(ready().json()["channel"].as_str().unwrap().contains("b1"));
    world.publish("manifests/b1.json", "{}");
    assert_eq!(
        (ready().status, ready().json()["ready"].as_bool()),
        (200, Some(true))
    );
    assert_eq!(ready().header("cache-control"), Some("no-store"));
}

#[test]
fn metrics_count_requests_events_and_the_store() {
    let world = World::new();
    let device = device();
    world.deliver(device, &events(device, 3));
    world.deliver(device, &[event(device, 10)]);
    let mut sending = batch(device, &[event(device, 11)]);
    sending["events"][0]["sequence"] = "eleven".into();
    sending["dropped"] = 4.into();
    world.post("/v1/events", &sending);
    world.post_bytes("/v1/events", &[], b"");
    get(world.address, "/some/page");

    let reply = get(world.address, "/metrics");
    assert!(
        reply
            .header("content-type")
            .unwrap()
            .starts_with("application/openmetrics-text")
    );
    let text = reply.text();
    for line in [
        "triqueta_http_requests_total{route=\"/v1/events\",method=\"POST\",status=\"200\"} 3",
        "triqueta_http_requests_total{route=\"/v1/events\",method=\"POST\",status=\"415\"} 1",
        "triqueta_http_requests_total{route=\"page\",method=\"GET\",status=\"404\"} 1",
        "triqueta_http_request_duration_seconds_count{route=\"/v1/events\"} 4",
        "triqueta_events_total{fate=\"stored\"} 4",
        "triqueta_events_total{fate=\"duplicate\"} 0",
        "triqueta_events_total{fate=\"conflicting\"} 0",
        "triqueta_events_total{fate=\"rejected\"} 1",
        "triqueta_store_events 4",
        "triqueta_store_devices 1",
        "triqueta_events_missing 6",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
    let bytes = text
        .lines()
        .find_map(|line| line.strip_prefix("triqueta_store_bytes "))
        .unwrap();
    assert!(bytes.parse::<u64>().unwrap() > 4_096);
    assert!(text.ends_with("# EOF\n"));

    world.post("/v1/withdraw", &withdrawal(device));
    let text = get(world.address, "/metrics").text();
    assert!(
        text.contains("triqueta_store_events 0\n") && text.contains("triqueta_store_devices 0\n"),
        "{text}"
    );
}

#[test]
fn what_devices_dropped_is_counted_once() {
    let world = World::new();
    let device = device();
    for dropped in [5, 5, 7] {
        let mut sending = batch(device, &[event(device, 1)]);
        sending["dropped"] = dropped.into();
        world.post("/v1/events", &sending);
    }
    assert!(
        get(world.address, "/metrics")
            .text()
            .contains("triqueta_events_dropped 7\n")
    );
}
