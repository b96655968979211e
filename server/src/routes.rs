//! Which address leads where, and what every request passes through.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::cors::CorsLayer;

use crate::admission::{Door, admit, count};
use crate::api_error::ApiError;
use crate::metrics::Metrics;
use crate::secret::Secret;
use crate::store::EventStore;
use crate::{admin, bundles, headers, health, ingest, pages, withdraw};

/// How long a browser may remember that an origin is allowed.
const PREFLIGHT_AGE: Duration = Duration::from_secs(3_600);

/// Web fonts are packed already.
const PACKED_FONTS: NotForContentType = NotForContentType::const_new("font/woff");

/// Where a device asks for its events to be deleted.
pub(crate) const WITHDRAW: &str = "/v1/withdraw";

/// What every request can reach.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn EventStore>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) door: Arc<Door>,
    pub(crate) admin_token: Option<Arc<Secret>>,
    pub(crate) bundles: Arc<PathBuf>,
    pub(crate) www: Option<Arc<PathBuf>>,
}

/// The whole service.
pub(crate) fn router(shared: Shared, allowed_origins: Vec<HeaderValue>) -> Router {
    let pages = Router::new()
        .fallback(pages::serve)
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(PACKED_FONTS)))
        .layer(map_response(pages::weaken_tag))
        .with_state(shared.clone());
    let sending = Router::new()
        .route("/v1/events", post(ingest::receive))
        .route(WITHDRAW, post(withdraw::receive))
        .route_layer(from_fn_with_state(shared.clone(), admit));
    let operating = Router::new()
        .route("/metrics", get(health::metrics))
        .route_layer(from_fn_with_state(shared.clone(), admin::require));
    let asking = Router::new()
        .route("/readyz", get(health::ready))
        .route_layer(from_fn_with_state(shared.clone(), count));
    let mut router = Router::new()
        .merge(sending)
        .merge(operating)
        .merge(asking)
        .route("/bundles/{*path}", get(bundles::serve))
        .route("/healthz", get(health::alive))
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .fallback_service(pages);
    if !allowed_origins.is_empty() {
        router = router.layer(cors(allowed_origins));
    }
    if shared.door.behind_proxy {
        router = router.layer(map_response(headers::insist_on_tls));
    }
    router
        .layer(from_fn_with_state(shared.clone(), observe))
        .layer(map_response(headers::secure))
        .with_state(shared)
}

fn cors(allowed_origins: Vec<HeaderValue>) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(allowed_origins)
        .allow_methods([Method::GET, Method::HEAD, Method::POST])
        .allow_headers([header::CONTENT_TYPE, header::CONTENT_ENCODING])
        .expose_headers([
            header::ETAG,
            header::RETRY_AFTER,
            HeaderName::from_static("x-ratelimit-limit"),
            HeaderName::from_static("x-ratelimit-remaining"),
            HeaderName::from_static("x-ratelimit-reset"),
        ])
        .max_age(PREFLIGHT_AGE)
}

/// Counts and logs each request by its route: never by address or content.
async fn observe(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("page", MatchedPath::as_str)
        .to_owned();
    let method = match *request.method() {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    };
    let response = next.run(request).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    shared.metrics.count_request(&route, method, status, took);
    tracing::debug!(
        route,
        method,
        status,
        microseconds = took.as_micros(),
        "answered"
    );
    response
}
