//! Content-based recommendation: how much an activity is like what the visitor declared and did. Needs no training, so it
//! is the first model of a new city, a peer in every evaluation and part of the blend.

use crate::feature::{PairRow, pair_column};

/// The sum of the content matches, most often 0 to 2: TF-IDF cosines of tags and of texts with what was declared and with
/// the history (Salton and Buckley 1988), share of the type in the history, matches of level and locality, minus what was
/// rejected. Of all features it reads those that [`crate::feature::PairSide::content_row`] has.
pub fn content_score(pair: &PairRow) -> f32 {
    let of_tags = pair[const { pair_column("declared_tag_cosine") }]
        + pair[const { pair_column("history_tag_cosine") }]
        - pair[const { pair_column("rejected_tag_cosine") }];
    let of_text = pair[const { pair_column("declared_text_cosine") }]
        + pair[const { pair_column("history_text_cosine") }]
        - pair[const { pair_column("rejected_text_cosine") }];
    let of_level = pair[const { pair_column("level_match") }];
    let of_locality = pair[const { pair_column("locality_declared") }];
    (of_tags + of_text)
        + 0.5 * pair[const { pair_column("type_share") }]
        + 0.25 * (of_level + of_locality)
}
