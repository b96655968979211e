//! The store in trouble: nothing is acknowledged that is not durable, and it goes on by itself once it can.

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

use crate::client::{Reply, get};
use crate::sample::{batch, device, events, withdrawal};
use crate::world::{World, verdicts};

fn assert_unavailable(reply: &Reply) {
    assert_eq!(
        (reply.status, reply.error_code().as_str()),
        (503, "STORE_UNAVAILABLE")
    );
    assert!(reply.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
    assert!(
        !reply.text().contains("sqlite"),
        "inner details stay inside: {}",
        reply.text()
    );
}

#[test]
fn a_store_locked_by_another_process_is_retried_later() {
    let world = World::new();
    let device = device();
    let sending = batch(device, &events(device, 1));
    let mut other = world.block_on(async {
        let options = SqliteConnectOptions::new().filename(world.store_path());
        let mut other = SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE")
            .execute(&mut other)
            .await
            .unwrap();
        other
    });
    assert_unavailable(&world.post("/v1/events", &sending));
    world.block_on(async { sqlx::query("ROLLBACK").execute(&mut other).await.unwrap() });
    assert_eq!(verdicts(&world.post("/v1/events", &sending)), ["stored"]);
}

#[test]
fn a_full_store_refuses_and_takes_again_once_there_is_room() {
    let world = World::with(|config| config.store_limit_bytes = Some(256 * 1024));
    world.publish("channel.json", "{\"variants\":{\"default\":\"b1\"}}");
    world.publish("manifests/b1.json", "{}");
    let (leaving, staying) = (device(), device());
    let mut acknowledged = 0;
    let mut fill = |events: u64| loop {
        let sent: Vec<_> = (1..=events)
            .map(|step| crate::sample::event(leaving, acknowledged + step))
            .collect();
        let reply = world.post("/v1/events", &batch(leaving, &sent));
        if reply.status != 200 {
            break reply;
        }
        acknowledged += events;
    };
    assert_unavailable(&fill(50));
    // What has no room for fifty may have some for one.
    let refused = fill(1);
    assert_unavailable(&refused);
    assert!(acknowledged > 0);
    assert_eq!(
        world.stored().len() as u64,
        acknowledged,
        "what was acknowledged is there, and nothing else"
    );
    let ready = get(world.address, "/readyz");
    assert_eq!(ready.status, 503);
    assert!(
        ready.json()["store"].as_str().unwrap().contains("full"),
        "{}",
        ready.text()
    );

    assert_eq!(
        world.post("/v1/withdraw", &withdrawal(leaving)).json()["deleted"],
        acknowledged
    );
    assert_eq!(
        world.deliver(staying, &events(staying, 50)),
        vec!["stored"; 50]
    );
    assert_eq!(get(world.address, "/readyz").status, 200);
}
