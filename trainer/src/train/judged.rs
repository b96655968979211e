//! The last choices and how everybody ranked them: models that were trained only on what came before.

use std::collections::BTreeMap;

use triqueta::catalog::Catalog;
use triqueta::math::Digest;

use crate::choices::{Choice, Positive};
use crate::evaluate::{PEERS, Query, Rank, RankingMetrics};

/// Questions, and the ranks of what was chosen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Judged {
    /// The questions in order of time. Their ids are the same in every training of a log that asks them: of the visitor,
    /// the moment and the candidates.
    pub queries: Vec<Query>,
    /// The same with everything a model looks at.
    pub choices: Vec<Choice>,
    /// By the peer's name, the rank of what was chosen in each question. Peers with nothing to say are not there.
    pub ranks: BTreeMap<&'static str, Vec<Rank>>,
}

impl Judged {
    /// The last of these choices, as many as there are ranks. `positive_of` says which of `positives` each choice is.
    pub(super) fn of(
        positives: &[Positive],
        catalog: &Catalog,
        mut choices: Vec<Choice>,
        positive_of: &[usize],
        ranks: BTreeMap<&'static str, Vec<Rank>>,
    ) -> Self {
        let count = ranks.values().next().map_or(0, Vec::len);
        let from = choices.len().saturating_sub(count);
        let choices = choices.split_off(from);
        let query = |(choice, &positive): (&Choice, &usize)| {
            let positive = &positives[positive];
            let mut digest = Digest::default();
            digest.integer(positive.digest(catalog));
            for &row in &choice.candidates {
                digest.text(catalog.id(row));
            }
            Query {
                id: digest.value(),
                time_ms: choice.time_ms,
                key: positive.key.clone(),
                candidates: choice.candidates.clone(),
            }
        };
        Self {
            queries: choices
                .iter()
                .zip(&positive_of[from..])
                .map(query)
                .collect(),
            choices,
            ranks,
        }
    }

    /// How well each model ranks, in the order of tables.
    pub fn metrics(&self) -> Vec<(String, RankingMetrics)> {
        let of = |name: &str| Some((name.to_owned(), RankingMetrics::of(self.ranks.get(name)?)));
        PEERS.iter().filter_map(|peer| of(peer.name)).collect()
    }
}
