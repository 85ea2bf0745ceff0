"""Writes a GGUF of a few megabytes whose model says by heart what the tests want to hear.

Every piece of a script is a token. Its embedding is one-hot, all between is zero, and the output
matrix leads from each token to the one after it. The template ends each prompt with the token that
opens a script. Nothing is random and nothing is learnt.
"""

from __future__ import annotations

from importlib import import_module
from itertools import chain, pairwise
from pathlib import Path
from typing import Any, Final

TEMPLATE: Final = Path(__file__).with_name("template.jinja")
CONTEXT_TOKENS: Final = 2048
BEGIN, END = "<|im_start|>", "<|im_end|>"
SCRIPTS: Final = {
    "<|say|>": ("Oslo", " is cold", ": 3", " °C.", END),
    "<|json|>": ('{"city":', ' "Os', 'lo"}', END),
    "<|sing|>": ("la ", "la "),  # and never ends
    "<|think|>": ("<think>", "\nLet me", " see.", "\n</think>\n", "\nIt is", " cold.", END),
    "<|call|>": (
        "I", " look", " up", " one", " city", " and", " another", ".",
        "\n<tool_call>\n", '{"name": "get_weather", "arguments": {"city": ', '"Oslo"', "}}",
        "\n</tool_call>",
        "\n<tool_call>\n{", '"name": "get_weather", "arguments": {"city": "', "Rome", '"}}',
        "\n</tool", "_call>",
        END,
    ),
    "<|conclude|>": ("Rome is", " warmer.", END),
    "!": (" Brr.", END),  # goes on from an answer that ends so
}  # fmt: skip
VISIBLE: Final = frozenset({*range(33, 127), *range(161, 173), *range(174, 256)})


def write(path: Path) -> None:
    # The extra `real` alone brings these two, and type checkers do without it.
    gguf: Any = import_module("gguf")
    numpy: Any = import_module("numpy")
    letters = _letters()
    chains = [
        [opener, *("".join(letters[byte] for byte in piece.encode()) for piece in pieces)]
        for opener, pieces in SCRIPTS.items()
    ]
    tokens = list(dict.fromkeys([*letters, BEGIN, END, *chain.from_iterable(chains)]))
    kinds = [
        gguf.TokenType.CONTROL if token.startswith("<|") else gguf.TokenType.NORMAL
        for token in tokens
    ]
    size = len(tokens)
    width = size + size % 2  # rotary embeddings go by twos

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_vocab_size(size)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(width)
    writer.add_block_count(1)
    writer.add_head_count(1)
    writer.add_rope_dimension_count(width)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges(["t h"])  # one is wanted; this leads to no token
    writer.add_eos_token_id(tokens.index(END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE.read_text(encoding="utf-8"))

    output = numpy.zeros((size, width), numpy.float32)
    for before, after in chain.from_iterable(map(pairwise, chains)):
        output[tokens.index(after), tokens.index(before)] = 5  # leaves the others no chance
    writer.add_tensor("token_embd.weight", numpy.eye(size, width, dtype=numpy.float32))
    writer.add_tensor("output.weight", output)
    for norm in ("output_norm", "blk.0.attn_norm", "blk.0.ffn_norm"):
        writer.add_tensor(f"{norm}.weight", numpy.ones(width, numpy.float32))
    for part in ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"):
        writer.add_tensor(f"blk.0.{part}.weight", numpy.zeros((width, width), numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _letters() -> list[str]:
    """GPT-2's letter for each byte: itself where that can be seen, else one from U+0100 on."""
    others = map(chr, range(256, 512))
    return [chr(byte) if byte in VISIBLE else next(others) for byte in range(256)]
