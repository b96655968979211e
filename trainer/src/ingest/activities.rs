//! Rows to activities.

use std::collections::HashMap;

use triqueta::catalog::{Activity, Place, Status};
use triqueta::event::ActivityId;

use super::cell::{Cell, Flaw, Kind};
use super::field::Field;
use super::mapping::{ActivityBlock, Mapping};
use super::reading::{Reading, Resolver};
use crate::Result;

/// Starts outside 1970 to 2099 are wrong units, not activities.
const START_RANGE_MS: std::ops::Range<i64> = 0..4_102_444_800_000;

struct Fields {
    id: Field,
    title: Field,
    start: Field,
    end: Option<Field>,
    description: Option<Field>,
    kind: Option<Field>,
    tags: Option<Field>,
    locality: Option<Field>,
    level: Option<Field>,
    place: Option<(Field, Field)>,
    address: Option<Field>,
    price: Option<Field>,
    free: Option<Field>,
    organiser: Option<Field>,
    series: Option<Field>,
    published: Option<Field>,
    status: Option<Field>,
    transit_m: Option<Field>,
    link: Option<Field>,
    image: Option<Field>,
    contact: Option<Field>,
    counts: Option<(Field, Field)>,
}

impl Fields {
    fn new(block: &ActivityBlock, resolver: &Resolver<'_>) -> Result<Self> {
        Ok(Self {
            id: resolver.field("id", &block.id)?,
            title: resolver.field("title", &block.title)?,
            start: resolver.field("start", &block.start)?,
            end: resolver.optional("end", block.end.as_ref())?,
            description: resolver.optional("description", block.description.as_ref())?,
            kind: resolver.optional("type", block.kind.as_ref())?,
            tags: resolver.optional("tags", block.tags.as_ref())?,
            locality: resolver.optional("locality", block.locality.as_ref())?,
            level: resolver.optional("level", block.level.as_ref())?,
            place: resolver
                .optional("lat", block.lat.as_ref())?
                .zip(resolver.optional("lon", block.lon.as_ref())?),
            address: resolver.optional("address", block.address.as_ref())?,
            price: resolver.optional("price", block.price.as_ref())?,
            free: resolver.optional("free", block.free.as_ref())?,
            organiser: resolver.optional("organiser", block.organiser.as_ref())?,
            series: resolver.optional("series", block.series.as_ref())?,
            published: resolver.optional("published", block.published.as_ref())?,
            status: resolver.optional("status", block.status.as_ref())?,
            transit_m: resolver.optional("transit_m", block.transit_m.as_ref())?,
            link: resolver.optional("link", block.link.as_ref())?,
            image: resolver.optional("image", block.image.as_ref())?,
            contact: resolver.optional("contact", block.contact.as_ref())?,
            counts: resolver
                .optional("favourites", block.favourites.as_ref())?
                .zip(resolver.optional("views", block.views.as_ref())?),
        })
    }
}

/// Reads the activities, in the source's order.
pub(super) fn read(mapping: &Mapping, reading: &mut Reading<'_>) -> Result<Vec<Activity>> {
    let block = &mapping.activities;
    let mut activities: Vec<Activity> = Vec::new();
    let mut rows: HashMap<ActivityId, usize> = HashMap::new();
    let table = reading.open(&block.table)?;
    let fields = Fields::new(block, &reading.resolver(&table))?;
    reading.each(table, |row, context| {
        let activity = build(&fields, block, row, context)?;
        match rows.get(&activity.id) {
            Some(&at) => {
                let flaw = Flaw::new(Kind::ActivityDuplicate, format!("id {}", activity.id));
                if let Some(earlier) = activities.get_mut(at) {
                    *earlier = activity;
                }
                return Err(flaw);
            }
            None => {
                rows.insert(activity.id.clone(), activities.len());
                activities.push(activity);
            }
        }
        Ok(())
    })?;
    Ok(activities)
}

fn build(
    fields: &Fields,
    block: &ActivityBlock,
    row: &[Cell],
    note: &mut dyn FnMut(Kind, String),
) -> std::result::Result<Activity, Flaw> {
    let text = |field: &Option<Field>| field.as_ref().map_or(Ok(None), |field| field.text(row));
    let time = |field: &Option<Field>| field.as_ref().map_or(Ok(None), |field| field.time(row));
    let id = ActivityId(fields.id.needed(row)?);
    let (start_ms, start_is_unclear) = fields.start.needed_time(row)?;
    if !START_RANGE_MS.contains(&start_ms) {
        let detail = format!(
            "activity {id} starts at {start_ms} ms, outside 1970 to 2099; is the time format right?"
        );
        return Err(Flaw::new(Kind::ActivityImpossible, detail));
    }
    if start_is_unclear {
        note(Kind::ClockUnclear, format!("activity {id}"));
    }
    // An end of the same day without a readable time of day says nothing.
    let end_ms =
        time(&fields.end)?.and_then(|(end_ms, is_unclear)| (!is_unclear).then_some(end_ms));
    let activity = Activity {
        title: fields.title.needed(row)?,
        description: text(&fields.description)?.unwrap_or_default(),
        kind: text(&fields.kind)?,
        tags: fields
            .tags
            .as_ref()
            .map_or(Ok(Vec::new()), |field| field.list(row))?,
        locality: text(&fields.locality)?,
        level: text(&fields.level)?,
        place: place(fields, block, row, &id, note)?,
        address: text(&fields.address)?.unwrap_or_default(),
        start_ms,
        end_ms,
        price: price(fields, row, &id, note)?,
        organiser: text(&fields.organiser)?,
        series: text(&fields.series)?,
        published_ms: time(&fields.published)?.map(|(time_ms, _)| time_ms),
        status: status(text(&fields.status)?)?,
        transit_m: number(fields.transit_m.as_ref(), row)?.map(|value| value as f32),
        link: text(&fields.link)?,
        image: text(&fields.image)?,
        contact: text(&fields.contact)?,
        seed_counts: match &fields.counts {
            Some((favourites, views)) => {
                let count =
                    |field: &Field| Ok::<f32, Flaw>(field.number(row)?.unwrap_or(0.0) as f32);
                Some((count(favourites)?, count(views)?))
            }
            None => None,
        },
        id,
    };
    activity
        .validate()
        .map_err(|error| Flaw::new(Kind::ActivityImpossible, error.to_string()))?;
    Ok(activity)
}

fn number(field: Option<&Field>, row: &[Cell]) -> std::result::Result<Option<f64>, Flaw> {
    field.map_or(Ok(None), |field| field.number(row))
}

fn place(
    fields: &Fields,
    block: &ActivityBlock,
    row: &[Cell],
    id: &ActivityId,
    note: &mut dyn FnMut(Kind, String),
) -> std::result::Result<Option<Place>, Flaw> {
    let Some((lat, lon)) = &fields.place else {
        return Ok(None);
    };
    let place = match (lat.number(row)?, lon.number(row)?) {
        (Some(lat), Some(lon)) => Place { lat, lon },
        (None, None) => return Ok(None),
        _ => return Err(Flaw::new(Kind::PlaceHalf, format!("activity {id}"))),
    };
    let is_near = |known: &Place| {
        (known.lat - place.lat).abs() < 1e-6 && (known.lon - place.lon).abs() < 1e-6
    };
    if block.unknown_places.iter().any(is_near) {
        note(
            Kind::PlaceUnknown,
            format!("activity {id} at {}, {}", place.lat, place.lon),
        );
        return Ok(None);
    }
    Ok(Some(place))
}

fn price(
    fields: &Fields,
    row: &[Cell],
    id: &ActivityId,
    note: &mut dyn FnMut(Kind, String),
) -> std::result::Result<Option<f32>, Flaw> {
    let price = number(fields.price.as_ref(), row)?;
    let free = fields
        .free
        .as_ref()
        .map_or(Ok(None), |field| field.boolean(row))?;
    Ok(match (price, free) {
        (None, Some(true)) => Some(0.0),
        (Some(price), Some(true)) if price > 0.0 => {
            note(
                Kind::PriceUnclear,
                format!("activity {id} costs {price} and is free"),
            );
            Some(price as f32)
        }
        (Some(0.0), Some(false)) => {
            note(
                Kind::PriceUnclear,
                format!("activity {id} costs 0 and is not free"),
            );
            None
        }
        (price, _) => price.map(|price| price as f32),
    })
}

fn status(text: Option<String>) -> std::result::Result<Status, Flaw> {
    match text.as_deref() {
        None | Some("active") => Ok(Status::Active),
        Some("pending") => Ok(Status::Pending),
        Some("rejected") => Ok(Status::Rejected),
        Some("inactive") => Ok(Status::Inactive),
        Some(other) => Err(Flaw::new(
            Kind::FieldUnmapped,
            format!("`status` is {other:?}"),
        )),
    }
}
