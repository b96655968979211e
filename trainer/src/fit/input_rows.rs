//! Many input rows in a few flat arrays: a batch is put together without an allocation a row.

use triqueta::model::TowerInput;

/// Rows of bags of codes, each followed by numbers; all rows have the same number of bags and of numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct InputRows {
    bags: usize,
    numbers_width: usize,
    rows: usize,
    codes: Vec<u32>,
    /// Where each bag ends in `codes`, row by row.
    ends: Vec<u32>,
    numbers: Vec<f32>,
}

impl InputRows {
    /// No rows yet, of so many bags and numbers each.
    pub(crate) fn new(bags: usize, numbers_width: usize) -> Self {
        Self {
            bags,
            numbers_width,
            ..Self::default()
        }
    }

    /// No rows yet, shaped as `other`.
    pub(crate) fn like(other: &Self) -> Self {
        Self::new(other.bags, other.numbers_width)
    }

    /// Adds a row. Bags and numbers it lacks are empty and 0, those too many are left out.
    pub(crate) fn push(&mut self, input: &TowerInput) {
        let mut bags = input.bags();
        for _ in 0..self.bags {
            self.codes.extend(bags.next().unwrap_or_default());
            self.ends.push(self.codes.len() as u32);
        }
        let numbers = input.numbers.iter().copied().chain(std::iter::repeat(0.0));
        self.numbers.extend(numbers.take(self.numbers_width));
        self.rows += 1;
    }

    /// Adds row `row` of `other`, which is shaped alike, each code as `change(bag, code)` gives it.
    pub(crate) fn push_from(
        &mut self,
        other: &Self,
        row: usize,
        mut change: impl FnMut(usize, u32) -> u32,
    ) {
        for bag in 0..self.bags {
            let codes = other.bag(row, bag);
            self.codes
                .extend(codes.iter().map(|&code| change(bag, code)));
            self.ends.push(self.codes.len() as u32);
        }
        self.numbers.extend(other.numbers(row));
        self.rows += 1;
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Numbers a row.
    pub(crate) fn numbers_width(&self) -> usize {
        self.numbers_width
    }

    /// The codes of one bag of a row.
    #[inline(always)]
    pub(crate) fn bag(&self, row: usize, bag: usize) -> &[u32] {
        let place = row * self.bags + bag;
        let from = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.codes[from as usize..self.ends[place] as usize]
    }

    /// The numbers of a row.
    #[inline(always)]
    pub(crate) fn numbers(&self, row: usize) -> &[f32] {
        &self.numbers[row * self.numbers_width..(row + 1) * self.numbers_width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_bags_and_may_change_on_the_way_into_a_batch() {
        let mut rows = InputRows::new(2, 1);
        let mut input = TowerInput::default();
        input.numbers.push(0.5);
        input.push([3]);
        input.push([]);
        rows.push(&input);
        input = TowerInput::default();
        input.push([]);
        input.push([7, 8]);
        rows.push(&input);
        let mut batch = InputRows::like(&rows);
        batch.push_from(&rows, 1, |bag, code| if bag == 1 { code - 7 } else { code });
        batch.push_from(&rows, 0, |_, code| code);
        assert_eq!((batch.bag(0, 0), batch.bag(0, 1)), (&[][..], &[0, 1][..]));
        assert_eq!((batch.bag(1, 0), batch.bag(1, 1)), (&[3][..], &[][..]));
        assert_eq!(
            (batch.numbers(0), batch.numbers(1)),
            (&[0.0][..], &[0.5][..])
        );
    }
}
