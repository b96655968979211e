//! The page on its way out.

use crate::client::{get, get_with, send};
use crate::sample::{batch, device};
use crate::world::World;

fn with_page() -> World {
    World::with(|config| {
        let www = config.bundles.with_file_name("www");
        std::fs::create_dir_all(www.join("assets")).unwrap();
        for (name, content) in [
            ("index.html", "<!doctype html><title>Triqueta</title>"),
            ("sw.js", "self.skipWaiting()"),
            ("manifest.webmanifest", "{}"),
            ("assets/index-4f2a.js", &"export const a = 1;\n".repeat(100)),
            ("assets/index-4f2a.css", "body{}"),
            ("assets/triqueta_bg-99aa.wasm", "\0asm"),
            ("assets/icon-11.svg", "<svg/>"),
            ("assets/figtree-3.woff2", &"packed already ".repeat(100)),
        ] {
            std::fs::write(www.join(name), content).unwrap();
        }
        config.www = Some(www);
    })
}

#[test]
fn every_file_has_its_type_and_its_caching() {
    let world = with_page();
    let for_ever = "public, max-age=31536000, immutable";
    for (path, kind, caching) in [
        ("/", "text/html", "no-cache"),
        ("/index.html", "text/html", "no-cache"),
        ("/sw.js", "text/javascript", "no-cache"),
        (
            "/manifest.webmanifest",
            "application/manifest+json",
            "no-cache",
        ),
        ("/assets/index-4f2a.js", "text/javascript", for_ever),
        ("/assets/index-4f2a.css", "text/css", for_ever),
        (
            "/assets/triqueta_bg-99aa.wasm",
            "application/wasm",
            for_ever,
        ),
        ("/assets/icon-11.svg", "image/svg+xml", for_ever),
    ] {
        let reply = get(world.address, path);
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.header("content-type"), Some(kind), "{path}");
        assert_eq!(reply.header("cache-control"), Some(caching), "{path}");
    }
}

#[test]
fn an_address_inside_the_page_shows_the_page_and_a_missing_file_does_not() {
    let world = with_page();
    for path in ["/actividad/a1", "/favoritas", "/?q=teatro"] {
        let reply = get(world.address, path);
        assert_eq!(
            (reply.status, reply.text().contains("<title>Triqueta")),
            (200, true),
            "{path}"
        );
        assert_eq!(reply.header("cache-control"), Some("no-cache"), "{path}");
    }
    for path in ["/assets/old-1234.js", "/robots.txt", "/assets/x.wasm"] {
        assert_eq!(get(world.address, path).status, 404, "{path}");
    }
}

#[test]
fn text_is_packed_on_its_way_and_still_revalidated() {
    let world = with_page();
    let path = "/assets/index-4f2a.js";
    let packed = get_with(world.address, path, &[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.body.len() < 200);
    let tag = packed.header("etag").unwrap();
    assert!(tag.starts_with("W/"), "{tag}: the bytes are not the file's");
    let again = get_with(
        world.address,
        path,
        &[("Accept-Encoding", "gzip"), ("If-None-Match", tag)],
    );
    assert_eq!(again.status, 304);
    let font = get_with(
        world.address,
        "/assets/figtree-3.woff2",
        &[("Accept-Encoding", "gzip")],
    );
    assert_eq!(font.header("content-encoding"), None);
}

#[test]
fn without_a_page_the_server_says_how_to_get_one() {
    let world = World::new();
    let reply = get(world.address, "/");
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    assert!(reply.text().contains("--www"));
    assert_eq!(get(world.address, "/anything").status, 404);
}

#[test]
fn every_answer_carries_the_security_headers() {
    let world = with_page();
    world.publish("channel.json", "{}");
    let policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; \
                  font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; object-src 'none'; \
                  base-uri 'none'; frame-ancestors 'none'; form-action 'self'";
    let tag = get(world.address, "/bundles/channel.json")
        .header("etag")
        .unwrap()
        .to_owned();
    let sending = batch(device(), &[]);
    for reply in [
        get(world.address, "/"),
        get(world.address, "/assets/index-4f2a.js"),
        get(world.address, "/missing.js"),
        get(world.address, "/bundles/channel.json"),
        get_with(
            world.address,
            "/bundles/channel.json",
            &[("If-None-Match", &tag)],
        ),
        get(world.address, "/v1/events"),
        get(world.address, "/healthz"),
        get(world.address, "/metrics"),
        world.post("/v1/events", &sending),
        world.post_bytes("/v1/events", &[], b"x"),
    ] {
        assert_eq!(reply.header("content-security-policy"), Some(policy));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(
            reply.header("cross-origin-opener-policy"),
            Some("same-origin")
        );
    }
}

#[test]
fn other_origins_are_allowed_by_name_only() {
    let asking = [
        ("Origin", "https://agenda.example"),
        ("Access-Control-Request-Method", "POST"),
        (
            "Access-Control-Request-Headers",
            "content-type,content-encoding",
        ),
    ];
    let closed = World::new();
    let preflight = send(closed.address, "OPTIONS", "/v1/events", &asking, b"").unwrap();
    assert_eq!(preflight.header("access-control-allow-origin"), None);

    let open =
        World::with(|config| config.allowed_origins = vec!["https://agenda.example".to_owned()]);
    let preflight = send(open.address, "OPTIONS", "/v1/events", &asking, b"").unwrap();
    assert_eq!(
        (
            preflight.status,
            preflight.header("access-control-allow-origin")
        ),
        (200, Some("https://agenda.example"))
    );
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        Some("content-type,content-encoding")
    );
    let other = get_with(
        open.address,
        "/healthz",
        &[("Origin", "https://elsewhere.example")],
    );
    assert_eq!(other.header("access-control-allow-origin"), None);
}
