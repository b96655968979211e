//! Who may see how the server is doing? Whoever has the operator's token, or, where none was set, this machine alone.

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::address;
use crate::api_error::ApiError;
use crate::routes::Shared;

/// Whether the one who asks is the operator.
pub(crate) struct IsOperator(pub(crate) bool);

impl FromRequestParts<Shared> for IsOperator {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Shared,
    ) -> Result<Self, Self::Rejection> {
        let known = match &shared.admin_token {
            Some(token) => parts
                .headers
                .get(header::AUTHORIZATION)
                .and_then(|value| value.to_str().ok())
                .and_then(|value| value.split_once(' '))
                .is_some_and(|(scheme, guess)| {
                    scheme.eq_ignore_ascii_case("bearer") && token.is(guess.trim())
                }),
            // Behind a proxy everybody seems to be this machine.
            None => !shared.door.behind_proxy && address::is_this_machine(&parts.extensions),
        };
        Ok(Self(known))
    }
}

/// Passed by what only the operator may see.
pub(crate) async fn require(
    State(_): State<Shared>,
    IsOperator(is_operator): IsOperator,
    request: Request,
    next: Next,
) -> Response {
    if is_operator {
        return next.run(request).await;
    }
    let mut response = ApiError::new(
        StatusCode::UNAUTHORIZED,
        "TOKEN_NEEDED",
        "this is for the server's operator: send the admin token as `Authorization: Bearer …`; without one set it answers on its own machine only",
    )
    .into_response();
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}
