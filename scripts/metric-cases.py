"""Makes trainer/tests/golden/metrics.json: random cases of every metric with the values independent tools give them.

Run once, outside the tests, with scikit-learn and ranx from PyPI:

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install scikit-learn ranx
    /tmp/venv/bin/python scripts/metric-cases.py trainer/tests/golden/metrics.json

The test that reads it needs no Python. Ties: scikit-learn's NDCG and ROC AUC take expectations by themselves; for the other
rank metrics ranx judges every order of the tied items of short lists, and the mean is kept.
"""

import itertools
import json
import sys
from importlib.metadata import version

import numpy
import ranx
import sklearn
from ranx import Qrels, Run
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss, ndcg_score, roc_auc_score
from sklearn.metrics.pairwise import cosine_similarity

CUTS = [1, 3, 5, 10]
random = numpy.random.default_rng(20261124)


def by_ranx(relevant, orders):
    """Metrics of one list, mean over the given orders of its items."""
    orders = dict(enumerate(orders))
    wanted = {f"d{item}": 1 for item, is_relevant in enumerate(relevant) if is_relevant}
    qrels = Qrels({f"q{number}": wanted for number in orders})
    run = Run({
        f"q{number}": {f"d{item}": float(len(order) - place) for place, item in enumerate(order)}
        for number, order in orders.items()
    })
    names = ["mrr"] + [f"{name}@{k}" for name in ("ndcg", "map", "precision", "recall", "f1", "hit_rate") for k in CUTS]
    values = ranx.evaluate(qrels, run, names)
    for k in CUTS:
        # ranx divides by all positives; a list of k holds k of them at most.
        values[f"map@{k}"] *= sum(relevant) / min(sum(relevant), k)
    return {name: float(value) for name, value in values.items()}


def orders(scores):
    """Every order of the items by score, the highest first, that ties allow."""
    groups = [numpy.flatnonzero(scores == score) for score in sorted(set(scores), reverse=True)]
    for parts in itertools.product(*(itertools.permutations(group) for group in groups)):
        yield [item for part in parts for item in part]


def ranking(length, positives, distinct):
    """A list of scores; with few distinct ones there are ties."""
    scores = random.permutation(length) / 8 if distinct is None else random.integers(0, distinct, length) / 4
    relevant = numpy.zeros(length, dtype=int)
    relevant[random.choice(length, positives, replace=False)] = 1
    expected = by_ranx(list(relevant), orders(scores))
    for k in CUTS:
        own = ndcg_score([relevant], [scores], k=k, ignore_ties=False)
        # Two independent tools, one answer.
        assert abs(own - expected[f"ndcg@{k}"]) < 1e-9, (own, expected[f"ndcg@{k}"])
        expected[f"ndcg@{k}"] = float(own)
    if positives < length:
        expected["auc"] = float(roc_auc_score(relevant, scores))
    return {
        "scores": [float(score) for score in scores],
        "relevant": [bool(value) for value in relevant],
        "expected": expected,
    }


def probabilities(pairs, sharpness):
    """Probabilities and outcomes; sharpness other than 1 makes them wrong about themselves."""
    truth = random.uniform(0.02, 0.98, pairs)
    outcomes = (random.uniform(size=pairs) < truth).astype(int)
    logit = numpy.log(truth / (1 - truth)) * sharpness
    given = numpy.round(1 / (1 + numpy.exp(-logit)), 6)
    observed, mean = calibration_curve(outcomes, given, n_bins=10, strategy="uniform")
    bins = numpy.clip((given * 10).astype(int), 0, 9)
    share = numpy.bincount(bins, minlength=10)
    share = share[share > 0] / pairs
    return {
        "probabilities": [float(p) for p in given],
        "outcomes": [bool(value) for value in outcomes],
        "expected": {
            "ece": float(numpy.sum(share * numpy.abs(observed - mean))),
            "brier": float(brier_score_loss(outcomes, given)),
            "log_loss": float(log_loss(outcomes, given)),
            "bins": [[float(m), float(o)] for m, o in zip(mean, observed)],
        },
    }


def gini(counts):
    """By its first definition: the mean absolute difference over twice the mean."""
    counts = numpy.asarray(counts, dtype=float)
    apart = numpy.abs(counts[:, None] - counts[None, :]).mean()
    return float(apart / (2 * counts.mean()))


def lists(items, words, length):
    """Exposure counts, and a list of items as sets of words."""
    counts = random.poisson(random.exponential(2.0, items))
    vectors = (random.uniform(size=(length, words)) < 0.4).astype(int)
    vectors[:, 0] = 1
    likeness = cosine_similarity(vectors)
    above = likeness[numpy.triu_indices(length, 1)]
    chosen_by = random.integers(0, 50, length)
    return {
        "counts": [int(count) for count in counts],
        "words": [[int(word) for word in numpy.flatnonzero(row)] for row in vectors],
        "chosen_by": [int(count) for count in chosen_by],
        "visitors": 60,
        "expected": {
            "gini": gini(counts),
            "coverage": float(numpy.mean(counts > 0)),
            "diversity": float(numpy.mean(1 - above)),
            "novelty": float(numpy.mean(-numpy.log2((chosen_by + 1) / 61))),
        },
    }


cases = {
    "made_with": {"scikit-learn": sklearn.__version__, "ranx": version("ranx"), "numpy": numpy.__version__},
    "rankings": [ranking(length, positives, None) for length, positives in [(5, 1), (12, 3), (30, 1), (30, 7), (40, 14), (3, 3)]]
    + [ranking(length, positives, distinct) for length, positives, distinct in [(6, 1, 3), (7, 2, 3), (7, 3, 4), (6, 2, 1), (8, 3, 4), (7, 5, 3)]],
    "probabilities": [probabilities(400, 1.0), probabilities(300, 2.5), probabilities(50, 0.4)],
    "lists": [lists(25, 6, 5), lists(60, 9, 10)],
}
with open(sys.argv[1], "w") as file:
    json.dump(cases, file, indent=1)
    file.write("\n")
