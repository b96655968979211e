//! What a page needs around the engine: the visitor's state, storage, network, consent and sending.
//!
//! Clock, chance, storage and network enter the recommender here, as arguments. [`Recommender`] is what a page opens;
//! [`send_waiting`] is for its service worker.

mod background;
mod clock;
mod consent;
mod convert;
mod database;
mod gather;
mod hash;
mod inner;
mod knowledge;
mod leader;
mod memory;
mod network;
mod recommender;
mod record;
mod sender;
mod state;
mod storage;
mod swap;
mod trust;
mod view;

pub use background::send_waiting;
pub use recommender::Recommender;
