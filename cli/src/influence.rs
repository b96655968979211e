//! How much one device counts, as a command line says it.

use std::num::NonZeroUsize;

use clap::Args;
use serde::Serialize;
use triqueta_trainer::Dataset;
use triqueta_trainer::influence::{INFLUENCE_CAP, LeftOut, cap_influence};

const DEFAULT: NonZeroUsize = NonZeroUsize::new(INFLUENCE_CAP).unwrap();

/// The cap on what is learned, counted and judged of one device.
#[derive(Args)]
pub(crate) struct Influence {
    /// About how many activities a device has a say, and about each for one visitor: what it sent beyond that is left out, by
    /// a draw. 1 leaves everybody a single activity, which teaches next to nothing; more than the busiest visitor has leaves
    /// nothing out, and one device may then outweigh all others.
    #[arg(long, value_name = "ACTIVITIES", default_value_t = DEFAULT)]
    influence_cap: NonZeroUsize,
}

impl Influence {
    /// Leaves out what is beyond the cap.
    pub(crate) fn cap(&self, dataset: &mut Dataset, seed: u64) -> LeftOut {
        cap_influence(dataset, self.influence_cap.get(), seed)
    }
}

/// What a verb found out about the rest.
#[derive(Serialize)]
pub(crate) struct OfTheRest<'a, T> {
    #[serde(flatten)]
    pub(crate) found: &'a T,
    pub(crate) left_out: LeftOut,
}

/// A further line for people; nothing where nothing was left out.
pub(crate) fn told(LeftOut { devices, events }: LeftOut) -> String {
    if devices == 0 {
        return String::new();
    }
    format!("\nleft out: {events} events of {devices} devices that said more than --influence-cap")
}
