//! Dot products in one fixed order: four running sums over the lanes, then `(l0 + l1) + (l2 + l3)`, then the rest. The
//! order is the same with and without SIMD, so that the bits are too.

/// The inner product. The shorter slice decides the length.
#[inline]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 4];
    let (chunks_a, chunks_b) = (a.chunks_exact(4), b.chunks_exact(4));
    let whole = a.len().min(b.len()) / 4 * 4;
    for (x, y) in chunks_a.zip(chunks_b) {
        for lane in 0..4 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let mut sum = total(&lanes);
    for (x, y) in a.iter().zip(b).skip(whole) {
        sum += x * y;
    }
    sum
}

/// The sum of four running sums. A call, because compilers that see through it add lane by lane in every step above.
#[inline(never)]
fn total(lanes: &[f32; 4]) -> f32 {
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

/// The Euclidean norm.
#[inline]
pub fn norm(a: &[f32]) -> f32 {
    // Exactly rounded everywhere, unlike other functions of std.
    dot(a, a).sqrt()
}

/// The norms of vectors of one length, which compilers see: many of them take half as long then.
pub fn norms<const N: usize>(vectors: &[[f32; N]]) -> Vec<f32> {
    let squares = vectors.iter().map(|vector| {
        let mut lanes = [0.0_f32; 4];
        let (whole, rest) = vector.as_chunks::<4>();
        for chunk in whole {
            for (sum, x) in lanes.iter_mut().zip(chunk) {
                *sum += x * x;
            }
        }
        let sum = total(&lanes);
        rest.iter().fold(sum, |sum, x| sum + x * x)
    });
    let mut norms: Vec<f32> = squares.collect();
    // By themselves roots are taken several at a time.
    norms.iter_mut().for_each(|norm| *norm = norm.sqrt());
    norms
}

/// The cosine of the angle between two vectors; 0 where one of them is zero.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let norms = norm(a) * norm(b);
    if norms > 0.0 { dot(a, b) / norms } else { 0.0 }
}

/// Scales a vector to length 1; a zero vector stays zero.
pub fn normalise(a: &mut [f32]) {
    let length = norm(a);
    if length > 0.0 {
        for value in a {
            *value /= length;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Random;

    #[test]
    fn every_length_counts_every_element_once() {
        for length in 0..11_u16 {
            let ones = vec![1.0; usize::from(length)];
            assert_eq!(dot(&ones, &ones), f32::from(length));
        }
        assert_eq!(dot(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0, 1.0]), 3.0);
    }

    #[test]
    fn norms_are_the_same_to_the_bit_one_by_one() {
        let mut random = Random::new(3);
        let vectors: Vec<[f32; 18]> = (0..200)
            .map(|_| std::array::from_fn(|_| (random.normal() * 3.0) as f32))
            .collect();
        let one_by_one = vectors.iter().map(|vector| norm(vector).to_bits());
        let together = norms(&vectors);
        assert!(together.iter().map(|norm| norm.to_bits()).eq(one_by_one));
    }

    #[test]
    fn zero_vectors_have_no_direction() {
        let mut zero = [0.0; 3];
        normalise(&mut zero);
        assert_eq!(zero, [0.0; 3]);
        assert_eq!(cosine(&zero, &[1.0, 0.0, 0.0]), 0.0);
    }
}
