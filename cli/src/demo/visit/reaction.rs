//! What a look leads to: opening, reading, an opinion, saving, a plan to go. A want is drawn with the oracle's
//! probability; what the device records is a noisy sign of it.

use triqueta::event::{Body, FavouriteAction, Opinion, Shown, Source};

use super::Visit;
use crate::demo::taste::Consumed;
use crate::demo::visitor::pick;

impl Visit<'_> {
    /// Position bias: the further down, the less is looked at, whatever it is.
    pub(super) fn looks_at(&mut self, position: usize) -> bool {
        self.chance(1.0 / (1.0 + 0.14 * position as f64))
    }

    pub(super) fn wants(&mut self, activity: usize) -> bool {
        let utility = self.utility(activity);
        !self.memory.saved.contains(&activity) && self.chance(utility)
    }

    /// What a look at a card leads to.
    pub(super) fn react(&mut self, activity: usize, shown: &Shown) {
        let wants = self.wants(activity);
        if self.chance(if wants { 0.7 } else { 0.05 }) {
            self.open_detail(activity, wants, Source::Recommendation, Some(shown));
        } else if wants && self.chance(0.15) {
            self.opine(activity, Opinion::Like, Some(shown));
        } else if !wants && self.chance(0.02) {
            self.opine(activity, Opinion::Dislike, Some(shown));
        }
    }

    pub(super) fn open_detail(
        &mut self,
        activity: usize,
        wants: bool,
        source: Source,
        shown: Option<&Shown>,
    ) {
        let typical = if wants { 38.0 } else { 9.0 };
        let dwell = (typical * libm::exp(0.6 * self.random.normal())).clamp(1.0, 900.0);
        let scroll = if wants {
            0.55 + 0.45 * self.random.uniform()
        } else {
            0.5 * self.random.uniform()
        };
        let external_click = self.chance(if wants { 0.2 } else { 0.02 });
        self.memory.diary.wait(dwell);
        self.record(Body::DetailView {
            activity: self.world.ids[activity].clone(),
            dwell_seconds: dwell as f32,
            scroll_depth: scroll as f32,
            external_click,
            source,
            shown: shown.cloned(),
        });
        if !wants {
            match pick(&[0.14, 0.06, 0.80], self.random) {
                0 => self.opine(activity, Opinion::Dislike, shown),
                1 => self.opine(activity, Opinion::Maybe, shown),
                _ => {}
            }
            return;
        }
        match pick(&[0.28, 0.07, 0.65], self.random) {
            0 => self.opine(activity, Opinion::Like, shown),
            1 => self.opine(activity, Opinion::Maybe, shown),
            _ => {}
        }
        if self.chance(0.5) {
            self.save(activity, shown);
        }
    }

    fn opine(&mut self, activity: usize, opinion: Opinion, shown: Option<&Shown>) {
        self.memory.diary.wait(1.0);
        let id = self.world.ids[activity].clone();
        self.record(Body::Feedback {
            activity: id,
            opinion,
            shown: shown.cloned(),
        });
        match opinion {
            Opinion::Like => self.positives.push(activity),
            Opinion::Dislike => {
                self.memory.refused.insert(activity);
            }
            Opinion::Maybe => {}
        }
    }

    /// Saves it, perhaps changes their mind, perhaps goes.
    fn save(&mut self, activity: usize, shown: Option<&Shown>) {
        self.memory.diary.wait(1.0);
        let id = self.world.ids[activity].clone();
        self.record(Body::Favourite {
            activity: id.clone(),
            action: FavouriteAction::Added,
            shown: shown.cloned(),
        });
        if self.chance(0.04) {
            self.memory.diary.wait(3.0);
            self.record(Body::Favourite {
                activity: id,
                action: FavouriteAction::Removed,
                shown: None,
            });
            return;
        }
        self.positives.push(activity);
        self.memory.saved.insert(activity);
        self.memory.past.push(Consumed {
            activity,
            time_ms: self.memory.diary.now_ms(),
        });
        let attends = self.chance(0.6);
        if attends {
            self.memory.past.push(Consumed {
                activity,
                time_ms: self.world.facts[activity].start_ms,
            });
        }
        self.memory.plans.push((activity, attends));
    }
}
