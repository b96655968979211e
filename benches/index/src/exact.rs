//! All rows and nothing left out: products of a query with each and the best ten, and what merely reading them takes.

use pulp::{Arch, Simd, WithSimd};

use crate::made::Row;

/// So many rows are looked for.
pub(crate) const BEST: usize = 10;

/// The best rows for a query, the best first.
pub(crate) fn best(matrix: &[Row], query: &Row) -> [u32; BEST] {
    Arch::new().dispatch(EveryRow { matrix, query })
}

struct EveryRow<'a> {
    matrix: &'a [Row],
    query: &'a Row,
}

impl WithSimd for EveryRow<'_> {
    type Output = [u32; BEST];

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [u32; BEST] {
        let (query, query_rest) = S::as_simd_f32s(self.query);
        let query_rest = simd.partial_load_f32s(query_rest);
        let mut scores = [f32::NEG_INFINITY; BEST];
        let mut places = [u32::MAX; BEST];
        for (row, values) in (0..).zip(self.matrix) {
            let (values, rest) = S::as_simd_f32s(values);
            let mut sums = simd.mul_f32s(simd.partial_load_f32s(rest), query_rest);
            for (&value, &wanted) in values.iter().zip(query) {
                sums = simd.mul_add_f32s(value, wanted, sums);
            }
            let score = simd.reduce_sum_f32s(sums);
            if score > scores[BEST - 1] {
                let place = scores.partition_point(|&better| better >= score);
                scores.copy_within(place..BEST - 1, place + 1);
                places.copy_within(place..BEST - 1, place + 1);
                (scores[place], places[place]) = (score, row);
            }
        }
        places
    }
}

/// Reads every number, and does the least with it that keeps it from being left unread.
pub(crate) fn read(matrix: &[Row]) -> u32 {
    let numbers = matrix.as_flattened();
    Arch::new().dispatch(|| {
        let bits = numbers.iter().map(|number| number.to_bits());
        bits.fold(0, u32::wrapping_add)
    })
}
