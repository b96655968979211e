//! Who may send? Pages of allowed origins, with their site's key where keys are in use, within the rate of their address.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::address::{self, AddressKey};
use crate::admin::IsOperator;
use crate::api_error::ApiError;
use crate::limits::{Limiter, Owner, RateLimits};
use crate::places::Places;
use crate::routes::{Shared, WITHDRAW};
use crate::secret::Secret;

/// A site that may send, and the key its page carries. The key is no secret from visitors: it tells sites apart and keeps
/// strays out, and can be replaced without touching the others.
#[derive(Debug, Clone)]
pub struct Site {
    /// The site's origin, such as `https://example.org`.
    pub origin: String,
    /// What its page appends to the address it sends to: `/v1/events?key=…`.
    pub write_key: String,
}

/// What is asked of whoever sends.
pub(crate) struct Door {
    pub(crate) behind_proxy: bool,
    pub(crate) device_events: Option<Limiter>,
    address_requests: Option<Limiter>,
    address_events: Option<Limiter>,
    addresses: AddressKey,
    origins: Vec<HeaderValue>,
    sites: Vec<(HeaderValue, Secret)>,
    pub(crate) places: Places,
}

/// The address that sends, as a bucket knows it; nothing where nobody counts.
#[derive(Clone, Copy)]
pub(crate) struct Sender(Option<Owner>);

impl Door {
    /// `origins` are allowed without a key where there are no sites; each site comes with its origin as a header.
    pub(crate) fn new(
        behind_proxy: bool,
        limits: Option<RateLimits>,
        origins: Vec<HeaderValue>,
        sites: Vec<(HeaderValue, Secret)>,
    ) -> Self {
        Self {
            behind_proxy,
            device_events: limits.map(|limits| Limiter::new(limits.device_events)),
            address_requests: limits.map(|limits| Limiter::new(limits.address_requests)),
            address_events: limits.map(|limits| Limiter::new(limits.address_events)),
            addresses: AddressKey::new(),
            origins,
            sites,
            places: Places::default(),
        }
    }

    /// Memory is given back for those who have not sent for a while.
    pub(crate) fn forget_the_idle(&self) {
        for limiter in [
            &self.device_events,
            &self.address_requests,
            &self.address_events,
        ] {
            limiter
                .as_ref()
                .inspect(|limiter| limiter.forget_the_idle());
        }
    }

    /// Takes the events of a batch out of the bucket of the address they come from.
    pub(crate) fn spend_events(&self, Sender(owner): Sender, count: usize) -> Result<(), ApiError> {
        match (&self.address_events, owner) {
            (Some(limiter), Some(owner)) => limiter.spend(&owner, count).map(|_| ()),
            _ => Ok(()),
        }
    }

    /// Takes a request out of the bucket of its address, and says whose that is.
    fn spend_request(&self, request: &Request) -> Result<Sender, ApiError> {
        let Some(limiter) = &self.address_requests else {
            return Ok(Sender(None));
        };
        let owner = address::of_client(request, self.behind_proxy)
            .and_then(|address| self.addresses.hash(address));
        if let Some(owner) = owner {
            limiter.spend(&owner, 1)?;
        }
        Ok(Sender(owner))
    }

    fn check_origin(&self, request: &Request) -> Result<(), ApiError> {
        let headers = request.headers();
        let origin = headers.get(header::ORIGIN);
        let is_own = origin.is_none_or(|origin| is_own(origin, headers));
        let allowed = if self.sites.is_empty() {
            is_own || origin.is_some_and(|origin| self.origins.contains(origin))
        } else {
            let key = key_of(request.uri().query().unwrap_or_default());
            // Nobody is kept from deleting what they sent, also not by a key that was replaced.
            let deletes = request.uri().path() == WITHDRAW;
            self.sites.iter().any(|(site, write_key)| {
                (deletes || write_key.is(key)) && (is_own || origin == Some(site))
            })
        };
        if allowed {
            Ok(())
        } else {
            Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "SENDER_NOT_ALLOWED",
                "this page may not send here: its origin is not allowed, or its write key is missing or not the one of its site",
            ))
        }
    }
}

/// Whether a page of this very server asks, by what browsers say of it or by the name it was reached by.
fn is_own(origin: &HeaderValue, headers: &HeaderMap) -> bool {
    let says_same = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "same-origin");
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let from = origin
        .to_str()
        .ok()
        .and_then(|origin| origin.split_once("://"));
    says_same || from.is_some_and(|(_, authority)| Some(authority) == host)
}

fn key_of(query: &str) -> &str {
    query
        .split('&')
        .find_map(|pair| pair.strip_prefix("key="))
        .unwrap_or_default()
}

/// Passed by everything that sends, before its body is read.
pub(crate) async fn admit(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let door = &shared.door;
    let admitted = door
        .check_origin(&request)
        .and_then(|()| door.spend_request(&request));
    match admitted {
        Ok(sender) => {
            request.extensions_mut().insert(sender);
            next.run(request).await
        }
        Err(refusal) => refusal.into_response(),
    }
}

/// Passed by what makes the disk work though nothing is sent: who is not the operator is counted.
pub(crate) async fn count(
    State(shared): State<Shared>,
    IsOperator(is_operator): IsOperator,
    request: Request,
    next: Next,
) -> Response {
    if !is_operator && let Err(refusal) = shared.door.spend_request(&request) {
        return refusal.into_response();
    }
    next.run(request).await
}
