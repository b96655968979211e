//! The recommender: an open bundle that ranks, explains and learns from what the visitor does.
//!
//! It ties the stages together and holds no visitor: whoever calls it keeps the [`Visitor`], so that one engine serves a
//! browser's one visitor and a batch job's many.

use std::sync::OnceLock;

use crate::bundle::{Bundle, Files, SelfTestCase};
use crate::catalog::{Catalog, Content, Row, RowSet};
use crate::error::{BundleError, RecommenderError, RequestError};
use crate::event::{ActivityId, Body};
use crate::feature::{Component, Prepared};
use crate::history::{History, Visitor};
use crate::json;
use crate::math::{all_within, cosine, norms};
use crate::model::{Resolved, Score, TriquetaRule};
use crate::rank::{Announced, Filter, Request, Scored, Slate, TRACE_VERSION, Trace, keep_best};

mod assemble;
mod card;
mod facts;
mod recollection;
mod retrieve;
mod scoring;
mod seal;
mod shortlist;
mod utility;

pub use card::ActivityCard;
pub use recollection::Recollection;
pub use seal::seal;

/// One over a length so small that its squares are hardly numbers.
const FAINT: f32 = 1e15;
/// The longest a point may be: squares of longer ones are soon no numbers.
const LONGEST: f32 = 1e15;

/// An open, verified bundle, ready to rank.
#[derive(Debug, Clone)]
pub struct Engine {
    bundle: Bundle,
    variant: String,
    resolved: Resolved,
    prepared: Prepared,
    /// One over the length of each row's point; 0 where it has none.
    inverse_lengths: Vec<f32>,
    /// No cosine with a row's point is larger: 1, but where a point is so faint that its length is not known.
    most_alike: f32,
    /// Worked out for the first list that asks.
    average_rate: OnceLock<f32>,
    most_popular: OnceLock<f32>,
}

impl Engine {
    /// Opens the bundle `id` from its files, reproduces its self-test, and is ready.
    ///
    /// # Errors
    /// Anything [`Bundle::open`] refuses, and [`BundleError::SelfTest`] where this engine ranks otherwise than the
    /// trainer's did.
    pub fn open(id: &str, files: Files) -> Result<Self, RecommenderError> {
        Self::tested(Bundle::open(id, files)?)
    }

    /// An engine over an open bundle that reproduces its self-test, and whose neighbours and texts have all been looked at.
    ///
    /// # Errors
    /// As [`Engine::new`], [`BundleError::SelfTest`], and [`BundleError::Malformed`] for an impossible neighbour.
    pub fn tested(bundle: Bundle) -> Result<Self, RecommenderError> {
        let engine = Self::new(bundle)?;
        engine.check_neighbours()?;
        engine.check_texts()?;
        for (case, test) in engine.bundle.self_test()?.iter().enumerate() {
            if engine.self_test(test)? != test.digest {
                return Err(BundleError::SelfTest { case }.into());
            }
        }
        Ok(engine)
    }

    /// An engine over an open bundle, without the self-test.
    ///
    /// # Errors
    /// [`BundleError::Malformed`] where the blend names inputs this engine does not have, or a point is too long to compare.
    pub fn new(bundle: Bundle) -> Result<Self, RecommenderError> {
        let resolved = bundle.model.blend.resolve()?;
        let prepared = Prepared::new(&bundle.schema, &bundle.catalog, &bundle.counters);
        let mut inverse_lengths = norms(&bundle.activities.embeddings);
        check_lengths(&inverse_lengths)?;
        for length in &mut inverse_lengths {
            *length = if *length > 0.0 { 1.0 / *length } else { 0.0 };
        }
        let is_faint = !all_within(inverse_lengths.iter().copied(), 0.0, FAINT);
        Ok(Self {
            bundle,
            variant: "default".into(),
            resolved,
            prepared,
            inverse_lengths,
            most_alike: if is_faint { f32::INFINITY } else { 1.0 },
            average_rate: OnceLock::new(),
            most_popular: OnceLock::new(),
        })
    }

    /// Looks at all neighbours, of which a visitor needs few: opening reads none, and lists leave out impossible ones.
    fn check_neighbours(&self) -> Result<(), BundleError> {
        let Some(neighbours) = &self.bundle.models.item_neighbours else {
            return Ok(());
        };
        let checked = neighbours.check(self.bundle.catalog.len());
        checked.map_err(|detail| BundleError::Malformed {
            path: "neighbours".into(),
            detail: detail.into(),
        })
    }

    /// Looks at where all texts end: opening does not, and those of impossible lengths are empty.
    fn check_texts(&self) -> Result<(), BundleError> {
        if self.bundle.texts.are_sound() {
            return Ok(());
        }
        Err(BundleError::Malformed {
            path: "texts".into(),
            detail: "the lengths of a field do not cover it".into(),
        })
    }

    /// The same engine, its slates marked as of another variant of the channel.
    pub fn with_variant(mut self, variant: &str) -> Self {
        variant.clone_into(&mut self.variant);
        self
    }

    /// Which variant of the channel its slates are marked as of.
    pub fn variant(&self) -> &str {
        &self.variant
    }

    fn self_test(&self, test: &SelfTestCase) -> Result<String, RecommenderError> {
        let visitor = Visitor {
            profile: test.profile.clone(),
            history: History::restore(&test.history)?,
        };
        Ok(self.recommend(&visitor, &test.request)?.digest())
    }

    /// The open bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Positive interactions a view over the whole catalogue.
    fn average_rate(&self) -> f32 {
        let counters = &self.bundle.counters;
        *self.average_rate.get_or_init(|| counters.positive_rate())
    }

    /// How popular the most popular activity is by the present rule.
    fn most_popular(&self) -> f32 {
        let counters = &self.bundle.counters;
        *self
            .most_popular
            .get_or_init(|| TriquetaRule::most_popular(counters))
    }

    fn catalog(&self) -> &Catalog {
        &self.bundle.catalog
    }

    /// The best activities for a visitor.
    ///
    /// # Errors
    /// [`RequestError::OutOfRange`] for impossible parameters. An empty catalogue, or filters nothing passes, give an
    /// empty slate.
    pub fn recommend(
        &self,
        visitor: &Visitor,
        request: &Request,
    ) -> Result<Slate, RecommenderError> {
        self.recommend_recalling(visitor, request, &mut Recollection::default())
    }

    /// The same, with what was made of this visitor's past for earlier lists.
    ///
    /// # Errors
    /// As [`Engine::recommend`].
    pub fn recommend_recalling(
        &self,
        visitor: &Visitor,
        request: &Request,
        recollection: &mut Recollection,
    ) -> Result<Slate, RecommenderError> {
        request.validate()?;
        let side = self.visitor_side(visitor, request.now_ms, recollection);
        let workshop = &mut recollection.workshop;
        self.score(visitor, request, &side, &mut workshop.scoring);
        let slate = assemble::slate(self, visitor, request, &side, workshop);
        recollection.neighbour_scores = side.models.neighbour_scores;
        Ok(slate)
    }

    /// The scores of given activities for a visitor, in the order given; `None` for ids the catalogue does not have. No
    /// filter applies: this is for evaluation and for showing a score beside an activity found otherwise.
    pub fn scores(
        &self,
        visitor: &Visitor,
        request: &Request,
        activities: &[ActivityId],
    ) -> Vec<Option<Score>> {
        let now_ms = request.now_ms;
        let side = self.visitor_side(visitor, now_ms, &mut Recollection::default());
        let score_of = self.scorer(request.ranking, visitor, &side, now_ms);
        let score = |id: &ActivityId| score_of(self.catalog().row(id)?);
        activities.iter().map(score).collect()
    }

    /// Whether the bundle has anything to say under a component.
    fn speaks_of(&self, component: Component) -> bool {
        self.resolved.speaks_of(component)
            || component == Component::Adjustment && self.bundle.boosted_trees.is_some()
    }

    /// The activities most like one of the catalogue, itself left out: closeness of embeddings, tags in
    /// common and, where the bundle has neighbours, who chose both.
    ///
    /// # Errors
    /// [`RequestError::UnknownActivity`], or [`RequestError::OutOfRange`] for impossible parameters.
    pub fn similar(
        &self,
        visitor: &Visitor,
        activity: &ActivityId,
        request: &Request,
    ) -> Result<Slate, RecommenderError> {
        request.validate()?;
        let unknown = || RequestError::UnknownActivity {
            activity: activity.0.clone(),
        };
        let origin = self.catalog().row(activity).ok_or_else(unknown)?;
        let now_ms = request.now_ms;
        let side = self.visitor_side(visitor, now_ms, &mut Recollection::default());
        let filter = Filter::new(
            &request.filters,
            self.catalog(),
            &self.bundle.texts,
            &visitor.history,
            now_ms,
        );
        let mut eligible = RowSet::default();
        filter.list(&mut Announced::default(), &mut eligible);
        eligible.remove(origin);
        let said = self.said_by(origin);
        let mut scoring = scoring::Scoring::default();
        scoring.scored.extend(eligible.rows().map(|row| Scored {
            row,
            score: self.likeness(origin, row, said.get(row.index()).copied()),
        }));
        scoring.total = scoring.scored.len();
        let limit = usize::from(request.limit);
        keep_best(&mut scoring.scored, self.catalog(), limit);
        Ok(assemble::similar_slate(
            self, visitor, request, &side, &scoring, origin,
        ))
    }

    /// What an activity says of each row, the most it says of any being 1 and "not together" 0; empty where it has no
    /// neighbours.
    fn said_by(&self, origin: Row) -> Vec<f32> {
        let Some(neighbours) = &self.bundle.models.item_neighbours else {
            return Vec::new();
        };
        let strongest = neighbours.of(origin.index()).next();
        let Some((_, most)) = strongest.filter(|&(_, weight)| weight > 0.0) else {
            return Vec::new();
        };
        let mut said = neighbours.scores([(origin.index(), 1.0)], neighbours.len());
        for weight in &mut said {
            *weight = weight.max(0.0) / most;
        }
        said
    }

    /// `said` is what `a` says of `b`, 0 to 1, where anything is known.
    fn likeness(&self, a: Row, b: Row, said: Option<f32>) -> Score {
        let (tags_a, tags_b) = (self.catalog().tags(a), self.catalog().tags(b));
        let common = tags_a.iter().filter(|tag| tags_b.contains(tag)).count() as f32;
        let union = (tags_a.len() + tags_b.len()) as f32 - common;
        let mut contributions = [0.0; crate::feature::COMPONENTS.len()];
        contributions[Component::TwoTower.index()] = cosine(
            &self.bundle.activities.embeddings[a.index()],
            &self.bundle.activities.embeddings[b.index()],
        );
        contributions[Component::Content.index()] = if union > 0.0 { common / union } else { 0.0 };
        contributions[Component::Factorization.index()] = said.unwrap_or(0.0);
        Score::of(contributions)
    }

    /// The content of an activity as history remembers it, its title included.
    pub fn content(&self, activity: &ActivityId) -> Option<Content> {
        let row = self.catalog().row(activity)?;
        Some(Content {
            title: self.bundle.texts.title(row).into_owned(),
            ..self.catalog().content(row)
        })
    }

    /// Folds an event into a visitor's history.
    pub fn observe(&self, visitor: &mut Visitor, time_ms: i64, body: &Body) {
        let content = body.activity().and_then(|activity| self.content(activity));
        visitor.history.observe(time_ms, body, content.as_ref());
    }

    /// What the visitor reads of an activity.
    pub fn card(&self, activity: &ActivityId) -> Option<ActivityCard> {
        let row = self.catalog().row(activity)?;
        Some(card::of(self.catalog(), self.bundle.texts.get(row), row))
    }

    /// A slate with its inputs, to be replayed elsewhere.
    ///
    /// # Errors
    /// As [`Engine::recommend`].
    pub fn trace(&self, visitor: &Visitor, request: &Request) -> Result<Trace, RecommenderError> {
        let slate = self.recommend(visitor, request)?;
        let (profile, history) = (visitor.profile.clone(), visitor.history.snapshot());
        Ok(Trace {
            version: TRACE_VERSION,
            profile,
            history,
            request: request.clone(),
            slate,
        })
    }

    /// Computes a trace's slate again, for comparison with the one it holds.
    ///
    /// # Errors
    /// As [`History::restore`] and [`Engine::recommend`].
    pub fn replay(&self, trace: &Trace) -> Result<Slate, RecommenderError> {
        let visitor = Visitor {
            profile: trace.profile.clone(),
            history: History::restore(&trace.history)?,
        };
        self.recommend(&visitor, &trace.request)
    }
}

fn check_lengths(lengths: &[f32]) -> Result<(), BundleError> {
    let mut rows = lengths.iter().enumerate();
    let Some((row, length)) = rows.find(|row| *row.1 > LONGEST) else {
        return Ok(());
    };
    Err(BundleError::Malformed {
        path: "activities".into(),
        detail: format!(
            "the point of row {row} is {} long, more than {}",
            json::text_of(*length),
            json::text_of(LONGEST)
        ),
    })
}
