//! Many connections, slow ones and silent ones: those who send are served all the same.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::client::{get, head};
use crate::sample::{device, events};
use crate::world::{JSON, World};

const ALIVE: &[u8] = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// A connection over which the server has answered, and that stays.
fn known(world: &World) -> TcpStream {
    let mut stream = TcpStream::connect(world.address).unwrap();
    stream.write_all(ALIVE).unwrap();
    assert!(stream.read(&mut [0; 2_048]).unwrap() > 0);
    stream
}

#[test]
fn bodies_that_do_not_come_keep_nobody_from_sending() {
    let world = World::new();
    let begun = head("POST", "/v1/events", &[JSON], 200_000);
    let slow: Vec<TcpStream> = (0..400)
        .map(|_| {
            let mut stream = TcpStream::connect(world.address).unwrap();
            stream.write_all(begun.as_bytes()).unwrap();
            stream.write_all(b"{").unwrap();
            stream
        })
        .collect();
    // Served in the order they came: once this is answered, the others were met.
    assert_eq!(get(world.address, "/healthz").status, 200);
    for _ in 0..20 {
        let device = device();
        world.deliver(device, &events(device, 10));
    }
    assert_eq!(world.stored().len(), 200);
    drop(slow);
}

#[test]
fn a_thousand_silent_connections_disturb_nobody_and_are_served_when_they_speak() {
    let world = World::new();
    let mut silent: Vec<TcpStream> = (0..1_000).map(|_| known(&world)).collect();
    let device = device();
    for part in events(device, 500).chunks(50) {
        world.deliver(device, part);
    }
    assert_eq!(world.stored().len(), 500);
    for stream in &mut silent {
        stream.write_all(ALIVE).unwrap();
        assert!(stream.read(&mut [0; 2_048]).unwrap() > 0);
    }
}

#[test]
fn beyond_the_limit_connections_wait_until_one_goes() {
    let world = World::with(|config| config.connections = 3);
    let mut held: Vec<TcpStream> = (0..3).map(|_| known(&world)).collect();
    let mut waiting = TcpStream::connect(world.address).unwrap();
    waiting.write_all(ALIVE).unwrap();
    waiting
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let kind = waiting.read(&mut [0; 2_048]).unwrap_err().kind();
    assert!(
        matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut),
        "{kind}"
    );
    held.pop();
    waiting
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    assert!(waiting.read(&mut [0; 2_048]).unwrap() > 0);
}
