//! Whatever reads bytes from elsewhere, and what must hold of it whatever the bytes: no panic, no endless loop, and what is
//! accepted comes back as it was. One function a reader, `parse(&[u8])`; shared by `tests/parsers.rs`, which tries a bounded
//! number of damaged examples, and by libFuzzer, which looks for new ones (`./build.sh fuzz`). The outbox is among them: what
//! it is made to do is read as bytes.

#[path = "../golden/mod.rs"]
mod golden;
#[path = "outbox_actions.rs"]
mod outbox_actions;

use std::io::Write;
use std::sync::OnceLock;

use safetensors::tensor::{Dtype, SafeTensors, TensorView, serialize};
use triqueta::bundle::{Bundle, Channel, Files, Manifest, sha256_hex};
use triqueta::catalog::Blob;
use triqueta::engine::Engine;
use triqueta::error::RecommenderError;
use triqueta::event::{Batch, Event, EventId, LIMIT_EVENTS_PER_BATCH, VerdictKind};
use triqueta::history::{History, Visitor};
use triqueta::outbox::{Outcome, Reply, outcome};
use triqueta::rank::Request;
use triqueta_server::{LIMIT_BODY_BYTES, read_delivery};

use super::support;

/// A reader: its name, the test of one input, and inputs to begin with, among them what once broke it.
pub(crate) struct Parser {
    pub(crate) name: &'static str,
    /// Whether the input was accepted.
    pub(crate) parse: fn(&[u8]) -> bool,
    pub(crate) seeds: fn() -> Vec<Vec<u8>>,
}

pub(crate) const PARSERS: [Parser; 9] = [
    Parser {
        name: "channel",
        parse: channel,
        seeds: channel_seeds,
    },
    Parser {
        name: "manifest",
        parse: manifest,
        seeds: manifest_seeds,
    },
    Parser {
        name: "bundle_file",
        parse: bundle_file,
        seeds: bundle_file_seeds,
    },
    Parser {
        name: "event",
        parse: event,
        seeds: event_seeds,
    },
    Parser {
        name: "batch",
        parse: batch,
        seeds: batch_seeds,
    },
    Parser {
        name: "delivery",
        parse: delivery,
        seeds: delivery_seeds,
    },
    Parser {
        name: "history",
        parse: history,
        seeds: history_seeds,
    },
    Parser {
        name: "reply",
        parse: reply,
        seeds: reply_seeds,
    },
    Parser {
        name: "outbox_actions",
        parse: outbox_actions::run,
        seeds: outbox_actions::seeds,
    },
];

fn request() -> Request {
    Request {
        now_ms: support::NOW_MS,
        ..Request::default()
    }
}

type Whole = (String, Files, Manifest);

/// A small bundle with a model of every kind, in two shards; then those that older engines wrote.
fn bundles() -> &'static [Whole] {
    static BUNDLES: OnceLock<Vec<Whole>> = OnceLock::new();
    BUNDLES.get_or_init(|| {
        let mut draft = support::with_every_model(support::draft(5, 12), 5);
        draft.shard_rows = vec![8, 4];
        let older = golden::BUNDLES.map(golden::files);
        let all = [support::sealed(&draft, &[])].into_iter().chain(older);
        let whole = all.map(|(id, files)| {
            let json = files.get(&Manifest::path(&id)).unwrap();
            let manifest = Manifest::from_json(&id, json).unwrap();
            (id, files, manifest)
        });
        whole.collect()
    })
}

fn small() -> &'static Whole {
    &bundles()[0]
}

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::open(&small().0, small().1.clone()).unwrap())
}

fn ranks(engine: &Engine, visitor: &Visitor) {
    let slate = engine.recommend(visitor, &request()).unwrap();
    assert!(slate.items.iter().all(|item| item.propensity > 0.0));
}

fn channel(bytes: &[u8]) -> bool {
    let Ok(channel) = Channel::from_json(bytes) else {
        return false;
    };
    let _ = channel.accept(1, support::NOW_MS);
    for variant in channel.variants.keys() {
        let id = channel.bundle(variant).unwrap();
        assert!(!id.contains(['/', '.']), "{id}");
    }
    true
}

fn channel_seeds() -> Vec<Vec<u8>> {
    let id = "0123456789abcdef0123456789abcdef";
    let variants = format!(
        r#"{{"default":{{"bundle":"{id}","weight":1}},"b":{{"bundle":"{id}","weight":3}}}}"#
    );
    let json =
        format!(r#"{{"format":1,"sequence":7,"expires_ms":1900000000000,"variants":{variants}}}"#);
    vec![json.into_bytes()]
}

fn manifest(bytes: &[u8]) -> bool {
    let Ok(read) = Manifest::from_json(&Manifest::id(bytes), bytes) else {
        return false;
    };
    let again = read.to_json().unwrap();
    assert_eq!(
        Manifest::from_json(&Manifest::id(&again), &again).unwrap(),
        read
    );
    assert!(read.files.iter().all(|file| !file.path.contains("..")));
    true
}

fn manifest_seeds() -> Vec<Vec<u8>> {
    let (id, files, _) = small();
    vec![files.get(&Manifest::path(id)).unwrap().to_vec()]
}

/// Every file of every bundle, by its number in the manifest.
fn bundle_files() -> impl Iterator<Item = (&'static Whole, usize)> {
    let files = |bundle: &'static Whole| (0..bundle.2.files.len()).map(move |file| (bundle, file));
    bundles().iter().flat_map(files)
}

/// The first byte says which of these the rest is put in the place of, its hash made to fit.
fn bundle_file(bytes: &[u8]) -> bool {
    let [number, rest @ ..] = bytes else {
        return false;
    };
    let number = usize::from(*number) % bundle_files().count();
    let ((_, files, manifest), file) = bundle_files().nth(number).unwrap();
    let mut forged = manifest.clone();
    // Nothing here asks for it, and what is hashed again each time is better short.
    forged.self_test.clear();
    let cases = forged.self_test_digests.len();
    let entry = &mut forged.files[file];
    (entry.sha256, entry.bytes) = (sha256_hex(rest), rest.len() as u64);
    let mut files = files.clone();
    files.insert(entry.path.clone(), rest.to_vec());
    let json = forged.to_json().unwrap();
    let id = Manifest::id(&json);
    files.insert(Manifest::path(&id), json);
    let opened = Bundle::open(&id, elsewhere(&files));
    let code =
        |opened: &Result<Bundle, RecommenderError>| opened.as_ref().err().map(|error| error.code());
    assert_eq!(code(&Bundle::open(&id, files)), code(&opened));
    let Ok(engine) = opened.and_then(Engine::new) else {
        return false;
    };
    ranks(&engine, &Visitor::default());
    engine
        .bundle()
        .self_test()
        .is_ok_and(|read| read.len() == cases)
}

/// The same files, of which what is read is copied.
fn elsewhere(files: &Files) -> Files {
    let mut copied = Files::default();
    for (path, bytes) in files.iter() {
        let source = support::Elsewhere {
            bytes: bytes.to_vec(),
            ..Default::default()
        };
        copied.insert_trusted(path, Blob::new(source, bytes.len()));
    }
    copied
}

/// The same tensors, where any are numbers of values, these of two bytes: so they are where there are more values than so small a
/// bundle has.
fn with_wide_numbers(file: &[u8]) -> Option<Vec<u8>> {
    let tensors = SafeTensors::deserialize(file).ok()?;
    let is_numbers = |name: &str| tensors.tensor(&format!("{name}.values")).is_ok();
    let widened = |(name, tensor): (String, TensorView<'_>)| {
        let shape = tensor.shape().to_vec();
        if !is_numbers(&name) {
            return (name, tensor.dtype(), shape, tensor.data().to_vec());
        }
        let wide = tensor.data().iter().flat_map(|&number| [number, 0]);
        (name, Dtype::U16, shape, wide.collect())
    };
    let wide: Vec<_> = tensors.tensors().into_iter().map(widened).collect();
    let views = wide.iter().map(|(name, dtype, shape, data)| {
        let view = TensorView::new(*dtype, shape.clone(), data).unwrap();
        (name, view)
    });
    let any = tensors.names().into_iter().any(is_numbers);
    any.then(|| serialize(views, None).unwrap())
}

fn bundle_file_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (number, ((_, files, manifest), file)) in (0..).zip(bundle_files()) {
        let file = files.get(&manifest.files[file].path).unwrap();
        seeds.push([&[number], file].concat());
        seeds.extend(with_wide_numbers(file).map(|file| [&[number], &file[..]].concat()));
    }
    seeds
}

fn event(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(event) = Event::from_json(text) else {
        return false;
    };
    let again = serde_json::to_string(&event).unwrap();
    assert_eq!(Event::from_json(&again).unwrap(), event);
    let mut visitor = Visitor::default();
    engine().observe(&mut visitor, event.time_ms, &event.body);
    ranks(engine(), &visitor);
    true
}

const EVENTS: &str = include_str!("../golden/events-v1.jsonl");

fn event_seeds() -> Vec<Vec<u8>> {
    EVENTS
        .lines()
        .map(|line| line.as_bytes().to_vec())
        .collect()
}

fn batch(bytes: &[u8]) -> bool {
    let Ok(batch) = serde_json::from_slice::<Batch>(bytes) else {
        return false;
    };
    let again = serde_json::to_vec(&batch).unwrap();
    assert_eq!(serde_json::from_slice::<Batch>(&again).unwrap(), batch);
    true
}

fn batch_seeds() -> Vec<Vec<u8>> {
    let events: Vec<&str> = EVENTS.lines().collect();
    let device = "11111111-1111-4111-8111-111111111111";
    let json = format!(
        r#"{{"v":1,"device":"{device}","sent_at_ms":1795359600000,"dropped":3,"events":[{}]}}"#,
        events.join(",")
    );
    vec![json.into_bytes()]
}

/// The first byte says whether the rest is packed; then all that the server does before it stores.
fn delivery(bytes: &[u8]) -> bool {
    let [packed, body @ ..] = bytes else {
        return false;
    };
    let batch = match read_delivery(body, packed % 2 == 1) {
        Ok(batch) => batch,
        Err((status, code)) => {
            assert!(matches!(status, 400 | 413) && !code.is_empty(), "{status}");
            return false;
        }
    };
    assert!(batch.events.len() <= LIMIT_EVENTS_PER_BATCH);
    for judged in &batch.events {
        match judged {
            Ok(event) => {
                assert!(event.device == batch.device && event.consent.allows_upload());
                let again = serde_json::to_string(event).unwrap();
                assert!(again.len() <= LIMIT_BODY_BYTES);
                assert_eq!(&Event::from_json(&again).unwrap(), event);
            }
            Err(verdict) => {
                assert_eq!(verdict.verdict, VerdictKind::Rejected);
                assert!(verdict.code.as_ref().is_some_and(|code| !code.is_empty()));
                serde_json::to_string(verdict).unwrap();
            }
        }
    }
    batch.events.iter().any(Result::is_ok)
}

fn delivery_seeds() -> Vec<Vec<u8>> {
    let first = Event::from_json(EVENTS.lines().next().unwrap()).unwrap();
    let own: Vec<&str> = EVENTS
        .lines()
        .filter(|line| Event::from_json(line).is_ok_and(|event| event.device == first.device))
        .collect();
    let json = format!(
        r#"{{"v":1,"device":"{}","sent_at_ms":1795359600000,"dropped":3,"events":[{}]}}"#,
        first.device,
        own.join(",")
    );
    let mut packer = flate2::write::GzEncoder::new(vec![1], flate2::Compression::default());
    packer.write_all(json.as_bytes()).unwrap();
    vec![[&[0], json.as_bytes()].concat(), packer.finish().unwrap()]
}

fn history(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    let Ok(history) = History::restore(text) else {
        return false;
    };
    let again = History::restore(&history.snapshot()).unwrap();
    assert_eq!(again.digest().value(), history.digest().value());
    ranks(
        engine(),
        &Visitor {
            history,
            ..Visitor::default()
        },
    );
    true
}

fn history_seeds() -> Vec<Vec<u8>> {
    let mut random = triqueta::math::Random::new(3);
    let visitor = support::visitor(&mut random, engine(), 8);
    vec![visitor.history.snapshot().into_bytes()]
}

/// The first two bytes are the status.
fn reply(bytes: &[u8]) -> bool {
    let [high, low, body @ ..] = bytes else {
        return false;
    };
    let sent: Vec<EventId> = (0..3)
        .map(|number| EventId::new(1_000, &[number; 10]))
        .collect();
    let reply = Reply {
        status: u16::from_le_bytes([*high, *low]) % 600,
        body: String::from_utf8_lossy(body).into_owned(),
        retry_after_ms: None,
    };
    let Outcome::Acknowledged { delete } = outcome(&sent, &reply) else {
        return false;
    };
    // An id may be written in other ways than ours, in capitals for one.
    let answer: serde_json::Value = serde_json::from_str(&reply.body).unwrap_or_default();
    let verdicts = answer["verdicts"].as_array().cloned().unwrap_or_default();
    let ids = verdicts.into_iter().map(|mut verdict| verdict["id"].take());
    let known: Vec<EventId> = ids
        .filter_map(|id| serde_json::from_value(id).ok())
        .collect();
    let named = |id: &EventId| known.contains(id);
    assert!((200..300).contains(&reply.status));
    assert!(!delete.is_empty() && delete.iter().all(|id| sent.contains(id) && named(id)));
    true
}

fn reply_seeds() -> Vec<Vec<u8>> {
    let verdict = |number: u8| {
        let id = EventId::new(1_000, &[number; 10]);
        format!(r#"{{"id":"{id}","verdict":"stored"}}"#)
    };
    let body = format!(r#"{{"verdicts":[{}]}}"#, [0, 1, 2].map(verdict).join(","));
    let in_capitals = body.replace("03e8", "03E8");
    let answered = |body: String| [&200_u16.to_le_bytes()[..], body.as_bytes()].concat();
    vec![answered(body), answered(in_capitals)]
}
