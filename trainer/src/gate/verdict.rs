//! Which checks there are, how each came out, and the table a person reads.

use std::collections::BTreeMap;

use serde::Serialize;

use super::answers::{Answers, DRAWS};
use crate::evaluate::{Difference, POPULARITY, RULE, Rank, STACK, clustered_difference};

/// With fewer questions nothing is compared.
pub const LEAST_QUESTIONS: usize = 20;
/// The largest share of NDCG at 10 that storing may cost.
pub const MOST_STORED_LOSS: f64 = 0.002;

type Metric = fn(&Rank) -> f64;

/// What a training must not be worse at, for whom.
const METRICS: [(&str, bool, Metric); 4] = [
    ("ndcg@10", false, |rank| rank.ndcg(10)),
    ("hr@10", false, |rank| rank.hit(10)),
    ("auc", false, Rank::auc),
    ("ndcg@10, new visitors", true, |rank| rank.ndcg(10)),
];

/// One comparison.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// What was compared.
    pub what: String,
    /// With whom: `current`, `popularity`, `rule`, `chance` or `as trained`.
    pub against: &'static str,
    /// Questions.
    pub n: usize,
    /// The bundle's figure.
    pub value: f64,
    /// The other's.
    pub other: f64,
    /// The difference of both, where questions were compared one by one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<Difference>,
    /// Why it speaks against the bundle, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Verdict {
    /// The comparisons.
    pub checks: Vec<Check>,
    /// What could not be compared and is no reason to refuse.
    pub notes: Vec<String>,
    /// Reasons to refuse that are no comparison.
    pub objections: Vec<String>,
}

impl Verdict {
    /// Judges a training beside the current one, if there is one that was judged.
    pub fn of(new: &Answers, current: Option<&Answers>) -> Self {
        let mut verdict = Self::default();
        verdict.compare_with_current(new, current);
        let own = new.ranks.get(STACK).map_or(&[][..], Vec::as_slice);
        for baseline in [POPULARITY, RULE] {
            let others = new.ranks.get(baseline).map_or(&[][..], Vec::as_slice);
            let pairs = own.iter().zip(others).enumerate();
            let pairs: Vec<Pair> = pairs.map(|(n, (own, other))| (n, *own, *other)).collect();
            verdict.compare(new, baseline, &pairs);
        }
        verdict.look_at_slices(new);
        verdict.look_at_storing(new);
        verdict
    }

    /// The verdict on a bundle that brings nothing it could be judged by.
    pub fn unjudged() -> Self {
        Self {
            objections: vec![
                "nothing judged this bundle: `triqueta train` writes what it is judged by".into(),
            ],
            ..Self::default()
        }
    }

    /// Why the bundle is refused; empty where it is not.
    pub fn reasons(&self) -> Vec<&str> {
        let refused = self
            .checks
            .iter()
            .filter_map(|check| check.refused.as_deref());
        refused
            .chain(self.objections.iter().map(String::as_str))
            .collect()
    }

    fn compare_with_current(&mut self, new: &Answers, current: Option<&Answers>) {
        let Some(current) = current else {
            let nothing = "nothing judged is published yet: compared with popularity and the rule";
            return self.notes.push(nothing.into());
        };
        let asked = current.questions.iter().zip(0..);
        let places: BTreeMap<&str, usize> = asked
            .map(|(question, place)| (question.id.as_str(), place))
            .collect();
        let (own, theirs) = (new.ranks.get(STACK), current.ranks.get(STACK));
        let pair = |(number, question): (usize, &super::Question)| {
            let place = *places.get(question.id.as_str())?;
            Some((number, *own?.get(number)?, *theirs?.get(place)?))
        };
        let pairs: Vec<Pair> = new.questions.iter().enumerate().filter_map(pair).collect();
        if pairs.len() >= LEAST_QUESTIONS {
            self.compare(new, "current", &pairs);
        } else if new.questions.len() < LEAST_QUESTIONS
            && current.questions.len() >= LEAST_QUESTIONS
        {
            self.objections.push(format!(
                "the current bundle answered {} questions and this one {}: its log is too small to judge it",
                current.questions.len(),
                new.questions.len()
            ));
        } else {
            self.notes.push(format!(
                "only {} questions were asked of the current bundle too: compared with popularity and the rule",
                pairs.len()
            ));
        }
    }

    fn compare(&mut self, new: &Answers, against: &'static str, pairs: &[Pair]) {
        for (what, only_new, metric) in METRICS {
            let of = |pair: &&Pair| !only_new || new.questions[pair.0].new_visitor;
            let pairs: Vec<&Pair> = pairs.iter().filter(of).collect();
            if pairs.len() < LEAST_QUESTIONS {
                self.notes.push(format!(
                    "{what}: {} questions, too few to compare with {against}",
                    pairs.len()
                ));
                continue;
            }
            let paired = pairs.iter().map(|(number, own, other)| {
                (new.questions[*number].visitor, metric(own) - metric(other))
            });
            let Some(difference) = clustered_difference(paired, DRAWS, 1) else {
                continue;
            };
            let mean = |value: &dyn Fn(&Pair) -> f64| {
                pairs.iter().map(|pair| value(pair)).sum::<f64>() / pairs.len() as f64
            };
            let refused = (difference.high < 0.0).then(|| {
                format!(
                    "{what} is {:.4} below {against}, 95 % interval {:+.4} to {:+.4}",
                    -difference.mean, difference.low, difference.high
                )
            });
            self.checks.push(Check {
                what: what.to_owned(),
                against,
                n: pairs.len(),
                value: mean(&|pair| metric(&pair.1)),
                other: mean(&|pair| metric(&pair.2)),
                difference: Some(difference),
                refused,
            });
        }
    }

    fn look_at_slices(&mut self, new: &Answers) {
        let alive = new.slices.iter().filter(|slice| !slice.dead).count();
        if alive > 0 {
            self.notes
                .push(format!("{alive} slices are better than chance"));
        }
        for slice in new.slices.iter().filter(|slice| slice.dead) {
            let what = format!("{} {}", slice.by, slice.name);
            self.checks.push(Check {
                refused: Some(format!(
                    "the slice {what} is dead: {} questions, and not shown to be better than chance",
                    slice.n
                )),
                what: format!("ndcg@10, {what}"),
                against: "chance",
                n: slice.n,
                value: slice.ndcg10,
                other: slice.ndcg10 - slice.over_random.mean,
                difference: Some(slice.over_random),
            });
        }
    }

    fn look_at_storing(&mut self, new: &Answers) {
        let stored = new.stored;
        if stored.questions == 0 {
            return;
        }
        let refused = (stored.loss() > MOST_STORED_LOSS).then(|| {
            format!(
                "storing the weights costs {:.2} % of NDCG@10, more than {:.1} %: {} of {} questions are answered otherwise",
                100.0 * stored.loss(),
                100.0 * MOST_STORED_LOSS,
                stored.moved,
                stored.questions
            )
        });
        self.checks.push(Check {
            what: "ndcg@10, as stored".into(),
            against: "as trained",
            n: stored.questions,
            value: stored.stored,
            other: stored.trained,
            difference: None,
            refused,
        });
    }

    /// The comparisons as a table, then what else there is to say.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{:<34}{:<12}{:>7}{:>9}{:>9}   {:<34}",
            "gate", "against", "n", "bundle", "other", "difference, 95 % interval"
        );
        for check in &self.checks {
            let difference = check.difference.map_or_else(
                || format!("{:+.4}", check.value - check.other),
                |d| format!("{:+.4}  {:+.4} to {:+.4}", d.mean, d.low, d.high),
            );
            let outcome = if check.refused.is_some() {
                "REFUSED"
            } else {
                "passed"
            };
            text.push_str(&format!(
                "\n{:<34}{:<12}{:>7}{:>9.4}{:>9.4}   {:<34}{outcome}",
                check.what, check.against, check.n, check.value, check.other, difference
            ));
        }
        for note in &self.notes {
            text.push_str(&format!("\n{note}"));
        }
        for objection in &self.objections {
            text.push_str(&format!("\nREFUSED: {objection}"));
        }
        text
    }
}

/// A question's number, the bundle's rank and the other's.
type Pair = (usize, Rank, Rank);
