//! All facets of one activity, of the catalogue or remembered.

use super::activity::ActivityRow;
use super::facet::{Agreement, Corners, Declared, Facet, Property, grid_corners};
use crate::catalog::{Catalog, Place, Row};

/// What both forms of an activity have in common.
pub(super) struct Outline<'a> {
    row: Option<Row>,
    kind: u16,
    tags: &'a [u16],
    level: u16,
    price: f32,
    organiser: u16,
    series: u16,
    locality: u16,
    place: (f32, f32),
    slot: u8,
    day_off: bool,
    availability: u16,
}

impl<'a> Outline<'a> {
    pub(super) fn of_row(catalog: &'a Catalog, row: Row) -> Self {
        let (columns, index) = (catalog.columns(), row.index());
        let (content, date, place) = (
            columns.content(index),
            columns.date(index),
            columns.place(index),
        );
        Self {
            row: Some(row),
            kind: content.kind,
            tags: catalog.tags(row),
            level: content.level,
            price: content.price,
            organiser: content.organiser,
            series: content.series,
            locality: place.locality,
            place: (place.lat, place.lon),
            slot: date.hour / 4,
            day_off: date.is_day_off(),
            availability: date.availability,
        }
    }

    pub(super) fn of_activity(activity: &'a ActivityRow, availability: u16) -> Self {
        Self {
            row: None,
            kind: activity.kind,
            tags: &activity.tags,
            level: activity.level,
            price: activity.price,
            organiser: activity.organiser,
            series: activity.series,
            locality: activity.locality,
            place: activity.place,
            slot: activity.slot,
            day_off: activity.is_day_off(),
            availability,
        }
    }

    /// All facets.
    pub(super) fn facets(&self, centre: Option<Place>, declared: &Declared) -> Vec<Facet> {
        let mut facets = Vec::with_capacity(40);
        let corners = grid_corners(self.place, centre.as_ref());
        self.each_facet(corners, declared, |code, value| facets.push((code, value)));
        facets
    }

    /// The same one by one; `corners` are those of the grid around its place.
    pub(super) fn each_facet(
        &self,
        corners: Option<Corners>,
        declared: &Declared,
        mut each: impl FnMut(u32, f32),
    ) {
        let day_off = self.day_off;
        let mut add = |property: Property| declared.facets_of(property, &mut each);
        let kind = self.kind;
        add(Property::Kind { kind, day_off });
        self.tags.iter().for_each(|&tag| add(Property::Tag(tag)));
        add(Property::Level(self.level));
        add(Property::Organiser(self.organiser));
        add(Property::Series(self.series));
        add(Property::Locality(self.locality));
        add(Property::Price(self.price));
        let slot = self.slot;
        add(Property::Slot { slot, day_off });
        for (corner, share) in corners.into_iter().flatten() {
            add(Property::Corner(corner, share));
        }
        if let Some(row) = self.row {
            add(Property::Row(row));
        }
        let windows = self.availability;
        for agreement in [
            Agreement::Tags(declared.tags_in_common(self.tags)),
            Agreement::Time(windows),
            Agreement::Locality(self.locality),
            Agreement::Level(self.level),
            Agreement::Windows { windows, day_off },
        ] {
            add(Property::Agreement(agreement));
        }
    }
}
