//! Every metric against independent implementations: the fixture holds random cases and the values scikit-learn and ranx
//! give them; `scripts/metric-cases.py` made it.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use triqueta_trainer::evaluate::{
    RankedList, Reliability, coverage, gini, intra_list_diversity, self_information, set_cosine,
};

fn cases(kind: &str) -> Vec<Value> {
    let fixture: Value = serde_json::from_str(include_str!("golden/metrics.json")).unwrap();
    let cases = fixture[kind].as_array().unwrap().clone();
    assert!(!cases.is_empty());
    cases
}

fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|number| number.as_f64().unwrap())
        .collect()
}

fn flags(value: &Value) -> Vec<bool> {
    value
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| flag.as_bool().unwrap())
        .collect()
}

#[track_caller]
fn agree(name: &str, ours: f64, theirs: f64) {
    assert!(
        (ours - theirs).abs() < 1e-9,
        "{name}: {ours} here, {theirs} there"
    );
}

#[test]
fn rankings_are_worth_what_scikit_learn_and_ranx_say() {
    for case in cases("rankings") {
        let scores: Vec<f32> = numbers(&case["scores"])
            .iter()
            .map(|&score| score as f32)
            .collect();
        let list = RankedList::of(&scores, &flags(&case["relevant"])).unwrap();
        for (name, expected) in case["expected"].as_object().unwrap() {
            let (metric, k) = name.split_once('@').unwrap_or((name, "0"));
            let k: usize = k.parse().unwrap();
            let ours = match metric {
                "ndcg" => list.ndcg(k),
                "map" => list.average_precision(k),
                "mrr" => list.reciprocal(),
                "hit_rate" => list.hit(k),
                "precision" => list.precision(k),
                "recall" => list.recall(k),
                "f1" => list.f1(k),
                "auc" => list.auc(),
                other => panic!("the fixture has a metric `{other}` that nobody compares"),
            };
            agree(
                &format!("{name} of {scores:?}"),
                ours,
                expected.as_f64().unwrap(),
            );
        }
    }
}

#[test]
fn probabilities_are_as_wrong_as_scikit_learn_says() {
    for case in cases("probabilities") {
        let mut sums = Reliability::default();
        let pairs = numbers(&case["probabilities"])
            .into_iter()
            .zip(flags(&case["outcomes"]));
        pairs.for_each(|(probability, outcome)| sums.add(probability, outcome, 1.0));
        let ours = sums.calibration().unwrap();
        let expected = &case["expected"];
        agree("ece", ours.ece, expected["ece"].as_f64().unwrap());
        agree("brier", ours.brier, expected["brier"].as_f64().unwrap());
        agree(
            "log-loss",
            ours.log_loss,
            expected["log_loss"].as_f64().unwrap(),
        );
        let bins = expected["bins"].as_array().unwrap();
        assert_eq!(ours.bins.len(), bins.len());
        for (bin, theirs) in ours.bins.iter().zip(bins) {
            agree("mean probability", bin.probability, numbers(theirs)[0]);
            agree("observed share", bin.observed, numbers(theirs)[1]);
        }
    }
}

#[test]
fn lists_are_as_varied_as_they_look_elsewhere() {
    for case in cases("lists") {
        let expected = &case["expected"];
        let counts: Vec<u64> = numbers(&case["counts"])
            .iter()
            .map(|&count| count as u64)
            .collect();
        agree("gini", gini(&counts), expected["gini"].as_f64().unwrap());
        agree(
            "coverage",
            coverage(&counts),
            expected["coverage"].as_f64().unwrap(),
        );
        let words: Vec<Vec<u32>> = case["words"]
            .as_array()
            .unwrap()
            .iter()
            .map(|words| numbers(words).iter().map(|&word| word as u32).collect())
            .collect();
        let diversity = intra_list_diversity(&words, |a, b| set_cosine(a, b));
        agree(
            "diversity",
            diversity,
            expected["diversity"].as_f64().unwrap(),
        );
        let visitors = case["visitors"].as_f64().unwrap();
        let chosen_by = numbers(&case["chosen_by"]);
        let novelty = chosen_by
            .iter()
            .map(|&count| self_information(count, visitors))
            .sum::<f64>();
        agree(
            "novelty",
            novelty / chosen_by.len() as f64,
            expected["novelty"].as_f64().unwrap(),
        );
    }
}
