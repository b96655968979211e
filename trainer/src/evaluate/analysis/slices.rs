//! Whom does the score serve badly?

use std::collections::BTreeMap;

use serde::Serialize;
use triqueta::catalog::Catalog;

use crate::evaluate::bootstrap::{Difference, clustered_difference};
use crate::evaluate::live::Query;

/// A slice with fewer questions says nothing.
const LEAST: usize = 20;
/// The most values of one kind that are reported, those with most questions.
const MOST: usize = 12;

/// A part of the questions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Slice {
    /// What it is cut by: visitor, activity, activity level, type, locality, organiser.
    pub by: &'static str,
    /// Its value.
    pub name: String,
    /// Questions.
    pub n: usize,
    /// Mean NDCG at 10 of the score, with its interval clustered by visitor.
    pub ndcg10: Difference,
    /// The same of chance.
    pub random: f64,
    /// The same of popularity so far.
    pub popularity: f64,
    /// How much better than chance, with its interval clustered by visitor.
    pub over_random: Difference,
    /// How much better than popularity.
    pub over_popularity: Difference,
    /// Whether the slice is dead: with enough questions to tell (20), the score is not shown to be better than chance.
    pub dead: bool,
    /// Whether there are fewer questions than that.
    pub too_few: bool,
}

/// What each question is worth to the three rankings that slices compare, mean over seeds.
pub(crate) struct Worth {
    pub(crate) model: Vec<f64>,
    pub(crate) random: Vec<f64>,
    pub(crate) popularity: Vec<f64>,
}

/// The slices of the questions. `cold` says of each whether nobody had chosen its activity before, `positives_before` how
/// much was known of its visitor.
pub(crate) fn slices(
    queries: &[Query],
    catalog: &Catalog,
    positives_before: &[usize],
    cold: &[bool],
    worth: &Worth,
    draws: usize,
) -> Vec<Slice> {
    let words = catalog.words();
    let columns = catalog.columns();
    let named = |term: Option<&str>| term.unwrap_or("(unknown)").to_owned();
    type Name<'a> = Box<dyn Fn(usize) -> String + 'a>;
    let row = |question: usize| queries[question].candidates[0].index();
    let known = |is_new: bool| if is_new { "new" } else { "known" }.to_owned();
    let kinds: [(&'static str, Name<'_>); 6] = [
        (
            "visitor",
            Box::new(|question| known(positives_before[question] == 0)),
        ),
        ("activity", Box::new(|question| known(cold[question]))),
        (
            "activity level",
            Box::new(|question| level(positives_before[question]).to_owned()),
        ),
        (
            "type",
            Box::new(|question| named(words.types.term(columns.content(row(question)).kind))),
        ),
        (
            "locality",
            Box::new(|question| {
                named(words.localities.term(columns.place(row(question)).locality))
            }),
        ),
        (
            "organiser",
            Box::new(|question| {
                named(
                    words
                        .organisers
                        .term(columns.content(row(question)).organiser),
                )
            }),
        ),
    ];
    let mut slices = Vec::new();
    for (by, name) in kinds {
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for question in 0..queries.len() {
            members.entry(name(question)).or_default().push(question);
        }
        let mut members: Vec<(String, Vec<usize>)> = members.into_iter().collect();
        // Stable, so that equals stay in the order of their names.
        members.sort_by_key(|(_, questions)| std::cmp::Reverse(questions.len()));
        members.truncate(MOST);
        let of = |(name, questions)| slice(by, name, questions, queries, worth, draws);
        slices.extend(members.into_iter().filter_map(of));
    }
    slices
}

/// How much is known of a visitor.
fn level(positives: usize) -> &'static str {
    match positives {
        0 => "no positive yet",
        1..=2 => "1 or 2 positives",
        3..=9 => "3 to 9 positives",
        10..=29 => "10 to 29 positives",
        _ => "30 positives or more",
    }
}

fn slice(
    by: &'static str,
    name: String,
    questions: Vec<usize>,
    queries: &[Query],
    worth: &Worth,
    draws: usize,
) -> Option<Slice> {
    let over = |theirs: Option<&[f64]>| {
        let paired = questions.iter().map(|&question| {
            let theirs = theirs.map_or(0.0, |theirs| theirs[question]);
            (&queries[question].key, worth.model[question] - theirs)
        });
        clustered_difference(paired, draws, 1)
    };
    let n = questions.len();
    let mean = |values: &[f64]| questions.iter().map(|&q| values[q]).sum::<f64>() / n as f64;
    let over_random = over(Some(&worth.random))?;
    Some(Slice {
        by,
        name,
        n,
        ndcg10: over(None)?,
        random: mean(&worth.random),
        popularity: mean(&worth.popularity),
        over_random,
        over_popularity: over(Some(&worth.popularity))?,
        dead: n >= LEAST && over_random.low <= 0.0,
        too_few: n < LEAST,
    })
}
