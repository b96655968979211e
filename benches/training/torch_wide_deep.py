"""Wide & Deep in PyTorch, on the rows that the bench's own side wrote: the same fields, crosses, layers, loss and batches."""

import time

import peer
import torch
from torch import nn

BATCH, HELD_OUT, CROSSES = 2048, 4000, 30 * 30 + 40 * 5 + 400 * 400
torch.set_num_threads(peer.THREADS)
torch.manual_seed(0)

# Codes, width of the embedding, first column and columns of each field, the visitor's and then the activity's.
FIELDS = [
    (400, 16, 0, 8), (30, 8, 8, 1), (5, 4, 9, 1), (8, 4, 10, 3), (4, 4, 13, 1), (7, 4, 14, 1),
    (40, 8, 15, 1), (400, 16, 16, 7), (30, 8, 23, 1), (5, 4, 24, 1), (4000, 8, 25, 1), (500, 8, 26, 1),
    (4, 4, 27, 1), (7, 4, 28, 1), (6, 4, 29, 1),
]  # fmt: skip


class WideDeep(nn.Module):
    def __init__(self):
        super().__init__()
        self.tables = nn.ModuleList([nn.EmbeddingBag(codes, width, mode="mean") for codes, width, _, _ in FIELDS])
        for table in self.tables:
            nn.init.normal_(table.weight, std=0.1)
        self.wide = nn.EmbeddingBag(CROSSES, 1, mode="sum")
        nn.init.zeros_(self.wide.weight)
        widths = [sum(width for _, width, _, _ in FIELDS), 128, 64, 32, 16]
        layers = [part for a, b in zip(widths, widths[1:]) for part in (nn.Linear(a, b), nn.ReLU())]
        self.deep = nn.Sequential(*layers, nn.Linear(16, 1))

    def forward(self, rows):
        parts = [
            table(rows[:, first : first + columns])
            for table, (_, _, first, columns) in zip(self.tables, FIELDS)
        ]
        return (self.deep(torch.cat(parts, 1)) + self.wide(rows[:, 30:40])).squeeze(1)


rows = torch.from_numpy(peer.rows("wide_deep", 41))
learned, held_out = rows[:-HELD_OUT], rows[-HELD_OUT:]
model = WideDeep()
optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
loss_of = nn.BCEWithLogitsLoss()

start = time.perf_counter()
for chosen in torch.randperm(len(learned)).split(BATCH):
    batch = learned[chosen]
    loss = loss_of(model(batch), batch[:, 40].float())
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
seconds = time.perf_counter() - start

with torch.no_grad():
    held_out_loss = loss_of(model(held_out), held_out[:, 40].float()).item()
accuracy = ("held_out_loss", held_out_loss, "nats")
peer.report("wide_deep", "pytorch", torch.__version__, len(learned), seconds, accuracy)
