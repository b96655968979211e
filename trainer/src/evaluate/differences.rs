//! Which differences between rankings are more than chance? Paired on the same questions, with intervals clustered by
//! visitor: every model against popularity, against the best, and against other recommenders' ranks.

use super::analysis::mean_over;
use super::bootstrap::clustered_difference;
use super::full::FullRun;
use super::live::{LiveRun, Query};
use super::peers::{PEERS, POPULARITY, STACK};
use super::queries::OtherRanks;
use super::report::Figure;

/// What each question (or visitor) is worth to one ranking; `None` where it was not asked.
struct Ranking {
    name: String,
    worth: Vec<Option<f64>>,
}

/// The differences of a live run, over all questions and over those of new visitors.
pub(super) fn live_differences(
    rows: &mut Vec<Figure>,
    protocol: &str,
    runs: &[LiveRun],
    queries: &[Query],
    others: &OtherRanks,
    draws: usize,
) {
    let Some(first) = runs.first() else { return };
    let spoke = |name: &&str| runs.iter().all(|run| run.ranks.contains_key(name));
    let ours: Vec<Ranking> = PEERS
        .iter()
        .map(|peer| peer.name)
        .filter(spoke)
        .map(|name| Ranking {
            name: name.to_owned(),
            worth: (0..queries.len())
                .map(|question| Some(mean_over(runs, name, question, |rank| rank.ndcg(10))))
                .collect(),
        })
        .collect();
    let theirs: Vec<Ranking> = others
        .iter()
        .map(|(name, ranks)| Ranking {
            name: format!("{name} of the file"),
            worth: queries
                .iter()
                .map(|query| ranks.get(&query.id).map(|rank| rank.ndcg(10)))
                .collect(),
        })
        .collect();
    let visitors: Vec<_> = queries.iter().map(|query| &query.key).collect();
    let all = vec![true; queries.len()];
    for (group, members) in [("all", &all), ("new visitors", &first.cold_visitor)] {
        let title = format!("{protocol} / {group}");
        compare(rows, &title, &ours, &theirs, &visitors, members, draws);
    }
}

/// The differences of a full ranking, by visitor.
pub(super) fn full_differences(rows: &mut Vec<Figure>, runs: &[FullRun], draws: usize) {
    let Some(first) = runs.first() else { return };
    let ours: Vec<Ranking> = PEERS
        .iter()
        .filter(|peer| runs.iter().all(|run| run.lists.contains_key(peer.name)))
        .map(|peer| {
            let mean = |visitor: usize| {
                let lists = runs
                    .iter()
                    .filter_map(|run| run.lists[peer.name].get(visitor));
                lists.map(|list| list.ndcg10()).sum::<f64>() / runs.len() as f64
            };
            Ranking {
                name: peer.name.to_owned(),
                worth: (0..first.visitors.len())
                    .map(|visitor| Some(mean(visitor)))
                    .collect(),
            }
        })
        .collect();
    let visitors: Vec<_> = first.visitors.iter().collect();
    let all = vec![true; visitors.len()];
    for (group, members) in [("all", &all), ("new visitors", &first.cold_visitor)] {
        compare(
            rows,
            &format!("P3 / {group}"),
            &ours,
            &[],
            &visitors,
            members,
            draws,
        );
    }
}

/// Adds the differences of one group: of every ranking to popularity and to the best of `ours`, and of the bundle's
/// score and the best to `theirs`.
fn compare<K: Ord>(
    rows: &mut Vec<Figure>,
    title: &str,
    ours: &[Ranking],
    theirs: &[Ranking],
    visitors: &[K],
    members: &[bool],
    draws: usize,
) {
    let mean = |ranking: &Ranking| -> f64 {
        let worth = ranking
            .worth
            .iter()
            .zip(members)
            .filter(|(_, member)| **member);
        worth.filter_map(|(worth, _)| *worth).sum()
    };
    let Some(best) = ours.iter().max_by(|a, b| mean(a).total_cmp(&mean(b))) else {
        return;
    };
    let mut pairs: Vec<(&Ranking, &Ranking)> = Vec::new();
    if let Some(popularity) = ours.iter().find(|ranking| ranking.name == POPULARITY) {
        pairs.extend(ours.iter().map(|ranking| (ranking, popularity)));
    }
    let to_best = ours.iter().map(|ranking| (ranking, best));
    pairs.extend(to_best.filter(|(_, best)| best.name != POPULARITY));
    let judged = ours
        .iter()
        .filter(|ranking| ranking.name == STACK || ranking.name == best.name);
    pairs.extend(judged.flat_map(|ranking| theirs.iter().map(move |rival| (ranking, rival))));
    for (ranking, rival) in pairs
        .into_iter()
        .filter(|(ranking, rival)| ranking.name != rival.name)
    {
        let worths = ranking.worth.iter().zip(&rival.worth);
        let paired: Vec<_> = visitors
            .iter()
            .zip(worths)
            .zip(members)
            .filter(|(_, member)| **member)
            .filter_map(|((visitor, (ours, theirs)), _)| Some((visitor, (*ours)? - (*theirs)?)))
            .collect();
        let n = paired.len();
        let Some(difference) = clustered_difference(paired, draws, 1) else {
            continue;
        };
        rows.push(Figure {
            suite: "accuracy",
            case: format!("{title} / {}", ranking.name),
            metric: "ndcg@10".into(),
            value: difference.mean,
            unit: "ratio",
            n,
            spread: None,
            peer: Some(rival.name.clone()),
            low: Some(difference.low),
            high: Some(difference.high),
            baseline_random: None,
            baseline_popularity: None,
        });
    }
}
