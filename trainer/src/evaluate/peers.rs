//! Who is compared? The trained score, its tower alone, and what needs no training. All scores come from
//! `triqueta::model` and `triqueta::feature`, as they would in a browser.

use triqueta::catalog::Catalog;
use triqueta::error::BundleError;
use triqueta::feature::{PAIR_FEATURES, PairRow};
use triqueta::model::{
    ModelScores, PopularitySmoothing, Resolved, RuleOptions, content_score, popularity_score,
    triqueta_rule,
};

use crate::choices::{Choice, Lens};

/// A way to rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Peer {
    /// Chance: all scores are the same, and metrics take ties as expectations, so this row is exact.
    Random,
    /// How many chose it so far.
    Popularity,
    /// The popularity a bundle serves: decayed, smoothed by views.
    RecentPopularity,
    /// Likeness of content, untrained.
    Content,
    /// The present rule of Triqueta.
    Rule,
    /// The two-tower model alone.
    TwoTower,
    /// The bundle's score.
    Blend,
}

impl Peer {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Random,
        Self::Popularity,
        Self::RecentPopularity,
        Self::Content,
        Self::Rule,
        Self::TwoTower,
        Self::Blend,
    ];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Popularity => "popularity",
            Self::RecentPopularity => "recent_popularity",
            Self::Content => "content",
            Self::Rule => "rule",
            Self::TwoTower => "two_tower",
            Self::Blend => "blend",
        }
    }
}

/// The scores of a choice's candidates by what needs the counters of that moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Untrained {
    /// [`Peer::RecentPopularity`].
    pub recent_popularity: Vec<f32>,
    /// [`Peer::Rule`].
    pub rule: Vec<f32>,
}

impl Untrained {
    /// Scores a choice the lens has just made: its counters are those of the choice's moment.
    pub fn of(
        lens: &Lens<'_>,
        catalog: &Catalog,
        choice: &Choice,
        smoothing: PopularitySmoothing,
    ) -> Self {
        let counters = lens.counters();
        let average = counters.positive_rate();
        let counts = counters.positives_total.iter().zip(&counters.views_total);
        let most_popular = counts
            .map(|(positives, views)| positives + 0.1 * views)
            .fold(0.0, f32::max);
        let (now_ms, options) = (choice.time_ms, RuleOptions::default());
        let rule = |&row| {
            triqueta_rule(
                &choice.profile,
                catalog,
                counters,
                most_popular,
                row,
                now_ms,
                options,
            )
        };
        Self {
            recent_popularity: choice
                .candidates
                .iter()
                .map(|&row| popularity_score(counters, average, row, now_ms, smoothing))
                .collect(),
            rule: choice
                .candidates
                .iter()
                .map(|row| rule(row).map_or(0.0, |score| score.total()))
                .collect(),
        }
    }
}

/// The column of a pair feature.
pub fn pair_column(pair: &PairRow, name: &str) -> f32 {
    PAIR_FEATURES
        .iter()
        .position(|feature| feature.name == name)
        .map_or(0.0, |column| pair[column])
}

/// How many chose each candidate so far, as a logarithm.
pub fn popularity_so_far(choice: &Choice) -> Vec<f32> {
    choice
        .pairs
        .iter()
        .map(|pair| pair_column(pair, "positives_total_log"))
        .collect()
}

/// The content score of each candidate.
pub fn content_scores(choice: &Choice) -> Vec<f32> {
    choice.pairs.iter().map(content_score).collect()
}

/// The bundle's score of each candidate.
pub fn blend_scores(blend: &Resolved, choice: &Choice, models: &[ModelScores]) -> Vec<f32> {
    let maturity = choice.viewpoint.maturity;
    choice
        .pairs
        .iter()
        .zip(models)
        .map(|(pair, models)| blend.score(models, pair, maturity).total)
        .collect()
}

/// A blend ready to score.
///
/// # Errors
/// [`BundleError::Malformed`] where it names inputs this build does not have.
pub fn resolve(
    blend: &triqueta::model::Blend,
) -> Result<Resolved, triqueta::error::RecommenderError> {
    Ok(blend.resolve().map_err(|error: BundleError| error)?)
}
