//! How does a visitor take everything back? One call deletes what the device sent and refuses what is on its way.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use triqueta::event::DeviceId;

use crate::api_error::ApiError;
use crate::body::read_json;
use crate::judge::{check_version, parse};
use crate::routes::Shared;
use crate::serve::now_ms;

const LIMIT_BODY_BYTES: usize = 1_024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Withdrawal {
    #[serde(rename = "v")]
    _version: u32,
    device: DeviceId,
}

/// How many events were deleted.
#[derive(Serialize)]
pub(crate) struct Withdrawn {
    deleted: u64,
}

/// `POST /v1/withdraw`
pub(crate) async fn receive(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Withdrawn>, ApiError> {
    let places = &shared.door.places;
    let json = read_json(&headers, body, LIMIT_BODY_BYTES, places).await?;
    let _place = places.take()?;
    check_version(&json)?;
    let Withdrawal { device, .. } = parse(&json)?;
    let deleted = shared.store.withdraw(device, now_ms()).await?;
    tracing::info!(deleted, "a device withdrew its consent");
    Ok(Json(Withdrawn { deleted }))
}
