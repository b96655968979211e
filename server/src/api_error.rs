//! How does a client learn what went wrong? Always as `{"error": {"code", "message"}}`, never with inner details.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use triqueta::error::EventError;

use crate::limits::Standing;
use crate::store::StoreError;

/// When a client may try again after the store failed.
const RETRY_AFTER_SECONDS: u64 = 5;

/// An answer that is not the one asked for.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after_seconds: Option<u64>,
    standing: Option<Standing>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after_seconds: (status == StatusCode::SERVICE_UNAVAILABLE)
                .then_some(RETRY_AFTER_SECONDS),
            standing: None,
        }
    }

    /// Too much for now; `standing` says how the one who asks stands.
    pub(crate) fn rate_limited(retry_after_seconds: u64, standing: Standing) -> Self {
        Self {
            retry_after_seconds: Some(retry_after_seconds),
            standing: Some(standing),
            ..Self::new(
                StatusCode::TOO_MANY_REQUESTS,
                "RATE_LIMITED",
                "more was sent than is allowed for now; keep the events and send them again after the time in Retry-After",
            )
        }
    }

    pub(crate) fn status_and_code(&self) -> (u16, &'static str) {
        (self.status.as_u16(), self.code)
    }

    pub(crate) fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "there is nothing at this address; check its spelling",
        )
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "this address does not answer to this method; pages and bundles are read with GET, events sent with POST",
        )
    }
}

impl From<EventError> for ApiError {
    fn from(error: EventError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error.code(), error.to_string())
    }
}

impl From<StoreError> for ApiError {
    /// The cause is in the server's log, which is where the one who can cure it looks.
    fn from(_: StoreError) -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "STORE_UNAVAILABLE",
            "nothing was stored because the event store does not answer now; keep the events and send them again later",
        )
    }
}

#[derive(Serialize)]
struct Envelope<'a> {
    error: Inner<'a>,
}

#[derive(Serialize)]
struct Inner<'a> {
    code: &'a str,
    message: &'a str,
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let envelope = Envelope {
            error: Inner {
                code: self.code,
                message: &self.message,
            },
        };
        let mut response = (self.status, Json(envelope)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(standing) = self.standing {
            headers.extend(standing.headers());
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
