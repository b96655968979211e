//! What is published and still to come? The same from one list to the next, until something is over.

use std::ops::Range;

use crate::catalog::{BLOCK, Catalog, DatePart, ROW_GROUP, Row, RowSet, Status, over_ms};

/// The activities that are published and not over, kept for the next list of the same catalogue: that is asked of every row, and
/// the answer holds until the first of them is over.
#[derive(Debug, Clone, Default)]
pub struct Announced {
    rows: RowSet,
    found: Option<Found>,
}

/// When the rows are right.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// Whether those that are not published were taken in too.
    unpublished: bool,
    /// The moment they were found for.
    from_ms: i64,
    /// When the first of them is over.
    until_ms: i64,
}

impl Announced {
    /// The rows that are not over by a moment, those that are published or, with `unpublished`, all that were not removed.
    pub(super) fn at(&mut self, catalog: &Catalog, least_ms: i64, unpublished: bool) -> &RowSet {
        let is_as_long = self.rows.groups().len() == catalog.len().div_ceil(ROW_GROUP);
        let holds = |found: Found| {
            let holds = (found.from_ms..=found.until_ms).contains(&least_ms);
            is_as_long && holds && found.unpublished == unpublished
        };
        if !self.found.is_some_and(holds) {
            self.find(catalog, least_ms, unpublished);
        }
        &self.rows
    }

    fn find(&mut self, catalog: &Catalog, least_ms: i64, unpublished: bool) {
        // A block of rows is a number of bits, and some whole groups.
        const { assert!(BLOCK == u32::BITS as usize && BLOCK.is_multiple_of(ROW_GROUP)) };
        self.rows.reset(catalog.len());
        let mut until_ms = i64::MAX;
        // Asked first, because most of a catalogue that has stood for a while is over.
        for block in catalog.blocks_after(least_ms) {
            let first = Row(block.start as u32);
            let (bits, first_over_ms) = of_block(catalog, block, least_ms, unpublished);
            self.rows.insert(first, bits);
            until_ms = until_ms.min(first_over_ms);
        }
        self.found = Some(Found {
            unpublished,
            from_ms: least_ms,
            until_ms,
        });
    }
}

/// A bit for each row of a block that is published, or need not be, and not over by then, the lowest for the first; and when
/// the first of them is over.
fn of_block(
    catalog: &Catalog,
    block: Range<usize>,
    least_ms: i64,
    unpublished: bool,
) -> (u32, i64) {
    let columns = catalog.columns();
    let published = Published {
        removed: &catalog.removed()[block.clone()],
        status: &columns.status[block.clone()],
        or_not: unpublished,
    };
    let numbers = &columns.date_numbers[block.clone()];
    published.and_not_over(&columns.dates, numbers, &columns.end_ms[block], least_ms)
}

/// Which rows of a block are published.
struct Published<'a> {
    removed: &'a [bool],
    status: &'a [u8],
    /// Those that are not, but for what was removed, count as well.
    or_not: bool,
}

impl Published<'_> {
    /// A bit for each of them that is not over by then, and when the first of these is. By itself, because a browser keeps what
    /// a loop works with in memory where there is much around it; without branches, because what is over is hard to predict.
    #[inline(never)]
    fn and_not_over(
        &self,
        dates: &[DatePart],
        numbers: &[u32],
        ends: &[i64],
        least_ms: i64,
    ) -> (u32, i64) {
        let states = self.removed.iter().zip(self.status);
        let times = numbers.iter().zip(ends);
        let (mut bits, mut bit, mut first_over_ms) = (0, 1, i64::MAX);
        for ((&removed, &status), (&number, &end_ms)) in states.zip(times) {
            let over_ms = over_ms(dates[number as usize].start_ms, end_ms);
            let passes = (over_ms >= least_ms)
                & !removed
                & (self.or_not | (Status::of(status) == Status::Active));
            bits |= if passes { bit } else { 0 };
            first_over_ms = first_over_ms.min(if passes { over_ms } else { i64::MAX });
            bit <<= 1;
        }
        (bits, first_over_ms)
    }
}
