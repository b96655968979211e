//! Content-based recommendation: how much an activity is like what the visitor declared and did. Needs no training, so it
//! is the first model of a new city, a peer in every evaluation and part of the blend.

use crate::feature::{PAIR_FEATURES, PairRow};

/// The sum of the content matches, most often 0 to 2: TF-IDF cosines of tags and of texts with what was declared and with
/// the history (Salton and Buckley 1988), share of the type in the history, matches of level and locality, minus what was rejected.
pub fn content_score(pair: &PairRow) -> f32 {
    let column = |name: &str| {
        PAIR_FEATURES
            .iter()
            .position(|f| f.name == name)
            .map_or(0.0, |index| pair[index])
    };
    let of_tags = column("declared_tag_cosine") + column("history_tag_cosine")
        - column("rejected_tag_cosine");
    let of_text = column("declared_text_cosine") + column("history_text_cosine")
        - column("rejected_text_cosine");
    (of_tags + of_text)
        + 0.5 * column("type_share")
        + 0.25 * (column("level_match") + column("locality_declared"))
}
