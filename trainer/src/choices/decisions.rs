//! Which decisions does a log hold, when did they begin, and what did each say?

use std::collections::HashMap;

use triqueta::catalog::{Catalog, Row};
use triqueta::event::{Body, SessionId};
use triqueta::history::Action;
use triqueta::math::Digest;

use super::label::{Label, view_weight};
use crate::Dataset;
use crate::replay::{Replay, VisitorKey};

/// A visitor and an activity they did something with.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// When the visitor first did anything with the activity, Unix ms: the moment of the decision. Whoever saves an
    /// activity has often just opened it; as of the save, "it is the one they are reading" would be all there is to learn.
    pub time_ms: i64,
    /// When the label was known, Unix ms: no earlier. Who trains on what was known by a moment leaves out what was known
    /// later, whenever it began.
    pub known_ms: i64,
    /// Who.
    pub key: VisitorKey,
    /// What.
    pub row: Row,
    /// The visit in which it began.
    pub session: SessionId,
    /// What was decided.
    pub label: Label,
}

/// One positive signal: the first that stands for a visitor and an activity.
#[derive(Debug, Clone, PartialEq)]
pub struct Positive {
    /// [`Decision::time_ms`].
    pub time_ms: i64,
    /// Who.
    pub key: VisitorKey,
    /// What.
    pub row: Row,
    /// The visit in which it began.
    pub session: SessionId,
}

impl Positive {
    /// A number of its own, the same in every training of a log that holds it.
    pub fn digest(&self, catalog: &Catalog) -> u64 {
        let mut digest = Digest::default();
        match &self.key {
            VisitorKey::User(user) => digest.text(user),
            VisitorKey::Device(device) => digest.bytes(device.to_string().as_bytes()),
        };
        digest
            .integer(self.time_ms as u64)
            .text(catalog.id(self.row))
            .value()
    }
}

/// Everything between a visitor and an activity so far.
struct Meeting {
    key: VisitorKey,
    row: Row,
    time_ms: i64,
    session: SessionId,
    /// When it was first chosen, and as how manyeth of all.
    chosen: Option<(i64, usize)>,
    /// Since when a rejection stands.
    rejected_ms: Option<i64>,
    /// The most it was read, and when.
    viewed: (f32, i64),
}

impl Meeting {
    fn label(&self) -> Option<(Label, i64)> {
        if let Some((known_ms, _)) = self.chosen {
            return Some((Label::WANTED, known_ms));
        }
        if let Some(known_ms) = self.rejected_ms {
            return Some((Label::REJECTED, known_ms));
        }
        Some((Label::viewed(self.viewed.0)?, self.viewed.1))
    }
}

/// Every meeting of a visitor and an activity that the catalogue knows, in the order in which they began.
fn meetings(dataset: &Dataset, catalog: &Catalog) -> Vec<Meeting> {
    let mut replay = Replay::new(dataset, catalog, 1.0);
    let mut met: HashMap<(VisitorKey, Row), usize> = HashMap::new();
    let mut meetings: Vec<Meeting> = Vec::new();
    let mut chosen = 0;
    while let together @ [first, ..] = replay.upcoming() {
        replay.advance_before(first.time_ms.saturating_add(1));
        for event in together
            .iter()
            .filter(|event| !Action::of(&event.body).is_empty())
        {
            let activity = event.body.activity();
            let Some(row) = activity.and_then(|activity| catalog.row(activity)) else {
                continue;
            };
            let (key, time_ms) = (VisitorKey::of(event), event.time_ms);
            let entry = replay.entry(&key, row);
            let is_chosen = entry.is_some_and(triqueta::history::Entry::is_positive);
            let is_rejected = entry.is_some_and(triqueta::history::Entry::is_rejected);
            let number = *met.entry((key.clone(), row)).or_insert_with(|| {
                meetings.push(Meeting {
                    key,
                    row,
                    time_ms,
                    session: event.session,
                    chosen: None,
                    rejected_ms: None,
                    viewed: (0.0, time_ms),
                });
                meetings.len() - 1
            });
            let meeting = &mut meetings[number];
            if is_chosen && meeting.chosen.is_none() {
                meeting.chosen = Some((time_ms, chosen));
                chosen += 1;
            }
            meeting.rejected_ms = is_rejected.then(|| meeting.rejected_ms.unwrap_or(time_ms));
            if let Body::DetailView {
                dwell_seconds,
                scroll_depth,
                ..
            } = event.body
            {
                let weight = view_weight(dwell_seconds, scroll_depth);
                if weight > meeting.viewed.0 {
                    meeting.viewed = (weight, time_ms);
                }
            }
        }
    }
    meetings
}

/// Every decision of a data set, in order of the moments they began. Activities the catalogue does not know are left out,
/// and so is what says neither yes nor no.
pub fn decisions(dataset: &Dataset, catalog: &Catalog) -> Vec<Decision> {
    let mut decisions: Vec<Decision> = meetings(dataset, catalog)
        .into_iter()
        .filter_map(|meeting| {
            let (label, known_ms) = meeting.label()?;
            Some(Decision {
                time_ms: meeting.time_ms,
                known_ms,
                key: meeting.key,
                row: meeting.row,
                session: meeting.session,
                label,
            })
        })
        .collect();
    decisions.sort_by_key(|decision| decision.time_ms);
    decisions
}

/// Every positive of a data set, in order of the moments of decision. Activities the catalogue does not know are left
/// out.
pub fn positives(dataset: &Dataset, catalog: &Catalog) -> Vec<Positive> {
    let mut chosen: Vec<(usize, Meeting)> = meetings(dataset, catalog)
        .into_iter()
        .filter_map(|meeting| Some((meeting.chosen?.1, meeting)))
        .collect();
    chosen.sort_by_key(|(order, meeting)| (meeting.time_ms, *order));
    chosen
        .into_iter()
        .map(|(_, meeting)| Positive {
            time_ms: meeting.time_ms,
            key: meeting.key,
            row: meeting.row,
            session: meeting.session,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use triqueta::catalog::Words;
    use triqueta::event::{FavouriteAction, Opinion, Source};
    use triqueta::math::Random;

    use super::*;
    use crate::replay::catalog_of;
    use crate::testing::{START_MS, activity, dataset_of, disliked, event, saved};

    fn opened(activity: &str, dwell_seconds: f32, scroll_depth: f32) -> Body {
        Body::DetailView {
            activity: activity.into(),
            dwell_seconds,
            scroll_depth,
            external_click: false,
            source: Source::Recommendation,
            shown: None,
        }
    }

    fn rated(activity: &str, stars: u8) -> Body {
        Body::Rating {
            activity: activity.into(),
            stars,
            comment: None,
        }
    }

    fn came(activity: &str, attended: bool) -> Body {
        Body::Attendance {
            activity: activity.into(),
            attended,
            stars: None,
            comment: None,
        }
    }

    fn liked(activity: &str, opinion: Opinion) -> Body {
        Body::Feedback {
            activity: activity.into(),
            opinion,
            shown: None,
        }
    }

    /// The label of each activity and the seconds after which it was known.
    fn labels(bodies: Vec<Body>) -> Vec<(String, Label, i64)> {
        let activities = (0..8).map(|number| activity(number, &mut Random::new(1)));
        let events = bodies.into_iter().zip(0..);
        let events = events
            .map(|(body, second)| event(second as u64, "u1", START_MS + second * 1_000, body));
        let dataset = dataset_of(activities.collect(), vec![], events.collect());
        let words = Words::learn(&dataset.activities, [], 1).unwrap();
        let catalog = catalog_of(&dataset, words).unwrap();
        let decisions = decisions(&dataset, &catalog).into_iter();
        decisions
            .map(|decision| {
                let seconds = (decision.known_ms - START_MS) / 1_000;
                (catalog.id(decision.row).to_owned(), decision.label, seconds)
            })
            .collect()
    }

    #[test]
    fn words_stars_and_presence_label_as_stated() {
        let found = labels(vec![
            saved("a0"),
            liked("a1", Opinion::Like),
            came("a2", true),
            rated("a3", 4),
            disliked("a4"),
            rated("a5", 2),
            came("a6", false),
            rated("a7", 3),
        ]);
        let values: Vec<(&str, f32)> = found
            .iter()
            .map(|(id, label, _)| (id.as_str(), label.value))
            .collect();
        let expected = [
            ("a0", 1.0),
            ("a1", 1.0),
            ("a2", 1.0),
            ("a3", 1.0),
            ("a4", 0.0),
            ("a5", 0.0),
            ("a6", 0.0),
        ];
        assert_eq!(values, expected);
        assert!(found.iter().all(|(_, label, _)| label.weight == 1.0));
    }

    #[test]
    fn a_view_counts_by_what_was_read_until_a_word_is_said() {
        let removed = Body::Favourite {
            activity: "a3".into(),
            action: FavouriteAction::Removed,
            shown: None,
        };
        let found = labels(vec![
            opened("a0", 60.0, 1.0),
            opened("a1", 60.0, 0.0),
            opened("a2", 30.0, 1.0),
            removed,
            liked("a4", Opinion::Maybe),
            opened("a5", 0.0, 0.0),
            disliked("a2"),
            opened("a6", 10.0, 0.5),
            saved("a6"),
        ]);
        let of = |wanted: &str| found.iter().find(|(id, ..)| id == wanted);
        let (full, half) = (of("a0").unwrap().1, of("a1").unwrap().1);
        assert_eq!((full.value, half.weight * 2.0), (1.0, full.weight));
        // Begun at second 2, turned down at second 6; begun at 7, saved at 8.
        assert_eq!(of("a2").unwrap().1, Label::REJECTED);
        assert_eq!((of("a2").unwrap().2, of("a6").unwrap().2), (6, 8));
        assert_eq!(of("a6").unwrap().1, Label::WANTED);
        assert!(of("a3").is_none() && of("a4").is_none() && of("a5").is_none());
    }

    #[test]
    fn a_word_taken_back_is_no_label_any_more() {
        let found = labels(vec![disliked("a0"), liked("a0", Opinion::Maybe)]);
        assert!(found.is_empty(), "{found:?}");
    }
}
