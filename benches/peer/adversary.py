"""The adversary of Jain & Wallace (2019) at the decision row of the last layer, with attncheck's loss."""

import torch

PENALTY, SLACK, RATE = 500.0, 0.01, 0.01


def entropy(p):
    return -torch.xlogy(p, p).sum(-1)


def jsd(p, q):
    """Jensen–Shannon divergence in nats, over the last dimension."""
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


class Adversary:
    """The loss over K candidates' logits `[K, H, n]`; n movable keys, the content tokens.

    A full forward pass under a hook; with `fair` the decision row of the last layer alone.
    """

    def __init__(self, opened, ids, logits, patterns, hidden, fair):
        self.opened, self.ids, self.fair = opened, ids, fair
        self.hidden = [h.clone() for h in hidden]  # not an inference tensor, so that autograd takes it
        self.observed = logits.softmax(-1).clone()
        self.row = patterns[-1][:, 0].clone()  # [H, T]
        self.last = len(opened.layers) - 1
        self.keys = slice(1, len(ids) - 1)
        self.mass = self.row[:, self.keys].sum(-1)
        self.map = self.row[:, self.keys].sum(0) / self.mass.sum()
        self.value = opened.last_value(self.hidden).detach() if fair else None

    def loss(self, at):
        shares = at.softmax(-1)
        moved = self.mass[:, None] * shares
        rows = torch.cat([self.row[:, :1].expand(len(at), -1, 1), moved, self.row[:, -1:].expand(len(at), -1, 1)], -1)
        logits = self.run(rows[:, :, None])
        maps = moved.sum(1) / self.mass.sum()
        far = (logits.softmax(-1) - self.observed).abs().sum(-1)
        pairs = jsd(maps[:, None], maps[None]).sum() / len(at) ** 2
        return (PENALTY * (far - SLACK).relu()).sum() - jsd(maps, self.map).sum() - pairs

    def run(self, rows):
        if self.fair:
            return self.opened.last_row(self.hidden, rows, self.value)
        with self.opened.tapped(swap={self.last: rows}):
            return self.opened.net(input_ids=torch.tensor([self.ids] * len(rows))).logits

    def search(self, start, steps):
        """The losses before each of `steps` steps of Adam and after the last."""
        at = start.clone().requires_grad_()
        adam = torch.optim.Adam([at], lr=RATE, amsgrad=True)
        losses = []
        for step in range(steps + 1):
            adam.zero_grad()
            loss = self.loss(at)
            loss.backward()
            losses.append(loss.item())
            if step < steps:
                adam.step()
        return losses

    def slope(self, at):
        """The loss and its gradient."""
        at = at.clone().requires_grad_()
        loss = self.loss(at)
        loss.backward()
        return loss.item(), at.grad
