//! Requests that break the contract: each gets one clear answer, and the server goes on.

use serde_json::{Value, json};
use triqueta_server::LIMIT_BODY_BYTES;

use crate::client::send;
use crate::events::gzip;
use crate::sample::{batch, device, event, events};
use crate::world::{JSON, World};

struct Case {
    what: &'static str,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    status: u16,
    code: &'static str,
}

fn case(what: &'static str, body: impl Into<Vec<u8>>, status: u16, code: &'static str) -> Case {
    Case {
        what,
        headers: vec![JSON],
        body: body.into(),
        status,
        code,
    }
}

fn changed(change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let device = device();
    let mut sending = batch(device, &[event(device, 1)]);
    change(&mut sending);
    sending.to_string().into_bytes()
}

fn cases() -> Vec<Case> {
    let good = || changed(|_| {});
    let packed = gzip(&good());
    let typed = |headers: &[(&'static str, &'static str)], case: Case| Case {
        headers: headers.to_vec(),
        ..case
    };
    let gzip_header = ("Content-Encoding", "gzip");
    let too_many = device();
    vec![
        typed(&[], case("no content type", good(), 415, "CONTENT_TYPE")),
        typed(
            &[("Content-Type", "text/plain")],
            case("another content type", good(), 415, "CONTENT_TYPE"),
        ),
        typed(
            &[JSON, ("Content-Encoding", "br")],
            case("another encoding", good(), 415, "CONTENT_ENCODING"),
        ),
        typed(
            &[JSON, gzip_header],
            case("not gzip at all", good(), 400, "GZIP_DAMAGED"),
        ),
        typed(
            &[JSON, gzip_header],
            case(
                "gzip cut short",
                &packed[..packed.len() / 2],
                400,
                "GZIP_DAMAGED",
            ),
        ),
        typed(
            &[JSON, gzip_header],
            case(
                "a small gzip of much",
                gzip(&vec![b' '; 100 << 20]),
                413,
                "BODY_TOO_LARGE",
            ),
        ),
        case("nothing", "", 400, "EVENT_MALFORMED"),
        case("no JSON", "hola", 400, "EVENT_MALFORMED"),
        case("JSON cut short", &good()[..40], 400, "EVENT_MALFORMED"),
        case(
            "no UTF-8",
            b"{\"v\":1,\"device\":\"\xff\"}".as_slice(),
            400,
            "EVENT_MALFORMED",
        ),
        case("a list", "[]", 400, "EVENT_MALFORMED"),
        case("deep nesting", "[".repeat(100_000), 400, "EVENT_MALFORMED"),
        case(
            "no version",
            changed(|batch| drop(batch.as_object_mut().unwrap().remove("v"))),
            400,
            "EVENT_MALFORMED",
        ),
        case(
            "a later version",
            changed(|batch| batch["v"] = json!(2)),
            400,
            "EVENT_VERSION",
        ),
        case(
            "an unknown field",
            changed(|batch| batch["extra"] = json!(0)),
            400,
            "EVENT_MALFORMED",
        ),
        case(
            "a device that is none",
            changed(|batch| batch["device"] = json!("x")),
            400,
            "EVENT_MALFORMED",
        ),
        case(
            "another device",
            changed(|batch| batch["device"] = json!(device())),
            400,
            "DEVICE_MISMATCH",
        ),
        case(
            "a number beyond all",
            good_with("1780000000000", "1e999"),
            400,
            "EVENT_MALFORMED",
        ),
        case(
            "a negative count",
            changed(|batch| batch["dropped"] = json!(-1)),
            400,
            "EVENT_MALFORMED",
        ),
        case(
            "101 events",
            batch(too_many, &events(too_many, 101)).to_string(),
            413,
            "TOO_MANY_EVENTS",
        ),
        case(
            "a large body",
            padded(LIMIT_BODY_BYTES + 1),
            413,
            "BODY_TOO_LARGE",
        ),
    ]
}

fn good_with(from: &str, to: &str) -> Vec<u8> {
    String::from_utf8(changed(|_| {}))
        .unwrap()
        .replacen(from, to, usize::MAX)
        .into_bytes()
}

fn padded(length: usize) -> Vec<u8> {
    let mut body = changed(|_| {});
    body.resize(length, b' ');
    body
}

#[test]
fn each_broken_request_gets_its_own_answer_and_stores_nothing() {
    let world = World::new();
    for case in cases() {
        let reply = world.post_bytes("/v1/events", &case.headers, &case.body);
        assert_eq!(
            (reply.status, reply.error_code().as_str()),
            (case.status, case.code),
            "{}",
            case.what
        );
        assert_eq!(
            reply.header("content-type"),
            Some("application/json"),
            "{}",
            case.what
        );
        let message = reply.json()["error"]["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert!(
            message.len() > 30,
            "{}: `{message}` says what happened and what to do",
            case.what
        );
    }
    assert!(world.stored().is_empty());
}

#[test]
fn a_body_of_exactly_the_limit_is_taken() {
    let world = World::new();
    assert_eq!(
        world
            .post_bytes("/v1/events", &[JSON], &padded(LIMIT_BODY_BYTES))
            .status,
        200
    );
    let packed = gzip(&padded(LIMIT_BODY_BYTES));
    assert_eq!(
        world
            .post_bytes("/v1/events", &[JSON, ("Content-Encoding", "gzip")], &packed)
            .status,
        200
    );
    let packed = gzip(&padded(LIMIT_BODY_BYTES + 1));
    assert_eq!(
        world
            .post_bytes("/v1/events", &[JSON, ("Content-Encoding", "gzip")], &packed)
            .status,
        413
    );
}

#[test]
fn the_content_type_may_name_its_charset() {
    let world = World::new();
    let header = ("Content-Type", "Application/JSON; charset=utf-8");
    assert_eq!(
        world
            .post_bytes("/v1/events", &[header], &changed(|_| {}))
            .status,
        200
    );
}

#[test]
fn wrong_methods_and_addresses_are_answered_as_such() {
    let world = World::new();
    for (method, path, status, code) in [
        ("GET", "/v1/events", 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", "/v1/events", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/bundles/channel.json", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/", 405, "METHOD_NOT_ALLOWED"),
        ("POST", "/v1/nothing", 404, "NOT_FOUND"),
        ("GET", "/v1/nothing", 404, "NOT_FOUND"),
        ("GET", "/nothing.js", 404, "NOT_FOUND"),
    ] {
        let reply = send(world.address, method, path, &[], b"").unwrap();
        assert_eq!(
            (reply.status, reply.error_code().as_str()),
            (status, code),
            "{method} {path}"
        );
    }
}
