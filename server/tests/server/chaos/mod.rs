//! The devices' outbox against the real server, with a proxy between that loses, doubles, delays and lies: whatever it does,
//! each event is in the store exactly once, one request of a device is under way at a time, and tries keep their distance.
//!
//! 10,000 events as a test; the long form is the same:
//! `TRIQUETA_CHAOS_EVENTS=100000 cargo test -p triqueta-server --test server chaos -- --nocapture`.

mod device;
mod proxy;

use std::collections::{BTreeMap, BTreeSet};

use triqueta::event::{Event, EventId};

use crate::world::World;
use device::Device;
use proxy::{Fate, Proxy};

const DEVICES: u64 = 4;

fn how_many(usually: usize) -> usize {
    let asked = std::env::var("TRIQUETA_CHAOS_EVENTS");
    asked.map_or(usually, |count| count.parse().unwrap())
}

/// What the store holds is what was recorded: all of it, each once, as it was.
fn is_exactly(world: &World, recorded: &BTreeMap<EventId, Event>) {
    let stored = world.stored();
    assert_eq!(stored.len(), recorded.len(), "none is missing or twice");
    for kept in stored {
        assert_eq!(recorded.get(&kept.event.id), Some(&kept.event));
    }
}

#[test]
fn whatever_the_network_does_each_event_is_in_the_store_exactly_once() {
    let events = how_many(10_000);
    let world = World::new();
    let proxy = Proxy::start(world.address, Fate::drawn);
    let share = events.div_ceil(DEVICES as usize);
    let devices: Vec<Device> = std::thread::scope(|scope| {
        let run = |seed| {
            let address = proxy.address;
            scope.spawn(move || {
                let mut device = Device::new(seed, address);
                device.run(share);
                device
            })
        };
        let running: Vec<_> = (0..DEVICES).map(run).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let seen = proxy.stop();
    let recorded: BTreeMap<EventId, Event> = devices
        .iter()
        .flat_map(|device| device.recorded.iter())
        .map(|event| (event.id, event.clone()))
        .collect();
    assert_eq!(recorded.len(), share * DEVICES as usize);
    is_exactly(&world, &recorded);
    for device in &devices {
        assert_eq!(device.most_under_way, 1, "one request at a time");
    }
    for fate in Fate::ALL {
        assert!(seen.fates.contains_key(&fate), "{fate:?} happened");
    }
    let sum = |of: fn(&Device) -> u64| devices.iter().map(of).sum::<u64>();
    println!(
        "{} events of {DEVICES} devices, {} requests, {} of {} pages killed, waited {} min in all, fates {:?}",
        recorded.len(),
        sum(|device| device.requests),
        sum(|device| device.killed),
        sum(|device| device.opened),
        sum(|device| device.waited_ms) / 60_000,
        seen.fates
    );
}

#[test]
fn every_status_a_server_can_answer_keeps_what_it_has_no_verdict_on() {
    let world = World::new();
    let proxy = Proxy::start(world.address, |_, number| {
        u16::try_from(100 + number)
            .ok()
            .filter(|status| *status < 600)
            .map_or(Fate::Arrives, Fate::Answered)
    });
    let mut device = Device::new(1, proxy.address);
    device.calm();
    device.run(3);
    let seen = proxy.stop();
    assert_eq!(seen.statuses, (100..600).collect::<BTreeSet<u16>>());
    let recorded = device.recorded.iter();
    is_exactly(
        &world,
        &recorded.map(|event| (event.id, event.clone())).collect(),
    );
}
