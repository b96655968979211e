//! How long work tells that it is alive, and hears that it should stop.

/// Receives progress. The command line draws a bar; libraries and tests pass [`Silent`].
pub trait Progress: Sync {
    /// A step begins, with as many units as will be done where that is known.
    fn begin(&self, step: &str, total: Option<u64>);
    /// So many more units are done.
    fn advance(&self, units: u64);
    /// Whether the work should stop. Asked often; whoever stops leaves nothing half-written.
    fn cancelled(&self) -> bool;
}

/// Says nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _step: &str, _total: Option<u64>) {}
    fn advance(&self, _units: u64) {}
    fn cancelled(&self) -> bool {
        false
    }
}

/// Fails with [`crate::TrainerError::Cancelled`] when the work should stop.
///
/// # Errors
/// [`crate::TrainerError::Cancelled`].
pub fn check(progress: &dyn Progress) -> crate::Result<()> {
    if progress.cancelled() {
        Err(crate::TrainerError::Cancelled)
    } else {
        Ok(())
    }
}
