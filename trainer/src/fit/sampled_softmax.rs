//! The softmax of each row over many columns, its loss and its gradients, without ever holding rows × columns.
//!
//! This is where most of the time of a two-tower training goes. A few rows at a time run over all columns three times:
//! logits, exponentials, gradients. With [`WIDTH`] numbers a vector a general matrix product spends itself on moving
//! data; here the rows stay in registers and the logits of a few rows in the nearest cache.

use std::ops::Range;

use triqueta::model::EMBEDDING;

use super::real::Real;
use super::shards::{map_shards, shards};
use super::simd::{has_fused_multiply_add, vectorised};

/// Length of the vectors.
pub(super) const WIDTH: usize = EMBEDDING;
/// Columns computed side by side: two of the widest vectors in common use.
const LANES: usize = 16;
/// Rows that share one pass over the columns.
const TILE: usize = 4;
/// The least rows and the most shards of a batch, each with its own sum of column gradients. Fixed, so that the sums are
/// the same for any number of threads.
const LEAST_ROWS: usize = 64;
const MOST_SHARDS: usize = 8;
/// A logit that stands for "no negative for this row".
const NEVER: f64 = -1e30;

/// Ragged lists, one a row, in one array.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lists<T> {
    ends: Vec<usize>,
    values: Vec<T>,
}

impl<T> Default for Lists<T> {
    fn default() -> Self {
        Self {
            ends: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<T> Lists<T> {
    /// Adds a row's list.
    pub(crate) fn push(&mut self, values: impl IntoIterator<Item = T>) {
        self.values.extend(values);
        self.ends.push(self.values.len());
    }

    /// A row's list.
    #[inline(always)]
    pub(crate) fn of(&self, row: usize) -> &[T] {
        let from = if row == 0 { 0 } else { self.ends[row - 1] };
        &self.values[from..self.ends[row]]
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }
}

/// What is asked of the rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Questions {
    /// What is added to each column's logit, such as `−ln q`.
    pub(super) offsets: Vec<f32>,
    /// The right columns of each row and their weights. A row counts by the sum of its weights.
    pub(super) targets: Lists<(u32, f32)>,
    /// Columns that are no negatives for a row.
    pub(super) masked: Lists<u32>,
}

/// The mean loss and its gradients.
#[derive(Debug, Clone)]
pub(super) struct Answer<F> {
    /// `Σ weight · −ln p(target) / Σ weight`.
    pub(super) loss: f64,
    /// Of the rows' vectors, [`WIDTH`] each.
    pub(super) d_rows: Vec<F>,
    /// Of the columns' vectors.
    pub(super) d_columns: Vec<F>,
}

/// Columns in both layouts the passes want.
struct Columns<'a, F> {
    vectors: &'a [F],
    /// `[WIDTH, padded]`.
    transposed: Vec<F>,
    /// `[padded]`.
    offsets: Vec<F>,
    padded: usize,
}

impl<'a, F: Real> Columns<'a, F> {
    fn new(vectors: &'a [F], offsets: &[f32]) -> Self {
        let count = offsets.len();
        let padded = count.next_multiple_of(LANES).max(LANES);
        let mut transposed = vec![F::zero(); WIDTH * padded];
        for (column, vector) in vectors.chunks_exact(WIDTH).enumerate() {
            for (number, &value) in vector.iter().enumerate() {
                transposed[number * padded + column] = value;
            }
        }
        let mut all_offsets = vec![F::of_f64(NEVER); padded];
        for (to, &from) in all_offsets.iter_mut().zip(offsets) {
            *to = F::of(from);
        }
        Self {
            vectors,
            transposed,
            offsets: all_offsets,
            padded,
        }
    }
}

/// Rows against columns: logits are `row · column / temperature + offset`.
pub(super) fn answer<F: Real>(
    rows: &[F],
    columns: &[F],
    questions: &Questions,
    temperature: f64,
    with_gradients: bool,
) -> Answer<F> {
    let count = questions.targets.len();
    let total: f64 = (0..count)
        .flat_map(|row| questions.targets.of(row))
        .map(|&(_, weight)| f64::from(weight))
        .sum();
    let columns = Columns::new(columns, &questions.offsets);
    let size = count
        .div_ceil(MOST_SHARDS)
        .max(LEAST_ROWS)
        .next_multiple_of(TILE);
    let scale = F::of_f64(1.0 / temperature);
    let d_scale = if total > 0.0 {
        F::of_f64(1.0 / (temperature * total))
    } else {
        F::zero()
    };
    let shard = |range: Range<usize>| {
        let task = Task {
            rows,
            columns: &columns,
            questions,
            scale,
            d_scale,
            with_gradients,
        };
        if has_fused_multiply_add() {
            vectorised(
                #[inline(always)]
                || task.run::<true>(range),
            )
        } else {
            task.run::<false>(range)
        }
    };
    let parts = map_shards(&shards(count, size), shard);
    let mut answer = Answer {
        loss: 0.0,
        d_rows: Vec::with_capacity(rows.len()),
        d_columns: vec![
            F::zero();
            if with_gradients {
                columns.vectors.len()
            } else {
                0
            }
        ],
    };
    for part in parts {
        answer.loss += part.loss;
        answer.d_rows.extend(part.d_rows);
        for (sum, value) in answer.d_columns.iter_mut().zip(part.d_columns) {
            *sum += value;
        }
    }
    if total > 0.0 {
        answer.loss /= total;
    }
    answer
}

struct Task<'a, F> {
    rows: &'a [F],
    columns: &'a Columns<'a, F>,
    questions: &'a Questions,
    scale: F,
    d_scale: F,
    with_gradients: bool,
}

/// A few rows' vectors.
type Tile<F> = [[F; WIDTH]; TILE];

#[inline(always)]
fn product<F: Real, const FUSED: bool>(a: F, b: F, sum: F) -> F {
    if FUSED {
        a.multiply_add(b, sum)
    } else {
        a * b + sum
    }
}

/// `sum + scale · values`. Plain counted loops over arrays are what the compiler turns into vector registers.
#[inline(always)]
fn add_scaled<F: Real, const N: usize, const FUSED: bool>(
    sum: &mut [F; N],
    scale: F,
    values: &[F; N],
) {
    for number in 0..N {
        sum[number] = product::<F, FUSED>(scale, values[number], sum[number]);
    }
}

impl<F: Real> Task<'_, F> {
    #[inline(always)]
    fn run<const FUSED: bool>(&self, range: Range<usize>) -> Answer<F> {
        let padded = self.columns.padded;
        let mut answer = Answer {
            loss: 0.0,
            d_rows: Vec::with_capacity(range.len() * WIDTH),
            d_columns: vec![
                F::zero();
                if self.with_gradients {
                    self.columns.vectors.len()
                } else {
                    0
                }
            ],
        };
        let mut logits = vec![F::zero(); TILE * padded];
        for first in range.clone().step_by(TILE) {
            let rows = first..(first + TILE).min(range.end);
            let mut tile: Tile<F> = [[F::zero(); WIDTH]; TILE];
            for (to, row) in tile.iter_mut().zip(rows.clone()) {
                for (to, &from) in to.iter_mut().zip(&self.rows[row * WIDTH..]) {
                    *to = from * self.scale;
                }
            }
            self.logits::<FUSED>(&tile, &mut logits);
            let mut shares = [F::zero(); TILE];
            for (number, row) in rows.clone().enumerate() {
                let logits = &mut logits[number * padded..(number + 1) * padded];
                let (loss, share) = self.exponentials(row, logits);
                answer.loss += loss;
                shares[number] = share;
            }
            if self.with_gradients {
                self.gradients::<FUSED>(rows, &logits, shares, &mut answer);
            }
        }
        answer
    }

    /// The logits of a tile, [`TILE`] rows of the padded number of columns.
    #[inline(always)]
    fn logits<const FUSED: bool>(&self, tile: &Tile<F>, logits: &mut [F]) {
        let padded = self.columns.padded;
        let [first, second, third, fourth] = tile;
        let (offsets, _) = self.columns.offsets.as_chunks::<LANES>();
        for (block, &offset) in offsets.iter().enumerate() {
            let (mut a, mut b, mut c, mut d) = (offset, offset, offset, offset);
            let rows = self.columns.transposed.chunks_exact(padded);
            for (number, row) in rows.enumerate().take(WIDTH) {
                let values = row.as_chunks::<LANES>().0[block];
                add_scaled::<F, LANES, FUSED>(&mut a, first[number], &values);
                add_scaled::<F, LANES, FUSED>(&mut b, second[number], &values);
                add_scaled::<F, LANES, FUSED>(&mut c, third[number], &values);
                add_scaled::<F, LANES, FUSED>(&mut d, fourth[number], &values);
            }
            for (sums, row) in [a, b, c, d].iter().zip(logits.chunks_exact_mut(padded)) {
                row[block * LANES..(block + 1) * LANES].copy_from_slice(sums);
            }
        }
    }

    /// Turns a row's logits into `e^(logit − largest)`; gives the row's loss and what each must be multiplied by to be a
    /// share of its gradient.
    #[inline(always)]
    fn exponentials(&self, row: usize, logits: &mut [F]) -> (f64, F) {
        let never = F::of_f64(NEVER);
        for &column in self.questions.masked.of(row) {
            logits[column as usize] = never;
        }
        let mut largest = [never; LANES];
        for lanes in logits.as_chunks::<LANES>().0 {
            for lane in 0..LANES {
                let logit = lanes[lane];
                largest[lane] = if logit > largest[lane] {
                    logit
                } else {
                    largest[lane]
                };
            }
        }
        let largest = largest
            .into_iter()
            .fold(never, |a, b| if b > a { b } else { a });
        let targets = self.questions.targets.of(row);
        let (mut weights, mut of_targets) = (0.0, 0.0);
        for &(column, weight) in targets {
            weights += f64::from(weight);
            of_targets += f64::from(weight) * (logits[column as usize] - largest).to_f64();
        }
        let mut sums = [F::zero(); LANES];
        for lanes in logits.as_chunks_mut::<LANES>().0 {
            for lane in 0..LANES {
                lanes[lane] = (lanes[lane] - largest).exponential();
                sums[lane] += lanes[lane];
            }
        }
        let sum: F = sums.into_iter().sum();
        let loss = weights * libm::log(sum.to_f64()) - of_targets;
        (loss, F::of_f64(weights) * self.d_scale / sum)
    }

    /// Adds the gradients of a tile: `share · e` for every column, less the targets' weights.
    #[inline(always)]
    fn gradients<const FUSED: bool>(
        &self,
        rows: Range<usize>,
        exponentials: &[F],
        shares: [F; TILE],
        answer: &mut Answer<F>,
    ) {
        let padded = self.columns.padded;
        // Rows beyond the last have share 0 and vector 0: they add nothing.
        let mut scaled: Tile<F> = [[F::zero(); WIDTH]; TILE];
        for ((to, row), share) in scaled.iter_mut().zip(rows.clone()).zip(shares) {
            for (to, &from) in to.iter_mut().zip(&self.rows[row * WIDTH..]) {
                *to = from * share;
            }
        }
        let vectors = self.columns.vectors.as_chunks::<WIDTH>().0;
        let d_columns = answer.d_columns.as_chunks_mut::<WIDTH>().0;
        let of = |row: usize| exponentials[row * padded..].iter().take(vectors.len());
        let [first, second, third, fourth] = &scaled;
        let (mut a, mut b, mut c, mut d) = (
            [F::zero(); WIDTH],
            [F::zero(); WIDTH],
            [F::zero(); WIDTH],
            [F::zero(); WIDTH],
        );
        let weights = of(0).zip(of(1)).zip(of(2).zip(of(3)));
        for ((vector, d_column), ((&w, &x), (&y, &z))) in vectors.iter().zip(d_columns).zip(weights)
        {
            let mut sum = *d_column;
            add_scaled::<F, WIDTH, FUSED>(&mut sum, w, first);
            add_scaled::<F, WIDTH, FUSED>(&mut sum, x, second);
            add_scaled::<F, WIDTH, FUSED>(&mut sum, y, third);
            add_scaled::<F, WIDTH, FUSED>(&mut sum, z, fourth);
            *d_column = sum;
            add_scaled::<F, WIDTH, FUSED>(&mut a, w, vector);
            add_scaled::<F, WIDTH, FUSED>(&mut b, x, vector);
            add_scaled::<F, WIDTH, FUSED>(&mut c, y, vector);
            add_scaled::<F, WIDTH, FUSED>(&mut d, z, vector);
        }
        let mut d_tile = [a, b, c, d];
        for ((row, d_row), share) in rows.zip(&mut d_tile).zip(shares) {
            d_row.iter_mut().for_each(|value| *value *= share);
            let vector = &self.rows[row * WIDTH..(row + 1) * WIDTH];
            for &(column, weight) in self.questions.targets.of(row) {
                let weight = F::of(weight) * self.d_scale;
                let place = column as usize * WIDTH;
                let d_column = &mut answer.d_columns[place..place + WIDTH];
                let target = &self.columns.vectors[place..place + WIDTH];
                for number in 0..WIDTH {
                    d_row[number] -= weight * target[number];
                    d_column[number] -= weight * vector[number];
                }
            }
            answer.d_rows.extend(d_row.iter());
        }
    }
}

#[cfg(test)]
mod tests {
    use triqueta::math::Random;

    use super::*;

    fn questions(rows: usize, columns: usize, random: &mut Random) -> Questions {
        let mut questions = Questions {
            offsets: (0..columns).map(|_| random.normal() as f32).collect(),
            ..Questions::default()
        };
        for row in 0..rows {
            let target = random.below(columns) as u32;
            let other = (target + 1) % columns as u32;
            questions.targets.push([(target, 1.0), (other, 0.25)]);
            let masked = (0..row % 5).map(|_| random.below(columns) as u32);
            questions
                .masked
                .push(masked.filter(|&column| column != target && column != other));
        }
        questions
    }

    fn vectors(count: usize, random: &mut Random) -> Vec<f64> {
        (0..count * WIDTH).map(|_| 0.3 * random.normal()).collect()
    }

    /// The definition, term by term.
    fn plain_loss(rows: &[f64], columns: &[f64], questions: &Questions, temperature: f64) -> f64 {
        let (mut loss, mut total) = (0.0, 0.0);
        for (row, vector) in rows.chunks(WIDTH).enumerate() {
            let logit = |column: usize| {
                let other = &columns[column * WIDTH..(column + 1) * WIDTH];
                let product: f64 = vector.iter().zip(other).map(|(a, b)| a * b).sum();
                product / temperature + f64::from(questions.offsets[column])
            };
            let allowed = (0..questions.offsets.len())
                .filter(|&column| !questions.masked.of(row).contains(&(column as u32)));
            let sum: f64 = allowed.map(|column| libm::exp(logit(column))).sum();
            for &(column, weight) in questions.targets.of(row) {
                loss += f64::from(weight) * (libm::log(sum) - logit(column as usize));
                total += f64::from(weight);
            }
        }
        loss / total
    }

    #[test]
    fn loss_and_gradients_are_those_of_the_definition() {
        let mut random = Random::new(1);
        for (count, of_columns) in [(1, 2), (7, 16), (70, 37)] {
            let asked = questions(count, of_columns, &mut random);
            let (mut rows, mut columns) = (
                vectors(count, &mut random),
                vectors(of_columns, &mut random),
            );
            let got = answer(&rows, &columns, &asked, 0.2, true);
            let exact = plain_loss(&rows, &columns, &asked, 0.2);
            assert!((got.loss - exact).abs() < 1e-12, "{} {exact}", got.loss);
            let step = 1e-6;
            for _ in 0..200 {
                let of_rows = random.below(2) == 0;
                let length = if of_rows { rows.len() } else { columns.len() };
                let at = random.below(length);
                let mut moved = |by: f64| {
                    let block = if of_rows { &mut rows } else { &mut columns };
                    block[at] += by;
                    let loss = plain_loss(&rows, &columns, &asked, 0.2);
                    let block = if of_rows { &mut rows } else { &mut columns };
                    block[at] -= by;
                    loss
                };
                let numeric = (moved(step) - moved(-step)) / (2.0 * step);
                let exact = if of_rows {
                    got.d_rows[at]
                } else {
                    got.d_columns[at]
                };
                assert!((exact - numeric).abs() < 1e-3 * numeric.abs() + 1e-8);
            }
        }
    }

    #[test]
    fn single_precision_agrees_with_double() {
        let mut random = Random::new(2);
        let asked = questions(300, 500, &mut random);
        let (rows, columns) = (vectors(300, &mut random), vectors(500, &mut random));
        let exact = answer(&rows, &columns, &asked, 0.1, true);
        let single = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<_>>();
        let got = answer(&single(&rows), &single(&columns), &asked, 0.1, true);
        assert!((got.loss - exact.loss).abs() < 1e-5);
        for (got, exact) in [(got.d_rows, exact.d_rows), (got.d_columns, exact.d_columns)] {
            let scale = exact.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
            let close = |(a, b): (&f32, &f64)| (f64::from(*a) - b).abs() < 1e-4 * scale;
            assert!(got.iter().zip(&exact).all(close));
        }
    }

    #[test]
    fn nobody_and_nothing_lose_nothing() {
        let nothing = answer::<f32>(&[], &[], &Questions::default(), 0.1, true);
        assert_eq!((nothing.loss, nothing.d_rows.len()), (0.0, 0));
    }
}
