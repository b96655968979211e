//! Bundles that are hard on what is nearly computed.

use triqueta::bundle::BundleDraft;
use triqueta::feature::CommonTaste;
use triqueta::history::Visitor;
use triqueta::math::Random;

/// The same with a taste learned from visitors, and directions in which theirs differ.
pub fn with_taste(mut draft: BundleDraft, random: &mut Random) -> BundleDraft {
    let engine = super::engine_of(&draft);
    let visitors: Vec<Visitor> = (0..40)
        .map(|_| super::visitor(random, &engine, 60))
        .collect();
    let taste = CommonTaste::of(&visitors, &draft.catalog, super::NOW_MS);
    let codes = [1 << 24 | 1, 1 << 24 | 2, 3 << 24 | 1, 10 << 24 | 6];
    let direction = codes.map(|code| (code, random.normal() as f32));
    draft.schema.common_taste = taste.with_directions(vec![direction.to_vec()], codes.to_vec());
    draft
}

/// Buries what differs between activities under large terms that take each other away.
pub fn cancel(draft: &mut BundleDraft) {
    for input in &mut draft.model.blend.inputs {
        input.mean *= 1_000.0;
        input.weight *= if input.name.starts_with("own") {
            1e-3
        } else {
            300.0
        };
    }
}
