//! How does the page go out? As the build tool wrote it: names with a digest are kept for ever, everything else is
//! checked every time, and addresses without a file belong to the page itself.

use std::path::Path;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use tower_http::services::{ServeDir, ServeFile};

use crate::api_error::ApiError;
use crate::bundles::{IMMUTABLE, REVALIDATE};
use crate::files::found;
use crate::routes::Shared;

const NO_PAGE: &str = "<!doctype html>
<html lang=\"es\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Triqueta</title>
<h1>Triqueta</h1>
<p>El servidor está en marcha, pero no se le indicó ninguna página: inícielo con <code>--www</code> y la carpeta de la página.</p>
<p lang=\"en\">The server is running without a page: start it with <code>--www</code> and the page's folder.</p>
<ul>
<li><a href=\"/bundles/channel.json\">/bundles/channel.json</a></li>
<li><a href=\"/readyz\">/readyz</a></li>
<li><a href=\"/metrics\">/metrics</a></li>
</ul>
";

/// Whatever no other route answers.
pub(crate) async fn serve(
    State(shared): State<Shared>,
    request: Request,
) -> Result<Response, ApiError> {
    let path = request.uri().path().to_owned();
    // Addresses of the program interface are never the page's, and hidden files are never anybody's.
    let is_interface = ["/v1/", "/api/", "/bundles/"]
        .iter()
        .any(|prefix| path.starts_with(prefix));
    let is_hidden = path.contains("/.") || path.to_ascii_lowercase().contains("%2e");
    if is_interface || is_hidden {
        return Err(ApiError::not_found());
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Err(ApiError::method_not_allowed());
    }
    match shared.www.as_deref() {
        Some(www) => serve_from(www, &path, request).await,
        None if path == "/" => Ok(Html(NO_PAGE).into_response()),
        None => Err(ApiError::not_found()),
    }
}

async fn serve_from(www: &Path, path: &str, request: Request) -> Result<Response, ApiError> {
    let mut again = Request::new(Body::empty());
    *again.method_mut() = request.method().clone();
    *again.headers_mut() = request.headers().clone();

    let mut folder = ServeDir::new(www)
        .redirect_to_trailing_slash(false)
        .precompressed_br()
        .precompressed_gzip();
    let mut answer = found(folder.try_call(request).await).map_err(unreadable)?;
    let is_file_name = path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.contains('.'));
    if answer.is_none() && !is_file_name {
        let mut index = ServeFile::new(www.join("index.html"))
            .precompressed_br()
            .precompressed_gzip();
        answer = found(index.try_call(again).await).map_err(unreadable)?;
    }
    let mut response = answer.ok_or_else(ApiError::not_found)?;
    let caching = if path.starts_with("/assets/") {
        IMMUTABLE
    } else {
        REVALIDATE
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, caching);
    Ok(response)
}

fn unreadable(error: std::io::Error) -> ApiError {
    tracing::error!(%error, "a file of the page cannot be read");
    ApiError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "PAGE_UNAVAILABLE",
        "the page cannot be read on the server now; try again later",
    )
}

/// A page packed on its way is no longer byte for byte the file its tag was made of: the tag becomes a weak one.
pub(crate) async fn weaken_tag(mut response: Response) -> Response {
    if response.headers().contains_key(header::CONTENT_ENCODING)
        && let Some(tag) = response
            .headers()
            .get(header::ETAG)
            .and_then(|tag| tag.to_str().ok())
        && !tag.starts_with("W/")
        && let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}"))
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}
