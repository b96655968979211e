//! Whole numbers of any size, and the little arithmetic that reading a number takes.

use std::cmp::Ordering;

/// A whole number in pieces of 32 bits, the lowest first and the last one not 0.
#[derive(PartialEq, Eq, Default)]
pub(super) struct Natural(Vec<u32>);

impl Natural {
    pub(super) fn one() -> Self {
        Self(vec![1])
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// How many bits it takes.
    pub(super) fn bits(&self) -> i32 {
        let last = self.0.last().map_or(0, |piece| piece.leading_zeros());
        (32 * self.0.len() as u32 - last) as i32
    }

    /// Multiplies it, and adds to that.
    pub(super) fn times_plus(&mut self, factor: u32, more: u32) {
        let mut carried = u64::from(more);
        for piece in &mut self.0 {
            carried += u64::from(*piece) * u64::from(factor);
            *piece = carried as u32;
            carried >>= 32;
        }
        if carried > 0 {
            self.0.push(carried as u32);
        }
    }

    /// Multiplies it by ten so many times.
    pub(super) fn times_ten(&mut self, times: u64) {
        const NINE: u64 = 9;
        for _ in 0..times / NINE {
            self.times_plus(10_u32.pow(NINE as u32), 0);
        }
        self.times_plus(10_u32.pow((times % NINE) as u32), 0);
    }

    /// Doubles it so many times; less often than once is not at all.
    pub(super) fn double(&mut self, times: i32) {
        let times = times.max(0) as usize;
        self.times_plus(1 << (times % 32), 0);
        let mut pieces = vec![0; times / 32];
        pieces.append(&mut self.0);
        self.0 = pieces;
    }

    /// Takes off a number that is not larger.
    pub(super) fn subtract(&mut self, other: &Self) {
        let mut lent = false;
        for (index, piece) in self.0.iter_mut().enumerate() {
            let other = other.0.get(index).copied().unwrap_or(0);
            (*piece, lent) = piece.borrowing_sub(other, lent);
        }
        while self.0.pop_if(|piece| *piece == 0).is_some() {}
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        let size = self.0.len().cmp(&other.0.len());
        size.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
