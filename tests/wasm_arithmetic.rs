//! Is arithmetic the same to the last bit natively, in Node and in a browser? Every slate stands on it.
//!
//! One digest over many generated values is written down here; each of the three must arrive at it.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use triqueta::math::{self, Digest, Random};

const VALUES: usize = 20_000;

fn values(seed: u64) -> Vec<f32> {
    let mut random = Random::new(seed);
    (0..VALUES)
        .map(|_| (random.normal() * 4.0) as f32)
        .collect()
}

#[test]
fn transcendentals_are_the_same_everywhere() {
    let mut digest = Digest::default();
    for x in values(1) {
        let positive = x.abs() + f32::MIN_POSITIVE;
        digest.floats(&[
            math::exp(x),
            math::exp2(x),
            math::ln(positive),
            math::ln_1p(positive),
            math::sigmoid(x),
        ]);
    }
    assert_eq!(digest.hexadecimal(), "fc8eec4b3b98c8c4");
}

#[test]
fn sums_are_the_same_everywhere() {
    let mut digest = Digest::default();
    let (left, right) = (values(2), values(3));
    for width in [1, 3, 4, 16, 52, 67, 1_000] {
        for (a, b) in left
            .chunks_exact(width)
            .zip(right.chunks_exact(width))
            .take(1_000)
        {
            digest.floats(&[math::dot(a, b), math::norm(a), math::cosine(a, b)]);
        }
    }
    assert_eq!(digest.hexadecimal(), "996f18da04482d60");
}

#[test]
fn softmax_and_distances_are_the_same_everywhere() {
    let mut digest = Digest::default();
    for (index, chunk) in values(4).chunks_exact(8).enumerate() {
        let mut logits: Vec<f64> = chunk.iter().copied().map(f64::from).collect();
        math::softmax(&mut logits, 0.1 + index as f64 / 1_000.0);
        digest.floats(&logits.iter().map(|&share| share as f32).collect::<Vec<_>>());
        let projection = triqueta::catalog::Projection::around(4.6 + f64::from(chunk[0]));
        digest.floats(&[projection.distance_km((chunk[1], chunk[2]), (chunk[3], chunk[4]))]);
    }
    assert_eq!(digest.hexadecimal(), "3c24f5de4a551b3b");
}
