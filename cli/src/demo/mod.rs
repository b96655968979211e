//! What does the whole loop look like on a living city?
//!
//! A simulated Bogotá: real public places, invented activities ([`schedule`]), invented visitors with hidden tastes
//! ([`visitor`], [`taste`]), sixteen weeks of their visits ([`simulate`]), and the truth to judge by ([`oracle`],
//! [`judge`]). [`chain`] sends what they did through the real server, trains, publishes and serves. **No person is behind
//! any of it.** `docs/demo-city.md` tells the same to people.

pub mod calendar;
pub mod chain;
mod diary;
pub mod error;
mod home;
pub mod judge;
mod logging;
pub mod oracle;
mod phrase;
pub mod place;
mod programme;
pub mod schedule;
pub mod send;
pub mod simulate;
pub mod spread;
pub mod taste;
mod visit;
pub mod visitor;
