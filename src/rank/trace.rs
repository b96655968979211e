//! A slate with all its inputs, as the visitor may export it: replayed on another machine it must come out the same.

use serde::{Deserialize, Serialize};

use super::request::Request;
use super::slate::Slate;
use crate::history::Profile;

/// The version of traces this code writes.
pub const TRACE_VERSION: u32 = 1;

/// Everything needed to compute a slate again, given its bundle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Trace {
    /// [`TRACE_VERSION`].
    pub version: u32,
    /// The visitor's profile.
    pub profile: Profile,
    /// The visitor's history, a snapshot.
    pub history: String,
    /// The request.
    pub request: Request,
    /// The slate it gave.
    pub slate: Slate,
}
