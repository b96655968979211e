//! What is each activity worth to this visitor? The blend scores exactly whom bounds do not decide, and trees, where a bundle
//! has them, look again at all of the best: the survivors.

use std::mem::take;
use std::sync::Arc;

use super::retrieve::Retrieval;
use super::shortlist::{Bounds, Survivor};
use super::{Engine, Recollection};
use crate::catalog::{Row, RowSet};
use crate::feature::{COMPONENTS, Component, KnownPlaces, PairRow, PairSide, UserRow};
use crate::history::Visitor;
use crate::model::{
    Embedding, ModelScores, Outputs, Remembered, SECOND_LOOK_INPUTS, SECOND_LOOKS, Score,
    SecondLook, TriquetaRule, VisitorSide, Weighed, content_score, popularity_score, second_look,
};
use crate::rank::{Announced, Filter, Ranking, Request, Scored, keep_best};

/// What scoring a visitor produced, for whoever assembles the slate, and what it worked with: kept for the next list.
#[derive(Debug, Clone, Default)]
pub(super) struct Scoring {
    pub(super) scored: Vec<Scored>,
    pub(super) total: usize,
    /// Whom reranking chooses from where not all of them need be scored; nobody where they are in `scored`.
    pub(super) survivors: Vec<Survivor>,
    pub(super) bounds: Bounds,
    /// What was scored by the blend, rows ascending.
    seen: Vec<Seen>,
    announced: Announced,
    eligible: RowSet,
    rows: Vec<Row>,
    retrieval: Retrieval,
    near: KnownPlaces,
    outputs: Outputs,
}

/// The visitor's side of everything, computed once a request.
pub(super) struct Side {
    pub(super) user: UserRow,
    /// Of each remembered activity its point, in order.
    pub(super) embeddings: Vec<Embedding>,
    pub(super) pair: PairSide,
    pub(super) models: VisitorSide,
    pub(super) maturity: f32,
    /// The blend for a history of this maturity.
    blend: Weighed,
}

/// What the blend's score of a pair is made of: the second look asks for the same, and events carry its fingerprint.
#[derive(Debug, Clone)]
struct Seen {
    row: Row,
    pair: PairRow,
    models: ModelScores,
}

impl Seen {
    fn by_blend(&self, side: &Side) -> Score {
        side.blend.score(&self.models, &self.pair)
    }
}

impl Scoring {
    /// Whom reranking chooses from, scored or not.
    pub(super) fn rows_of_survivors(&self) -> impl Iterator<Item = Row> {
        let scored = self.scored.iter().map(|scored| scored.row);
        scored.chain(self.survivors.iter().map(|survivor| survivor.row))
    }

    /// The features of the visitor and one activity.
    pub(super) fn pair_row(&self, engine: &Engine, side: &Side, row: Row) -> PairRow {
        match self.seen.binary_search_by_key(&row, |seen| seen.row) {
            Ok(place) => self.seen[place].pair,
            Err(_) => engine.pair_row(side, row),
        }
    }
}

impl Engine {
    pub(super) fn visitor_side(
        &self,
        visitor: &Visitor,
        now_ms: i64,
        recollection: &mut Recollection,
    ) -> Side {
        let (bundle, schema) = (&self.bundle, &self.bundle.schema);
        recollection.prepare(bundle, &visitor.history);
        let mut embeddings = Vec::with_capacity(visitor.history.len());
        let words = self.catalog().words();
        let user = UserRow::recalling(visitor, schema, words, now_ms, |id, content| {
            let known = recollection.recall(bundle, id, content);
            embeddings.push(known.embedding);
            Arc::clone(&known.activity)
        });
        let groundwork = &mut recollection.groundwork;
        let catalog = self.catalog();
        let pair = PairSide::recalling(&user, visitor, schema, catalog, now_ms, groundwork);
        let models = &self.bundle.models;
        let pasts = user.history.iter().zip(&embeddings);
        let remembered: Vec<Remembered<'_>> = pasts
            .map(|(past, &embedding)| Remembered {
                activity: &past.activity,
                embedding,
                row: self.catalog().row(&past.id).map(Row::index),
                weight: past.weight,
            })
            .collect();
        let maturity = user.maturity();
        let neighbour_scores = take(&mut recollection.neighbour_scores);
        Side {
            models: models.visitor_side_in(&user, &remembered, neighbour_scores),
            embeddings,
            maturity,
            blend: self.resolved.weighed(maturity),
            pair,
            user,
        }
    }

    /// Scores what a request may show.
    pub(super) fn score(
        &self,
        visitor: &Visitor,
        request: &Request,
        side: &Side,
        scoring: &mut Scoring,
    ) {
        let now_ms = request.now_ms;
        let filter = Filter::new(
            &request.filters,
            self.catalog(),
            &self.bundle.texts,
            &visitor.history,
            now_ms,
        );
        filter.list(&mut scoring.announced, &mut scoring.eligible);
        scoring.seen.clear();
        scoring.scored.clear();
        scoring.survivors.clear();
        scoring.near.clear();
        let keep = usize::from(self.bundle.model.policy.survivors.max(request.limit));
        match request.ranking {
            Ranking::Learned => {
                scoring.total = scoring.eligible.len();
                if !self.find_survivors(side, keep, scoring) {
                    self.score_survivors(side, keep, scoring);
                }
            }
            ranking => {
                let score_of = self.scorer(ranking, visitor, side, now_ms);
                let rows = scoring.eligible.rows();
                // The rule says nothing of some activities.
                scoring.scored.extend(rows.filter_map(|row| {
                    let score = score_of(row)?;
                    Some(Scored { row, score })
                }));
                scoring.total = scoring.scored.len();
                keep_best(&mut scoring.scored, self.catalog(), keep);
            }
        }
    }

    /// Leaves in the rows those of the eligible that may be among the `keep` best by the blend. Says whether these were found
    /// themselves without all being scored, which trees would not do with.
    fn find_survivors(&self, side: &Side, keep: usize, scoring: &mut Scoring) -> bool {
        let Scoring {
            retrieval,
            eligible,
            rows,
            survivors,
            ..
        } = scoring;
        let nearly = retrieval.narrow(self, side, eligible, rows, keep);
        let Some(nearly) = nearly.filter(|_| self.bundle.boosted_trees.is_none()) else {
            return false;
        };
        // Twice as far covers the roundings here.
        let reach = 2.0 * nearly.reach;
        rows.clear();
        for &(row, score) in nearly.scores {
            // Fewer than `keep` are nearly above the last, and nobody else is really above who is so far above it.
            if score > nearly.last + reach {
                let (least, most) = (score - reach, score + reach);
                survivors.push(Survivor { row, least, most });
            } else {
                rows.push(row);
            }
        }
        // Who of the others is among them, exact scores decide.
        self.score_survivors(side, keep - survivors.len(), scoring);
        let scored = scoring.scored.drain(..);
        scoring.survivors.extend(scored.map(|scored| Survivor {
            row: scored.row,
            least: scored.score.total,
            most: scored.score.total,
        }));
        true
    }

    /// Scores the rows and keeps the best of them, in the order of what the trees make of them.
    fn score_survivors(&self, side: &Side, keep: usize, scoring: &mut Scoring) {
        for number in 0..scoring.rows.len() {
            let scored = self.score_exactly(side, scoring, scoring.rows[number]);
            scoring.scored.push(scored);
        }
        let (seen, scored) = (&scoring.seen, &mut scoring.scored);
        keep_best(scored, self.catalog(), keep);
        let Some(trees) = &self.bundle.boosted_trees else {
            return;
        };
        for survivors in scored.chunks_mut(SECOND_LOOKS) {
            let mut looks = [[0.0; SECOND_LOOK_INPUTS]; SECOND_LOOKS];
            for (look, survivor) in looks.iter_mut().zip(&*survivors) {
                let place = seen.partition_point(|seen| seen.row < survivor.row);
                *look = self.look_again(side, &seen[place], survivor.score, &mut scoring.outputs);
            }
            let adjustments = trees.adjustments(&looks);
            for (survivor, adjustment) in survivors.iter_mut().zip(adjustments) {
                survivor.score = survivor.score.adjusted(adjustment);
            }
        }
        keep_best(scored, self.catalog(), keep);
    }

    /// The score of an activity by the blend; what it is made of is kept for this list.
    pub(super) fn score_exactly(&self, side: &Side, scoring: &mut Scoring, row: Row) -> Scored {
        let seen = &mut scoring.seen;
        let place = seen.binary_search_by_key(&row, |seen| seen.row);
        let place = place.unwrap_or_else(|place| {
            let bundle = &self.bundle;
            let (catalog, counters, schema) = (&bundle.catalog, &bundle.counters, &bundle.schema);
            let near = &mut scoring.near;
            let pair =
                (side.pair).row_knowing(catalog, &self.prepared, counters, schema, row, near);
            seen.insert(place, self.see(side, row, pair));
            place
        });
        let score = seen[place].by_blend(side);
        Scored { row, score }
    }

    fn see(&self, side: &Side, row: Row, pair: PairRow) -> Seen {
        let (models, activities) = (&self.bundle.models, &self.bundle.activities);
        Seen {
            row,
            models: models.scores(&side.models, activities, row.index(), &pair),
            pair,
        }
    }

    /// The score of one pair by the blend.
    pub(super) fn blended(&self, side: &Side, row: Row) -> Score {
        self.see(side, row, self.pair_row(side, row)).by_blend(side)
    }

    /// What trees are asked about one pair.
    fn look_again(
        &self,
        side: &Side,
        seen: &Seen,
        score: Score,
        outputs: &mut Outputs,
    ) -> SecondLook {
        let bundle = &self.bundle;
        let models = bundle.models.completed(
            seen.models,
            &side.models,
            &bundle.activities,
            seen.row.index(),
            &seen.pair,
            outputs,
        );
        second_look(&score, &models, &seen.pair, &side.user, side.maturity)
    }

    pub(super) fn pair_row(&self, side: &Side, row: Row) -> PairRow {
        let bundle = &self.bundle;
        let (catalog, counters) = (&bundle.catalog, &bundle.counters);
        side.pair
            .row(catalog, &self.prepared, counters, &bundle.schema, row)
    }

    /// Scores one activity after the other, each alone; nothing where the ranking says nothing of it.
    pub(super) fn scorer<'a>(
        &'a self,
        ranking: Ranking,
        visitor: &Visitor,
        side: &'a Side,
        now_ms: i64,
    ) -> impl Fn(Row) -> Option<Score> + 'a {
        let bundle = &self.bundle;
        let rule = (ranking == Ranking::Rule).then(|| {
            TriquetaRule::new(
                &visitor.profile,
                &bundle.catalog,
                &bundle.counters,
                self.most_popular(),
                now_ms,
                bundle.model.policy.rule,
            )
        });
        let alone = |component: Component, value: f32| {
            let mut contributions = [0.0; COMPONENTS.len()];
            contributions[component.index()] = value;
            Some(Score::of(contributions))
        };
        move |row| match ranking {
            Ranking::Learned => {
                let seen = self.see(side, row, self.pair_row(side, row));
                let score = seen.by_blend(side);
                let Some(trees) = &bundle.boosted_trees else {
                    return Some(score);
                };
                let look = self.look_again(side, &seen, score, &mut Outputs::default());
                Some(score.adjusted(trees.adjustment(&look)))
            }
            Ranking::Content => {
                let (catalog, schema) = (&bundle.catalog, &bundle.schema);
                let pair = (side.pair).content_row(catalog, &self.prepared, schema, row);
                alone(Component::Content, content_score(&pair))
            }
            Ranking::Popularity => {
                let smoothing = bundle.model.popularity;
                let score = popularity_score(
                    &bundle.counters,
                    self.average_rate(),
                    row,
                    now_ms,
                    smoothing,
                );
                alone(Component::Popularity, score)
            }
            Ranking::Rule => {
                let rule = rule.as_ref()?.score(row)?;
                let mut contributions = [0.0; COMPONENTS.len()];
                contributions[Component::Content.index()] = rule.tags + rule.level;
                contributions[Component::Popularity.index()] = rule.popularity;
                contributions[Component::Place.index()] = rule.locality;
                contributions[Component::Schedule.index()] = rule.availability;
                Some(Score::of(contributions))
            }
        }
    }
}
