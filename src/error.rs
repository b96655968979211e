//! What can go wrong, in one tree.
//!
//! Every variant carries a stable `code` (for scripts, logs and the npm package) and a sentence that says
//! what happened, the likely cause and what to do. Codes never change meaning; new causes get new codes.

use thiserror::Error;

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, RecommenderError>;

/// Any error of the recommender.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RecommenderError {
    /// An interaction event breaks the wire contract.
    #[error(transparent)]
    Event(#[from] EventError),
    /// An activity or a catalogue column is impossible.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// A bundle, or one of its files, cannot be used.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// A stored history cannot be restored.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The request itself is wrong.
    #[error(transparent)]
    Request(#[from] RequestError),
}

impl RecommenderError {
    /// The stable code of this error, upper snake case.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Event(error) => error.code(),
            Self::Catalog(error) => error.code(),
            Self::Bundle(error) => error.code(),
            Self::History(error) => error.code(),
            Self::Request(error) => error.code(),
        }
    }
}

/// An interaction event breaks the wire contract.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum EventError {
    /// The JSON does not have the shape of an event.
    #[error(
        "the event is not valid JSON of wire version 1: {detail}; send the fields the event schema names and no others"
    )]
    Malformed {
        /// What the parser met.
        detail: String,
    },
    /// The wire version is newer than this code.
    #[error(
        "the event has wire version {found} and this build reads up to {supported}; update the receiving side first"
    )]
    Version {
        /// The version the event states.
        found: u32,
        /// The newest version this build reads.
        supported: u32,
    },
    /// A field is outside its range.
    #[error("the event field `{field}` is {found}, which is outside {allowed}; correct the sender")]
    OutOfRange {
        /// The field's name.
        field: &'static str,
        /// The value found, shortened.
        found: String,
        /// The allowed range in words.
        allowed: &'static str,
    },
}

impl EventError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "EVENT_MALFORMED",
            Self::Version { .. } => "EVENT_VERSION",
            Self::OutOfRange { .. } => "EVENT_OUT_OF_RANGE",
        }
    }
}

/// An activity or a catalogue column is impossible.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum CatalogError {
    /// A field of an activity is outside its range.
    #[error(
        "activity `{activity}`: field `{field}` is {found}, which is outside {allowed}; correct the source or drop the row"
    )]
    OutOfRange {
        /// The activity's id.
        activity: String,
        /// The field's name.
        field: &'static str,
        /// The value found.
        found: String,
        /// The allowed range in words.
        allowed: &'static str,
    },
    /// The same id occurs twice.
    #[error("activity id `{activity}` occurs twice; ids must be unique, keep the newest row")]
    DuplicateId {
        /// The repeated id.
        activity: String,
    },
    /// A vocabulary would need more codes than a column can hold.
    #[error(
        "the vocabulary `{vocabulary}` has {terms} terms and a column holds {limit}; merge rare terms before training"
    )]
    VocabularyTooLarge {
        /// The vocabulary's name.
        vocabulary: &'static str,
        /// How many terms there are.
        terms: usize,
        /// How many fit.
        limit: usize,
    },
    /// Columns of one shard differ in length or point outside.
    #[error(
        "the catalogue column `{column}` is inconsistent: {detail}; the file is damaged or was written by another version, publish again"
    )]
    Inconsistent {
        /// The column's name.
        column: String,
        /// What does not fit.
        detail: String,
    },
}

impl CatalogError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "CATALOG_OUT_OF_RANGE",
            Self::DuplicateId { .. } => "CATALOG_DUPLICATE_ID",
            Self::VocabularyTooLarge { .. } => "CATALOG_VOCABULARY_TOO_LARGE",
            Self::Inconsistent { .. } => "CATALOG_INCONSISTENT",
        }
    }
}

/// A bundle, or one of its files, cannot be used. The last good bundle stays in place.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum BundleError {
    /// A file the manifest or channel names is not there.
    #[error(
        "the bundle file `{path}` is missing; the upload was incomplete, publish or copy it again"
    )]
    Missing {
        /// The file's path.
        path: String,
    },
    /// A file has another length than the manifest says.
    #[error(
        "`{path}` has {found} bytes and the manifest says {expected}; the download was cut or the file was replaced, fetch it again"
    )]
    Length {
        /// The file's path.
        path: String,
        /// Bytes stated.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// A file's SHA-256 differs.
    #[error(
        "`{path}` does not have the SHA-256 the manifest states; it is damaged or was tampered with, fetch it again from the publisher"
    )]
    Hash {
        /// The file's path.
        path: String,
    },
    /// A file cannot be parsed.
    #[error("`{path}` cannot be read: {detail}; it is damaged or of another format, publish again")]
    Malformed {
        /// The file's path.
        path: String,
        /// What does not fit.
        detail: String,
    },
    /// Written by a newer format than this engine reads.
    #[error("the {what} has format {found} and this engine reads {supported}; update the engine")]
    Format {
        /// `channel` or `manifest`.
        what: &'static str,
        /// The version found.
        found: u32,
        /// The version this engine reads.
        supported: u32,
    },
    /// The bundle asks for a newer engine.
    #[error("the bundle needs engine {needed} and this is {engine}; update the engine")]
    EngineTooOld {
        /// Minimum engine version of the manifest.
        needed: u32,
        /// This engine's version.
        engine: u32,
    },
    /// The feature schema of the model is not the schema of its weights.
    #[error(
        "the schema hash is {found} and the manifest says {expected}; files of two trainings were mixed, publish again"
    )]
    Schema {
        /// Hash the manifest states.
        expected: String,
        /// Hash found.
        found: String,
    },
    /// The engine does not reproduce the self-test the trainer wrote.
    #[error(
        "self-test case {case} gives another result than the trainer's; this engine and the bundle do not agree, keep the last good bundle and report it"
    )]
    SelfTest {
        /// Which case failed, from 0.
        case: usize,
    },
    /// The channel is older than one already accepted.
    #[error(
        "the channel has sequence {found} and {seen} was already accepted; an old copy is being served, publish a new channel to roll back on purpose"
    )]
    Rollback {
        /// Sequence found.
        found: u64,
        /// Highest sequence accepted before.
        seen: u64,
    },
    /// The channel has expired.
    #[error(
        "the channel expired at {expires_ms} (Unix ms) and it is {now_ms}; the publisher stopped renewing it or this clock is wrong"
    )]
    Expired {
        /// When it expired.
        expires_ms: i64,
        /// The time given.
        now_ms: i64,
    },
    /// The channel has no such variant.
    #[error("the channel has no variant `{variant}`; ask for one of those it lists")]
    UnknownVariant {
        /// The variant asked for.
        variant: String,
    },
}

impl BundleError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "BUNDLE_MISSING",
            Self::Length { .. } => "BUNDLE_LENGTH",
            Self::Hash { .. } => "BUNDLE_HASH",
            Self::Malformed { .. } => "BUNDLE_MALFORMED",
            Self::Format { .. } => "BUNDLE_FORMAT",
            Self::EngineTooOld { .. } => "BUNDLE_ENGINE_TOO_OLD",
            Self::Schema { .. } => "BUNDLE_SCHEMA",
            Self::SelfTest { .. } => "BUNDLE_SELF_TEST",
            Self::Rollback { .. } => "BUNDLE_ROLLBACK",
            Self::Expired { .. } => "BUNDLE_EXPIRED",
            Self::UnknownVariant { .. } => "BUNDLE_UNKNOWN_VARIANT",
        }
    }
}

/// A stored history cannot be restored.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum HistoryError {
    /// The snapshot is not what this code wrote.
    #[error(
        "the stored history cannot be read: {detail}; it starts empty, the damaged copy can be exported for support"
    )]
    Malformed {
        /// What does not fit.
        detail: String,
    },
    /// The snapshot is of a newer version.
    #[error(
        "the stored history has version {found} and this engine reads {supported}; update the engine"
    )]
    Version {
        /// The version found.
        found: u32,
        /// The version this engine reads.
        supported: u32,
    },
}

impl HistoryError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "HISTORY_MALFORMED",
            Self::Version { .. } => "HISTORY_VERSION",
        }
    }
}

/// The request itself is wrong.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum RequestError {
    /// A parameter is outside its range.
    #[error("the request parameter `{parameter}` is {found}, which is outside {allowed}")]
    OutOfRange {
        /// The parameter's name.
        parameter: &'static str,
        /// The value found.
        found: String,
        /// The allowed range in words.
        allowed: &'static str,
    },
    /// The request is not of the right shape.
    #[error("the request cannot be read: {detail}; see the types of the package")]
    Malformed {
        /// What does not fit.
        detail: String,
    },
    /// The catalogue has no such activity.
    #[error(
        "the catalogue has no activity `{activity}`; it was removed or the bundle is older than the link"
    )]
    UnknownActivity {
        /// The id asked for.
        activity: String,
    },
}

impl RequestError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OutOfRange { .. } => "REQUEST_OUT_OF_RANGE",
            Self::Malformed { .. } => "REQUEST_MALFORMED",
            Self::UnknownActivity { .. } => "REQUEST_UNKNOWN_ACTIVITY",
        }
    }
}

/// A foreign text in quotes, all but plain characters escaped: what is not seen may be what is wrong with it. How the standard
/// library shows a text for debugging brings tables of all characters, which a visitor would download.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_default())
}
