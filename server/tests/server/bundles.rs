//! Bundles on their way out: what changes is checked, what does not is kept, and nothing else is reachable.

use std::io::Read;

use flate2::read::GzDecoder;

use crate::client::{get, get_with, send};
use crate::world::World;

const FOR_EVER: &str = "public, max-age=31536000, immutable";

fn published() -> World {
    let world = World::new();
    world.publish(
        "channel.json",
        r#"{"format":1,"sequence":1,"variants":{"default":"b1"}}"#,
    );
    world.publish(
        "fallback.json",
        format!(r#"{{"activities":["{}"]}}"#, "teatro ".repeat(1_000)),
    );
    world.publish("manifests/b1.json", r#"{"files":[]}"#);
    world.publish("objects/abc.safetensors", b"plain tensor");
    world.publish("objects/abc.safetensors.br", b"brotli tensor");
    world.publish("objects/abc.safetensors.gz", b"gzip tensor");
    world.publish("objects/def.json", b"{}");
    world
}

#[test]
fn content_addressed_files_are_kept_for_ever_with_their_type() {
    let world = published();
    for (path, kind, body) in [
        (
            "/bundles/manifests/b1.json",
            "application/json",
            r#"{"files":[]}"#,
        ),
        (
            "/bundles/objects/abc.safetensors",
            "application/octet-stream",
            "plain tensor",
        ),
        ("/bundles/objects/def.json", "application/json", "{}"),
    ] {
        let reply = get(world.address, path);
        assert_eq!((reply.status, reply.text().as_str()), (200, body), "{path}");
        assert_eq!(reply.header("content-type"), Some(kind), "{path}");
        assert_eq!(reply.header("cache-control"), Some(FOR_EVER), "{path}");
        assert_eq!(reply.header("vary"), Some("accept-encoding"), "{path}");
        assert_eq!(reply.header("content-encoding"), None, "{path}");
    }
}

#[test]
fn a_packed_sibling_goes_to_whoever_takes_it_under_the_type_of_the_file() {
    let world = published();
    for (accepts, encoding, body) in [
        ("br", Some("br"), "brotli tensor"),
        ("gzip", Some("gzip"), "gzip tensor"),
        ("gzip, deflate, br, zstd", Some("br"), "brotli tensor"),
        ("br;q=0, gzip", Some("gzip"), "gzip tensor"),
        ("identity", None, "plain tensor"),
        ("deflate", None, "plain tensor"),
    ] {
        let reply = get_with(
            world.address,
            "/bundles/objects/abc.safetensors",
            &[("Accept-Encoding", accepts)],
        );
        assert_eq!(
            (reply.header("content-encoding"), reply.text().as_str()),
            (encoding, body),
            "{accepts}"
        );
        assert_eq!(
            reply.header("content-type"),
            Some("application/octet-stream"),
            "{accepts}"
        );
        assert_eq!(reply.header("vary"), Some("accept-encoding"), "{accepts}");
        assert_eq!(reply.header("cache-control"), Some(FOR_EVER), "{accepts}");
    }
    let reply = get_with(
        world.address,
        "/bundles/objects/def.json",
        &[("Accept-Encoding", "br, gzip")],
    );
    assert_eq!(
        (reply.header("content-encoding"), reply.text().as_str()),
        (None, "{}")
    );
}

#[test]
fn the_channel_is_checked_every_time_and_sent_only_when_it_changed() {
    let world = published();
    let first = get(world.address, "/bundles/channel.json");
    assert_eq!(
        (first.status, first.header("cache-control")),
        (200, Some("no-cache"))
    );
    assert_eq!(first.header("content-type"), Some("application/json"));
    let tag = first.header("etag").unwrap().to_owned();
    assert!(
        tag.starts_with('"') && tag.ends_with('"'),
        "{tag} is strong"
    );

    for held in [
        tag.clone(),
        format!("\"other\", {tag}"),
        format!("W/{tag}"),
        "*".to_owned(),
    ] {
        let unchanged = get_with(
            world.address,
            "/bundles/channel.json",
            &[("If-None-Match", &held)],
        );
        assert_eq!((unchanged.status, unchanged.body.len()), (304, 0), "{held}");
        assert_eq!(unchanged.header("etag"), Some(tag.as_str()));
        assert_eq!(unchanged.header("cache-control"), Some("no-cache"));
    }
    world.publish(
        "channel.json",
        r#"{"format":1,"sequence":2,"variants":{"default":"b1"}}"#,
    );
    let changed = get_with(
        world.address,
        "/bundles/channel.json",
        &[("If-None-Match", &tag)],
    );
    assert_eq!(
        (changed.status, changed.json()["sequence"].as_u64()),
        (200, Some(2))
    );
    assert_ne!(changed.header("etag"), Some(tag.as_str()));

    // As its signatures are, where it has any.
    let signatures = || get(world.address, "/bundles/channel.json.sig");
    assert_eq!(signatures().status, 404);
    world.publish("channel.json.sig", "ab01\n\n");
    let signed = signatures();
    assert_eq!((signed.status, signed.text().as_str()), (200, "ab01\n\n"));
    assert_eq!(signed.header("cache-control"), Some("no-cache"));
    assert_eq!(
        signed.header("content-type"),
        Some("text/plain; charset=utf-8")
    );
}

#[test]
fn a_packed_fallback_has_its_own_tag_and_the_same_content() {
    let world = published();
    let plain = get(world.address, "/bundles/fallback.json");
    let packed = get_with(
        world.address,
        "/bundles/fallback.json",
        &[("Accept-Encoding", "gzip, br")],
    );
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert_eq!(packed.header("vary"), Some("accept-encoding"));
    assert!(packed.body.len() * 10 < plain.body.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(packed.body.as_slice())
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, plain.body);
    let tag = packed.header("etag").unwrap();
    assert_ne!(Some(tag), plain.header("etag"));
    let again = get_with(
        world.address,
        "/bundles/fallback.json",
        &[("Accept-Encoding", "gzip"), ("If-None-Match", tag)],
    );
    assert_eq!(again.status, 304);
    let refused = get_with(
        world.address,
        "/bundles/fallback.json",
        &[("Accept-Encoding", "gzip;q=0")],
    );
    assert_eq!(refused.header("content-encoding"), None);
}

#[test]
fn head_tells_what_get_would_without_the_content() {
    let world = published();
    for path in [
        "/bundles/channel.json",
        "/bundles/fallback.json",
        "/bundles/objects/abc.safetensors",
    ] {
        let whole = get(world.address, path);
        let head = send(world.address, "HEAD", path, &[], b"").unwrap();
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in [
            "content-length",
            "content-type",
            "cache-control",
            "etag",
            "vary",
        ] {
            assert_eq!(head.header(name), whole.header(name), "{path} {name}");
        }
    }
}

#[test]
fn what_is_not_there_is_said_and_never_cached() {
    let world = World::new();
    for (path, code) in [
        ("/bundles/channel.json", "NOT_PUBLISHED"),
        ("/bundles/objects/none.json", "NOT_FOUND"),
        ("/bundles/manifests/none.json", "NOT_FOUND"),
        ("/bundles/", "NOT_FOUND"),
        ("/bundles/objects/", "NOT_FOUND"),
        ("/bundles/objects", "NOT_FOUND"),
    ] {
        let reply = get(world.address, path);
        assert_eq!(
            (reply.status, reply.error_code().as_str()),
            (404, code),
            "{path}"
        );
        assert_eq!(reply.header("cache-control"), Some("no-store"), "{path}");
    }
}

#[test]
fn nothing_outside_the_names_of_a_registry_can_be_reached() {
    let world = World::with(|config| {
        let www = config.bundles.with_file_name("www");
        std::fs::create_dir_all(www.join("assets")).unwrap();
        std::fs::write(www.join("index.html"), "the page").unwrap();
        std::fs::write(www.join(".hidden"), "SECRET").unwrap();
        config.www = Some(www);
    });
    std::fs::write(world.folder.path().join("secret.json"), "SECRET").unwrap();
    world.publish(".hidden", "SECRET");
    world.publish("secret.json", "SECRET");
    world.publish("objects/.hidden", "SECRET");
    world.publish("objects/deeper/secret.json", "SECRET");
    world.publish("drafts/secret.json", "SECRET");
    for path in [
        "/bundles/../secret.json",
        "/bundles/..%2fsecret.json",
        "/bundles/..%2Fsecret.json",
        "/bundles/%2e%2e/secret.json",
        "/bundles/%2e%2e%2fsecret.json",
        "/bundles/objects/../../secret.json",
        "/bundles/objects/..%2f..%2fsecret.json",
        "/bundles/objects/..%5c..%5csecret.json",
        "/bundles/objects/%2e%2e%2f%2e%2e%2fsecret.json",
        "/bundles/objects/..%252f..%252fsecret.json",
        "/bundles/objects/%00",
        "/bundles/objects/secret.json%00.json",
        "/bundles/objects/deeper/secret.json",
        "/bundles/objects/deeper%2fsecret.json",
        "/bundles/objects/.hidden",
        "/bundles/drafts/secret.json",
        "/bundles/secret.json",
        "/bundles/.hidden",
        "/bundles//secret.json",
        "/bundles/%2fetc%2fpasswd",
        "/bundles/objects/%ff",
        "/.hidden",
        "/%2ehidden",
        "/%2Ehidden",
        "/../secret.json",
        "/..%2fsecret.json",
        "/%2e%2e/secret.json",
        "/assets/../../secret.json",
        "/assets/..%2f..%2fsecret.json",
        "/..%5csecret.json",
        "//etc/passwd.txt",
        "/events.sqlite",
    ] {
        let reply = get(world.address, path);
        assert!(
            matches!(reply.status, 400 | 404),
            "{path} answers {}",
            reply.status
        );
        assert!(!reply.text().contains("SECRET"), "{path}");
    }
}
