//! Is it alive, is it ready, and how is it doing?

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::admin::IsOperator;
use crate::routes::Shared;
use crate::serve::now_ms;

#[derive(Serialize)]
struct Alive {
    status: &'static str,
}

/// `GET /healthz`: the process answers.
pub(crate) async fn alive() -> Response {
    uncached(Json(Alive { status: "ok" }).into_response())
}

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    store: String,
    channel: String,
}

/// `GET /readyz`: an event could be stored and a bundle found now, or not; why not, the operator is told.
pub(crate) async fn ready(
    State(shared): State<Shared>,
    IsOperator(is_operator): IsOperator,
) -> Response {
    let store = shared
        .store
        .probe(now_ms())
        .await
        .map_err(|error| error.to_string());
    let channel = check_channel(&shared).await;
    let ready = store.is_ok() && channel.is_ok();
    let say = |result: Result<(), String>| match result {
        Ok(()) => "ok".to_owned(),
        Err(detail) if is_operator => detail,
        Err(_) => "unavailable".to_owned(),
    };
    let readiness = Readiness {
        ready,
        store: say(store),
        channel: say(channel),
    };
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    uncached((status, Json(readiness)).into_response())
}

async fn check_channel(shared: &Shared) -> Result<(), String> {
    let content = tokio::fs::read(shared.bundles.join("channel.json")).await.map_err(|error| {
        format!("channel.json cannot be read ({}); run `triqueta publish` into the folder that is served", error.kind())
    })?;
    let channel: serde_json::Value = serde_json::from_slice(&content)
        .map_err(|error| format!("channel.json is damaged ({error}); publish again"))?;
    let variants = channel
        .get("variants")
        .and_then(serde_json::Value::as_object);
    for bundle in variants
        .into_iter()
        .flat_map(serde_json::Map::values)
        .filter_map(serde_json::Value::as_str)
    {
        let manifest = shared
            .bundles
            .join("manifests")
            .join(format!("{bundle}.json"));
        if !tokio::fs::try_exists(&manifest).await.unwrap_or(false) {
            return Err(format!(
                "the channel names bundle {bundle}, whose manifest is missing; publish again"
            ));
        }
    }
    match variants {
        Some(variants) if !variants.is_empty() => Ok(()),
        _ => Err("channel.json names no bundle; publish again".to_owned()),
    }
}

/// `GET /metrics`: for Prometheus.
pub(crate) async fn metrics(State(shared): State<Shared>) -> Response {
    let statistics = shared.store.statistics().await.ok();
    let text = shared.metrics.encode(statistics);
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    uncached(([(header::CONTENT_TYPE, kind)], text).into_response())
}

fn uncached(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
