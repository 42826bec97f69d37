"""A transformers classifier with eager attention whose patterns can be read and replaced."""

import contextlib
import sys

import torch
import transformers as hf

# Batches of about so many tokens: larger ones were no faster on the CPU.
CHUNK_TOKENS = 1024


class Opened:
    """A folder with a BertForSequenceClassification, in f32, no gradient of any weight.

    The eager attention function of the model's own module is wrapped, which is how people replace patterns; the
    projections, norms and feed-forward blocks are the library's.
    """

    def __init__(self, folder):
        self.net = hf.AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        self.net.requires_grad_(False)
        self.tok = hf.AutoTokenizer.from_pretrained(folder)
        self.base = self.net.bert
        self.layers = self.base.encoder.layer
        self.embed = self.net.get_input_embeddings()
        self.mask = self.tok.mask_token_id
        self.swap, self.cut, self.seen = {}, False, None
        source = sys.modules[type(self.net).__module__]
        self.eager = source.eager_attention_forward
        source.eager_attention_forward = self.attention

    def attention(self, module, query, key, value, mask, **more):
        """Eager attention; with a pattern in place of its own, or of its first rows, where one is given."""
        swap = self.swap.get(module.layer_idx)
        if self.cut:
            query, key = query.detach(), key.detach()
        if swap is None:
            out, pattern = self.eager(module, query, key, value, mask, **more)
        else:
            pattern = swap
            if swap.shape[2] < query.shape[2]:
                own = (query @ key.transpose(2, 3) * module.scaling).softmax(-1)
                pattern = torch.cat([swap, own[:, :, swap.shape[2] :].expand(len(swap), -1, -1, -1)], 2)
            out = (pattern @ value).transpose(1, 2).contiguous()
        if self.seen is not None:
            if pattern.requires_grad:
                pattern.retain_grad()
            self.seen.append(pattern)
        return out, pattern

    @contextlib.contextmanager
    def tapped(self, swap=None, cut=False, keep=False):
        """Inside: `swap` maps layers to patterns `[M, H, R, T]`, `cut` makes patterns constants, `keep` records."""
        self.swap, self.cut, self.seen = swap or {}, cut, [] if keep else None
        try:
            yield self
        finally:
            self.swap, self.cut, self.seen = {}, False, None

    @contextlib.contextmanager
    def doubled(self):
        """Inside: the same weights in f64."""
        self.net.double()
        try:
            yield self
        finally:
            self.net.float()

    def logits(self, sequences):
        """Logits of many id lists, `[B, C]`; equal lengths share a batch, so nothing is padded."""
        out = torch.empty(len(sequences), self.net.config.num_labels)
        by_length = {}
        for i, ids in enumerate(sequences):
            by_length.setdefault(len(ids), []).append(i)
        with torch.inference_mode():
            for length, places in by_length.items():
                size = max(1, CHUNK_TOKENS // length)
                for start in range(0, len(places), size):
                    some = places[start : start + size]
                    ids = torch.tensor([sequences[i] for i in some])
                    out[some] = self.net(input_ids=ids).logits
        return out

    def trace(self, ids):
        """Logits `[C]`, patterns `[L, H, T, T]` and hidden states (L + 1 of `[1, T, D]`) of one id list."""
        with torch.inference_mode():
            out = self.net(input_ids=torch.tensor([ids]), output_attentions=True, output_hidden_states=True)
        return out.logits[0], torch.cat(out.attentions), out.hidden_states

    def swapped(self, ids, patterns, hidden=None):
        """Logits `[M, C]` with patterns `{layer: [M, H, R, T]}` in place of the observed ones.

        A full forward pass each; with `hidden`, the observed states, only the layers from the lowest swapped one,
        and only the decision row where the last layer alone is swapped.
        """
        count, length = len(next(iter(patterns.values()))), len(ids)
        first = min(patterns)
        lone = hidden is not None and first == len(self.layers) - 1
        size = count if lone else max(1, CHUNK_TOKENS // length)
        out = []
        with torch.inference_mode():
            for start in range(0, count, size):
                some = {layer: p[start : start + size] for layer, p in patterns.items()}
                here = len(some[first])
                if lone:
                    out.append(self.last_row(hidden, some[first]))
                elif hidden is not None:
                    out.append(self.tail(hidden, first, some))
                else:
                    with self.tapped(swap=some):
                        out.append(self.net(input_ids=torch.tensor([ids] * here)).logits)
        return torch.cat(out)

    def tail(self, hidden, first, patterns):
        """The layers from `first` on, the head, and the logits."""
        state = hidden[first].expand(len(patterns[first]), -1, -1)
        with self.tapped(swap=patterns):
            for layer in self.layers[first:]:
                out = layer(state)
                state = out[0] if isinstance(out, tuple) else out
        return self.head(state)

    def last_row(self, hidden, rows, value=None):
        """Logits from rows `[M, H, 1, T]` of the decision token in the last layer; nothing else is computed."""
        layer, state = self.layers[-1], hidden[-2]
        value = self.last_value(hidden) if value is None else value
        mixed = (rows @ value).transpose(1, 2).flatten(2)
        attended = layer.attention.output(mixed, state[:, :1])
        return self.head(layer.output(layer.intermediate(attended), attended))

    def last_value(self, hidden):
        """The values of the last layer, `[1, H, T, E]`."""
        inner = self.layers[-1].attention.self
        value = inner.value(hidden[-2])
        return value.view(*value.shape[:-1], -1, inner.attention_head_size).transpose(1, 2)

    def head(self, state):
        """Logits from the states the head reads."""
        return self.net.classifier(self.net.dropout(self.base.pooler(state)))


class Margin:
    """The predicted class's logit minus the runner-up's, classes fixed on the observed text."""

    def __init__(self, logits):
        order = logits.argsort(descending=True, stable=True).tolist()
        self.up, self.down = order[0], order[1]

    def __call__(self, logits):
        return logits[..., self.up] - logits[..., self.down]
