//! Texts as a file of their own, read when they are shown.

use crate::catalog::Text;
use crate::error::BundleError;

pub(super) fn write(texts: &[Text], path: &str) -> Result<Vec<u8>, BundleError> {
    serde_json::to_vec(texts).map_err(|error| BundleError::Malformed {
        path: path.to_owned(),
        detail: error.to_string(),
    })
}

pub(super) fn read(path: &str, bytes: &[u8]) -> Result<Vec<Text>, BundleError> {
    serde_json::from_slice(bytes).map_err(|error| BundleError::Malformed {
        path: path.to_owned(),
        detail: error.to_string(),
    })
}
