//! The server as its clients meet it: real HTTP over loopback, a real SQLite file.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)]

mod bad_input;
mod bundles;
mod client;
mod conditions;
mod crash;
mod events;
mod health;
mod pages;
mod process;
mod sample;
mod start;
mod store;
mod withdraw;
mod world;
