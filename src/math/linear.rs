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

/// The inner products of `x` with rows of `width` numbers, one after the other into `products`; bit for bit what [`dot`]
/// gives. Four rows at a time: the additions of one wait for each other, those of four do not. Extra inputs are ignored.
pub fn dot_rows(rows: &[f32], width: usize, x: &[f32], products: &mut Vec<f32>) {
    let width = width.max(1);
    let used = width.min(x.len());
    let (x_chunks, x_rest) = x[..used].as_chunks::<4>();
    let mut groups = rows.chunks_exact(4 * width);
    for group in &mut groups {
        let of_row = |row: usize| group[row * width..][..used].as_chunks::<4>();
        let rows = [of_row(0), of_row(1), of_row(2), of_row(3)];
        let [(a, _), (b, _), (c, _), (d, _)] = rows;
        let mut lanes = [[0.0_f32; 4]; 4];
        for (((a, b), (c, d)), x) in a.iter().zip(b).zip(c.iter().zip(d)).zip(x_chunks) {
            for (lanes, weights) in lanes.iter_mut().zip([a, b, c, d]) {
                for lane in 0..4 {
                    lanes[lane] += weights[lane] * x[lane];
                }
            }
        }
        for (lanes, (_, rest)) in lanes.iter().zip(rows) {
            let mut sum = total(lanes);
            for (weight, x) in rest.iter().zip(x_rest) {
                sum += weight * x;
            }
            products.push(sum);
        }
    }
    let rest = groups.remainder().chunks_exact(width);
    products.extend(rest.map(|row| dot(row, x)));
}

/// The sum of four running sums. A call, because compilers that see through it add lane by lane in every step above, or turn the
/// lanes of four rows across, which takes longer than all products.
#[inline(never)]
fn total(lanes: &[f32; 4]) -> f32 {
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3])
}

/// The Euclidean norm.
pub fn norm(a: &[f32]) -> f32 {
    // Exactly rounded everywhere, unlike other functions of std.
    dot(a, a).sqrt()
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

    #[test]
    fn every_length_counts_every_element_once() {
        for length in 0..11_u16 {
            let ones = vec![1.0; usize::from(length)];
            assert_eq!(dot(&ones, &ones), f32::from(length));
        }
        assert_eq!(dot(&[1.0, 2.0, 3.0, 4.0, 5.0], &[1.0, 1.0]), 3.0);
    }

    #[test]
    fn rows_together_give_the_bits_of_each_alone() {
        let numbers: Vec<f32> = (1..600_u16).map(|n| libm::sinf(f32::from(n))).collect();
        for (rows, width, inputs) in [(9, 37, 37), (4, 16, 16), (6, 5, 7), (3, 8, 8), (8, 9, 6)] {
            let (weights, x) = (&numbers[..rows * width], &numbers[500..500 + inputs]);
            let mut products = Vec::new();
            dot_rows(weights, width, x, &mut products);
            let alone: Vec<f32> = weights.chunks(width).map(|row| dot(row, x)).collect();
            assert_eq!(products, alone, "{rows} rows of {width}");
        }
    }

    #[test]
    fn zero_vectors_have_no_direction() {
        let mut zero = [0.0; 3];
        normalise(&mut zero);
        assert_eq!(zero, [0.0; 3]);
        assert_eq!(cosine(&zero, &[1.0, 0.0, 0.0]), 0.0);
    }
}
