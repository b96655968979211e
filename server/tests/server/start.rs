//! What keeps a server from starting, and how it says so.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use triqueta_server::{ServerConfig, ServerError};

use crate::client::get;
use crate::world::World;

fn refused(change: impl FnOnce(&mut ServerConfig)) -> ServerError {
    match World::try_with(change) {
        Ok(_) => panic!("the server started"),
        Err(error) => error,
    }
}

#[test]
fn a_busy_port_is_named_with_what_to_do() {
    let first = World::new();
    let error = refused(|config| config.address = first.address);
    assert_eq!(error.code(), "SERVER_PORT_BUSY");
    let port = first.address.port();
    assert_eq!(
        error.to_string(),
        format!(
            "port {port} on 127.0.0.1 is in use by another program; stop it, or choose another port (0 takes any free one)"
        )
    );
    assert_eq!(
        get(first.address, "/healthz").status,
        200,
        "the first server is not disturbed"
    );
}

#[test]
fn an_address_of_another_machine_is_refused() {
    let error = refused(|config| config.address = "192.0.2.1:8080".parse().unwrap());
    assert_eq!(error.code(), "SERVER_ADDRESS");
}

#[test]
fn missing_folders_are_named_with_what_to_do() {
    let error = refused(|config| config.bundles = PathBuf::from("/nowhere/bundles"));
    assert_eq!(error.code(), "SERVER_MISSING");
    assert!(
        error.to_string().contains("/nowhere/bundles") && error.to_string().contains("publish"),
        "{error}"
    );
    let error = refused(|config| config.www = Some(PathBuf::from("/nowhere/www")));
    assert_eq!(error.code(), "SERVER_MISSING");
    assert!(error.to_string().contains("build the page"), "{error}");
    let error = refused(|config| config.store = PathBuf::from("/nowhere/events.sqlite").into());
    assert_eq!(error.code(), "STORE_MISSING");
    assert!(
        error.to_string().contains("`/nowhere`") && error.to_string().contains("create it"),
        "{error}"
    );
}

#[test]
fn an_origin_with_a_path_is_refused() {
    for origin in [
        "https://example.org/",
        "https://example.org/page",
        "example.org",
        "ftp://example.org",
        "*",
        "a b",
    ] {
        let error = refused(|config| config.allowed_origins = vec![origin.to_owned()]);
        assert_eq!(error.code(), "SERVER_ORIGIN", "{origin}");
    }
}

#[test]
fn a_started_server_names_an_address_that_opens() {
    let world = World::new();
    assert_ne!(world.address.port(), 0);
    assert_eq!(get(world.address, "/").status, 200);
}

#[test]
fn idle_connections_do_not_keep_a_stopping_server() {
    let mut world = World::new();
    let _silent = TcpStream::connect(world.address).unwrap();
    let mut kept = TcpStream::connect(world.address).unwrap();
    kept.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    assert!(kept.read(&mut [0; 4_096]).unwrap() > 0);
    let before = Instant::now();
    world.stop();
    assert!(
        before.elapsed() < Duration::from_secs(5),
        "{:?}",
        before.elapsed()
    );
}
