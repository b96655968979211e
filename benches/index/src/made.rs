//! The numbers that the browser's peers multiply (benches/engine/page/data.mjs): the same seed, the same order.

/// Numbers a row.
pub(crate) const WIDTH: usize = 52;

pub(crate) type Row = [f32; WIDTH];

/// A matrix of so many rows, and queries of a row each, all between −1 and 1.
pub(crate) fn made(rows: usize, queries: usize) -> (Vec<Row>, Vec<Row>) {
    let mut state = rows as u32;
    let mut filled = |length: usize| -> Vec<Row> {
        let row = |_| [(); WIDTH].map(|()| (2.0 * next(&mut state) - 1.0) as f32);
        (0..length).map(row).collect()
    };
    (filled(rows), filled(queries))
}

/// Mulberry32: a number from 0 to 1.
fn next(state: &mut u32) -> f64 {
    *state = state.wrapping_add(0x6d2b_79f5);
    let mut mixed = (*state ^ (*state >> 15)).wrapping_mul(*state | 1);
    mixed ^= mixed.wrapping_add((mixed ^ (mixed >> 7)).wrapping_mul(mixed | 61));
    f64::from(mixed ^ (mixed >> 14)) / 4_294_967_296.0
}
