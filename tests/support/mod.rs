//! A small made-up city with random weights: enough for the engine to have something to disagree about.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

mod elsewhere;
mod taste;
mod visitors;

#[allow(unused_imports)]
pub use elsewhere::Elsewhere;
#[allow(unused_imports)]
pub use taste::{cancel, with_taste};
#[allow(unused_imports)]
pub use visitors::{body, body_of, request, visitor};

use ndarray::{Array1, Array2};
use triqueta::bundle::{BundleDraft, Files, Model};
use triqueta::catalog::{
    Activity, AvailabilityWindow, Catalog, City, Counters, OffsetInterval, Place, Row, Season,
    Status, Text, Words,
};
use triqueta::engine::{Engine, seal};
use triqueta::event::ActivityId;
use triqueta::feature::{ActivityRow, PAIR_FEATURES, Schema};
use triqueta::history::Visitor;
use triqueta::math::Random;
use triqueta::model::{
    ACTIVITY_FIELDS, ACTIVITY_INPUTS, ACTIVITY_TABLES, ACTIVITY_WIDTH, ActivityFactors,
    ActivitySide, Blend, BlendInput, BoostedTrees, CROSSES, Cross, Dense, EMBEDDING, FACTORS,
    FactorizationMachine, FeatureSpace, FoldIn, HIDDEN, Models, NEUMF_LAYERS, NEUMF_PERCEPTRON,
    NEUMF_PRODUCT, Neighbours, NeuMf, PairMachine, Perceptron, PooledNeuMf, PopularitySmoothing,
    SECOND_LOOK_INPUTS, TABLE_WIDTHS, Tower, TreeNode, TwoTower, USER_INPUTS, USER_TABLES,
    VISITOR_FIELDS, VISITOR_WIDTH, WIDE_DEEP_LAYERS, WideDeep,
};
use triqueta::rank::{Policy, Request};

/// 2026-11-22T15:00Z, a Sunday morning in Bogotá.
pub const NOW_MS: i64 = 1_795_359_600_000;
pub const DAY_MS: i64 = 86_400_000;

const TYPES: [&str; 3] = ["cultura", "deporte", "recreacion"];
const TAGS: [&str; 9] = [
    "música",
    "teatro",
    "arte",
    "yoga",
    "ciclismo",
    "historia",
    "aire libre",
    "niños",
    "cine",
];
const LOCALITIES: [&str; 3] = ["Chapinero", "Santa Fe", "La Candelaria"];
const LEVELS: [&str; 3] = ["bajo", "medio", "alto"];

pub fn city() -> City {
    let window =
        |name: &str, weekdays: std::ops::Range<u8>, from_hour, until_hour| AvailabilityWindow {
            name: name.into(),
            weekdays: weekdays.collect(),
            from_hour,
            until_hour,
        };
    City {
        simulated: false,
        name: "Ciudad de prueba".into(),
        currency: "COP".into(),
        centre: Some(Place {
            lat: 4.62,
            lon: -74.07,
        }),
        offsets: vec![OffsetInterval {
            from_ms: 0,
            minutes: -300,
        }],
        holidays: vec![20_759, 20_796],
        seasons: vec![Season {
            name: "lluvias".into(),
            months: vec![4, 5, 10, 11],
        }],
        availability: vec![
            window("mañana", 0..7, 6, 12),
            window("tarde", 0..7, 12, 18),
            window("noche", 0..7, 18, 24),
            window("fin_de_semana", 5..7, 0, 24),
        ],
    }
}

fn pick<'a>(random: &mut Random, words: &[&'a str]) -> &'a str {
    words[random.below(words.len())]
}

pub fn activity(random: &mut Random, number: usize) -> Activity {
    let start_ms = NOW_MS - 20 * DAY_MS + (random.uniform() * 60.0 * DAY_MS as f64) as i64;
    let unknown = |random: &mut Random| random.uniform() < 0.1;
    Activity {
        id: ActivityId(format!("actividad-{number}")),
        title: format!("Actividad número {number}"),
        description: "Descripción".into(),
        kind: (!unknown(random)).then(|| pick(random, &TYPES).into()),
        tags: (0..random.below(4))
            .map(|_| pick(random, &TAGS).to_owned())
            .collect(),
        locality: (!unknown(random)).then(|| pick(random, &LOCALITIES).into()),
        level: (random.uniform() < 0.5).then(|| pick(random, &LEVELS).into()),
        place: (!unknown(random)).then(|| Place {
            lat: 4.58 + random.uniform() * 0.1,
            lon: -74.09 + random.uniform() * 0.05,
        }),
        address: "Carrera 7".into(),
        start_ms,
        end_ms: (random.uniform() < 0.7).then_some(start_ms + 2 * 3_600_000),
        price: (!unknown(random)).then(|| {
            if random.uniform() < 0.5 {
                0.0
            } else {
                (random.below(40) * 1_000) as f32
            }
        }),
        organiser: (!unknown(random)).then(|| format!("Colectivo {}", random.below(8))),
        series: (random.uniform() < 0.3).then(|| format!("Serie {}", random.below(5))),
        published_ms: Some(start_ms - 30 * DAY_MS),
        status: if random.uniform() < 0.05 {
            Status::Pending
        } else {
            Status::Active
        },
        transit_m: (random.uniform() < 0.8).then(|| random.below(2_000) as f32),
        link: None,
        image: None,
        contact: None,
        seed_counts: None,
    }
}

fn matrix(random: &mut Random, rows: usize, columns: usize) -> Array2<f32> {
    let scale = (2.0 / columns as f64).sqrt();
    Array2::from_shape_fn((rows, columns), |_| (random.normal() * scale) as f32)
}

fn tower(random: &mut Random, tables: &[usize], inputs: usize) -> Tower {
    let mut layer = |inputs: usize, outputs: usize| {
        let weight = matrix(random, outputs, inputs);
        let bias = Array1::from_shape_fn(outputs, |_| (random.normal() * 0.1) as f32);
        Dense::new(&weight, bias)
    };
    Tower {
        tables: tables.to_vec(),
        layers: Perceptron {
            layers: vec![
                layer(inputs, HIDDEN[0]),
                layer(HIDDEN[0], HIDDEN[1]),
                layer(HIDDEN[1], EMBEDDING),
            ],
        },
    }
}

pub fn two_tower(random: &mut Random, words: &Words) -> TwoTower {
    let rows = [
        words.tags.size(),
        words.types.size(),
        words.localities.size(),
        words.levels.size(),
        words.organisers.size(),
        words.series.size(),
        2,
        7,
        6,
        4,
    ];
    let tables = rows.into_iter().zip(TABLE_WIDTHS);
    TwoTower {
        tables: tables
            .map(|(rows, (_, width))| matrix(random, rows, width))
            .collect(),
        user: tower(random, &USER_TABLES, USER_INPUTS),
        activity: tower(random, &ACTIVITY_TABLES, ACTIVITY_INPUTS),
    }
}

pub fn blend(random: &mut Random) -> Blend {
    let inputs = Blend::input_names()
        .into_iter()
        .map(|(name, _)| BlendInput {
            name: name.into(),
            mean: random.uniform() as f32 * 0.3,
            deviation: 0.2 + random.uniform() as f32,
            weight: random.normal() as f32 * 0.3,
            maturity_weight: random.normal() as f32 * 0.2,
        })
        .collect();
    Blend {
        inputs,
        calibration_slope: 1.0,
        calibration_offset: -0.5,
    }
}

/// All learned weights, drawn.
pub fn models(random: &mut Random, words: &Words) -> Models {
    Models::from(two_tower(random, words))
}

pub fn activity_side(models: &Models, catalog: &Catalog) -> ActivitySide {
    let rows: Vec<ActivityRow> = catalog_rows(catalog)
        .map(|row| ActivityRow::of_row(catalog, row))
        .collect();
    models.activity_side(&rows)
}

fn catalog_rows(catalog: &Catalog) -> impl Iterator<Item = Row> {
    (0..catalog.len() as u32).map(Row)
}

/// A whole bundle of `rows` activities.
pub fn draft(seed: u64, rows: usize) -> BundleDraft {
    let mut random = Random::new(seed);
    let activities: Vec<Activity> = (0..rows)
        .map(|number| activity(&mut random, number))
        .collect();
    draft_of(&mut random, &activities)
}

pub fn draft_of(random: &mut Random, activities: &[Activity]) -> BundleDraft {
    let words = Words::learn(activities, TAGS, 1).unwrap();
    let catalog = Catalog::build(city(), words.clone(), activities).unwrap();
    let mut tag_counts = vec![0; words.tags.size()];
    catalog_rows(&catalog).for_each(|row| {
        catalog
            .tags(row)
            .iter()
            .for_each(|&tag| tag_counts[usize::from(tag)] += 1)
    });
    let mut text_counts = vec![0; words.text.size()];
    catalog_rows(&catalog).for_each(|row| {
        catalog
            .text(row)
            .iter()
            .for_each(|&word| text_counts[usize::from(word)] += 1)
    });
    let schema = Schema::new(city(), words.clone(), &tag_counts, activities.len(), 90.0)
        .with_text_counts(&text_counts, activities.len());
    let models = models(random, &words);
    let activities_side = activity_side(&models, &catalog);
    let mut counters = Counters::new(activities.len(), NOW_MS - DAY_MS, 14.0);
    for row in catalog_rows(&catalog) {
        counters.add(row, NOW_MS - 2 * DAY_MS, true, random.below(20) as f32);
        counters.add(row, NOW_MS - 2 * DAY_MS, false, random.below(200) as f32);
    }
    BundleDraft {
        schema,
        model: Model {
            blend: blend(random),
            popularity: PopularitySmoothing::default(),
            policy: Policy {
                diversity: 0.25,
                freshness: 0.1,
                popularity_penalty: 0.05,
                ..Policy::default()
            },
        },
        models,
        boosted_trees: None,
        texts: activities.iter().map(Text::of).collect(),
        shard_rows: vec![activities.len() as u32],
        catalog,
        activities: activities_side,
        counters,
        data_until_ms: NOW_MS - DAY_MS,
        events: 0,
        seed: 7,
        metrics: vec![],
        compositions: vec![],
        judgement: None,
        forced: None,
    }
}

/// The same bundle with every model a training may add, drawn: factors of two activities in three, neighbours, a
/// factorization machine, NeuMF, Wide & Deep, and trees.
pub fn with_every_model(mut draft: BundleDraft, seed: u64) -> BundleDraft {
    let mut random = Random::new(seed);
    let rows = draft.catalog.len();
    let mut factors = matrix(&mut random, rows, 8);
    for mut row in factors.rows_mut().into_iter().step_by(3) {
        row.fill(0.0);
    }
    let fold_in = FoldIn {
        unobserved_weight: 0.2,
        observed_weight: 1.0,
        regularisation: 0.01,
        frequency_exponent: 1.0,
    };
    let others = |random: &mut Random| {
        let other = |random: &mut Random| random.below(rows) as u32;
        let mut others: Vec<u32> = (0..5).map(|_| other(random)).collect();
        others.sort_unstable();
        others.dedup();
        others
    };
    let lists = (0..rows).map(|_| {
        let others = others(&mut random).into_iter();
        let weighed: Vec<(u32, f32)> = others
            .map(|other| (other, random.normal() as f32))
            .collect();
        weighed
    });
    let neighbours = Neighbours::new(lists.collect());
    draft.models = Models {
        matrix_factorization: Some(ActivityFactors::new(factors, fold_in)),
        item_neighbours: Some(neighbours),
        factorization_machine: Some(machine(&mut random, &draft.schema)),
        neural_collaborative_filtering: Some(neumf(&mut random, &draft.schema)),
        wide_deep: Some(wide_deep(&mut random)),
        ..draft.models
    };
    draft.activities = activity_side(&draft.models, &draft.catalog);
    draft.boosted_trees = Some(boosted_trees(&mut random));
    draft
}

fn machine(random: &mut Random, schema: &Schema) -> PairMachine {
    let features = FeatureSpace::of(schema).size();
    let machine = FactorizationMachine {
        bias: -0.5,
        weight: Array1::from_shape_simple_fn(features, || 0.2 * random.normal() as f32),
        factors: Array2::from_shape_simple_fn((features, FACTORS), || 0.1 * random.normal() as f32),
    };
    let mean = [0.25; PAIR_FEATURES.len()];
    PairMachine::new(schema, machine, mean, [0.5; PAIR_FEATURES.len()]).unwrap()
}

fn dense(random: &mut Random, inputs: usize, widths: &[usize]) -> Vec<Dense> {
    let inputs = std::iter::once(inputs).chain(widths.iter().copied());
    let layers = inputs.zip(widths).map(|(inputs, &outputs)| {
        let bias = Array1::from_elem(outputs, 0.05);
        Dense::new(&matrix(random, outputs, inputs), bias)
    });
    layers.collect()
}

fn neumf(random: &mut Random, schema: &Schema) -> PooledNeuMf {
    let rows = FeatureSpace::of(schema).first_pair();
    let model = NeuMf {
        product_weight: Array1::from_elem(NEUMF_PRODUCT, 0.5),
        layers: dense(random, 2 * NEUMF_PERCEPTRON, &NEUMF_LAYERS),
        perceptron_weight: Array1::from_elem(NEUMF_LAYERS[2], -0.5),
        bias: 0.25,
    };
    let table = matrix(random, rows, NEUMF_PRODUCT + NEUMF_PERCEPTRON);
    PooledNeuMf::new(schema, model, table).unwrap()
}

/// Tables of five rows: rarer words are unknown to it.
fn wide_deep(random: &mut Random) -> WideDeep {
    let inputs = VISITOR_WIDTH + ACTIVITY_WIDTH + PAIR_FEATURES.len();
    let pairs = (0..6).flat_map(|first| (0..6).map(move |second| (first, second)));
    let codes: Vec<u32> = pairs
        .map(|(first, second)| Cross::code(first, second))
        .collect();
    let crosses = CROSSES.map(|_| Cross {
        weights: codes.iter().map(|_| 0.3 * random.normal() as f32).collect(),
        codes: codes.clone(),
    });
    WideDeep {
        visitor_tables: VISITOR_FIELDS
            .map(|field| matrix(random, 5, field.1))
            .to_vec(),
        activity_tables: ACTIVITY_FIELDS
            .map(|field| matrix(random, 5, field.1))
            .to_vec(),
        crosses,
        pair_mean: vec![0.25; PAIR_FEATURES.len()],
        pair_scale: vec![0.5; PAIR_FEATURES.len()],
        layers: dense(random, inputs, &WIDE_DEEP_LAYERS),
        output: Array1::from_elem(WIDE_DEEP_LAYERS[3], 0.25),
        bias: -0.5,
    }
}

/// Trees of three questions each, about anything.
pub fn boosted_trees(random: &mut Random) -> BoostedTrees {
    let (mut roots, mut nodes) = (Vec::new(), Vec::new());
    for root in (0..20 * 7).step_by(7) {
        roots.push(root);
        for place in 0..7 {
            nodes.push(if place < 3 {
                TreeNode {
                    column: random.below(SECOND_LOOK_INPUTS) as u16,
                    value: random.normal() as f32,
                    yes: root + 2 * place + 1,
                    no: root + 2 * place + 2,
                }
            } else {
                TreeNode::leaf(random.normal() as f32 * 0.2)
            });
        }
    }
    BoostedTrees::new(roots, nodes).unwrap()
}

/// A sealed bundle and its id.
pub fn sealed(draft: &BundleDraft, cases: &[(Visitor, Request)]) -> (String, Files) {
    let (manifest, files) = draft.write().unwrap();
    seal(manifest, files, cases).unwrap()
}

/// An engine over a bundle of `rows` activities.
pub fn engine(seed: u64, rows: usize) -> Engine {
    engine_of(&draft(seed, rows))
}

/// An engine over a draft.
pub fn engine_of(draft: &BundleDraft) -> Engine {
    let (id, files) = sealed(draft, &[]);
    Engine::open(&id, files).unwrap()
}
