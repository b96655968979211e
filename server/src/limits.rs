//! How much may one device and one address send? Token buckets: a burst at once, and so much an hour on top.
//!
//! A device is counted in events, so that one that goes wild neither fills the store nor outweighs the others in what is
//! learned; an address in requests, because many devices may share one, and in events, because devices can be made up.

use std::num::NonZeroU32;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::api_error::ApiError;

/// Who a bucket belongs to.
pub(crate) type Owner = [u8; 16];
type Buckets =
    RateLimiter<Owner, DashMapStateStore<Owner>, DefaultClock, StateInformationMiddleware>;

/// How much at once, and how much an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// What a bucket holds when it is full.
    pub burst: NonZeroU32,
    /// What flows back into it in an hour.
    pub per_hour: NonZeroU32,
}

/// What one device and one address may send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimits {
    /// Events of one device. A burst below 100 refuses whole batches for ever.
    pub device_events: Rate,
    /// Requests of one address, an IPv6 network of 64 bits being one.
    pub address_requests: Rate,
    /// Events of one address, whatever devices they name. A burst below 100 refuses whole batches for ever.
    pub address_events: Rate,
}

impl RateLimits {
    /// A device: a full queue of 10,000 events at once, and 3,600 an hour. An address: 2,000 requests and 100,000 events
    /// at once, 36,000 requests and 360,000 events an hour: a hundred devices that send all the time.
    pub const DEFAULT: Self = Self {
        device_events: rate(10_000, 3_600),
        address_requests: rate(2_000, 36_000),
        address_events: rate(100_000, 360_000),
    };
}

const fn rate(burst: u32, per_hour: u32) -> Rate {
    Rate {
        burst: at_least_one(burst),
        per_hour: at_least_one(per_hour),
    }
}

const fn at_least_one(count: u32) -> NonZeroU32 {
    match NonZeroU32::new(count) {
        Some(count) => count,
        None => NonZeroU32::MIN,
    }
}

/// The buckets of one kind of owner.
pub(crate) struct Limiter {
    rate: Rate,
    buckets: Buckets,
    clock: DefaultClock,
}

/// What an owner has left.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    limit: u32,
    remaining: u32,
    /// Seconds until the bucket is full again.
    reset: u64,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        let quota = Quota::per_hour(rate.per_hour).allow_burst(rate.burst);
        Self {
            rate,
            buckets: RateLimiter::dashmap(quota).with_middleware(),
            clock: DefaultClock::default(),
        }
    }

    /// Takes so much out of an owner's bucket, or says when to come again.
    pub(crate) fn spend(&self, owner: &Owner, count: usize) -> Result<Standing, ApiError> {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        match self.buckets.check_key_n(owner, at_least_one(count)) {
            Ok(Ok(state)) => Ok(self.standing(state.remaining_burst_capacity())),
            Ok(Err(refused)) => {
                let wait = refused.wait_time_from(self.clock.now());
                Err(self.refusal(wait.as_secs() + 1))
            }
            // More than a full bucket: it never fits.
            Err(_) => Err(self.refusal(60 * 60)),
        }
    }

    fn standing(&self, remaining: u32) -> Standing {
        let limit = self.rate.burst.get();
        let used = u64::from(limit.saturating_sub(remaining));
        Standing {
            limit,
            remaining,
            reset: (used * 3_600).div_ceil(u64::from(self.rate.per_hour.get())),
        }
    }

    fn refusal(&self, wait_seconds: u64) -> ApiError {
        ApiError::rate_limited(wait_seconds, self.standing(0))
    }

    /// Forgets owners whose buckets are full again: they are as good as unknown.
    pub(crate) fn forget_the_idle(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
    }
}

impl Standing {
    pub(crate) fn headers(self) -> HeaderMap {
        [
            ("x-ratelimit-limit", u64::from(self.limit)),
            ("x-ratelimit-remaining", u64::from(self.remaining)),
            ("x-ratelimit-reset", self.reset),
        ]
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from(value)))
        .collect()
    }
}
