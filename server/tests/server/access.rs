//! Who may send, and who may see how the server is doing.

use triqueta_server::Site;

use crate::client::{get, get_with, send};
use crate::sample::{batch, device, events};
use crate::world::{JSON, World};

const AGENDA: &str = "https://agenda.example";

fn post(world: &World, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let device = device();
    let body = batch(device, &events(device, 1)).to_string();
    let headers = [&[JSON], headers].concat();
    let reply = send(world.address, "POST", path, &headers, body.as_bytes()).unwrap();
    (
        reply.status,
        if reply.status == 200 {
            String::new()
        } else {
            reply.error_code()
        },
    )
}

fn taken() -> (u16, String) {
    (200, String::new())
}

fn refused() -> (u16, String) {
    (403, "SENDER_NOT_ALLOWED".to_owned())
}

#[test]
fn pages_of_other_origins_may_send_only_when_they_are_allowed() {
    let world = World::with(|config| config.allowed_origins = vec![AGENDA.to_owned()]);
    assert_eq!(post(&world, "/v1/events", &[]), taken(), "no page at all");
    for (headers, expected) in [
        (&[("Origin", "http://localhost")][..], taken()),
        (&[("Origin", AGENDA)], taken()),
        (&[("Origin", "https://elsewhere.example")], refused()),
        (&[("Origin", "null")], refused()),
        (
            &[
                ("Origin", "https://renamed.example"),
                ("Sec-Fetch-Site", "same-origin"),
            ],
            taken(),
        ),
    ] {
        assert_eq!(post(&world, "/v1/events", headers), expected, "{headers:?}");
    }
    assert_eq!(world.stored().len(), 4);
}

#[test]
fn a_sites_key_opens_for_its_own_origin_alone() {
    let world = World::with(|config| {
        config.sites = [(AGENDA, "agenda-1"), ("https://otra.example", "otra-1")]
            .map(|(origin, write_key)| Site {
                origin: origin.to_owned(),
                write_key: write_key.to_owned(),
            })
            .to_vec();
    });
    for (path, origin, expected) in [
        ("/v1/events?key=agenda-1", AGENDA, taken()),
        ("/v1/events?x=1&key=otra-1", "https://otra.example", taken()),
        ("/v1/events?key=agenda-1", "http://localhost", taken()),
        ("/v1/events?key=otra-1", AGENDA, refused()),
        ("/v1/events?key=agenda-", AGENDA, refused()),
        ("/v1/events?key=", AGENDA, refused()),
        ("/v1/events", AGENDA, refused()),
        ("/v1/withdraw", "https://fremd.example", refused()),
    ] {
        assert_eq!(
            post(&world, path, &[("Origin", origin)]),
            expected,
            "{path}"
        );
    }
    assert_eq!(post(&world, "/v1/events", &[]), refused());
    // Whoever may have sent may delete, whatever became of the key.
    let (status, code) = post(&world, "/v1/withdraw", &[("Origin", AGENDA)]);
    assert_ne!((status, code.as_str()), (403, "SENDER_NOT_ALLOWED"));
    let answered = get_with(world.address, "/healthz", &[("Origin", AGENDA)]);
    assert_eq!(answered.header("access-control-allow-origin"), Some(AGENDA));
    assert_eq!(world.stored().len(), 3);
}

#[test]
fn metrics_are_for_the_operator_with_the_token() {
    let world = World::with(|config| config.admin_token = Some("s3cret-t0ken".to_owned()));
    for guess in [
        "",
        "Bearer",
        "Bearer s3cret-t0ke",
        "Bearer s3cret-t0kenn",
        "Basic s3cret-t0ken",
    ] {
        let reply = get_with(world.address, "/metrics", &[("Authorization", guess)]);
        assert_eq!(
            (reply.status, reply.error_code().as_str()),
            (401, "TOKEN_NEEDED"),
            "{guess}"
        );
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    }
    let token = [("Authorization", "bearer s3cret-t0ken")];
    assert_eq!(get_with(world.address, "/metrics", &token).status, 200);

    let (strange, known) = (
        get(world.address, "/readyz"),
        get_with(world.address, "/readyz", &token),
    );
    assert_eq!((strange.status, known.status), (503, 503));
    assert_eq!(
        strange.json()["channel"],
        "unavailable",
        "no inner details for strangers"
    );
    assert!(
        known.text().contains("triqueta publish"),
        "{}",
        known.text()
    );
    assert_eq!(get(world.address, "/healthz").status, 200);
}

#[test]
fn behind_a_proxy_nobody_is_this_machine_and_browsers_are_told_to_insist_on_tls() {
    let plain = World::new();
    assert_eq!(get(plain.address, "/metrics").status, 200);
    assert_eq!(
        get(plain.address, "/").header("strict-transport-security"),
        None
    );

    let behind = World::with(|config| config.behind_proxy = true);
    assert_eq!(get(behind.address, "/metrics").status, 401);
    for path in ["/", "/healthz", "/metrics", "/v1/nothing"] {
        assert_eq!(
            get(behind.address, path).header("strict-transport-security"),
            Some("max-age=63072000; includeSubDomains"),
            "{path}"
        );
    }
}
