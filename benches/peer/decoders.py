"""A transformers language model with eager attention, and its parts as a careful user writes them."""

import sys

import torch
import transformers as hf

from opened import CHUNK_TOKENS


class Decoder:
    """A folder with a causal language model, in f32, no gradient of any weight; patterns are read and replaced as in
    `Opened`."""

    def __init__(self, folder):
        self.net = hf.AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager"
        ).eval()
        self.net.requires_grad_(False)
        self.embed = self.net.get_input_embeddings()
        self.rows, self.seen = {}, None
        source = sys.modules[type(self.net).__module__]
        self.eager = source.eager_attention_forward
        source.eager_attention_forward = self.attention

    def attention(self, module, query, key, value, mask, **more):
        """Eager attention; with a row in the place of its pattern's last, where one is given."""
        out, pattern = self.eager(module, query, key, value, mask, **more)
        row = self.rows.get(module.layer_idx)
        if row is not None:
            mixed = row @ value.repeat_interleave(row.shape[1] // value.shape[1], 1)
            out = torch.cat([out[:, :-1], mixed.transpose(1, 2)], 1)
        if self.seen is not None:
            pattern.retain_grad()
            self.seen.append(pattern)
        return out, pattern

    def logits(self, ids, **more):
        """Logits after the last token of each text, `[B, V]`, for `ids [B, T]`."""
        return self.net(input_ids=ids, use_cache=False, logits_to_keep=1, **more).logits[:, -1]

    def forward(self, ids, keep):
        """Logits `[1, n, V]`, after the last token or with `keep` 0 after every one, and all patterns."""
        with torch.inference_mode():
            out = self.net(
                input_ids=torch.tensor([ids]), output_attentions=True, use_cache=False, logits_to_keep=keep
            )
        return out.logits, out.attentions

    def last(self, ids):
        """The logits after the last token, `[V]`."""
        with torch.inference_mode():
            return self.logits(torch.tensor([ids]))[0]

    def gradients(self, ids, target):
        """The target's gradient at the word embeddings `[T, D]` and at every pattern (L of `[H, T, T]`), one pass."""
        words = self.embed(torch.tensor([ids])).detach().requires_grad_()
        self.seen = []
        try:
            target(self.net(inputs_embeds=words, use_cache=False, logits_to_keep=1).logits[0, -1]).backward()
            return words.grad[0], [p.grad[0] for p in self.seen]
        finally:
            self.seen = None

    def leave_one_out(self, ids):
        """Logits `[T, V]` where no later token sees one of them, for each: whole passes in batches."""
        length, out = len(ids), []
        masks = blocked(length)
        size = max(1, CHUNK_TOKENS // length)
        with torch.inference_mode():
            for start in range(0, length, size):
                some = masks[start : start + size]
                out.append(self.logits(torch.tensor([ids] * len(some)), attention_mask=some))
        return torch.cat(out)

    def leave_one_out_resumed(self, ids):
        """The same with the keys and values up to the token that is left out taken from one pass."""
        length, out = len(ids), []
        masks = blocked(length)
        with torch.inference_mode():
            whole = self.net(input_ids=torch.tensor([ids]), use_cache=True, logits_to_keep=1)
            known = [(layer.keys, layer.values) for layer in whole.past_key_values.layers]
            for t in range(length - 1):
                cache = hf.DynamicCache()
                for layer, (keys, values) in enumerate(known):
                    cache.update(keys[:, :, : t + 1], values[:, :, : t + 1], layer)
                found = self.net(
                    input_ids=torch.tensor([ids[t + 1 :]]),
                    position_ids=torch.arange(t + 1, length)[None],
                    attention_mask=masks[t : t + 1, :, t + 1 :],
                    past_key_values=cache,
                    use_cache=True,
                    logits_to_keep=1,
                )
                out.append(found.logits[:, -1])
            # Nothing stands behind the last token.
            out.append(whole.logits[:, -1])
        return torch.cat(out)

    def permuted(self, ids, rows):
        """Logits `[M, V]` with rows `[M, H, 1, T]` in the place of the last layer's last: whole passes under a hook."""
        size, out = max(1, CHUNK_TOKENS // len(ids)), []
        with torch.inference_mode():
            for start in range(0, len(rows), size):
                some = rows[start : start + size]
                self.rows = {self.net.config.num_hidden_layers - 1: some}
                try:
                    out.append(self.logits(torch.tensor([ids] * len(some))))
                finally:
                    self.rows = {}
        return torch.cat(out)


def blocked(length):
    """Additive causal masks `[T, 1, T, T]`; in the t-th no later token sees token t."""
    seen = torch.ones(length, length, dtype=torch.bool).tril().repeat(length, 1, 1)
    for t in range(length):
        seen[t, t + 1 :, t] = False
    return torch.zeros(seen.shape).masked_fill(~seen, torch.finfo(torch.float32).min)[:, None]
