"""iALS and BPR of `implicit`, 64 factors, on the choices that the bench's own side wrote; the third argument says which of them."""

import sys
import time

import peer  # First: it says how many threads libraries may have.
import implicit
import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from implicit.cpu.bpr import BayesianPersonalizedRanking
from scipy.sparse import csr_matrix

CASE = sys.argv[3]
pairs, held_out = peer.choices()
shape = pairs.max(0) + 1
train = csr_matrix((np.ones(len(pairs), np.float32), (pairs[:, 0], pairs[:, 1])), shape=shape)
threads = {"num_threads": peer.THREADS, "random_state": 0}
if CASE == "ials":
    # Three steps of conjugate gradient, as is the default.
    passes, model = 15, AlternatingLeastSquares(factors=64, regularization=10, alpha=6, iterations=15, **threads)
else:
    # The 64th factor is the item's bias.
    passes, model = (
        20,
        BayesianPersonalizedRanking(factors=63, learning_rate=0.05, regularization=0.005, iterations=20, **threads),
    )

start = time.perf_counter()
model.fit(train, show_progress=False)
seconds = time.perf_counter() - start

scores = np.einsum("uf,unf->un", model.user_factors[held_out[:, 0]], model.item_factors[held_out[:, 1:]])
accuracy = ("hr@10", peer.hits_at_ten(scores), "")
peer.report(CASE, "implicit", implicit.__version__, train.nnz * passes, seconds, accuracy)
