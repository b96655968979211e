//! From ranks to figures.

use std::collections::BTreeMap;

use super::RankingMetrics;
use super::analysis::{ListFigures, Observed};
use super::full::FullRun;
use super::live::{LiveRun, Query};
use super::metrics::{ListMetrics, Rank, mean_and_deviation};
use super::peers::RANDOM;
use super::report::{Figure, add_group};

/// The figures of each group of queries, by peer and metric.
pub(super) fn live_figures(
    rows: &mut Vec<Figure>,
    protocol: &str,
    runs: &[LiveRun],
    queries: &[Query],
) {
    let Some(first) = runs.first() else { return };
    let all = vec![true; queries.len()];
    let warm: Vec<bool> = first.cold_visitor.iter().map(|cold| !cold).collect();
    let groups = [
        ("all", &all),
        ("known visitors", &warm),
        ("new visitors", &first.cold_visitor),
        ("new activities", &first.cold_activity),
    ];
    for (group, members) in groups {
        let n = members.iter().filter(|&&member| member).count();
        if n == 0 {
            continue;
        }
        let of = |ranks: &[Rank]| {
            let chosen: Vec<Rank> = ranks
                .iter()
                .zip(members)
                .filter(|(_, m)| **m)
                .map(|(r, _)| *r)
                .collect();
            RankingMetrics::of(&chosen).values()
        };
        let by_seed: Vec<BTreeMap<&str, [f64; 6]>> = runs
            .iter()
            .map(|run| {
                run.ranks
                    .iter()
                    .map(|(&peer, ranks)| (peer, of(ranks)))
                    .collect()
            })
            .collect();
        add_group(
            rows,
            &format!("{protocol} / {group}"),
            &RankingMetrics::NAMES,
            n,
            |peer, metric| {
                let samples: Option<Vec<f64>> = by_seed
                    .iter()
                    .map(|seed| seed.get(peer).map(|values| values[metric]))
                    .collect();
                samples.map(|samples| mean_and_deviation(&samples))
            },
        );
    }
}

/// The figures of the choices each training judged itself by, all of them before the split: what was chosen, was chosen
/// by these.
pub(super) fn judged_figures(rows: &mut Vec<Figure>, by_seed: &[BTreeMap<String, RankingMetrics>]) {
    let Some(chance) = by_seed.first().and_then(|peers| peers.get(RANDOM)) else {
        return;
    };
    add_group(
        rows,
        "validation / all",
        &RankingMetrics::NAMES,
        chance.queries,
        |peer, metric| {
            let samples: Option<Vec<f64>> = by_seed
                .iter()
                .map(|peers| Some(peers.get(peer)?.values()[metric]))
                .collect();
            samples.map(|samples| mean_and_deviation(&samples))
        },
    );
}

/// What the lists of each peer show.
pub(super) fn list_figures(rows: &mut Vec<Figure>, protocol: &str, runs: &[LiveRun]) {
    let figures: Vec<Vec<ListFigures>> = runs
        .iter()
        .filter_map(|run| run.observed.as_ref())
        .map(Observed::list_figures)
        .collect();
    let title = format!("{protocol} / first ten");
    let value = |peer: &str, metric: usize| {
        let of = |seed: &Vec<ListFigures>| {
            let figures = seed.iter().find(|figures| figures.model == peer)?;
            Some(figures.values()[metric])
        };
        let samples: Option<Vec<f64>> = figures.iter().map(of).collect();
        samples.map(|samples| mean_and_deviation(&samples))
    };
    let n = runs.first().map_or(0, |run| run.cold_visitor.len());
    let before = rows.len();
    if !figures.is_empty() {
        add_group(rows, &title, &ListFigures::NAMES, n, value);
    }
    for row in rows[before..]
        .iter_mut()
        .filter(|row| row.metric == "novelty")
    {
        row.unit = "bits";
    }
}

/// The figures of each group of visitors, by peer and metric.
pub(super) fn full_figures(rows: &mut Vec<Figure>, runs: &[FullRun]) {
    let Some(first) = runs.first() else { return };
    let by_visitor = |cold: Option<bool>| {
        move |run: &FullRun, peer: &str| -> Vec<ListMetrics> {
            let lists = run
                .lists
                .get(peer)
                .into_iter()
                .flatten()
                .zip(&run.cold_visitor);
            lists
                .filter(|(_, is_cold)| cold.is_none_or(|cold| cold == **is_cold))
                .map(|(list, _)| *list)
                .collect()
        }
    };
    let new_only = |run: &FullRun, peer: &str| run.new_only.get(peer).cloned().unwrap_or_default();
    type Lists<'a> = Box<dyn Fn(&FullRun, &str) -> Vec<ListMetrics> + 'a>;
    let groups: [(&str, Lists<'_>); 4] = [
        ("all", Box::new(by_visitor(None))),
        ("known visitors", Box::new(by_visitor(Some(false)))),
        ("new visitors", Box::new(by_visitor(Some(true)))),
        ("new activities", Box::new(new_only)),
    ];
    for (group, lists) in groups {
        let n = lists(first, RANDOM).len();
        if n == 0 {
            continue;
        }
        let value = |peer: &str, metric: usize| {
            let samples: Option<Vec<f64>> = runs
                .iter()
                .map(|run| {
                    let lists = lists(run, peer);
                    (!lists.is_empty()).then(|| ListMetrics::mean(&lists).values()[metric])
                })
                .collect();
            samples.map(|samples| mean_and_deviation(&samples))
        };
        add_group(
            rows,
            &format!("P3 / {group}"),
            &ListMetrics::NAMES,
            n,
            value,
        );
    }
    add_group(
        rows,
        "P3 / coverage of first ten",
        &["coverage"],
        first.activities,
        |peer, _| {
            let samples: Option<Vec<f64>> = runs
                .iter()
                .map(|run| run.coverage.get(peer).copied())
                .collect();
            samples.map(|samples| mean_and_deviation(&samples))
        },
    );
}
