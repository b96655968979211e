//! The server as its clients meet it: real HTTP over loopback, a real SQLite file or PostgreSQL cluster.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod access;
mod bad_input;
mod bundles;
mod chaos;
mod client;
#[path = "../../../trainer/tests/support/cluster.rs"]
mod cluster;
mod conditions;
mod connections;
mod crash;
mod disk;
mod events;
mod failing;
mod health;
mod limits;
mod pages;
mod postgres;
mod process;
mod promises;
mod sample;
mod site;
mod start;
mod store;
mod torn;
mod trace;
mod withdraw;
mod world;
