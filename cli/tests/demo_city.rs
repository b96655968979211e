//! The demo city as its user meets it: events through the real server, a training, a published bundle, a second run that
//! is fast, and errors that say what to do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::Path;

use triqueta_cli::demo::calendar::Day;
use triqueta_cli::demo::chain::{Demo, DemoOptions};
use triqueta_cli::demo::send::send;
use triqueta_cli::demo::simulate::{Plan, Simulation};
use triqueta_server::{ServerConfig, serve};
use triqueta_trainer::progress::Silent;

fn plan(visitors: usize) -> Plan {
    Plan {
        seed: 1,
        day: Day::parse("2026-11-22").unwrap(),
        visitors,
    }
}

fn options(folder: &Path, visitors: usize) -> DemoOptions {
    DemoOptions {
        plan: plan(visitors),
        out: folder.join("demo"),
        www: None,
        port: 0,
        fresh: false,
        retrain: false,
    }
}

#[test]
fn events_go_in_once_through_http_however_often_they_are_sent() {
    let simulation = Simulation::run(plan(60), &mut |_| true).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut config = ServerConfig::new(folder.path(), folder.path().join("events.sqlite"));
    config.address.set_port(0);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = runtime
        .block_on(serve(config, async { stopped.await.unwrap_or(()) }))
        .unwrap();
    let url = format!("http://{}/v1/events", server.address());
    let devices: Vec<_> = simulation
        .uploads()
        .map(|(visitor, events)| (visitor.device, events))
        .collect();
    let total: u64 = devices.iter().map(|(_, events)| events.len() as u64).sum();

    let first = send(&url, &devices, &Silent).unwrap();
    assert_eq!((first.stored, first.duplicates), (total, 0));
    let second = send(&url, &devices, &Silent).unwrap();
    assert_eq!((second.stored, second.duplicates), (0, total));
    let statistics = runtime
        .block_on(async { server.store().statistics().await })
        .unwrap();
    assert_eq!(
        (statistics.events, statistics.missing, statistics.dropped),
        (total, 0, 0)
    );
    assert_eq!(statistics.devices, devices.len() as u64);

    // What was recorded without consent to upload is refused by the server, should it ever be sent.
    let (number, keeper) = simulation
        .visitors
        .iter()
        .enumerate()
        .find(|(n, v)| !v.uploads() && !simulation.events(*n).is_empty())
        .unwrap();
    let error = send(&url, &[(keeper.device, simulation.events(number))], &Silent).unwrap_err();
    assert_eq!(error.code(), "DEMO_REFUSED");
    stop.send(()).unwrap();
    runtime.block_on(server.stopped()).unwrap();
    assert_eq!(
        send(&url, &devices[..1], &Silent).unwrap_err().code(),
        "DEMO_UNREACHABLE"
    );
}

#[test]
fn the_chain_ends_in_a_served_bundle_and_the_second_run_takes_it_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let first = Demo::start(&options(folder.path(), 150), &Silent).unwrap();
    let report = first.report.clone();
    assert!(!report.reused && report.events > 3_000 && report.activities >= 400);
    assert_eq!(report.regret.len(), 6);
    let channel = ureq::get(format!("{}/bundles/channel.json", report.url))
        .call()
        .unwrap()
        .body_mut()
        .read_to_string();
    assert!(channel.unwrap().contains(&report.bundle));
    first.stop().unwrap();

    let second = Demo::start(&options(folder.path(), 150), &Silent).unwrap();
    assert!(second.report.reused);
    assert_eq!(
        (second.report.bundle.clone(), second.report.events),
        (report.bundle.clone(), report.events)
    );
    second.stop().unwrap();

    // The same events again give the same model: a retraining changes nothing here.
    let retrained = DemoOptions {
        retrain: true,
        ..options(folder.path(), 150)
    };
    let third = Demo::start(&retrained, &Silent).unwrap();
    assert!(!third.report.reused);
    assert_eq!(third.report.bundle, report.bundle);
    third.stop().unwrap();
}

#[test]
fn a_busy_port_and_a_strange_folder_are_told_with_a_way_out_before_any_work() {
    let folder = tempfile::tempdir().unwrap();
    let busy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = busy.local_addr().unwrap().port();
    let error = Demo::start(
        &DemoOptions {
            port,
            ..options(folder.path(), 5)
        },
        &Silent,
    )
    .err()
    .unwrap();
    assert_eq!(error.code(), "SERVER_PORT_BUSY");

    std::fs::write(folder.path().join("thesis.txt"), "ten years of work").unwrap();
    let strange = DemoOptions {
        out: folder.path().to_owned(),
        ..options(folder.path(), 5)
    };
    let error = Demo::start(&strange, &Silent).err().unwrap();
    assert_eq!(error.code(), "DEMO_OCCUPIED");
    assert!(error.to_string().contains("--out"));
}
