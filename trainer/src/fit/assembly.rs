//! A mini-batch put together: every activity in it once, whether it is chosen, a negative, or somebody's past.

use triqueta::math::Random;

use super::input_rows::InputRows;
use super::towers::Batch;

const NONE: u32 = u32::MAX;

/// Codes that are hidden now and then, so that a tower learns what to make of names it has never met.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Hidden {
    /// The bags whose codes may become 0, unknown.
    pub(super) bags: Vec<usize>,
    /// How often: 0 trusts names, 1 knows none.
    pub(super) share: f64,
}

impl Hidden {
    /// Adds a row of `from` to `to`, some of its codes hidden.
    pub(super) fn push(
        &self,
        to: &mut InputRows,
        from: &InputRows,
        row: usize,
        random: &mut Random,
    ) {
        to.push_from(from, row, |bag, code| {
            if self.share > 0.0 && self.bags.contains(&bag) && random.uniform() < self.share {
                0
            } else {
                code
            }
        });
    }
}

/// A batch under construction; made once and used for every batch.
#[derive(Debug, Clone)]
pub(super) struct Assembly {
    number_of: Vec<u32>,
    column_of: Vec<u32>,
    used: Vec<u32>,
    batch: Batch,
}

impl Assembly {
    /// For so many activities.
    pub(super) fn new(items: usize) -> Self {
        Self {
            number_of: vec![NONE; items],
            column_of: vec![NONE; items],
            used: Vec::new(),
            batch: Batch::default(),
        }
    }

    /// Begins a batch whose rows are shaped as these.
    pub(super) fn begin(&mut self, items: &InputRows, users: &InputRows) {
        for item in self.used.drain(..) {
            self.number_of[item as usize] = NONE;
            self.column_of[item as usize] = NONE;
        }
        self.batch = Batch {
            items: InputRows::like(items),
            users: InputRows::like(users),
            ..Batch::default()
        };
    }

    /// The number of an activity in the batch; `push` adds its row where it is new.
    pub(super) fn number(&mut self, item: u32, push: impl FnOnce(&mut InputRows)) -> u32 {
        let number = &mut self.number_of[item as usize];
        if *number == NONE {
            *number = self.batch.items.len() as u32;
            push(&mut self.batch.items);
            self.used.push(item);
        }
        *number
    }

    /// The column of an activity that has a number; `offset` is added to its logits where it is new.
    pub(super) fn column(&mut self, item: u32, offset: f32) -> u32 {
        let column = &mut self.column_of[item as usize];
        if *column == NONE {
            *column = self.batch.columns.len() as u32;
            self.batch.columns.push(self.number_of[item as usize]);
            self.batch.questions.offsets.push(offset);
        }
        *column
    }

    /// The column of an activity, where it has one.
    pub(super) fn column_of(&self, item: u32) -> Option<u32> {
        Some(self.column_of[item as usize]).filter(|&column| column != NONE)
    }

    /// Visitors, histories and questions of the batch.
    pub(super) fn batch_mut(&mut self) -> &mut Batch {
        &mut self.batch
    }

    /// The batch as it stands.
    pub(super) fn batch(&self) -> &Batch {
        &self.batch
    }
}
