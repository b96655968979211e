//! Is there such a file? The file service tells a missing file in two ways; here it is one.

use std::io::{Error, ErrorKind};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Response, StatusCode};

/// The file's response, none where there is no such file, or what kept it from being read.
pub(crate) fn found<B>(answer: Result<Response<B>, Error>) -> Result<Option<Response<Body>>, Error>
where
    B: HttpBody<Data = Bytes> + Send + 'static,
    B::Error: Into<axum::BoxError>,
{
    match answer {
        Ok(response) if response.status() == StatusCode::NOT_FOUND => Ok(None),
        Ok(response) => Ok(Some(response.map(Body::new))),
        Err(error) => match error.kind() {
            ErrorKind::NotFound
            | ErrorKind::NotADirectory
            | ErrorKind::IsADirectory
            | ErrorKind::InvalidInput
            | ErrorKind::InvalidFilename => Ok(None),
            _ => Err(error),
        },
    }
}
