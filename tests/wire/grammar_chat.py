"""Which streams of OpenAI's chat completions are legal: a state machine over their bytes.

Written from OpenAI's description of its chunks, and knows nothing of who writes them. `read` fails
where a stream is not legal, and says why.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]
State: TypeAlias = Literal["new", "answering", "finished", "counted", "over"]
End: TypeAlias = Literal["done", "error"]

DONE: Final = "[DONE]"
_COMMON: Final = ("id", "object", "created", "model")
_REASONS: Final = frozenset({"stop", "length", "tool_calls", "content_filter"})


class Grammar:
    """One stream. `end` tells how it ended, once it has."""

    def __init__(self) -> None:
        self.end: End | None = None
        self._state: State = "new"
        self._common: Json | None = None
        self._calls = 0

    def take(self, data: Json | str) -> None:
        assert self._state != "over", "something after the end"
        if data == DONE:
            assert self._state in {"finished", "counted"}, "done, and has not finished"
            self._state, self.end = "over", "done"
        elif isinstance(data, dict) and "error" in data:
            assert data["error"].keys() == {"message", "type", "param", "code"}
            self._state, self.end = "over", "error"
        else:
            assert isinstance(data, dict)
            self._chunk(data)

    def _chunk(self, chunk: Json) -> None:
        common = {name: chunk[name] for name in _COMMON}
        assert common["object"] == "chat.completion.chunk"
        assert self._common in (None, common), "a chunk of another answer"
        self._common = common
        if not chunk["choices"]:
            assert self._state == "finished", "usage before the answer has finished"
            usage = chunk["usage"]
            assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
            self._state = "counted"
            return
        (choice,) = chunk["choices"]
        assert choice["index"] == 0
        self._choice(choice["delta"], choice["finish_reason"])

    def _choice(self, delta: Json, finish: str | None) -> None:
        if self._state == "new":
            assert (delta, finish) == ({"role": "assistant", "content": ""}, None)
            self._state = "answering"
            return
        assert self._state == "answering", "more, after it has finished"
        if finish is not None:
            assert finish in _REASONS
            assert delta == {}
            self._state = "finished"
            return
        ((kind, value),) = delta.items()
        if kind == "tool_calls":
            (call,) = value
            self._call(call)
        else:
            assert kind in {"content", "reasoning_content"}
            assert value, "a piece of nothing"

    def _call(self, call: Json) -> None:
        if call["index"] == self._calls:
            assert call.keys() == {"index", "id", "type", "function"}, "the head of a call"
            assert call["type"] == "function"
            assert call["function"].keys() == {"name", "arguments"}
            assert call["function"]["arguments"] == ""
            self._calls += 1
        else:
            assert call["index"] < self._calls, "a call that has not begun"
            assert call.keys() == {"index", "function"}
            assert call["function"].keys() == {"arguments"}
            assert call["function"]["arguments"], "a piece of nothing"


def events(sent: bytes) -> list[Json | str]:
    """The events in the bytes; comments are none."""
    assert sent.endswith(b"\n\n"), "the last event has no end"
    found: list[Json | str] = []
    for block in sent.removesuffix(b"\n\n").split(b"\n\n"):
        if not block.startswith(b":"):
            assert block.startswith(b"data: ")
            data = block[6:]
            found.append(DONE if data == b"[DONE]" else msgspec.json.decode(data))
    return found


def read(told: list[Json | str]) -> End:
    """How a legal stream ends."""
    grammar = Grammar()
    for data in told:
        grammar.take(data)
    assert grammar.end is not None, "it ends in silence"
    return grammar.end
