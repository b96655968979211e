//! From a channel's address to an open engine: what the server has now, or what an earlier visit kept.
//!
//! New files are downloaded, checked and tried (self-test) before one transaction puts them beside their manifest and
//! names them current; whatever fails leaves the stored bundle as it was.

use std::pin::{Pin, pin};
use std::rc::Rc;

use futures_util::future::{Either, select};
use js_sys::Uint8Array;
use wasm_bindgen::JsValue;

use super::clock;
use super::gather::{self, Built};
use super::network::{self, Cached};
use super::state::key;
use super::storage::{Change, Storage};
use super::trust::{Trust, distrusted};
use crate::bundle::Channel;
use crate::engine::Engine;
use crate::error::RecommenderError;
use crate::experiment::assign;

const CHANNEL_LIMIT_MS: i64 = 10_000;
/// How long a first list waits for the network where an earlier visit left a bundle. Short: an old list where a newer was about
/// to come. Long: an empty page on a bad network.
const PATIENCE_MS: i64 = 3_000;

/// An open engine and where it came from.
pub(super) struct Opened {
    pub(super) engine: Rc<Engine>,
    pub(super) variant: String,
    /// `network` or `stored`.
    pub(super) source: &'static str,
    /// Why the network's bundle was not taken.
    pub(super) problem: Option<(String, String)>,
}

/// An opening under way.
pub(super) type Opening = Pin<Box<dyn Future<Output = Result<Opened, Problem>>>>;

/// What went wrong on the way: a stable code and a sentence.
pub(super) type Problem = (String, String);

pub(super) fn problem(error: &RecommenderError) -> Problem {
    (error.code().to_owned(), error.to_string())
}

/// The code of what the network does not give.
pub(super) const UNREACHABLE: &str = "BUNDLE_UNREACHABLE";

pub(super) fn unreachable(detail: String) -> Problem {
    let advice =
        "the network or the server is away; the bundle of the last visit goes on, if there is one";
    (UNREACHABLE.to_owned(), format!("{detail}; {advice}"))
}

/// A trusted channel with the bytes it was read from.
struct Announced {
    channel: Channel,
    json: String,
    /// By whom it was signed, where that is asked for.
    signatures: Option<String>,
}

impl Announced {
    fn is_same_as(&self, other: &Self) -> bool {
        self.json == other.json && self.signatures == other.signatures
    }
}

/// Opens the best bundle there is now: where the network is slow, what an earlier visit kept, while the opening goes on.
pub(super) async fn open_soon(
    storage: &Rc<Storage>,
    channel_url: &str,
    trust: &Rc<Trust>,
    unit: &str,
) -> Result<(Opened, Option<Opening>), Problem> {
    let whole: Opening = {
        let (storage, trust) = (Rc::clone(storage), Rc::clone(trust));
        let (channel_url, unit) = (channel_url.to_owned(), unit.to_owned());
        Box::pin(async move { open(&storage, &channel_url, &trust, &unit, None).await })
    };
    let patience = pin!(clock::limit(PATIENCE_MS));
    let whole = match select(whole, patience).await {
        Either::Left((opened, _)) => return opened.map(|opened| (opened, None)),
        Either::Right(((), whole)) => whole,
    };
    let stored = match stored_channel(storage, trust).await {
        Some(stored) => open_stored(storage, &stored.channel, unit, None).await.ok(),
        None => None,
    };
    match stored {
        Some((engine, variant)) => {
            let opened = Opened {
                engine,
                variant,
                source: "stored",
                problem: None,
            };
            Ok((opened, Some(whole)))
        }
        None => whole.await.map(|opened| (opened, None)),
    }
}

/// Opens the best bundle there is; `current` goes on where it is that. `unit` decides the variant.
pub(super) async fn open(
    storage: &Storage,
    channel_url: &str,
    trust: &Trust,
    unit: &str,
    current: Option<Rc<Engine>>,
) -> Result<Opened, Problem> {
    let stored = stored_channel(storage, trust).await;
    let seen = stored.as_ref().map_or(0, |stored| stored.channel.sequence);
    let fresh = if network::is_online() {
        fetch_channel(channel_url, trust, seen).await
    } else {
        Err(unreachable("the browser is offline".into()))
    };
    let trouble = match fresh {
        Ok(announced) => {
            let base = channel_url.rsplit_once('/').map_or("", |(base, _)| base);
            let fresh = Fresh {
                announced: &announced,
                stored: stored.as_ref(),
                base,
            };
            match open_fresh(storage, &fresh, unit, current.as_ref()).await {
                Ok(opened) => return Ok(opened),
                Err(trouble) => trouble,
            }
        }
        Err(trouble) => trouble,
    };
    let Some(stored) = stored else {
        return Err(trouble);
    };
    let (engine, variant) = open_stored(storage, &stored.channel, unit, current.as_ref())
        .await
        .map_err(|_| trouble.clone())?;
    let expected = trouble.0 == UNREACHABLE;
    Ok(Opened {
        engine,
        variant,
        source: "stored",
        problem: (!expected).then_some(trouble),
    })
}

/// What an earlier visit kept. It was trusted then, by the keys of then: where keys are asked for it is asked again, so that
/// neither a channel of before there were any nor its sequence counts.
async fn stored_channel(storage: &Storage, trust: &Trust) -> Option<Announced> {
    let kept = storage.read(&[key::CHANNEL, key::SIGNATURES]).await.ok()?;
    let mut kept = kept.iter().map(|value| value.as_string());
    let (json, signatures) = (kept.next()??, kept.next().flatten());
    let signed = signatures.as_deref().unwrap_or_default();
    trust.confirm(json.as_bytes(), signed).await.ok()?;
    Some(Announced {
        channel: Channel::from_json(json.as_bytes()).ok()?,
        json,
        signatures,
    })
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

/// What the network has to say.
struct Fresh<'a> {
    announced: &'a Announced,
    stored: Option<&'a Announced>,
    /// The folder of the channel.
    base: &'a str,
}

async fn open_fresh(
    storage: &Storage,
    Fresh {
        announced,
        stored,
        base,
    }: &Fresh<'_>,
    unit: &str,
    current: Option<&Rc<Engine>>,
) -> Result<Opened, Problem> {
    let variant = variant_of(&announced.channel, unit);
    let id = bundle_of(&announced.channel, &variant)?;
    let opened = |engine, problem| Opened {
        engine,
        variant: variant.clone(),
        source: "network",
        problem,
    };
    let is_known = stored.is_some_and(|stored| stored.is_same_as(announced));
    if let Some(engine) = same(current, id, &variant)
        && gather::is_marked(storage, id).await
    {
        let problem = if is_known {
            None
        } else {
            keep(storage, announced, vec![]).await
        };
        return Ok(opened(engine, problem));
    }
    let built = gather::open(storage, Some(base), id).await?;
    // A full disk costs the offline copy, not the page.
    let problem = if built.is_kept && is_known {
        None
    } else {
        match changes(storage, id, &built).await {
            Some(changes) => keep(storage, announced, changes).await,
            None => None,
        }
    };
    let engine = built.engine.with_variant(&variant);
    Ok(opened(Rc::new(engine), problem))
}

/// What keeps a bundle: its new files beside those that are there, the mark, and nothing that it does not need. Nothing at all where
/// another page deleted meanwhile what it needs: the next visit fetches it.
async fn changes(storage: &Storage, id: &str, built: &Built) -> Option<Vec<Change>> {
    let kept = storage.keys("files", "").await.unwrap_or_default();
    let is_fresh = |path: &String| built.fresh.iter().any(|(fresh, _)| fresh == path);
    let is_there = |path: &String| kept.contains(path) || is_fresh(path);
    if !built.paths.iter().all(is_there) {
        return None;
    }
    let put = |(key, bytes): &(String, Uint8Array)| Change::Put {
        table: "files",
        key: key.clone(),
        value: bytes.into(),
    };
    let orphans = kept.iter().filter(|path| !built.paths.contains(path));
    let delete = |key: &String| Change::Delete {
        table: "files",
        key: key.clone(),
    };
    let mark = Change::state(key::VERIFIED, gather::mark(id));
    let files = built.fresh.iter().map(put).chain(orphans.map(delete));
    Some(files.chain([mark]).collect())
}

/// Makes these changes and keeps the channel, in one transaction, unless another page has taken a later channel since. Says why
/// where it could not.
async fn keep(
    storage: &Storage,
    announced: &Announced,
    mut changes: Vec<Change>,
) -> Option<Problem> {
    changes.push(Change::state(key::CHANNEL, &announced.json));
    changes.push(match &announced.signatures {
        Some(signatures) => Change::state(key::SIGNATURES, signatures),
        None => Change::forget(key::SIGNATURES),
    });
    let mut decide = |values: Vec<JsValue>| {
        let json = values.first().and_then(JsValue::as_string);
        let channel = json.and_then(|json| Channel::from_json(json.as_bytes()).ok());
        match channel {
            Some(later) if later.sequence > announced.channel.sequence => vec![],
            _ => changes.clone(),
        }
    };
    let kept = storage.update(&[key::CHANNEL], &mut decide).await;
    let thrown = kept.err()?;
    let detail = super::convert::message(&thrown);
    Some((
        "STORAGE_FULL".to_owned(),
        format!("the bundle could not be kept for offline use: {detail}; free some space"),
    ))
}

fn bundle_of<'a>(channel: &'a Channel, variant: &str) -> Result<&'a str, Problem> {
    let id = channel.bundle(variant);
    id.map_err(|error| problem(&error.into()))
}

/// The engine that runs, where it is this one.
fn same(current: Option<&Rc<Engine>>, id: &str, variant: &str) -> Option<Rc<Engine>> {
    let current = current?;
    let is_same = current.bundle().id == id && current.variant() == variant;
    is_same.then(|| Rc::clone(current))
}

/// Opens what an earlier visit stored: the unit's variant, or whichever of the channel's bundles is whole.
async fn open_stored(
    storage: &Storage,
    channel: &Channel,
    unit: &str,
    current: Option<&Rc<Engine>>,
) -> Result<(Rc<Engine>, String), Problem> {
    let own = variant_of(channel, unit);
    let first = open_stored_variant(storage, channel, &own, current).await;
    if let Ok(engine) = first {
        return Ok((engine, own));
    }
    for variant in channel.variants.keys().filter(|variant| **variant != own) {
        if let Ok(engine) = open_stored_variant(storage, channel, variant, current).await {
            return Ok((engine, variant.clone()));
        }
    }
    first.map(|engine| (engine, own))
}

async fn open_stored_variant(
    storage: &Storage,
    channel: &Channel,
    variant: &str,
    current: Option<&Rc<Engine>>,
) -> Result<Rc<Engine>, Problem> {
    let id = bundle_of(channel, variant)?;
    if let Some(engine) = same(current, id, variant) {
        return Ok(engine);
    }
    let built = gather::open(storage, None, id).await?;
    Ok(Rc::new(built.engine.with_variant(variant)))
}
