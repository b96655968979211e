"""The two-tower model in PyTorch, on the rows that the bench's own side wrote: the same tables, towers, loss and batches."""

import time

import peer
import torch
from torch import nn

BATCH, EPOCHS, HELD_OUT, TEMPERATURE, WIDTH = 2048, 2, 4000, 0.1, 16
torch.set_num_threads(peer.THREADS)
torch.manual_seed(0)

TAG, KIND, LOCALITY, LEVEL, ORGANISER, SERIES, SEASON, WEEKDAY, SLOT, AVAILABILITY = range(10)
SIZES = [(400, 16), (40, 8), (30, 8), (5, 4), (1000, 8), (500, 8), (1, 4), (7, 4), (6, 4), (8, 4)]
# Where each bag lies in a row: table, first column, columns.
ITEM_BAGS = [
    (KIND, 0, 1), (TAG, 1, 7), (LOCALITY, 8, 1), (LEVEL, 9, 1), (ORGANISER, 10, 1), (SERIES, 11, 1),
    (SEASON, 12, 1), (WEEKDAY, 13, 1), (SLOT, 14, 1),
]  # fmt: skip
USER_BAGS = [(TAG, 0, 8), (LOCALITY, 8, 1), (LEVEL, 9, 1), (AVAILABILITY, 10, 3), (SEASON, 13, 1), (WEEKDAY, 14, 1)]


class Tower(nn.Module):
    def __init__(self, tables, bags):
        super().__init__()
        self.tables, self.bags = tables, bags
        width = sum(SIZES[table][1] for table, _, _ in bags)
        self.layers = nn.Sequential(
            nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, WIDTH)
        )

    def forward(self, codes):
        parts = [self.tables[table](codes[:, first : first + count]) for table, first, count in self.bags]
        return nn.functional.normalize(self.layers(torch.cat(parts, 1)), dim=1)


items = torch.from_numpy(peer.rows("two_tower_items", 15))
examples = torch.from_numpy(peer.rows("two_tower_examples", 16))
learned, held_out = examples[:-HELD_OUT], examples[-HELD_OUT:]
tables = nn.ModuleList([nn.EmbeddingBag(size, width, mode="mean") for size, width in SIZES])
for table in tables:
    nn.init.normal_(table.weight, std=0.1)
users, activities = Tower(tables, USER_BAGS), Tower(tables, ITEM_BAGS)
parameters = list({id(p): p for p in [*users.parameters(), *activities.parameters()]}.values())
optimiser = torch.optim.Adam(parameters, lr=3e-3)
counts = torch.bincount(learned[:, 15], minlength=len(items)).double()
# The chance that a batch holds the item, and ln of it: the correction of Yi et al. (2019).
log_q = torch.log1p(-((1 - counts / len(learned)) ** BATCH)).float().clamp(min=-20)

start = time.perf_counter()
for _ in range(EPOCHS):
    order = torch.randperm(len(learned))
    for chosen in order.split(BATCH):
        batch = learned[chosen]
        positives = batch[:, 15]
        logits = users(batch[:, :15]) @ activities(items[positives]).T / TEMPERATURE - log_q[positives]
        same = positives[:, None] == positives[None, :]
        same.fill_diagonal_(False)
        loss = nn.functional.cross_entropy(logits.masked_fill(same, -1e30), torch.arange(len(batch)))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
seconds = time.perf_counter() - start

with torch.no_grad():
    logits = users(held_out[:, :15]) @ activities(items).T / TEMPERATURE
    held_out_loss = nn.functional.cross_entropy(logits, held_out[:, 15]).item()
accuracy = ("held_out_loss", held_out_loss, "nats")
peer.report("two_tower", "pytorch", torch.__version__, len(learned) * EPOCHS, seconds, accuracy)
