//! How is a JSON body received? Whole, within limits of size and time, whether it comes plain or as gzip.

use std::io::Read;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::GzDecoder;
use futures_util::StreamExt;

use crate::api_error::ApiError;
use crate::places::Places;

/// The largest body of a delivery, packed and unpacked.
pub const LIMIT_BODY_BYTES: usize = 256 * 1024;

/// How long a client may take to send its body.
const PATIENCE: Duration = Duration::from_secs(20);
/// A body above its limit is read up to here all the same: a connection cut while its client still sends shows the
/// client a network failure in place of the answer, and it would try the same again.
const LISTEN_BYTES: usize = 1 << 20;

/// The JSON text of a request, at most `limit` bytes both as sent and unpacked.
pub(crate) async fn read_json(
    headers: &HeaderMap,
    body: Body,
    limit: usize,
    places: &Places,
) -> Result<Vec<u8>, ApiError> {
    if !is_json(headers) {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "CONTENT_TYPE",
            "the content type is not application/json; send JSON and say so in Content-Type",
        ));
    }
    let is_gzip = is_gzip(headers)?;
    let sent = tokio::time::timeout(PATIENCE, hear(body, limit, places))
        .await
        .map_err(|_| {
            ApiError::new(
                StatusCode::REQUEST_TIMEOUT,
                "BODY_TIMEOUT",
                "the body did not arrive in time; send it again over a better connection or in smaller batches",
            )
        })??;
    unpacked(sent, is_gzip, limit)
}

/// What was sent as it was before it was packed, both within the limit.
pub(crate) fn unpacked(sent: Vec<u8>, is_gzip: bool, limit: usize) -> Result<Vec<u8>, ApiError> {
    if sent.len() > limit {
        Err(too_large(limit))
    } else if is_gzip {
        unpack(&sent, limit)
    } else {
        Ok(sent)
    }
}

/// The whole body. One above its limit is heard out and not kept.
async fn hear(body: Body, limit: usize, places: &Places) -> Result<Vec<u8>, ApiError> {
    let mut pieces = body.into_data_stream();
    let mut room = places.take_bytes(0)?;
    let (mut sent, mut heard) = (Vec::new(), 0);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| too_large(limit))?;
        heard += piece.len();
        if heard > LISTEN_BYTES {
            break;
        }
        if heard > limit {
            sent = Vec::new();
            room = places.take_bytes(0)?;
        } else {
            room.merge(places.take_bytes(piece.len())?);
            sent.extend_from_slice(&piece);
        }
    }
    drop(room);
    if heard > limit {
        Err(too_large(limit))
    } else {
        Ok(sent)
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    content_type
        .split(';')
        .next()
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

fn is_gzip(headers: &HeaderMap) -> Result<bool, ApiError> {
    match headers
        .get(header::CONTENT_ENCODING)
        .map(|value| value.as_bytes().to_ascii_lowercase())
        .as_deref()
    {
        None | Some(b"" | b"identity") => Ok(false),
        Some(b"gzip") => Ok(true),
        Some(_) => Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "CONTENT_ENCODING",
            "the content encoding is not known here; send plain JSON or gzip",
        )),
    }
}

fn unpack(packed: &[u8], limit: usize) -> Result<Vec<u8>, ApiError> {
    let mut unpacked = Vec::new();
    // One byte more than allowed tells "too large" from "exactly full", and a bomb is never unpacked further.
    let mut reader = GzDecoder::new(packed).take(limit as u64 + 1);
    reader.read_to_end(&mut unpacked).map_err(|_| {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "GZIP_DAMAGED",
            "the gzip body cannot be unpacked; it was cut or is not gzip, send it again",
        )
    })?;
    if unpacked.len() > limit {
        Err(too_large(limit))
    } else {
        Ok(unpacked)
    }
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "BODY_TOO_LARGE",
        format!(
            "the body is larger than {limit} bytes or its transfer broke off; send smaller batches"
        ),
    )
}
