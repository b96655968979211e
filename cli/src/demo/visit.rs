//! What does a visitor do with what they see? One visit: looking, opening, saving, going, searching, with position bias
//! and noise. A want is drawn with the oracle's probability; everything the device records is a noisy sign of it.

mod reaction;

use std::collections::BTreeSet;

use triqueta::event::{ActivityId, Body, NavigationAction, SessionId, Shown, Source};
use triqueta::math::{Digest, Random};

use super::diary::Diary;
use super::logging::{BUNDLE, Draw, POLICY, draw_slate};
use super::taste::{Consumed, Facts, Names};
use super::visitor::Visitor;

/// Items on a page, and the chance that a visitor asks for another page.
const PAGE: usize = 10;
const ANOTHER_PAGE: f64 = 0.25;
/// The digest of a feature row or history that nobody computed.
const NOT_SCORED: &str = "0000000000000000";

/// What every visit sees of the city.
pub(super) struct World<'a> {
    pub(super) ids: &'a [ActivityId],
    pub(super) facts: &'a [Facts],
    pub(super) names: &'a Names,
    pub(super) localities: &'a [Option<String>],
    pub(super) ends_ms: &'a [i64],
    /// Indices of what can be seen and is still to come.
    pub(super) open: &'a [usize],
    /// Decayed positive interactions, by activity.
    pub(super) popularity: &'a [f64],
}

/// What a visitor carries from visit to visit.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Memory {
    pub(super) diary: Diary,
    pub(super) past: Vec<Consumed>,
    saved: BTreeSet<usize>,
    refused: BTreeSet<usize>,
    /// Activities planned, and whether the visitor will really go.
    plans: Vec<(usize, bool)>,
}

/// One visit. The positive interactions it made are pushed to `positives`.
pub(super) struct Visit<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) visitor: &'a Visitor,
    pub(super) memory: &'a mut Memory,
    pub(super) random: &'a mut Random,
    pub(super) session: SessionId,
    pub(super) positives: &'a mut Vec<usize>,
}

impl Visit<'_> {
    /// Everything from opening the page to leaving it.
    pub(super) fn run(mut self) {
        self.record(Body::Session {
            device_type: self.visitor.device_type,
            browser: self.visitor.browser.into(),
            locale: "es".into(),
        });
        self.report_attendances();
        if self.chance(0.12) {
            self.search();
        }
        let pool = self.filtered_pool();
        let length = if self.chance(ANOTHER_PAGE) {
            2 * PAGE
        } else {
            PAGE
        };
        let slate = draw_slate(
            pool,
            self.world.popularity,
            self.world.ids,
            length,
            self.random,
        );
        self.browse(&slate);
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.random.uniform() < probability
    }

    fn record(&mut self, body: Body) {
        self.memory
            .diary
            .record(self.visitor, self.session, body, self.random);
    }

    fn utility(&self, activity: usize) -> f64 {
        let facts = &self.world.facts[activity];
        self.visitor.taste.utility(
            facts,
            &self.memory.past,
            self.world.facts,
            self.memory.diary.now_ms(),
        )
    }

    /// Tells the page about plans that are over: whether they went, and how it was.
    fn report_attendances(&mut self) {
        let now_ms = self.memory.diary.now_ms();
        let plans = std::mem::take(&mut self.memory.plans);
        let (over, ahead): (Vec<_>, Vec<_>) = plans
            .into_iter()
            .partition(|&(activity, _)| self.world.ends_ms[activity] <= now_ms);
        self.memory.plans = ahead;
        for (activity, attended) in over {
            if !self.chance(0.65) {
                continue;
            }
            self.memory.diary.wait(4.0);
            let id = self.world.ids[activity].clone();
            let stars = (attended && self.chance(0.6)).then(|| self.stars(activity));
            self.record(Body::Attendance {
                activity: id.clone(),
                attended,
                stars,
                comment: None,
            });
            if attended {
                self.positives.push(activity);
                if stars.is_none() && self.chance(0.3) {
                    let stars = self.stars(activity);
                    self.record(Body::Rating {
                        activity: id,
                        stars,
                        comment: None,
                    });
                }
            }
        }
    }

    /// Stars follow how good it was, more than who rates.
    fn stars(&mut self, activity: usize) -> u8 {
        let felt = 3.9 + 0.6 * self.world.facts[activity].appeal + 0.6 * self.random.normal();
        felt.round().clamp(1.0, 5.0) as u8
    }

    /// A text search for a tag: a declared one, or any.
    fn search(&mut self) {
        let declared = &self.visitor.profile.tags;
        let query = if !declared.is_empty() && self.random.uniform() < 0.7 {
            declared[self.random.below(declared.len())].clone()
        } else {
            self.world.names.tags[self.random.below(self.world.names.tags.len())].clone()
        };
        let tag = self.world.names.tag(&query);
        let found: Vec<usize> = self
            .world
            .open
            .iter()
            .copied()
            .filter(|&activity| {
                tag.is_some_and(|tag| self.world.facts[activity].tags.contains(&tag))
            })
            .collect();
        let mut opened = Vec::new();
        for (position, &activity) in found.iter().take(PAGE).enumerate() {
            let wants = self.wants(activity);
            if self.looks_at(position) && self.chance(if wants { 0.6 } else { 0.05 }) {
                opened.push((activity, wants));
            }
        }
        self.memory.diary.wait(6.0);
        self.record(Body::Search {
            query,
            filters: Default::default(),
            result_count: u32::try_from(found.len()).unwrap_or(u32::MAX),
            clicked: opened
                .iter()
                .map(|&(activity, _)| self.world.ids[activity].clone())
                .collect(),
        });
        for (activity, wants) in opened {
            self.open_detail(activity, wants, Source::Search, None);
        }
    }

    /// The activities the list draws from: all that are open, or what a filter leaves of them.
    fn filtered_pool(&mut self) -> Vec<usize> {
        let open = self.world.open.iter().copied();
        let memory = &*self.memory;
        let mut pool: Vec<usize> = open
            .filter(|activity| !memory.refused.contains(activity))
            .collect();
        if !self.chance(0.18) {
            return pool;
        }
        let facts = self.world.facts;
        let (name, value) = match self.random.below(3) {
            0 => {
                let kind = self.random.below(self.world.names.kinds.len());
                pool.retain(|&activity| facts[activity].kind == kind);
                ("type", self.world.names.kinds[kind].clone())
            }
            1 => {
                pool.retain(|&activity| facts[activity].price_thousands == 0.0);
                ("free", "true".to_owned())
            }
            _ => {
                let near = self
                    .visitor
                    .profile
                    .locality
                    .clone()
                    .unwrap_or_else(|| "Chapinero".into());
                pool.retain(|&activity| self.world.localities[activity].as_ref() == Some(&near));
                ("locality", near)
            }
        };
        let parameters = [(name.to_owned(), value)].into_iter().collect();
        self.record(Body::Navigation {
            action: NavigationAction::ApplyFilter,
            parameters,
            activity: None,
        });
        pool
    }

    /// Renders a slate and goes through it from the top.
    fn browse(&mut self, slate: &[Draw]) {
        let mut digest = Digest::default();
        digest
            .integer(self.memory.diary.now_ms() as u64)
            .bytes(self.visitor.device.0.as_bytes());
        for draw in slate {
            digest.text(self.world.ids[draw.activity].as_str());
        }
        let slate_id = digest.hexadecimal();
        let shown: Vec<Shown> = slate
            .iter()
            .enumerate()
            .map(|(position, draw)| Shown {
                activity: self.world.ids[draw.activity].clone(),
                slate: slate_id.clone(),
                bundle: BUNDLE.into(),
                variant: "default".into(),
                placement: "list".into(),
                position: u16::try_from(position).unwrap_or(u16::MAX),
                propensity: draw.propensity,
                policy: POLICY,
                pool: draw.pool.clone(),
                features: NOT_SCORED.into(),
                history: NOT_SCORED.into(),
                replayable: false,
            })
            .collect();
        for (draws, page) in slate.chunks(PAGE).zip(shown.chunks(PAGE)) {
            for shown in page {
                self.record(Body::Impression {
                    shown: shown.clone(),
                });
            }
            for (position, (draw, shown)) in draws.iter().zip(page).enumerate() {
                if self.looks_at(position) {
                    let seconds = 1.2 + 3.0 * self.random.uniform();
                    self.memory.diary.wait(seconds);
                    self.record(Body::Viewed {
                        shown: shown.clone(),
                    });
                    self.react(draw.activity, shown);
                }
            }
        }
    }
}
