//! Is everything damaged, mixed or replayed refused with a typed error, and everything whole accepted?
//!
//! `TRIQUETA_TIMES=100000 cargo test --release -p triqueta --test bundle flipped` flips every bit and cuts at every byte.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]
// The core reads no environment; how long its tests are to run, this one does.
#![allow(clippy::disallowed_methods)]

mod support;

use std::mem::take;
use std::sync::{Arc, Mutex};

use triqueta::bundle::{
    Bundle, Channel, ENGINE_VERSION, FileEntry, Files, Group, Manifest, sha256_hex,
};
use triqueta::catalog::{Blob, Catalog, Row};
use triqueta::engine::{Engine, seal};
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::model::Neighbours;
use triqueta::rank::{Filters, Request};

/// The bundle `id` of these files with another manifest, and what else is changed.
fn forged(
    files: &Files,
    id: &str,
    change: impl FnOnce(&mut Manifest, &mut Files),
) -> (String, Files) {
    let mut manifest = Manifest::from_json(id, files.get(&Manifest::path(id)).unwrap()).unwrap();
    let mut files = files.clone();
    change(&mut manifest, &mut files);
    let json = manifest.to_json().unwrap();
    let id = Manifest::id(&json);
    files.insert(Manifest::path(&id), json);
    (id, files)
}

/// Puts other bytes where the file of a role lies, and makes its entry fit.
fn replace(manifest: &mut Manifest, files: &mut Files, name: &str, bytes: Vec<u8>) {
    let entry = manifest.files.iter_mut().find(|file| file.name == name);
    let entry = entry.unwrap();
    (entry.sha256, entry.bytes) = (sha256_hex(&bytes), bytes.len() as u64);
    files.insert(entry.path.clone(), bytes);
}

fn small() -> (String, Files) {
    let mut draft = support::with_every_model(support::draft(5, 30), 5);
    draft.shard_rows = vec![20, 10];
    let request = Request {
        now_ms: support::NOW_MS,
        ..Request::default()
    };
    support::sealed(&draft, &[(Visitor::default(), request)])
}

#[test]
fn of_a_trusted_file_only_the_length_is_looked_at() {
    let (id, files) = small();
    let manifest = Manifest::from_json(&id, files.get(&Manifest::path(&id)).unwrap()).unwrap();
    let vectors = manifest.file("vectors-0").unwrap();
    let mut changed = files.get(&vectors.path).unwrap().to_vec();
    *changed.last_mut().unwrap() ^= 1;
    let mut trusted = files.clone();
    trusted.insert_trusted(&vectors.path, changed.clone());
    assert!(Bundle::open(&id, trusted.clone()).is_ok());
    trusted.insert_trusted(&vectors.path, changed[1..].to_vec());
    let refused = Bundle::open(&id, trusted).unwrap_err();
    assert_eq!(refused.code(), "BUNDLE_LENGTH");
    let mut untrusted = files;
    untrusted.insert(&vectors.path, changed);
    assert_eq!(
        Bundle::open(&id, untrusted).unwrap_err().code(),
        "BUNDLE_HASH"
    );
}

#[test]
fn what_was_written_is_what_is_read() {
    let draft = support::with_every_model(support::draft(3, 40), 3);
    let (id, files) = support::sealed(&draft, &[]);
    let bundle = Bundle::open(&id, files).unwrap();
    assert_eq!(bundle.models, draft.models);
    assert_eq!(bundle.boosted_trees, draft.boosted_trees);
    assert_eq!(bundle.activities, draft.activities);
    assert_eq!(bundle.counters, draft.counters);
    assert_eq!(bundle.texts, draft.texts);
    let (read, written) = (&bundle.catalog, &draft.catalog);
    // What is unknown is not a number, and equals nothing but in words.
    let shared = |catalog: &Catalog| format!("{:?}", catalog.clone().sharing().columns());
    assert_eq!(shared(read), shared(written));
    assert_eq!(
        (read.words(), read.city(), read.removed()),
        (written.words(), written.city(), written.removed())
    );
    let (again, _) = support::sealed(&draft, &[]);
    assert_eq!(again, id, "the same draft gives the same bytes");
}

/// Neither what rows share nor what each is worth may depend on which publication they came with.
#[test]
fn lists_are_the_same_however_rows_are_spread_over_shards() {
    let mut draft = support::with_every_model(support::draft(7, 150), 7);
    let mut random = Random::new(9);
    let cases: Vec<_> = {
        let engine = support::engine_of(&draft);
        (0..60)
            .map(|_| {
                let visitor = support::visitor(&mut random, &engine, 30);
                (visitor, support::request(&mut random))
            })
            .collect()
    };
    let mut ranked = |shards: &[u32]| -> Vec<String> {
        draft.shard_rows = shards.to_vec();
        let engine = support::engine_of(&draft);
        let slate = |(visitor, request): &(Visitor, Request)| engine.recommend(visitor, request);
        cases
            .iter()
            .map(|case| slate(case).unwrap().digest())
            .collect()
    };
    let together = ranked(&[150]);
    for shards in [&[100, 50][..], &[0, 1, 149], &[50; 3]] {
        assert_eq!(ranked(shards), together, "{shards:?}");
    }
}

#[test]
fn texts_that_lie_elsewhere_are_read_when_they_are_asked_for() {
    let mut draft = support::draft(3, 40);
    draft.shard_rows = vec![30, 10];
    let (id, files) = support::sealed(&draft, &[]);
    let manifest = Manifest::from_json(&id, files.get(&Manifest::path(&id)).unwrap()).unwrap();
    let lengths = Arc::new(Mutex::new(vec![]));
    let mut elsewhere = Files::default();
    for (path, bytes) in files.iter() {
        let mut listed = manifest.files.iter();
        let is_text = listed.any(|file| file.path == path && file.group == Group::Texts);
        let source = support::Elsewhere {
            bytes: bytes.to_vec(),
            lengths: if is_text {
                Arc::clone(&lengths)
            } else {
                Arc::default()
            },
        };
        elsewhere.insert_hashed(path, Blob::new(source, bytes.len()), sha256_hex(bytes));
    }
    let engine = Engine::new(Bundle::open(&id, elsewhere).unwrap()).unwrap();
    let read = || take(&mut *lengths.lock().unwrap());
    let opening: usize = read().iter().sum();
    let texts = manifest
        .files
        .iter()
        .filter(|file| file.group == Group::Texts);
    let bytes: u64 = texts.map(|file| file.bytes).sum();
    let fields = (0..40).flat_map(|row| (0..6).map(move |field| (field, Row(row))));
    let written: usize = fields
        .map(|(field, row)| draft.texts.part(field, row).len())
        .sum();
    assert!(
        written > 0 && opening + written <= bytes as usize,
        "{opening}"
    );

    let texts = &engine.bundle().texts;
    let title = texts.title(Row(33));
    assert_eq!(title, draft.texts.title(Row(33)));
    assert_eq!(read().last(), Some(&title.len()));
    let next = texts.title(Row(34));
    assert_eq!(read(), [next.len()], "where titles end is read once");
    let expected = Engine::open(&id, files).unwrap();
    assert_eq!(*texts, expected.bundle().texts);
    read();

    let filters = Filters {
        query: "numero 7".into(),
        ..Filters::default()
    };
    let request = Request {
        now_ms: support::NOW_MS,
        filters,
        ..Request::default()
    };
    let visitor = Visitor::default();
    let found = engine.recommend(&visitor, &request).unwrap();
    assert_eq!(read().len(), 2, "all titles of each shard at once");
    assert_eq!(found, expected.recommend(&visitor, &request).unwrap());
    assert!(found.items.len() > 1);
}

#[test]
fn every_flipped_bit_of_a_sample_and_every_cut_is_refused() {
    let (id, files) = small();
    let times = std::env::var("TRIQUETA_TIMES").map_or(1, |times| times.parse().unwrap());
    let mut random = Random::new(1);
    let (mut bits, mut lengths) = (0, 0);
    for (path, bytes) in files.iter() {
        // So many of all bits, or all of them.
        let every = 8 * bytes.len();
        let flips: Vec<usize> = if 60 * times < every {
            (0..60 * times).map(|_| random.below(every)).collect()
        } else {
            (0..every).collect()
        };
        bits += flips.len();
        for bit in flips {
            let mut damaged = bytes.to_vec();
            damaged[bit / 8] ^= 1 << (bit % 8);
            refuse(&id, &files, path, damaged, "bit");
        }
        let cuts = [0, 1, bytes.len() / 2, bytes.len() - 1];
        let cuts = if 4 * times < bytes.len() {
            cuts.to_vec()
        } else {
            (0..bytes.len()).collect()
        };
        lengths += cuts.len();
        for length in cuts {
            refuse(&id, &files, path, bytes[..length].to_vec(), "cut");
        }
        let longer = [bytes, b"x"].concat();
        refuse(&id, &files, path, longer, "longer");
    }
    let bytes: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    println!("of {bytes} bytes: {bits} bits flipped, cut at {lengths} lengths");
}

fn refuse(id: &str, files: &Files, path: &str, damaged: Vec<u8>, what: &str) {
    let mut copy = files.clone();
    copy.insert(path, damaged);
    let error = Engine::open(id, copy)
        .map(|_| ())
        .expect_err(&format!("{what} in {path} was accepted"));
    assert!(
        ["BUNDLE_HASH", "BUNDLE_LENGTH"].contains(&error.code()),
        "{what} in {path}: {error}"
    );
}

#[test]
fn parts_of_the_same_bytes_are_one_file() {
    let mut draft = support::draft(3, 12);
    draft.shard_rows = vec![12, 0, 0];
    let (id, files) = support::sealed(&draft, &[]);
    let manifest = Manifest::from_json(&id, files.get(&Manifest::path(&id)).unwrap()).unwrap();
    let path = |name: &str| &manifest.file(name).unwrap().path;
    assert_eq!(path("texts-1"), path("texts-2"));
    assert_eq!(Bundle::open(&id, files).unwrap().catalog.len(), 12);
}

#[test]
fn a_missing_file_names_itself() {
    let (id, files) = small();
    for (path, _) in files.iter() {
        let mut without = Files::default();
        files
            .iter()
            .filter(|(other, _)| *other != path)
            .for_each(|(other, bytes)| without.insert(other, bytes.to_vec()));
        let error = Engine::open(&id, without).map(|_| ()).unwrap_err();
        assert_eq!(error.code(), "BUNDLE_MISSING");
        assert!(error.to_string().contains(path), "{error}");
    }
}

/// An attacker, or a bug, that makes consistent hashes still cannot make the engine use nonsense.
#[test]
fn consistent_nonsense_is_refused_too() {
    let (id, files) = small();
    let manifest = Manifest::from_json(&id, files.get(&Manifest::path(&id)).unwrap()).unwrap();
    let mut random = Random::new(2);
    let mut refused = 0;
    for entry in &manifest.files {
        for _ in 0..150 {
            let mut bytes = files.get(&entry.path).unwrap().to_vec();
            for _ in 0..=random.below(3) {
                let at = random.below(bytes.len());
                bytes[at] = random.next_u64() as u8;
            }
            let (forged, copy) = forged(&files, &id, |manifest, files| {
                replace(manifest, files, &entry.name, bytes);
            });
            match Engine::open(&forged, copy) {
                Err(_) => refused += 1,
                // A changed title or a price does not touch the ranking of the self-test; it must still not panic.
                Ok(engine) => {
                    let request = Request {
                        now_ms: support::NOW_MS,
                        ..Request::default()
                    };
                    let slate = engine.recommend(&Visitor::default(), &request).unwrap();
                    assert!(slate.items.iter().all(|item| item.propensity > 0.0));
                }
            }
        }
    }
    assert!(refused > 500, "{refused}");
}

/// A few bytes that many files name would become rows without end.
#[test]
fn a_shard_that_comes_again_is_refused_before_it_is_read_to_the_end() {
    let (id, files) = small();
    let (forged, copy) = forged(&files, &id, |manifest, _| {
        let first = manifest.file("columns-0").unwrap().clone();
        let second = manifest.files.iter_mut();
        let second = second.filter(|file| file.name == "columns-1");
        second.for_each(|file| {
            *file = FileEntry {
                name: take(&mut file.name),
                ..first.clone()
            };
        });
    });
    let error = Bundle::open(&forged, copy).map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "BUNDLE_MALFORMED");
    assert!(
        error.to_string().contains("more rows than the 30"),
        "{error}"
    );
}

#[test]
fn an_engine_that_ranks_otherwise_refuses_the_bundle() {
    let (id, files) = small();
    let (other, copy) = forged(&files, &id, |manifest, _| {
        manifest.self_test_digests[0] = "0000000000000000".into();
    });
    let (fewer, without) = forged(&files, &id, |manifest, _| {
        manifest.self_test_digests.clear();
    });
    let code = |id: &str, files: Files| Engine::open(id, files).map(|_| ()).unwrap_err().code();
    assert_eq!(code(&other, copy), "BUNDLE_SELF_TEST");
    assert_eq!(code(&fewer, without), "BUNDLE_MALFORMED");
}

#[test]
fn points_too_long_to_compare_are_refused() {
    let mut draft = support::draft(3, 12);
    let (id, files) = support::sealed(&draft, &[]);
    assert!(Engine::open(&id, files).is_ok());
    draft.activities.embeddings[7][2] = 1e30;
    let (manifest, files) = draft.write().unwrap();
    let sealed = seal(manifest, files, &[]);
    let opened = sealed.and_then(|(id, files)| Engine::open(&id, files));
    let error = opened.map(|_| ()).unwrap_err();
    assert_eq!(error.code(), "BUNDLE_MALFORMED");
    assert!(error.to_string().contains("row 7"), "{error}");
}

/// Opening reads no neighbours: what is wrong with them is found with the self-test, and harmless to who skips that.
#[test]
fn impossible_neighbours_are_refused_where_a_bundle_is_tested_and_left_out_where_it_was() {
    let written = |damage: &[(u32, f32)]| {
        let mut draft = support::with_every_model(support::draft(5, 30), 5);
        let list = |row: u32| [&[((row + 1) % 30, 0.5)], damage].concat();
        draft.models.item_neighbours = Some(Neighbours::new((0..30).map(list).collect()));
        let (manifest, mut files) = draft.write().unwrap();
        let json = manifest.to_json().unwrap();
        let id = Manifest::id(&json);
        files.insert(Manifest::path(&id), json);
        Bundle::open(&id, files).unwrap()
    };
    let sound = Engine::tested(written(&[])).unwrap();
    let mut random = Random::new(3);
    for damage in [(30, 0.25), (u32::MAX, 0.25), (3, f32::INFINITY)] {
        let refused = Engine::tested(written(&[damage])).map(|_| ()).unwrap_err();
        assert_eq!(refused.code(), "BUNDLE_MALFORMED");
        let damaged = Engine::new(written(&[damage])).unwrap();
        for _ in 0..20 {
            let visitor = support::visitor(&mut random, &sound, 40);
            let request = support::request(&mut random);
            let slate = |engine: &Engine| engine.recommend(&visitor, &request).unwrap().digest();
            assert_eq!(slate(&damaged), slate(&sound));
        }
    }
}

#[test]
fn unusual_manifests_are_refused_by_kind() {
    let (id, files) = small();
    let text = String::from_utf8(files.get(&Manifest::path(&id)).unwrap().to_vec()).unwrap();
    let code = |json: String| {
        Manifest::from_json(&Manifest::id(json.as_bytes()), json.as_bytes())
            .unwrap_err()
            .code()
    };
    assert_eq!(
        code(text.replacen("\"format\": 1", "\"format\": 2", 1)),
        "BUNDLE_FORMAT"
    );
    assert_eq!(
        code(text.replacen(&format!("\"engine\": {ENGINE_VERSION}"), "\"engine\": 9", 1)),
        "BUNDLE_ENGINE_TOO_OLD"
    );
    assert_eq!(
        code(text.replacen("objects/", "../../etc/", 1)),
        "BUNDLE_MALFORMED"
    );
    assert_eq!(
        code(text.replacen("\"bytes\": ", "\"bytes\": 10000000000", 1)),
        "BUNDLE_MALFORMED"
    );
    assert_eq!(code("[".repeat(100_000)), "BUNDLE_MALFORMED");
}

#[test]
fn channels_go_forward_only_and_expire() {
    let json = |sequence: u64| {
        format!(
            r#"{{"format":1,"sequence":{sequence},"expires_ms":2000,"later_field":true,
                "variants":{{"default":{{"bundle":"{}","weight":1}}}}}}"#,
            "a".repeat(32)
        )
    };
    let channel = Channel::from_json(json(7).as_bytes()).unwrap();
    assert!(channel.accept(7, 1_000).is_ok());
    assert_eq!(
        channel.accept(8, 1_000).unwrap_err().code(),
        "BUNDLE_ROLLBACK"
    );
    assert_eq!(
        channel.accept(7, 2_001).unwrap_err().code(),
        "BUNDLE_EXPIRED"
    );
    assert_eq!(
        channel.bundle("other").unwrap_err().code(),
        "BUNDLE_UNKNOWN_VARIANT"
    );
    for bad in [
        "",
        "{}",
        r#"{"format":1}"#,
        &json(7).replace("aaaa", "../a"),
        &json(7).replace("default", "other"),
    ] {
        assert_eq!(
            Channel::from_json(bad.as_bytes()).unwrap_err().code(),
            "BUNDLE_MALFORMED",
            "{bad}"
        );
    }
    assert_eq!(
        Channel::from_json(json(7).replace("\"format\":1", "\"format\":2").as_bytes())
            .unwrap_err()
            .code(),
        "BUNDLE_FORMAT"
    );
}
