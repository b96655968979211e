//! What was not chosen, to learn what was chosen from?
//!
//! Logs of implicit feedback hold only choices, so every learner needs others to contrast them with. Three ways to draw
//! one, and their mixture:
//!
//! - **uniform**: anything not chosen. Easy ones mostly, but every activity is met; without them a model overrates what
//!   is rarely seen.
//! - **popular**: proportional to how often others chose it, to the power [`Mixture::flatten`]. Popular and yet not chosen
//!   is more likely a refusal than an oversight, and "popular" alone no longer tells a choice from the rest.
//! - **hard**: the highest scored of [`Mixture::pool`] uniform ones, by a score the caller gives, such as the model being
//!   trained (Zhang et al., "Optimizing top-n collaborative filtering via dynamic negative item sampling", SIGIR 2013).
//!
//! [`ItemSampler`] draws by number where only ids are known, with repetition. [`OpenSampler`] draws at one moment among
//! what was open to a visitor then, each once: the caller gives what was open and how popular it was *then*, so that
//! nothing of the future can be drawn. The same [`triqueta::math::Random`] gives the same draws.

mod items;
mod mixture;
mod open;
mod weighted;

pub use items::ItemSampler;
pub use mixture::Mixture;
pub use open::OpenSampler;
pub use weighted::Weighted;
