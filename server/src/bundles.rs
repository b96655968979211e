//! How do bundles go out? The few files that change are checked by their content's tag every time; everything else is
//! named by its content, kept for ever and sent packed where a packed sibling lies beside it.
//!
//! Only the names of a registry folder are served, so that nothing else can be reached whatever the address says.

use std::io::Write;
use std::path::{Path, PathBuf};

use axum::extract::{Path as UrlPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};
use tower_http::services::ServeFile;

use crate::api_error::ApiError;
use crate::files::found;
use crate::negotiate::{accepts_gzip, holds};
use crate::routes::Shared;

/// Below this, packing costs more than it saves.
const PACK_FROM_BYTES: usize = 1_024;
const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
pub(crate) const IMMUTABLE: HeaderValue =
    HeaderValue::from_static("public, max-age=31536000, immutable");
pub(crate) const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

/// `GET /bundles/{path}`
pub(crate) async fn serve(
    State(shared): State<Shared>,
    UrlPath(path): UrlPath<String>,
    request: Request,
) -> Result<Response, ApiError> {
    match path.as_str() {
        "channel.json" | "fallback.json" => {
            serve_mutable(&shared, &path, JSON, request.headers().clone()).await
        }
        "channel.json.sig" => serve_mutable(&shared, &path, TEXT, request.headers().clone()).await,
        _ => {
            let file = immutable_file(&shared.bundles, &path).ok_or_else(ApiError::not_found)?;
            serve_immutable(&file, request).await
        }
    }
}

/// The file behind `manifests/<name>` or `objects/<name>`, if the address is one of these.
fn immutable_file(bundles: &Path, path: &str) -> Option<PathBuf> {
    let (folder, name) = path.split_once('/')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let is_name = !name.is_empty()
        && !name.starts_with('.')
        && name.len() <= 200
        && name.bytes().all(is_plain);
    (matches!(folder, "manifests" | "objects") && is_name).then(|| bundles.join(folder).join(name))
}

async fn serve_immutable(file: &Path, request: Request) -> Result<Response, ApiError> {
    let mut service = ServeFile::new(file).precompressed_br().precompressed_gzip();
    let answer =
        found(service.try_call(request).await).map_err(|error| unreadable(file, &error))?;
    let mut response = answer.ok_or_else(ApiError::not_found)?;
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, IMMUTABLE);
    Ok(response)
}

async fn serve_mutable(
    shared: &Shared,
    name: &str,
    kind: &'static str,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let file = shared.bundles.join(name);
    let reading = tokio::task::spawn_blocking(move || {
        let content = std::fs::read(&file).map_err(|error| unreadable(&file, &error))?;
        represent(content, kind, &headers)
    });
    reading.await.map_err(|_| {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "the file could not be read; try again",
        )
    })?
}

fn represent(
    content: Vec<u8>,
    kind: &'static str,
    headers: &HeaderMap,
) -> Result<Response, ApiError> {
    let digest = Sha256::digest(&content);
    let digest: String = digest
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (plain_tag, packed_tag) = (format!("\"{digest}\""), format!("\"{digest}-gzip\""));
    let is_packed = content.len() >= PACK_FROM_BYTES && accepts_gzip(headers);
    let tag = if is_packed { &packed_tag } else { &plain_tag };

    let mut response = if holds(headers, tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if is_packed {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let packed = encoder.write_all(&content).and_then(|()| encoder.finish());
        let packed = packed.map_err(|error| unreadable(Path::new("gzip"), &error))?;
        (
            [
                (header::CONTENT_ENCODING, "gzip"),
                (header::CONTENT_TYPE, kind),
            ],
            packed,
        )
            .into_response()
    } else {
        ([(header::CONTENT_TYPE, kind)], content).into_response()
    };
    let response_headers = response.headers_mut();
    response_headers.insert(header::CACHE_CONTROL, REVALIDATE);
    response_headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response_headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

fn unreadable(file: &Path, error: &std::io::Error) -> ApiError {
    if error.kind() == std::io::ErrorKind::NotFound {
        return ApiError::new(
            StatusCode::NOT_FOUND,
            "NOT_PUBLISHED",
            "this file has not been published; run `triqueta publish` into the folder that is served",
        );
    }
    tracing::error!(file = %file.display(), %error, "a bundle file cannot be read");
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "BUNDLES_UNAVAILABLE",
        "the file cannot be read on the server now; keep the last good bundle and try again later",
    )
}
