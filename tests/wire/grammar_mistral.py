"""Which streams of Mistral's chat completions are legal: what their own SDK needs of each chunk.

Written from Mistral's description of its chunks and from the types of its SDK (3.7), and knows
nothing of who writes them. `read` fails where a stream is not legal, and says why.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from tests.wire.grammar_chat import DONE, End, Json

Told: TypeAlias = list[Json | str]

_HEAD: Final = ("id", "object", "created", "model")
_REASONS: Final = frozenset({"stop", "length", "tool_calls"})


def read(told: Told) -> End:
    """How a legal stream ends; `grammar_chat.events` makes events of bytes."""
    *before, last = told
    if isinstance(last, dict):
        assert last.keys() == {"error"}, "it ends in silence"
        _answer(before, is_whole=False)
        return "error"
    assert last == DONE
    _answer(before, is_whole=True)
    return "done"


def _answer(told: Told, *, is_whole: bool) -> None:
    chunks = [chunk for chunk in told if isinstance(chunk, dict)]
    assert len(chunks) == len(told), "something after the end"
    assert len({tuple(chunk[name] for name in _HEAD) for chunk in chunks}) == 1
    for place, chunk in enumerate(chunks):
        (choice,) = chunk["choices"]
        is_last = is_whole and place == len(chunks) - 1
        assert choice["index"] == 0
        assert (choice["finish_reason"] in _REASONS) == is_last
        assert ("usage" in chunk) == is_last
        delta = choice["delta"]
        if place == 0:
            assert delta == {"role": "assistant", "content": ""}
            continue
        _content(delta["content"])
        for call in delta.get("tool_calls", ()):
            assert call.keys() == {"index", "id", "type", "function"}
            assert call["function"].keys() == {"name", "arguments"}
            assert call["function"]["arguments"], "no object is told by nothing"


def _content(content: str | list[Json]) -> None:
    if isinstance(content, list):
        ((thought),) = content
        assert thought["type"] == "thinking"
        ((text),) = thought["thinking"]
        assert text["type"] == "text"
        assert text["text"], "a piece of nothing"
