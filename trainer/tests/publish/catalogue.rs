//! New, changed and removed activities and fresh counts, without a training.

use std::collections::{BTreeMap, BTreeSet};

use triqueta::bundle::{Bundle, Manifest};
use triqueta::catalog::{Activity, Row, Status};
use triqueta::engine::Engine;
use triqueta::event::ActivityId;
use triqueta::feature::ActivityRow;
use triqueta_trainer::publish::{CatalogueChange, seal_draft, with_activities, with_counters};

use crate::made_up::*;
use crate::support::{self, DAY_MS, NOW_MS};

fn row(bundle: &Bundle, id: &str) -> Option<Row> {
    bundle.catalog.row(&ActivityId(id.into()))
}

fn bits(vector: &[f32]) -> Vec<u32> {
    vector.iter().map(|value| value.to_bits()).collect()
}

/// The names of the files whose content is new.
fn new_files(before: &Manifest, after: &Manifest) -> BTreeSet<String> {
    let by_name = |manifest: &Manifest| -> BTreeMap<String, String> {
        let files = manifest.files.iter();
        files
            .map(|file| (file.name.clone(), file.sha256.clone()))
            .collect()
    };
    let before = by_name(before);
    by_name(after)
        .into_iter()
        .filter(|(name, hash)| before.get(name) != Some(hash))
        .map(|(name, _)| name)
        .collect()
}

fn names<'a>(names: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[test]
fn a_new_activity_is_ranked_without_training_and_what_stayed_keeps_its_row_and_vector() {
    let (_folder, registry) = published();
    let before = current(&registry);
    let mut now = activities();
    now.push(fresh("new", "Nadie conocido"));
    let change = publish_catalogue(&registry, &now);
    let expected = CatalogueChange {
        added: 1,
        unchanged: ACTIVITIES as u32,
        ..CatalogueChange::default()
    };
    assert_eq!(change, expected);

    let engine = registry.engine("default").unwrap();
    let after = engine.bundle();
    for activity in activities() {
        let old = before.catalog.row(&activity.id).unwrap();
        assert_eq!(after.catalog.row(&activity.id), Some(old));
        let vector = |bundle: &Bundle| bits(&bundle.activities.embeddings[old.index()]);
        assert_eq!(vector(after), vector(&before), "{}", activity.id.as_str());
    }
    let new = row(after, "new").unwrap();
    assert_eq!(new.index(), ACTIVITIES);
    let embedded = before
        .models
        .two_tower
        .embed_activity(&ActivityRow::of_row(&after.catalog, new));
    assert_eq!(
        bits(&after.activities.embeddings[new.index()]),
        bits(&embedded)
    );
    assert!(embedded.iter().any(|value| *value != 0.0));
    assert!(offered(&engine).contains("new"));
    let card = engine.card(&ActivityId("new".into())).unwrap();
    assert_eq!(card.organiser.as_deref(), Some("Nadie conocido"));
}

#[test]
fn a_changed_activity_moves_to_the_tail_with_its_counts_and_a_removed_one_is_offered_no_more() {
    let (_folder, registry) = published();
    let before = current(&registry);
    let totals = &before.counters.positives_total;
    let popular = (0..ACTIVITIES)
        .max_by(|&a, &b| totals[a].total_cmp(&totals[b]))
        .unwrap();
    let mut now = activities();
    now[popular].price = Some(7_777.0);
    let moved = now[popular].id.clone();
    let gone = now.remove((popular + 1) % ACTIVITIES).id;
    let change = publish_catalogue(&registry, &now);
    let expected = CatalogueChange {
        added: 0,
        changed: 1,
        removed: 1,
        unchanged: ACTIVITIES as u32 - 2,
    };
    assert_eq!(change, expected);

    let engine = registry.engine("default").unwrap();
    let after = engine.bundle();
    let tail = after.catalog.row(&moved).unwrap();
    assert_eq!(tail.index(), ACTIVITIES, "it has a row of its own");
    assert!(after.catalog.removed()[popular], "its old row is marked");
    assert_eq!(after.catalog.price(tail), Some(7_777.0));
    let counts = &after.counters;
    assert!(totals[popular] > 0.0);
    assert_eq!(counts.positives_total[tail.index()], totals[popular]);
    assert_eq!(
        counts.positives[tail.index()],
        before.counters.positives[popular]
    );
    assert_eq!(after.catalog.row(&gone), None);
    let offered = offered(&engine);
    assert!(offered.contains(moved.as_str()) && !offered.contains(gone.as_str()));
    assert_eq!(offered.len(), ACTIVITIES - 1);

    let back = publish_catalogue(&registry, &activities());
    assert_eq!((back.added, back.changed), (1, 1));
    let after = current(&registry);
    let returned = after.catalog.row(&gone).unwrap().index();
    let old = before.catalog.row(&gone).unwrap().index();
    assert_eq!(
        after.counters.positives_total[returned], totals[old],
        "it is as popular as it was"
    );
}

#[test]
fn every_change_a_visitor_could_notice_counts_as_one() {
    let (id, files) = first();
    let bundle = Bundle::open(&id, files).unwrap();
    let changes: [(&str, fn(&mut Activity)); 13] = [
        ("title", |a| a.title.push('!')),
        ("description", |a| a.description.push('!')),
        ("type", |a| a.kind = Some("otra".into())),
        ("tags", |a| a.tags = vec!["otra".into()]),
        ("locality", |a| a.locality = Some("Otra".into())),
        ("level", |a| a.level = Some("otro".into())),
        ("place", |a| a.place = support::city().centre),
        ("start", |a| a.start_ms -= 60_000),
        ("price", |a| a.price = Some(1.0)),
        ("organiser", |a| a.organiser = Some("Otra".into())),
        ("series", |a| a.series = Some("Otra".into())),
        ("transit", |a| a.transit_m = Some(1.0)),
        ("link", |a| a.link = Some("https://example.org/".into())),
    ];
    for (what, change) in changes {
        let mut now = activities();
        change(&mut now[5]);
        let found = with_activities(bundle.clone(), &now).unwrap().1;
        assert_eq!(
            (found.changed, found.added, found.removed),
            (1, 0, 0),
            "{what}"
        );
    }
    let mut now = activities();
    now[5].status = Status::Pending;
    now[6].tags.reverse();
    let (draft, found) = with_activities(bundle, &now).unwrap();
    assert_eq!(
        found.unchanged as usize, ACTIVITIES,
        "a status or an order is no change"
    );
    let (id, files) = seal_draft(&draft).unwrap();
    let offered = offered(&Engine::open(&id, files).unwrap());
    assert!(
        !offered.contains(now[5].id.as_str()),
        "but the status counts at once"
    );
}

#[test]
fn a_visitor_downloads_only_what_is_new() {
    let (_folder, registry) = published();
    let first = current(&registry).manifest;
    let mut now = activities();
    now.push(fresh("new-1", "Colectivo nuevo"));
    publish_catalogue(&registry, &now);
    let second = current(&registry).manifest;
    let tail = names([
        "columns-1",
        "vectors-1",
        "texts-1",
        "volatile",
        "words",
        "counters",
        "self_test",
    ]);
    assert_eq!(new_files(&first, &second), tail);

    now.push(fresh("new-2", "Colectivo nuevo"));
    now.push(fresh("new-3", "Colectivo más nuevo"));
    publish_catalogue(&registry, &now);
    let third = current(&registry).manifest;
    assert_eq!(
        third.shard_rows,
        [ACTIVITIES as u32, 3],
        "one tail, as long as it is short"
    );
    assert_eq!(new_files(&second, &third), tail);
    assert_eq!(third.schema_hash, first.schema_hash);

    let log = registry.publications().unwrap();
    let kinds: Vec<&str> = log.iter().map(|line| line.kind.as_str()).collect();
    assert_eq!(kinds, ["training", "catalogue", "catalogue"]);
    assert_eq!(log[0].new_bytes, log[0].bytes);
    assert!(log[2].new_bytes < log[2].bytes / 2, "{:?}", log[2]);
}

#[test]
fn new_words_are_appended_and_old_codes_stay() {
    let (_folder, registry) = published();
    let before = current(&registry);
    let mut now = activities();
    now.push(fresh("new-1", "Zarpa"));
    now.push(fresh("new-2", "Alba"));
    now.push(fresh("new-3", "Zarpa"));
    publish_catalogue(&registry, &now);
    let after = current(&registry);
    let (old, new) = (before.catalog.words(), after.catalog.words());
    assert!(new.extends(old));
    for organiser in old.organisers.terms() {
        assert_eq!(
            new.organisers.code(organiser),
            old.organisers.code(organiser)
        );
    }
    let added = new.organisers.terms().skip(old.organisers.terms().len());
    let added: Vec<&str> = added.collect();
    assert_eq!(added.len(), 2, "each once: {added:?}");
    // The towers know no new name: activities that differ in nothing else have one vector.
    let vector = |id: &str| bits(&after.activities.embeddings[row(&after, id).unwrap().index()]);
    assert_eq!(vector("new-1"), vector("new-2"));
}

#[test]
fn counters_change_one_file() {
    let (_folder, registry) = published();
    let before = current(&registry);
    let mut dataset = dataset_of(activities());
    let lucky = before.catalog.live_rows().next().unwrap();
    let id = before.catalog.id(lucky).into();
    let rush = (0..400).map(|number| saved(1_000 + number, number, &id, NOW_MS - DAY_MS));
    dataset.extend(rush.collect()).unwrap();
    let unheard_of = saved(9_000, 1, &ActivityId("unheard-of".into()), NOW_MS);
    dataset.extend(vec![unheard_of]).unwrap();
    let draft = with_counters(before.clone(), &dataset, NOW_MS);
    publish(&registry, &seal_draft(&draft).unwrap(), "counters");
    let after = current(&registry);
    assert_eq!(
        new_files(&before.manifest, &after.manifest),
        names(["counters"])
    );
    assert_eq!(after.counters.as_of_ms, NOW_MS);
    let rows = after.counters.positives.iter().enumerate();
    let most = rows.max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    assert_eq!(most, lucky.index());
    let objects = tree(&registry.folder().join("objects")).into_keys();
    let packed = |path: &std::path::PathBuf| {
        path.extension()
            .is_some_and(|kind| kind == "gz" || kind == "br")
    };
    assert_eq!(
        objects.filter(|path| !packed(path)).count(),
        before.manifest.files.len() + 1
    );
}
