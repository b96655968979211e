//! Past and future: a data set cut at a moment.

use std::collections::BTreeMap;

use triqueta::history::Action;

use crate::Dataset;

/// The moment that leaves this share of the signals (events that say something about an activity) at or before it,
/// interpolated between neighbours; `None` without signals.
pub fn quantile_ms(dataset: &Dataset, share: f64) -> Option<i64> {
    let signals = dataset
        .events
        .iter()
        .filter(|event| !Action::of(&event.body).is_empty());
    let times: Vec<i64> = signals.map(|event| event.time_ms).collect();
    let last = times.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let below = place.floor() as usize;
    let (low, high) = (times[below], times[(below + 1).min(last)]);
    Some(low + ((high - low) as f64 * (place - below as f64)) as i64)
}

/// What was known at a moment: the events up to it, and the activities published by then. An activity without a
/// publication time is known from its first event on.
pub fn up_to(dataset: &Dataset, time_ms: i64) -> Dataset {
    let until = dataset
        .events
        .partition_point(|event| event.time_ms <= time_ms);
    let known = dataset.activities.iter().zip(known_from(dataset));
    Dataset {
        city: dataset.city.clone(),
        activities: known
            .filter(|(_, known_ms)| *known_ms <= time_ms)
            .map(|(activity, _)| activity.clone())
            .collect(),
        visitors: dataset.visitors.clone(),
        events: dataset.events[..until].to_vec(),
        lineage: dataset.lineage.clone(),
    }
}

/// The data set with its activities in the order in which they became known, so that those of [`up_to`] any moment are the
/// first rows of the whole catalogue: what a model learned of a row holds for the same row later.
pub fn in_order_of_publication(dataset: &Dataset) -> Dataset {
    let mut known: Vec<_> = dataset.activities.iter().zip(known_from(dataset)).collect();
    // Stable, so that equals stay in the source's order.
    known.sort_by_key(|(_, known_ms)| *known_ms);
    Dataset {
        activities: known
            .into_iter()
            .map(|(activity, _)| activity.clone())
            .collect(),
        ..dataset.clone()
    }
}

/// Since when each activity is known, Unix ms.
fn known_from(dataset: &Dataset) -> Vec<i64> {
    let mut first = BTreeMap::new();
    for event in &dataset.events {
        if let Some(activity) = event.body.activity() {
            first.entry(activity).or_insert(event.time_ms);
        }
    }
    let known_from = |activity: &triqueta::catalog::Activity| {
        let first = || first.get(&activity.id).copied();
        activity.published_ms.or_else(first).unwrap_or(i64::MAX)
    };
    dataset.activities.iter().map(known_from).collect()
}

/// One step of a time-ordered cross-validation: learned on what was known at a moment, judged on what came next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fold {
    /// The last moment that may be learned from, Unix ms: train on [`up_to`] it.
    pub learn_until_ms: i64,
    /// The last moment that is judged, Unix ms: judge positives after the first and up to this one, on [`up_to`] it.
    pub judge_until_ms: i64,
}

/// At most `k` folds in time: the signals are cut into `k + 1` parts of equal number, and each part but the first is
/// judged by what was learned from all before it. Never the other way round: who trains on the future of what is judged
/// measures memory. Many folds judge more and start from little; one is a plain time split. Folds in which nothing would
/// be judged or learned, because moments coincide, are left out.
pub fn time_folds(dataset: &Dataset, k: usize) -> Vec<Fold> {
    let bound = |part: usize| quantile_ms(dataset, part as f64 / (k + 1) as f64);
    let first_ms = dataset.events.first().map(|event| event.time_ms);
    (1..=k)
        .filter_map(|part| {
            let (learn_until_ms, judge_until_ms) = (bound(part)?, bound(part + 1)?);
            let fold = Fold {
                learn_until_ms,
                judge_until_ms,
            };
            (learn_until_ms < judge_until_ms && Some(learn_until_ms) >= first_ms).then_some(fold)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing;

    #[test]
    fn folds_follow_each_other_and_never_judge_what_was_learned() {
        let dataset = testing::dataset(120, 3);
        let folds = time_folds(&dataset, 4);
        assert_eq!(folds.len(), 4);
        for pair in folds.windows(2) {
            assert_eq!(pair[0].judge_until_ms, pair[1].learn_until_ms);
        }
        for fold in &folds {
            let learned = up_to(&dataset, fold.learn_until_ms);
            assert!(learned.until_ms().unwrap() <= fold.learn_until_ms);
            let judged = dataset.events.iter().filter(|event| {
                event.time_ms > fold.learn_until_ms && event.time_ms <= fold.judge_until_ms
            });
            let judged = judged.count();
            assert!((20..=28).contains(&judged), "{judged}");
        }
        assert_eq!(folds[3].judge_until_ms, dataset.until_ms().unwrap());
    }

    #[test]
    fn what_was_known_at_a_moment_are_the_first_rows_of_what_is_known_later() {
        let mut dataset = testing::dataset(120, 3);
        dataset.activities.reverse();
        let ids = |dataset: &Dataset| -> Vec<_> {
            let activities = dataset.activities.iter();
            activities.map(|activity| activity.id.clone()).collect()
        };
        let whole = in_order_of_publication(&dataset);
        let known = up_to(&whole, dataset.events[60].time_ms);
        assert!(known.activities.len() > 20);
        assert!(ids(&whole).starts_with(&ids(&known)));
        assert!(!ids(&dataset).starts_with(&ids(&known)));
    }

    #[test]
    fn nothing_to_cut_gives_no_folds() {
        let mut dataset = testing::dataset(20, 3);
        assert!(time_folds(&dataset, 0).is_empty());
        let moment = dataset.events[0].time_ms;
        dataset
            .events
            .iter_mut()
            .for_each(|event| event.time_ms = moment);
        assert!(time_folds(&dataset, 5).is_empty());
        dataset.events.clear();
        assert!(time_folds(&dataset, 5).is_empty());
    }
}
