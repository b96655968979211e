//! Which form of a file does a client want, and does it have it already?

use axum::http::{HeaderMap, header};

/// Whether the client takes gzip.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any_other = false;
    for accepted in headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
    {
        for coding in accepted.split(',') {
            let (name, parameters) = coding.split_once(';').unwrap_or((coding, ""));
            let is_refused = matches!(
                parameters.replace(' ', "").as_str(),
                "q=0" | "q=0." | "q=0.0" | "q=0.00" | "q=0.000"
            );
            match name.trim().to_ascii_lowercase().as_str() {
                "gzip" => return !is_refused,
                "*" => any_other = !is_refused,
                _ => {}
            }
        }
    }
    any_other
}

/// Whether the client says that it holds the representation with this tag.
pub(crate) fn holds(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|tags| {
            tags.split(',')
                .map(str::trim)
                .any(|held| held == "*" || held.strip_prefix("W/").unwrap_or(held) == tag)
        })
}
