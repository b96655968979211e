//! Wide & Deep in a bundle whose training did not ask for it. It is learned, from lists that the bundle gives made-up visitors:
//! how much of a layer is rectified to nothing decides what a pair takes, and drawn weights would not say.

use triqueta::bundle::Bundle;
use triqueta::catalog::{Catalog, Row};
use triqueta::engine::Engine;
use triqueta::feature::{ActivityRow, PairRow, PairSide, Prepared, UserRow};
use triqueta::math::Random;
use triqueta::model::{
    ActivitySide, BoostedTrees, TreeNode, WideDeep, WideDeepInput, second_look_names,
};
use triqueta_trainer::fit::{WideDeepExamples, WideDeepGroup, WideDeepOptions, fit_wide_deep};
use triqueta_trainer::progress::Silent;

/// Lists to learn from, each of somebody who chose one of the ten and passed by so many others.
const CHOICES: usize = 2_000;
const PASSED_BY: usize = 7;
/// Histories are shorter than this.
const LONGEST: usize = 40;

/// What somebody chose, first, and what not.
struct Choice {
    visitor: WideDeepInput,
    rows: Vec<u32>,
    pairs: Vec<PairRow>,
}

/// Learns what a bundle's lists are like.
pub(crate) fn learned(bundle: Bundle) -> WideDeep {
    let engine = Engine::new(bundle).unwrap();
    let bundle = engine.bundle();
    let prepared = Prepared::new(&bundle.schema, &bundle.catalog, &bundle.counters);
    let choices: Vec<Choice> = (0..CHOICES as u64)
        .map(|seed| choice(&engine, &prepared, seed))
        .collect();
    let items: Vec<WideDeepInput> = activity_rows(&bundle.catalog)
        .map(|row| WideDeepInput::of_activity(&row))
        .collect();
    let groups = choices.iter().map(|choice| WideDeepGroup {
        visitor: choice.visitor.clone(),
        activities: &choice.rows,
        pairs: &choice.pairs,
    });
    let options = WideDeepOptions {
        batch: 32,
        ..WideDeepOptions::default()
    };
    let examples = WideDeepExamples::new(&items, groups);
    let fitted = fit_wide_deep(&examples, &options, 0, &Silent).unwrap();
    fitted.unwrap().model
}

fn choice(engine: &Engine, prepared: &Prepared, seed: u64) -> Choice {
    let bundle = engine.bundle();
    let (catalog, counters, schema) = (&bundle.catalog, &bundle.counters, &bundle.schema);
    let request = crate::request(engine);
    let mut random = Random::new(seed);
    let visitor = crate::visitor(engine, random.below(LONGEST), seed, request.now_ms);
    let shown = engine.recommend(&visitor, &request).unwrap().items;
    let chosen = &shown[random.below(shown.len())].activity;
    let mut rows = vec![catalog.row(chosen).unwrap().0];
    rows.extend((0..PASSED_BY).map(|_| random.below(catalog.len()) as u32));
    let user = UserRow::of(&visitor, schema, catalog.words(), request.now_ms);
    let side = PairSide::new(&user, &visitor, schema, catalog, request.now_ms);
    let liked = user.history.iter().filter(|past| past.weight > 0.0);
    Choice {
        visitor: WideDeepInput::of_visitor(&user, liked.map(|past| &*past.activity)),
        pairs: rows
            .iter()
            .map(|&row| side.row(catalog, prepared, counters, schema, Row(row)))
            .collect(),
        rows,
    }
}

/// The bundle with a tree that asks Wide & Deep, and with this model or, where there is none, nothing to ask: then too all
/// survivors are looked at again.
pub(crate) fn deepened(mut bundle: Bundle, wide_deep: Option<WideDeep>) -> Bundle {
    let asked = second_look_names()
        .iter()
        .position(|name| name == "wide_deep");
    let question = TreeNode {
        column: asked.unwrap() as u16,
        value: 0.0,
        yes: 1,
        no: 2,
    };
    let nodes = vec![question, TreeNode::leaf(-0.1), TreeNode::leaf(0.1)];
    bundle.boosted_trees = Some(BoostedTrees::new(vec![0], nodes).unwrap());
    bundle.models.wide_deep = wide_deep;
    let embeddings = bundle.activities.embeddings;
    let rows = activity_rows(&bundle.catalog);
    bundle.activities = ActivitySide::of_embedded(&bundle.models, embeddings, rows);
    bundle
}

fn activity_rows(catalog: &Catalog) -> impl Iterator<Item = ActivityRow> {
    let rows = (0..catalog.len() as u32).map(Row);
    rows.map(|row| ActivityRow::of_row(catalog, row))
}
