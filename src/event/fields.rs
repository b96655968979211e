//! The fields of all kinds of events together, as they are read: which kind it is may come last. One reader of all of them is
//! a fraction of one for each kind, which every visitor would download.

use litemap::LiteMap;
use serde::Deserialize;

use super::body::{Body, DeviceType, Opinion, Source};
use super::{ActivityId, Shown};
use crate::json::{Word, map};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    kind: Kind,
    activity: Option<ActivityId>,
    shown: Option<Shown>,
    dwell_seconds: Option<f32>,
    scroll_depth: Option<f32>,
    external_click: Option<bool>,
    source: Option<Source>,
    query: Option<String>,
    #[serde(default, deserialize_with = "map::deserialize_option")]
    filters: Option<LiteMap<String, String>>,
    result_count: Option<u32>,
    clicked: Option<Vec<ActivityId>>,
    /// Which actions there are depends on the kind.
    action: Option<String>,
    #[serde(default, deserialize_with = "map::deserialize_option")]
    parameters: Option<LiteMap<String, String>>,
    opinion: Option<Opinion>,
    stars: Option<u8>,
    comment: Option<String>,
    attended: Option<bool>,
    device_type: Option<DeviceType>,
    browser: Option<String>,
    locale: Option<String>,
}

crate::json::object! {
    Fields: strict
    { kind }
    {
        activity, shown, dwell_seconds, scroll_depth, external_click, source, query, filters,
        result_count, clicked, action, parameters, opinion, stars, comment, attended, device_type,
        browser, locale,
    }
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Impression,
    Viewed,
    DetailView,
    Search,
    Navigation,
    Feedback,
    Rating,
    Favourite,
    Attendance,
    Session,
}

crate::json::words! {
    Kind {
        Impression = "impression", Viewed = "viewed", DetailView = "detail_view", Search = "search",
        Navigation = "navigation", Feedback = "feedback", Rating = "rating",
        Favourite = "favourite", Attendance = "attendance", Session = "session",
    }
}

impl TryFrom<Fields> for Body {
    type Error = String;

    fn try_from(mut fields: Fields) -> Result<Self, String> {
        let body = fields.take_body()?;
        match fields.left() {
            Some(field) => Err(format!("unknown field `{field}` for this kind")),
            None => Ok(body),
        }
    }
}

impl Fields {
    /// Takes what the kind has.
    fn take_body(&mut self) -> Result<Body, String> {
        Ok(match self.kind {
            Kind::Impression => Body::Impression {
                shown: needed("shown", &mut self.shown)?,
            },
            Kind::Viewed => Body::Viewed {
                shown: needed("shown", &mut self.shown)?,
            },
            Kind::DetailView => Body::DetailView {
                activity: needed("activity", &mut self.activity)?,
                dwell_seconds: needed("dwell_seconds", &mut self.dwell_seconds)?,
                scroll_depth: needed("scroll_depth", &mut self.scroll_depth)?,
                external_click: needed("external_click", &mut self.external_click)?,
                source: needed("source", &mut self.source)?,
                shown: self.shown.take(),
            },
            Kind::Search => Body::Search {
                query: needed("query", &mut self.query)?,
                filters: self.filters.take().unwrap_or_default(),
                result_count: needed("result_count", &mut self.result_count)?,
                clicked: self.clicked.take().unwrap_or_default(),
            },
            Kind::Navigation => Body::Navigation {
                action: action(&mut self.action)?,
                parameters: self.parameters.take().unwrap_or_default(),
                activity: self.activity.take(),
            },
            Kind::Feedback => Body::Feedback {
                activity: needed("activity", &mut self.activity)?,
                opinion: needed("opinion", &mut self.opinion)?,
                shown: self.shown.take(),
            },
            Kind::Rating => Body::Rating {
                activity: needed("activity", &mut self.activity)?,
                stars: needed("stars", &mut self.stars)?,
                comment: self.comment.take(),
            },
            Kind::Favourite => Body::Favourite {
                activity: needed("activity", &mut self.activity)?,
                action: action(&mut self.action)?,
                shown: self.shown.take(),
            },
            Kind::Attendance => Body::Attendance {
                activity: needed("activity", &mut self.activity)?,
                attended: needed("attended", &mut self.attended)?,
                stars: self.stars.take(),
                comment: self.comment.take(),
            },
            Kind::Session => Body::Session {
                device_type: needed("device_type", &mut self.device_type)?,
                browser: needed("browser", &mut self.browser)?,
                locale: needed("locale", &mut self.locale)?,
            },
        })
    }

    /// A field that the kind does not have.
    fn left(&self) -> Option<&'static str> {
        let all = [
            ("activity", self.activity.is_some()),
            ("shown", self.shown.is_some()),
            ("dwell_seconds", self.dwell_seconds.is_some()),
            ("scroll_depth", self.scroll_depth.is_some()),
            ("external_click", self.external_click.is_some()),
            ("source", self.source.is_some()),
            ("query", self.query.is_some()),
            ("filters", self.filters.is_some()),
            ("result_count", self.result_count.is_some()),
            ("clicked", self.clicked.is_some()),
            ("action", self.action.is_some()),
            ("parameters", self.parameters.is_some()),
            ("opinion", self.opinion.is_some()),
            ("stars", self.stars.is_some()),
            ("comment", self.comment.is_some()),
            ("attended", self.attended.is_some()),
            ("device_type", self.device_type.is_some()),
            ("browser", self.browser.is_some()),
            ("locale", self.locale.is_some()),
        ];
        let mut left = all.into_iter().filter(|(_, is_left)| *is_left);
        left.next().map(|(field, _)| field)
    }
}

fn needed<T>(field: &str, value: &mut Option<T>) -> Result<T, String> {
    value
        .take()
        .ok_or_else(|| format!("missing field `{field}`"))
}

fn action<T: Word>(value: &mut Option<String>) -> Result<T, String> {
    T::of_word(&needed("action", value)?).map_err(|error| error.to_string())
}
