//! Loops at the width of the processor at hand. The program is built for any x86-64; inside [`vectorised`] the compiler
//! may use what this one has (AVX2 and FMA where present). Only learning uses it: what a bundle ships is computed by
//! `triqueta::model`, the same everywhere.

use pulp::Arch;

/// Runs `operation` compiled for the best instruction set of this processor. What it calls must be `#[inline(always)]`
/// to be compiled along with it, and so must a closure that is more than a few lines: `vectorised(#[inline(always)] || …)`.
/// Otherwise it stays a call, compiled for any processor, and a fused multiply-add in it becomes a call of its own.
#[inline(always)]
pub(crate) fn vectorised<R>(operation: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(operation)
}

/// Whether [`vectorised`] loops multiply and add in one instruction. Elsewhere a fused operation is a call, and loops
/// should multiply and add one after the other.
pub(crate) fn has_fused_multiply_add() -> bool {
    !matches!(Arch::new(), Arch::Scalar)
}
