"""What every peer of the bench shares: its arguments, the rows that the bench's own side wrote, and the figures it prints.

A peer runs as `python NAME.py FOLDER THREADS CASE` and prints one JSON row a figure, as the bench does.
"""

import json
import os
import resource
import sys

FOLDER, THREADS = sys.argv[1], int(sys.argv[2])
# Before anything starts threads of its own. implicit's documentation asks for one BLAS thread beside its own.
os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS=str(THREADS), MKL_NUM_THREADS=str(THREADS))

import numpy as np  # noqa: E402


def rows(name, columns):
    """Unsigned 32-bit numbers, little-endian, so many a row."""
    return np.fromfile(f"{FOLDER}/{name}.u32", dtype="<u4").astype(np.int64).reshape(-1, columns)


def choices(users=None):
    """Pairs of user and item, and for each user the held-out item and 99 others; of the first `users` users."""
    pairs, held_out = rows("choices", 2), rows("held_out", 101)
    if users is not None:
        pairs, held_out = pairs[pairs[:, 0] < users], held_out[:users]
    return pairs, held_out


def hits_at_ten(scores):
    """How often the first column of `[users, 100]` is among the ten highest."""
    better = (scores[:, 1:] >= scores[:, :1]).sum(1)
    return float((better < 10).mean())


def loss_of_logits(logits, labels):
    """Mean logistic loss."""
    logits = logits.astype(np.float64)
    return float((np.logaddexp(0, logits) - labels * logits).mean())


def report(case, peer, version, examples, seconds, accuracy):
    """Prints the figures; `accuracy` is a metric, its value and its unit."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = [("examples_per_second", examples / seconds, "1/s"), accuracy, ("peak_memory", peak, "MiB")]
    for metric, value, unit in figures:
        row = {"suite": "training", "case": case, "peer": peer, "version": version, "threads": THREADS}
        print(json.dumps({**row, "metric": metric, "value": value, "unit": unit}))
