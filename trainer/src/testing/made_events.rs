//! Events of a made-up log, for the tests in this crate and beside it.

use triqueta::event::{
    ActivityId, Body, Consent, DeviceId, Event, EventId, FavouriteAction, SessionId,
};

pub(crate) fn event(number: u64, user: &str, time_ms: i64, body: Body) -> Event {
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    Event {
        id: EventId::new(time_ms, &bytes),
        device: DeviceId::new([1; 16]),
        sequence: number + 1,
        time_ms,
        session: SessionId::new([2; 16]),
        user: Some(user.into()),
        consent: Consent::default(),
        body,
    }
}

pub(crate) fn saved(activity: &str) -> Body {
    Body::Favourite {
        activity: ActivityId::from(activity),
        action: FavouriteAction::Added,
        shown: None,
    }
}
