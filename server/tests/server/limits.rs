//! How much one device and one address may send, and how they are told.

use std::num::NonZeroU32;

use triqueta_server::{Rate, RateLimits};

use crate::client::{Reply, send};
use crate::sample::{batch, device, event, events, withdrawal};
use crate::world::{JSON, World, verdicts};

fn rate(burst: u32, per_hour: u32) -> Rate {
    let count = |count| NonZeroU32::new(count).unwrap();
    Rate {
        burst: count(burst),
        per_hour: count(per_hour),
    }
}

fn limited(device_events: Rate, address_requests: Rate) -> World {
    World::with(|config| {
        config.rate_limits = Some(RateLimits {
            device_events,
            address_requests,
            ..RateLimits::DEFAULT
        });
    })
}

fn number(reply: &Reply, header: &str) -> u64 {
    reply.header(header).unwrap().parse().unwrap()
}

fn assert_refused(reply: &Reply, least_wait: u64, most_wait: u64) {
    assert_eq!(
        (reply.status, reply.error_code().as_str()),
        (429, "RATE_LIMITED")
    );
    let wait = number(reply, "retry-after");
    assert!((least_wait..=most_wait).contains(&wait), "{wait} s");
    assert_eq!(number(reply, "x-ratelimit-remaining"), 0);
}

#[test]
fn a_device_may_send_its_burst_and_then_what_flows_back() {
    let world = limited(rate(250, 360), RateLimits::DEFAULT.address_requests);
    let device = device();
    for (round, remaining) in [(0, 150), (1, 50)] {
        let sent: Vec<_> = (1..=100)
            .map(|step| event(device, round * 100 + step))
            .collect();
        let reply = world.post("/v1/events", &batch(device, &sent));
        assert_eq!(verdicts(&reply), vec!["stored"; 100]);
        assert_eq!(number(&reply, "x-ratelimit-limit"), 250);
        assert_eq!(number(&reply, "x-ratelimit-remaining"), remaining);
        assert_eq!(number(&reply, "x-ratelimit-reset"), (250 - remaining) * 10);
    }
    let sent: Vec<_> = (201..=300).map(|step| event(device, step)).collect();
    // 50 are missing, one comes back every 10 s.
    assert_refused(&world.post("/v1/events", &batch(device, &sent)), 400, 501);
    assert_eq!(world.stored().len(), 200, "nothing of it was stored");
    assert_eq!(
        world.deliver(device, &sent[..50]).len(),
        50,
        "what fits is taken"
    );
    let other = crate::sample::device();
    assert_eq!(
        world.deliver(other, &events(other, 100)).len(),
        100,
        "others are not held up"
    );
    let reply = world.post("/v1/withdraw", &withdrawal(device));
    assert_eq!(
        reply.json()["deleted"],
        250,
        "withdrawing costs a device nothing"
    );
}

#[test]
fn an_address_may_ask_so_often_whatever_device_it_names() {
    let world = limited(RateLimits::DEFAULT.device_events, rate(5, 3_600));
    for _ in 0..5 {
        let device = device();
        world.deliver(device, &events(device, 1));
    }
    let sending = batch(device(), &[]);
    assert_refused(&world.post("/v1/events", &sending), 1, 2);
    assert_eq!(
        crate::client::get(world.address, "/healthz").status,
        200,
        "reading is not counted"
    );
}

#[test]
fn devices_that_are_made_up_share_what_their_address_may_send() {
    let world = World::with(|config| {
        config.rate_limits = Some(RateLimits {
            address_events: rate(250, 360),
            ..RateLimits::DEFAULT
        });
    });
    for _ in 0..2 {
        let device = device();
        assert_eq!(world.deliver(device, &events(device, 100)).len(), 100);
    }
    let device = device();
    let sending = batch(device, &events(device, 100));
    assert_refused(&world.post("/v1/events", &sending), 400, 501);
    assert_eq!(world.stored().len(), 200);
    assert_eq!(world.deliver(device, &events(device, 50)).len(), 50);
}

#[test]
fn whether_it_is_ready_may_be_asked_as_often_as_may_be_sent() {
    let world = World::with(|config| {
        config.admin_token = Some("a token that is long enough to be one".to_owned());
        config.rate_limits = Some(RateLimits {
            address_requests: rate(3, 3_600),
            ..RateLimits::DEFAULT
        });
    });
    let ready = || crate::client::get(world.address, "/readyz");
    for _ in 0..3 {
        assert_eq!(ready().status, 503, "nothing is published");
    }
    assert_refused(&ready(), 1, 2);
    let token = (
        "Authorization",
        "Bearer a token that is long enough to be one",
    );
    for _ in 0..5 {
        let reply = crate::client::get_with(world.address, "/readyz", &[token]);
        assert_eq!(reply.status, 503, "the operator is not counted");
    }
}

#[test]
fn behind_a_proxy_the_address_it_saw_is_counted_and_not_what_a_client_claims() {
    let world = World::with(|config| {
        config.behind_proxy = true;
        config.rate_limits = Some(RateLimits {
            address_requests: rate(2, 3_600),
            ..RateLimits::DEFAULT
        });
    });
    let status = |forwarded: &str| {
        let body = batch(device(), &[]).to_string();
        let headers = [JSON, ("X-Forwarded-For", forwarded)];
        send(
            world.address,
            "POST",
            "/v1/events",
            &headers,
            body.as_bytes(),
        )
        .unwrap()
        .status
    };
    assert_eq!(status("203.0.113.7"), 200);
    assert_eq!(status("192.0.2.1, 203.0.113.7"), 200);
    assert_eq!(status("192.0.2.2, 203.0.113.7"), 429);
    assert_eq!(status("203.0.113.7, 203.0.113.8"), 200);
}
