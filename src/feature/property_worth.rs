//! What are properties worth that occur as codes, each in a table of its codes?

use super::appraiser::{Appraiser, Measure};
use super::facet::{Agreement, Property};
use super::pair_features::column;
use super::prepared::Prepared;
use crate::catalog::Words;

/// What each code is worth, by the features and facets that depend on it alone.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct PropertyWorth<W> {
    pub(super) kinds: Vec<W>,
    pub(super) levels: Vec<W>,
    pub(super) organisers: Vec<W>,
    pub(super) series: Vec<W>,
    pub(super) prices: Vec<W>,
    /// By how many tags were declared, and by how many agree with the visitor.
    pub(super) matches: Vec<W>,
    pub(super) agreements: Vec<W>,
    pub(super) times: Vec<W>,
    pub(super) localities: Vec<W>,
    /// Of each tag, whether it is one of those that were declared, and one that agrees.
    pub(super) flags: Vec<[u8; 2]>,
}

impl<W: Copy + Default> PropertyWorth<W> {
    /// Works out what is worth something by what is part of contents.
    pub(super) fn weigh_contents<M: Measure<Worth = W>>(
        &mut self,
        appraiser: &mut Appraiser<'_, M>,
        words: &Words,
        prepared: &Prepared,
    ) {
        let (side, contents) = (appraiser.side, &prepared.scan.contents);
        let code = |code: usize| code as u16;
        appraiser.fill(
            &mut self.kinds,
            2 * words.types.size(),
            const { [column("type_share")] },
            |at, row| side.of_kind(code(at / 2), row),
            |at| {
                [Property::Kind {
                    kind: code(at / 2),
                    day_off: at % 2 == 1,
                }]
            },
        );
        appraiser.fill(
            &mut self.levels,
            words.levels.size(),
            const { [column("level_match")] },
            |at, row| side.of_level(code(at), row),
            |at| {
                let agreement = Agreement::Level(code(at));
                [Property::Level(code(at)), Property::Agreement(agreement)]
            },
        );
        appraiser.fill(
            &mut self.organisers,
            words.organisers.size(),
            const {
                [
                    column("organiser_share"),
                    column("organiser_log_count"),
                    column("organiser_recency"),
                    column("organiser_prior"),
                    column("organiser_rejected"),
                ]
            },
            |at, row| side.of_organiser(code(at), prepared, row),
            |at| [Property::Organiser(code(at))],
        );
        appraiser.fill(
            &mut self.series,
            words.series.size(),
            const { [column("series_log_count")] },
            |at, row| side.of_series(code(at), row),
            |at| [Property::Series(code(at))],
        );
        let price = |at: usize| f32::from_bits(contents.prices[at]);
        appraiser.fill(
            &mut self.prices,
            contents.prices.len(),
            const { [column("free"), column("price_distance")] },
            |at, row| side.of_price(price(at), row),
            |at| [Property::Price(price(at))],
        );
        appraiser.fill(
            &mut self.matches,
            4,
            const { [column("declared_tag_matches")] },
            |count, row| side.declared_matches(count, row),
            |_| [],
        );
        appraiser.fill(
            &mut self.agreements,
            4,
            [],
            |_, _| (),
            |count| [Property::Agreement(Agreement::Tags(count))],
        );
        let declared = side.own_taste().declared();
        self.flags.clear();
        self.flags.extend((0..words.tags.size()).map(|tag| {
            let tag = [code(tag)];
            [side.tags_declared(&tag), declared.tags_in_common(&tag)].map(|count| count as u8)
        }));
    }

    /// What a list of tags is worth by how many of them were declared and agree.
    pub(super) fn of_counts(&self, tags: &[u16]) -> [W; 2] {
        let (mut declared, mut agreed) = (0, 0);
        for &tag in tags {
            let flags = self.flags[usize::from(tag)];
            declared += usize::from(flags[0]);
            agreed += usize::from(flags[1]);
        }
        [
            self.matches[declared.min(3)],
            self.agreements[agreed.min(3)],
        ]
    }

    /// Works out what is worth something by when in the week it takes place.
    pub(super) fn weigh_times<M: Measure<Worth = W>>(
        &mut self,
        appraiser: &mut Appraiser<'_, M>,
        prepared: &Prepared,
    ) {
        let (side, times) = (appraiser.side, &prepared.scan.times);
        appraiser.fill(
            &mut self.times,
            times.len(),
            const {
                [
                    column("weekday_share"),
                    column("slot_share"),
                    column("availability_match"),
                    column("weekend"),
                ]
            },
            |at, row| side.of_time(times[at], row),
            |at| {
                let (time, windows) = (times[at], times[at].availability);
                let (slot, day_off) = (time.slot, time.day_off);
                [
                    Property::Slot { slot, day_off },
                    Property::Agreement(Agreement::Time(windows)),
                    Property::Agreement(Agreement::Windows { windows, day_off }),
                ]
            },
        );
    }

    /// Works out what is worth something by its locality.
    pub(super) fn weigh_localities<M: Measure<Worth = W>>(
        &mut self,
        appraiser: &mut Appraiser<'_, M>,
        words: &Words,
    ) {
        let side = appraiser.side;
        appraiser.fill(
            &mut self.localities,
            words.localities.size(),
            const { [column("locality_declared"), column("locality_share")] },
            |at, row| side.of_locality(at as u16, row),
            |at| {
                let agreement = Agreement::Locality(at as u16);
                [
                    Property::Locality(at as u16),
                    Property::Agreement(agreement),
                ]
            },
        );
    }
}
