//! From a channel's address to an open engine: what the server has now, or what an earlier visit kept.
//!
//! New files are downloaded, checked and tried (self-test) before one transaction puts them beside their manifest and
//! names them current; whatever fails leaves the stored bundle as it was.

use std::collections::BTreeSet;

use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::network::{self, Cached};
use super::state::key;
use super::storage::{Change, Storage};
use super::trust::{Trust, distrusted};
use super::{clock, hash};
use crate::bundle::{Channel, Files, Manifest};
use crate::engine::Engine;
use crate::error::{BundleError, RecommenderError};
use crate::experiment::assign;

const CHANNEL_LIMIT_MS: i64 = 10_000;
const FILE_LIMIT_MS: i64 = 60_000;

/// An open engine and where it came from.
pub(super) struct Opened {
    pub(super) engine: Engine,
    pub(super) variant: String,
    /// `network` or `stored`.
    pub(super) source: &'static str,
    /// Why the network's bundle was not taken.
    pub(super) problem: Option<(String, String)>,
}

/// What went wrong on the way: a stable code and a sentence.
pub(super) type Problem = (String, String);

fn problem(error: &RecommenderError) -> Problem {
    (error.code().to_owned(), error.to_string())
}

fn unreachable(detail: String) -> Problem {
    let advice =
        "the network or the server is away; the bundle of the last visit goes on, if there is one";
    (
        "BUNDLE_UNREACHABLE".to_owned(),
        format!("{detail}; {advice}"),
    )
}

/// A channel as it arrived: trusted, newer than all before it, and not expired.
struct Announced {
    channel: Channel,
    json: String,
    /// By whom it was signed, where that is asked for.
    signatures: Option<String>,
}

/// Opens the best bundle there is. `unit` decides the variant.
pub(super) async fn open(
    storage: &Storage,
    channel_url: &str,
    trust: &Trust,
    unit: &str,
) -> Result<Opened, Problem> {
    let stored = stored_channel(storage, trust).await;
    let seen = stored.as_ref().map_or(0, |channel| channel.sequence);
    let fresh = if network::is_online() {
        fetch_channel(channel_url, trust, seen).await
    } else {
        Err(unreachable("the browser is offline".into()))
    };
    let trouble = match fresh {
        Ok(announced) => match open_fresh(storage, channel_url, &announced, unit).await {
            Ok(opened) => return Ok(opened),
            Err(trouble) => trouble,
        },
        Err(trouble) => trouble,
    };
    let Some(channel) = stored else {
        return Err(trouble);
    };
    let (engine, variant) = open_stored(storage, &channel, unit)
        .await
        .map_err(|_| trouble.clone())?;
    let expected = trouble.0 == "BUNDLE_UNREACHABLE";
    Ok(Opened {
        engine,
        variant,
        source: "stored",
        problem: (!expected).then_some(trouble),
    })
}

/// What an earlier visit kept. It was trusted then, by the keys of then: where keys are asked for it is asked again, so that
/// neither a channel of before there were any nor its sequence counts.
async fn stored_channel(storage: &Storage, trust: &Trust) -> Option<Channel> {
    let json = storage.text(key::CHANNEL).await?;
    let signatures = storage.text(key::SIGNATURES).await.unwrap_or_default();
    trust.confirm(json.as_bytes(), &signatures).await.ok()?;
    Channel::from_json(json.as_bytes()).ok()
}

/// Nothing of the channel is read before it is trusted.
async fn fetch_channel(url: &str, trust: &Trust, seen: u64) -> Result<Announced, Problem> {
    let bytes = network::get(url, Cached::Confirmed, CHANNEL_LIMIT_MS)
        .await
        .map_err(unreachable)?
        .to_vec();
    let mut signatures = None;
    if trust.is_asked_for() {
        let file = network::get(&signature_url(url), Cached::Confirmed, CHANNEL_LIMIT_MS)
            .await
            .map_err(|detail| distrusted(&format!("there is no signature ({detail})")))?;
        let text = String::from_utf8_lossy(&file.to_vec()).into_owned();
        trust.confirm(&bytes, &text).await?;
        signatures = Some(text);
    }
    let channel = Channel::from_json(&bytes).map_err(|error| problem(&error.into()))?;
    channel
        .accept(seen, clock::now_ms())
        .map_err(|error| problem(&error.into()))?;
    Ok(Announced {
        channel,
        json: String::from_utf8_lossy(&bytes).into_owned(),
        signatures,
    })
}

/// Where a channel's signatures are: beside it.
fn signature_url(channel_url: &str) -> String {
    let end = channel_url.find(['?', '#']).unwrap_or(channel_url.len());
    let (path, rest) = channel_url.split_at(end);
    format!("{path}.sig{rest}")
}

fn variant_of(channel: &Channel, unit: &str) -> String {
    let variants = channel
        .variants
        .iter()
        .map(|(name, variant)| (name.as_str(), variant.weight));
    assign("channel", unit, variants)
        .unwrap_or("default")
        .to_owned()
}

async fn open_fresh(
    storage: &Storage,
    channel_url: &str,
    announced: &Announced,
    unit: &str,
) -> Result<Opened, Problem> {
    let variant = variant_of(&announced.channel, unit);
    let id = announced
        .channel
        .bundle(&variant)
        .map_err(|error| problem(&error.into()))?;
    let base = channel_url.rsplit_once('/').map_or("", |(base, _)| base);
    let (files, fresh) = gather(storage, base, id).await?;
    let paths: BTreeSet<String> = files.iter().map(|(path, _)| path.to_owned()).collect();
    let engine = Engine::open(id, files)
        .map_err(|error| problem(&error))?
        .with_variant(&variant);
    let mut changes: Vec<Change> = fresh
        .into_iter()
        .map(|(key, bytes)| Change::Put {
            table: "files",
            key,
            value: bytes.into(),
        })
        .collect();
    changes.push(Change::state(key::CHANNEL, &announced.json));
    changes.push(match &announced.signatures {
        Some(signatures) => Change::state(key::SIGNATURES, signatures),
        None => Change::forget(key::SIGNATURES),
    });
    let kept = storage.keys("files", "").await.unwrap_or_default();
    let orphans = kept.into_iter().filter(|path| !paths.contains(path));
    changes.extend(orphans.map(|key| Change::Delete {
        table: "files",
        key,
    }));
    // A full disk costs the offline copy, not the page.
    let problem = storage.write(changes).await.err().map(|thrown| {
        let detail = super::convert::message(&thrown);
        (
            "STORAGE_FULL".to_owned(),
            format!("the bundle could not be kept for offline use: {detail}; free some space"),
        )
    });
    Ok(Opened {
        engine,
        variant,
        source: "network",
        problem,
    })
}

/// A file from the network: its path and bytes.
type Fetched = (String, Uint8Array);

/// A bundle's files, from storage where they are there already; also what came from the network.
///
/// What does not fit its hash is asked for once more, past every copy on the way: a damaged answer is cached for as long
/// as a whole one would be.
async fn gather(storage: &Storage, base: &str, id: &str) -> Result<(Files, Vec<Fetched>), Problem> {
    let mut files = Files::default();
    let mut fresh = Vec::new();
    let path = Manifest::path(id);
    let mut bytes = take(storage, base, &path, &mut fresh).await?.to_vec();
    if Manifest::from_json(id, &bytes).is_err() {
        let again = download(base, &path, Cached::Ignored, &mut fresh).await?;
        bytes = again.to_vec();
    }
    let manifest = Manifest::from_json(id, &bytes).map_err(|error| problem(&error.into()))?;
    files.insert(path, bytes);
    for entry in &manifest.files {
        let bytes = take(storage, base, &entry.path, &mut fresh).await?;
        hash::hold(&mut files, &entry.path, &bytes).await;
        if files.verified(entry).is_err() {
            let bytes = download(base, &entry.path, Cached::Ignored, &mut fresh).await?;
            hash::hold(&mut files, &entry.path, &bytes).await;
        }
        files
            .verified(entry)
            .map_err(|error| problem(&error.into()))?;
    }
    Ok((files, fresh))
}

async fn take(
    storage: &Storage,
    base: &str,
    path: &str,
    fresh: &mut Vec<Fetched>,
) -> Result<Uint8Array, Problem> {
    match stored_file(storage, path).await {
        Some(bytes) => Ok(bytes),
        None => download(base, path, Cached::Trusted, fresh).await,
    }
}

async fn download(
    base: &str,
    path: &str,
    cached: Cached,
    fresh: &mut Vec<Fetched>,
) -> Result<Uint8Array, Problem> {
    let bytes = network::get(&format!("{base}/{path}"), cached, FILE_LIMIT_MS)
        .await
        .map_err(unreachable)?;
    fresh.push((path.to_owned(), bytes.clone()));
    Ok(bytes)
}

async fn stored_file(storage: &Storage, path: &str) -> Option<Uint8Array> {
    let value: JsValue = storage.get("files", path).await.ok()?;
    value.is_object().then(|| Uint8Array::new(&value))
}

/// Opens what an earlier visit stored: the unit's variant, or whichever of the channel's bundles is whole.
async fn open_stored(
    storage: &Storage,
    channel: &Channel,
    unit: &str,
) -> Result<(Engine, String), RecommenderError> {
    let own = variant_of(channel, unit);
    let first = open_stored_variant(storage, channel, &own).await;
    if first.is_ok() {
        return first;
    }
    for variant in channel.variants.keys().filter(|variant| **variant != own) {
        if let Ok(opened) = open_stored_variant(storage, channel, variant).await {
            return Ok(opened);
        }
    }
    first
}

async fn open_stored_variant(
    storage: &Storage,
    channel: &Channel,
    variant: &str,
) -> Result<(Engine, String), RecommenderError> {
    let id = channel.bundle(variant)?;
    let mut files = Files::default();
    let missing = |path: &str| BundleError::Missing {
        path: path.to_owned(),
    };
    let path = Manifest::path(id);
    let bytes = stored_file(storage, &path)
        .await
        .ok_or_else(|| missing(&path))?
        .to_vec();
    let manifest = Manifest::from_json(id, &bytes)?;
    files.insert(path, bytes);
    for entry in &manifest.files {
        let bytes = stored_file(storage, &entry.path)
            .await
            .ok_or_else(|| missing(&entry.path))?;
        hash::hold(&mut files, &entry.path, &bytes).await;
    }
    let engine = Engine::open(id, files)?.with_variant(variant);
    Ok((engine, variant.to_owned()))
}
