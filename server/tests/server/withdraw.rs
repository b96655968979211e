//! Consent withdrawn: everything of the device goes, and nothing of it comes back.

use serde_json::json;

use triqueta::event::DeviceId;

use crate::client::get;
use crate::sample::{batch, device, event, events, withdrawal};
use crate::world::{World, verdicts};

#[test]
fn withdrawing_deletes_this_device_and_no_other() {
    let world = World::new();
    let (leaving, staying) = (device(), device());
    world.deliver(leaving, &events(leaving, 30));
    world.deliver(staying, &events(staying, 20));
    let reply = world.post("/v1/withdraw", &withdrawal(leaving));
    assert_eq!((reply.status, reply.json()), (200, json!({"deleted": 30})));
    let stored = world.stored();
    assert_eq!(stored.len(), 20);
    assert!(stored.iter().all(|stored| stored.event.device == staying));
    assert_eq!(
        world.post("/v1/withdraw", &withdrawal(leaving)).json(),
        json!({"deleted": 0})
    );
}

#[test]
fn what_was_still_on_its_way_is_not_stored_after_all() {
    let world = World::new();
    let device = device();
    let sent = events(device, 2);
    world.deliver(device, &sent);
    world.post("/v1/withdraw", &withdrawal(device));
    let reply = world.post("/v1/events", &batch(device, &sent));
    assert_eq!(verdicts(&reply), ["rejected", "rejected"]);
    assert_eq!(reply.json()["verdicts"][0]["code"], "DEVICE_WITHDRAWN");
    assert!(world.stored().is_empty());
}

#[test]
fn nothing_of_a_withdrawn_device_stays_in_the_file() {
    let mut world = World::new();
    let device = device();
    let mut told = event(device, 1);
    told.user = Some("persona-muy-reconocible".to_owned());
    world.deliver(device, &[told]);
    world.post("/v1/withdraw", &withdrawal(device));
    // While the server runs, and after it.
    holds_nothing(&world, device);
    world.stop();
    holds_nothing(&world, device);
}

fn holds_nothing(world: &World, device: DeviceId) {
    for entry in std::fs::read_dir(world.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let content = std::fs::read(&path).unwrap();
            let holds =
                |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
            assert!(!holds(b"persona-muy-reconocible"), "{}", path.display());
            assert!(!holds(device.0.as_bytes()), "{}", path.display());
        }
    }
}

#[test]
fn a_withdrawal_that_breaks_the_contract_deletes_nothing() {
    let world = World::new();
    let device = device();
    world.deliver(device, &events(device, 1));
    for body in [
        json!({"device": device}),
        json!({"v": 2, "device": device}),
        json!({"v": 1}),
        json!({"v": 1, "device": device, "x": 1}),
    ] {
        assert_eq!(world.post("/v1/withdraw", &body).status, 400, "{body}");
    }
    assert_eq!(world.stored().len(), 1);
    assert_eq!(get(world.address, "/v1/withdraw").status, 405);
}
