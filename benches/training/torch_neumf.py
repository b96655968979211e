"""NeuMF in PyTorch, on the choices that the bench's own side wrote: the same vectors, layers, negatives, loss and batches."""

import time

import numpy as np
import peer
import torch
from torch import nn

USERS, ITEMS, WIDTH, LAYERS = 1000, 3700, 32, [64, 32, 16, 8]
BATCH, NEGATIVES, EPOCHS, RATE = 256, 4, 3, 3e-3
torch.set_num_threads(peer.THREADS)
torch.manual_seed(0)
random = np.random.default_rng(0)


class NeuMf(nn.Module):
    def __init__(self):
        super().__init__()
        # Of each side the numbers that are multiplied, and those that the perceptron reads.
        self.users, self.items = nn.Embedding(USERS, 2 * WIDTH), nn.Embedding(ITEMS, 2 * WIDTH)
        for table in (self.users, self.items):
            nn.init.normal_(table.weight, std=0.1)
        layers = [part for a, b in zip(LAYERS, LAYERS[1:]) for part in (nn.Linear(a, b), nn.ReLU())]
        self.perceptron = nn.Sequential(*layers)
        self.output = nn.Linear(WIDTH + LAYERS[-1], 1)

    def forward(self, users, items):
        u, i = self.users(users), self.items(items)
        products = u[:, :WIDTH] * i[:, :WIDTH]
        hidden = self.perceptron(torch.cat([u[:, WIDTH:], i[:, WIDTH:]], 1))
        return self.output(torch.cat([products, hidden], 1)).squeeze(1)


pairs, held_out = peer.choices(USERS)
chosen = np.zeros((USERS, ITEMS), dtype=bool)
chosen[pairs[:, 0], pairs[:, 1]] = True
model = NeuMf()
optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
loss_of = nn.BCEWithLogitsLoss()

start = time.perf_counter()
for epoch in range(EPOCHS):
    for group in optimiser.param_groups:
        group["lr"] = RATE * (1 - 0.9 * epoch / EPOCHS)
    order = pairs[random.permutation(len(pairs))]
    users = np.repeat(order[:, :1], NEGATIVES, 1)
    negatives = random.integers(ITEMS, size=users.shape)
    while (again := chosen[users, negatives]).any():
        negatives[again] = random.integers(ITEMS, size=again.sum())
    items = torch.from_numpy(np.concatenate([order[:, 1:], negatives], 1))
    users = torch.from_numpy(np.repeat(order[:, :1], 1 + NEGATIVES, 1))
    labels = torch.zeros(items.shape)
    labels[:, 0] = 1
    for first in range(0, len(order), BATCH):
        part = slice(first, first + BATCH)
        loss = loss_of(model(users[part].flatten(), items[part].flatten()), labels[part].flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
seconds = time.perf_counter() - start

with torch.no_grad():
    held_out = torch.from_numpy(held_out)
    scores = model(held_out[:, :1].expand(-1, 100).flatten(), held_out[:, 1:].flatten()).reshape(-1, 100)
accuracy = ("hr@10", peer.hits_at_ten(scores.numpy()), "")
peer.report("neumf", "pytorch", torch.__version__, len(pairs) * (1 + NEGATIVES) * EPOCHS, seconds, accuracy)
