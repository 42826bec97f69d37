"""Writes the seeded random-weight models that both sides load."""

import json
from pathlib import Path

import torch
import transformers as hf
from tokenizers import Tokenizer, models, pre_tokenizers, processors

SPECIALS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY = 2000

SHAPES = {
    "minilm": dict(num_hidden_layers=6, num_attention_heads=12, hidden_size=384, intermediate_size=1536),
    "bert-base": dict(num_hidden_layers=12, num_attention_heads=12, hidden_size=768, intermediate_size=3072),
}


DECODERS = {
    "gpt2": lambda: hf.GPT2LMHeadModel(hf.GPT2Config()),
    "smollm2": lambda: hf.LlamaForCausalLM(
        hf.LlamaConfig(
            vocab_size=49152,
            hidden_size=576,
            intermediate_size=1536,
            num_hidden_layers=30,
            num_attention_heads=9,
            num_key_value_heads=3,
            max_position_embeddings=8192,
            rms_norm_eps=1e-5,
            rope_theta=100000.0,
            tie_word_embeddings=True,
        )
    ),
}


def make(shape, folder):
    """A BertForSequenceClassification of that shape with two labels, or a language model, in `folder`; nothing is done
    where one stands."""
    folder = Path(folder)
    if (folder / "done").exists():
        return
    torch.manual_seed(20)
    if shape in DECODERS:
        decoder(DECODERS[shape](), folder)
        (folder / "done").write_text(json.dumps(dict(shape=shape)) + "\n")
        return
    config = hf.BertConfig(vocab_size=VOCABULARY, num_labels=2, pad_token_id=0, **SHAPES[shape])
    net = hf.BertForSequenceClassification(config).eval()
    with torch.no_grad():
        spread(net, config)
    net.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    (folder / "done").write_text(json.dumps(dict(shape=shape)) + "\n")


def decoder(net, folder):
    """Random weights under which attention is not near uniform, and no sum runs away."""
    with torch.no_grad():
        for name, tensor in net.named_parameters():
            if tensor.ndim == 1:
                centre = 0.0 if name.endswith("bias") else 1.0
                tensor.normal_(centre, 0.02 if name.endswith("bias") else 0.1)
            elif any(part in name for part in ("wte", "wpe", "embed_tokens")):
                tensor.normal_(0.0, 0.1)
            else:
                # GPT-2 has its matrices the other way round.
                inputs = tensor.shape[0] if ".c_" in name else tensor.shape[1]
                steep = 2.0 if "q_proj" in name or "k_proj" in name or "c_attn" in name else 1.0
                tensor.normal_(0.0, steep * inputs**-0.5)
    net.eval().save_pretrained(folder)


def spread(net, config):
    """Random weights under which attention is not near uniform and every word moves the decision a little."""
    width = config.hidden_size
    for name, tensor in net.named_parameters():
        if "LayerNorm.weight" in name:
            tensor.normal_(1.0, 0.1)
        elif tensor.ndim == 1:
            tensor.normal_(0.0, 0.02)
        elif "embeddings" in name:
            tensor.normal_(0.0, 0.1)
        elif ".query." in name or ".key." in name:
            # Scores wide enough that rows are neither flat nor one-hot.
            tensor.normal_(0.0, 2.0 * width**-0.5)
        elif "classifier" in name:
            tensor.normal_(0.0, 1.0 * width**-0.5)
        else:
            tensor.normal_(0.0, 1.0 * width**-0.5)


def tokenizer():
    """Words w0, w1 … between [CLS] and [SEP], split at white space."""
    words = [f"w{i}" for i in range(VOCABULARY - len(SPECIALS))]
    vocabulary = {word: i for i, word in enumerate(SPECIALS + words)}
    inner = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    ends = [(name, vocabulary[name]) for name in ("[CLS]", "[SEP]")]
    inner.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    names = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    return hf.PreTrainedTokenizerFast(tokenizer_object=inner, model_max_length=512, **names)
