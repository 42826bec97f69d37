"""What attncheck is measured against: PyTorch, transformers, captum, scipy and networkx behind a line protocol.

Reads one JSON request a line on standard input and answers one JSON line on standard output:

- `{"make": SHAPE, "folder": DIR}` writes a random-weight model where none stands;
- `{"load": DIR}` opens a classifier, `{"open": DIR}` a language model;
- `{"ask": PART, "threads": N, "repeat": K, "values": bool, ...}` does a part K times and answers with the mean
  `seconds`, and where asked for with `values` to be compared: lists of numbers, under names or side by side. What
  else a part takes is told at its function.

Whatever can be prepared once per text is prepared before the clock starts.
"""

import json
import sys
import time

import numpy as np
import torch

import flows
import make
import parts
from adversary import Adversary
from audit import audit
from decoders import Decoder
from opened import Margin, Opened


class Peer:
    """The open model, and a function per part: each prepares, and gives what is timed and how values are told."""

    def __init__(self):
        self.opened = None
        self.decoder = None
        self.points = {}

    def forward(self, ask):
        """`ids`: B equally long id lists."""
        work = lambda: parts.forward(self.opened, ask["ids"])
        return work, lambda out: [flat(out[0]), [x for p in out[1] for x in flat(p[-1, :, 0])]]

    def gradients(self, ask):
        """`ids`: one id list."""
        target = Margin(self.opened.logits([ask["ids"]])[0])
        work = lambda: parts.gradients(self.opened, ask["ids"], target)
        return work, lambda out: [flat(out[0]), [x for p in out[1] for x in flat(p[:, 0])]]

    def loo(self, ask):
        """`ids`: one id list, every token between its ends a word."""
        logits = self.opened.logits([ask["ids"]])[0]
        target = Margin(logits)
        return (lambda: parts.leave_one_out(self.opened, ask["ids"])), lambda out: flat(target(logits) - target(out))

    def path(self, ask):
        """`texts`: id lists, one after another; `told`: the fewest points of each are found before the clock starts."""
        texts = [(ids, self.opened.logits([ids])[0]) for ids in ask["texts"]]
        asked = [(ids, logits, self.fewest(ids, logits) if ask["told"] else None) for ids, logits in texts]
        return (lambda: [parts.integrated_gradients(self.opened, *one) for one in asked]), lambda out: [
            (one[0] / one[0].abs().sum()).tolist() for one in out
        ]

    def fewest(self, ids, logits):
        """The fewest points of a text, looked for once."""
        if str(ids) not in self.points:
            self.points[str(ids)] = parts.fewest_points(self.opened, ids, logits)
        return self.points[str(ids)]

    def permute(self, ask):
        """`ids`; `file`: f32 patterns of `layers`, one block `[count, H, R, T]` each with R of `rows`; `fair`."""
        data, start, patterns = np.fromfile(ask["file"], dtype=np.float32), 0, {}
        heads, length = self.opened.net.config.num_attention_heads, len(ask["ids"])
        for layer, rows in zip(ask["layers"], ask["rows"]):
            size = ask["count"] * heads * rows * length
            # Already in memory, as the other side has them.
            patterns[layer] = torch.from_numpy(data[start : start + size].reshape(-1, heads, rows, length))
            start += size
        hidden = self.opened.trace(ask["ids"])[2] if ask["fair"] else None
        return (lambda: self.opened.swapped(ask["ids"], patterns, hidden)), flat

    def adversary(self, ask):
        """`ids`; `points` of shape `[N, K, H, n]`, each flat, the search starts at the first; `candidates`: K; `steps`;
        `fair`. Timed is the search alone; told are the loss and its gradient at every point, in f64."""
        ids = ask["ids"]
        search = Adversary(self.opened, ids, *self.opened.trace(ids), ask["fair"])
        points = torch.tensor(ask["points"]).view(len(ask["points"]), ask["candidates"], -1, len(ids) - 2)

        def values(_):
            with self.opened.doubled() as opened:
                exact = Adversary(opened, ids, *opened.trace(ids), ask["fair"])
                losses, slopes = zip(*(exact.slope(at.double()) for at in points))
            return [list(losses), [flat(slope) for slope in slopes]]

        return (lambda: search.search(points[0], ask["steps"])), values

    def flow(self, ask):
        """`ids`; `by` is networkx or scipy; `sinks` for networkx."""
        layers = flows.mixed(self.opened.trace(ask["ids"])[1])
        if ask["by"] == "scipy":
            return (lambda: flows.by_scipy(layers)), list
        return (lambda: flows.by_networkx(layers, ask["sinks"])), list

    def audit(self, ask):
        """`texts`: each `ids` and `words` (the tokens of each); `steps` of the adversary, per text; `fair`."""
        texts = list(zip(ask["texts"], ask["steps"]))
        return (lambda: [audit(self.opened, t["ids"], t["words"], ask["fair"], s) for t, s in texts]), list

    def decoder_forward(self, ask):
        """`ids`: one id list; `keep`: after how many tokens there are logits, 0 for all."""
        work = lambda: self.decoder.forward(ask["ids"], ask["keep"])
        return work, lambda out: [flat(out[0][0, -1]), [x for p in out[1] for x in flat(p[0, :, -1])]]

    def decoder_gradients(self, ask):
        """`ids`: one id list."""
        target = Margin(self.decoder.last(ask["ids"]))
        work = lambda: self.decoder.gradients(ask["ids"], target)
        return work, lambda out: [flat(out[0]), [x for p in out[1] for x in flat(p[:, -1])]]

    def decoder_loo(self, ask):
        """`ids`: one id list, every token a word; `fair`: keys and values are taken from one pass."""
        logits = self.decoder.last(ask["ids"])
        target = Margin(logits)
        run = self.decoder.leave_one_out_resumed if ask["fair"] else self.decoder.leave_one_out
        return (lambda: run(ask["ids"])), lambda out: flat(target(logits) - target(out))

    def decoder_permute(self, ask):
        """`ids`; `file`: f32 rows of the last layer, `[count, H, 1, T]`."""
        target = Margin(self.decoder.last(ask["ids"]))
        rows = torch.from_numpy(np.fromfile(ask["file"], dtype=np.float32))
        rows = rows.reshape(ask["count"], -1, 1, len(ask["ids"]))
        return (lambda: self.decoder.permuted(ask["ids"], rows)), lambda out: flat(target(out))

    def answer(self, request):
        """Does what one request asks."""
        if "make" in request:
            make.make(request["make"], request["folder"])
            return {}
        if "load" in request:
            self.opened = Opened(request["load"])
            self.points = {}
            return {}
        if "open" in request:
            self.decoder = Decoder(request["open"])
            return {}
        torch.set_num_threads(request["threads"])
        work, told = getattr(self, request["ask"])(request)
        start = time.perf_counter()
        for _ in range(request["repeat"]):
            out = work()
        seconds = (time.perf_counter() - start) / request["repeat"]
        return dict(seconds=seconds, values=told(out) if request.get("values") else None)


def flat(tensor):
    return tensor.detach().double().flatten().tolist()


def main():
    answers, sys.stdout = sys.stdout, sys.stderr
    peer = Peer()
    torch.manual_seed(0)
    print(json.dumps(dict(torch=torch.__version__)), file=answers, flush=True)
    for line in sys.stdin:
        answer = json.dumps(peer.answer(json.loads(line)))
        try:
            print(answer, file=answers, flush=True)
        except BrokenPipeError:
            return


if __name__ == "__main__":
    main()
