"""LightFM's factorization (32 components, logistic loss, AdaGrad) on the examples that the bench's own side wrote, 15
features a side."""

import time

import peer  # First: it says how many threads libraries may have.
import lightfm
import numpy as np
from lightfm import LightFM
from scipy.sparse import coo_matrix, csr_matrix

FEATURES, HELD_OUT, EPOCHS = 15, 20_000, 2


def features(name):
    codes = peer.rows(f"machine_{name}", FEATURES)
    ends = np.arange(0, codes.size + 1, FEATURES)
    return csr_matrix((np.ones(codes.size, np.float32), codes.ravel(), ends))


users, items, examples = features("users"), features("items"), peer.rows("machine_examples", 3)
learned, held_out = examples[:-HELD_OUT], examples[-HELD_OUT:]
signs = (2 * learned[:, 2] - 1).astype(np.float32)
interactions = coo_matrix((signs, (learned[:, 0], learned[:, 1])), shape=(users.shape[0], items.shape[0]))
model = LightFM(no_components=32, loss="logistic", learning_schedule="adagrad", learning_rate=0.05, random_state=0)

start = time.perf_counter()
model.fit(interactions, user_features=users, item_features=items, epochs=EPOCHS, num_threads=peer.THREADS)
seconds = time.perf_counter() - start

scores = model.predict(
    held_out[:, 0].astype(np.int32), held_out[:, 1].astype(np.int32), user_features=users, item_features=items
)
accuracy = ("held_out_loss", peer.loss_of_logits(scores, held_out[:, 2]), "nats")
peer.report(
    "factorization_machine", "lightfm-next", lightfm.__version__, len(learned) * EPOCHS, seconds, accuracy
)
