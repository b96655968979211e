//! The weights while they are learned: with Adam's moments, one step for the gradients of all shards.

use super::super::real::Real;
use super::super::simd::vectorised;
use super::super::sparse_adam::{Step, step_slice};
use super::{Head, Pass};

/// Weights and what the optimiser remembers of them.
#[derive(Debug, Clone)]
pub(crate) struct LearnedHead<F> {
    /// The weights.
    pub(crate) head: Head<F>,
    first: Head<F>,
    second: Head<F>,
}

impl<F: Real> LearnedHead<F> {
    /// Weights before their first step.
    pub(crate) fn new(head: Head<F>) -> Self {
        Self {
            first: head.zeros_like(),
            second: head.zeros_like(),
            head,
        }
    }

    /// One step along the gradients of the shards' passes, summed in their order into the first's.
    pub(crate) fn step<'a>(
        &mut self,
        mut passes: impl Iterator<Item = &'a mut Pass<F>>,
        step: Step<F>,
    ) where
        F: 'a,
    {
        let Some(total) = passes.next() else {
            return;
        };
        for other in passes {
            total.d_head.add(&mut other.d_head);
        }
        let gradients = total.d_head.blocks_mut();
        let moments = self
            .first
            .blocks_mut()
            .into_iter()
            .zip(self.second.blocks_mut());
        let blocks = self
            .head
            .blocks_mut()
            .into_iter()
            .zip(gradients)
            .zip(moments);
        for ((values, gradients), (first, second)) in blocks {
            vectorised(
                #[inline(always)]
                || step_slice(values, gradients, first, second, F::zero(), step),
            );
        }
    }
}
