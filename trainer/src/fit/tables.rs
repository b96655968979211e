//! Embedding tables over mini-batches: the input rows of both towers gathered from codes, gradients scattered back to
//! the rows that were read, and only to those.

use ndarray::{Array2, s};
use triqueta::feature::{ActivityRow, Schema, UserRow};
use triqueta::math::Random;
use triqueta::model::{EMBEDDING, TABLE_WIDTHS, Tables, availability_windows};

use super::real::Real;

const TAG: usize = 0;
const KIND: usize = 1;
const LOCALITY: usize = 2;
const LEVEL: usize = 3;
const ORGANISER: usize = 4;
const SERIES: usize = 5;
const SEASON: usize = 6;
const WEEKDAY: usize = 7;
const SLOT: usize = 8;
const AVAILABILITY: usize = 9;

/// The tables the activity's input row begins with, in order.
pub(super) const ACTIVITY_TABLES: &[usize] = &[
    KIND, TAG, LOCALITY, LEVEL, ORGANISER, SERIES, SEASON, WEEKDAY, SLOT,
];
/// The tables the visitor's input row begins with, in order. The pooled history follows, then numbers.
pub(super) const USER_TABLES: &[usize] = &[TAG, LOCALITY, LEVEL, AVAILABILITY, SEASON, WEEKDAY];

/// Width of the part of an input row that comes from tables.
pub(super) fn width_of(tables: &[usize]) -> usize {
    tables.iter().map(|&table| TABLE_WIDTHS[table].1).sum()
}

/// One input row before its codes are looked up.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Input {
    codes: Vec<u16>,
    /// Where the codes of each table end.
    ends: Vec<u16>,
    /// What follows the tables (and the pooled history).
    pub(super) numbers: Vec<f32>,
}

impl Input {
    fn push(&mut self, codes: impl IntoIterator<Item = u16>) {
        self.codes.extend(codes);
        self.ends
            .push(u16::try_from(self.codes.len()).unwrap_or(u16::MAX));
    }

    fn codes(&self, segment: usize) -> &[u16] {
        let from = if segment == 0 {
            0
        } else {
            usize::from(self.ends[segment - 1])
        };
        &self.codes[from..usize::from(self.ends[segment])]
    }

    /// The input of the activity tower.
    pub(super) fn of_activity(activity: &ActivityRow) -> Self {
        let mut input = Self {
            numbers: activity.numbers.to_vec(),
            ..Self::default()
        };
        input.push([activity.kind]);
        input.push(activity.tags.iter().copied());
        input.push([activity.locality]);
        input.push([activity.level]);
        input.push([activity.organiser]);
        input.push([activity.series]);
        input.push([u16::from(activity.season)]);
        input.push([u16::from(activity.weekday)]);
        input.push([u16::from(activity.slot)]);
        input
    }

    /// The input of the user tower, without the pooled history.
    pub(super) fn of_user(user: &UserRow, windows: usize) -> Self {
        let numbers = user
            .numbers
            .iter()
            .chain(&user.context.numbers)
            .copied()
            .collect();
        let mut input = Self {
            numbers,
            ..Self::default()
        };
        input.push(user.tags.iter().copied());
        input.push([user.locality]);
        input.push([user.level]);
        let declared = availability_windows(user.availability).filter(|&window| window < windows);
        input.push(declared.filter_map(|window| u16::try_from(window).ok()));
        input.push([u16::from(user.context.season)]);
        input.push([u16::from(user.context.weekday)]);
        input
    }

    /// The activity with some of its identity forgotten: organiser and series each become unknown with probability
    /// `share`, and so does each tag, so that the tower learns what to make of words it has never met.
    pub(super) fn with_dropout(&self, share: f64, random: &mut Random) -> Self {
        let mut input = self.clone();
        for (segment, table) in ACTIVITY_TABLES.iter().enumerate() {
            if matches!(*table, TAG | ORGANISER | SERIES) {
                let from = if segment == 0 {
                    0
                } else {
                    usize::from(input.ends[segment - 1])
                };
                for code in &mut input.codes[from..usize::from(input.ends[segment])] {
                    if random.uniform() < share {
                        *code = 0;
                    }
                }
            }
        }
        input
    }
}

/// The tables' values, in the order of [`TABLE_WIDTHS`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableSet<F> {
    /// One array a table, `[codes, width]`.
    pub(super) tables: Vec<Array2<F>>,
}

impl<F: Real> TableSet<F> {
    /// Small random values for every word of the schema.
    pub(super) fn random(schema: &Schema, random: &mut Random) -> Self {
        let words = &schema.words;
        let rows = [
            words.tags.size(),
            words.types.size(),
            words.localities.size(),
            words.levels.size(),
            words.organisers.size(),
            words.series.size(),
            schema.city.seasons.len() + 1,
            7,
            6,
            schema.city.availability.len().min(16),
        ];
        let table = |(rows, (_, width)): (usize, (&str, usize))| {
            Array2::from_shape_simple_fn((rows, width), || F::of_f64(0.1 * random.normal()))
        };
        Self {
            tables: rows.into_iter().zip(TABLE_WIDTHS).map(table).collect(),
        }
    }

    /// The same tables with other numbers.
    #[cfg(test)]
    pub(super) fn convert<G: Real>(&self) -> TableSet<G> {
        TableSet {
            tables: self
                .tables
                .iter()
                .map(|table| table.mapv(|value| G::of_f64(value.to_f64())))
                .collect(),
        }
    }

    /// The tables as the recommender ships them.
    pub(super) fn to_tables(&self) -> Tables {
        let table = |index: usize| self.tables[index].mapv(F::to_f32);
        Tables {
            tag: table(TAG),
            kind: table(KIND),
            locality: table(LOCALITY),
            level: table(LEVEL),
            organiser: table(ORGANISER),
            series: table(SERIES),
            season: table(SEASON),
            weekday: table(WEEKDAY),
            slot: table(SLOT),
            availability: table(AVAILABILITY),
        }
    }

    /// The input rows of a batch; `pooled` is put between tables and numbers where there is one.
    pub(super) fn gather(
        &self,
        segments: &[usize],
        inputs: &[Input],
        pooled: Option<&Array2<F>>,
    ) -> Array2<F> {
        let from_tables = width_of(segments);
        let start_of_numbers = from_tables + if pooled.is_some() { EMBEDDING } else { 0 };
        let numbers = inputs.first().map_or(0, |input| input.numbers.len());
        let mut x = Array2::zeros((inputs.len(), start_of_numbers + numbers));
        for (mut row, input) in x.rows_mut().into_iter().zip(inputs) {
            let mut offset = 0;
            for (segment, &table) in segments.iter().enumerate() {
                let (table, codes) = (&self.tables[table], input.codes(segment));
                let mut target = row.slice_mut(s![offset..offset + table.ncols()]);
                for &code in codes {
                    target += &table.row(row_of(table, code));
                }
                if codes.len() > 1 {
                    target /= F::of_f64(codes.len() as f64);
                }
                offset += table.ncols();
            }
            for (target, &number) in row.iter_mut().skip(start_of_numbers).zip(&input.numbers) {
                *target = F::of(number);
            }
        }
        if let Some(pooled) = pooled {
            x.slice_mut(s![.., from_tables..start_of_numbers])
                .assign(pooled);
        }
        x
    }
}

fn row_of<F>(table: &Array2<F>, code: u16) -> usize {
    if usize::from(code) < table.nrows() {
        usize::from(code)
    } else {
        0
    }
}

/// Gradients of the tables, with the rows that have one.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableGradients<F> {
    /// One array a table, in the tables' shapes; zero outside the touched rows.
    pub(super) tables: Vec<Array2<F>>,
    /// The rows with a gradient, a table, each once.
    pub(super) touched: Vec<Vec<usize>>,
    is_touched: Vec<Vec<bool>>,
}

impl<F: Real> TableGradients<F> {
    /// No gradients yet.
    pub(super) fn zeros_like(set: &TableSet<F>) -> Self {
        Self {
            tables: set
                .tables
                .iter()
                .map(|table| Array2::zeros(table.raw_dim()))
                .collect(),
            touched: vec![Vec::new(); set.tables.len()],
            is_touched: set
                .tables
                .iter()
                .map(|table| vec![false; table.nrows()])
                .collect(),
        }
    }

    /// Adds the gradients of input rows to the table rows they were gathered from.
    pub(super) fn scatter(&mut self, segments: &[usize], inputs: &[Input], d_x: &Array2<F>) {
        for (d_row, input) in d_x.rows().into_iter().zip(inputs) {
            let mut offset = 0;
            for (segment, &index) in segments.iter().enumerate() {
                let (table, codes) = (&mut self.tables[index], input.codes(segment));
                let width = table.ncols();
                let share = F::one() / F::of_f64(codes.len().max(1) as f64);
                for &code in codes {
                    let row = row_of(table, code);
                    if !self.is_touched[index][row] {
                        self.is_touched[index][row] = true;
                        self.touched[index].push(row);
                    }
                    let mut target = table.row_mut(row);
                    target.scaled_add(share, &d_row.slice(s![offset..offset + width]));
                }
                offset += width;
            }
        }
    }

    /// Back to no gradients, at the cost of the touched rows only.
    pub(super) fn clear(&mut self) {
        for ((table, touched), is_touched) in self
            .tables
            .iter_mut()
            .zip(&mut self.touched)
            .zip(&mut self.is_touched)
        {
            for row in touched.drain(..) {
                table.row_mut(row).fill(F::zero());
                is_touched[row] = false;
            }
        }
    }
}
