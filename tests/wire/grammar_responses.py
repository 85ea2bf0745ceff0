"""Which streams of OpenAI's Responses are legal: a state machine over their bytes, and no more.

Written from OpenAI's description of its events, and knows nothing of who writes them. `read` fails
where a stream is not legal, and says why.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import msgspec

Json: TypeAlias = dict[str, Any]

TERMINALS: Final = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}
# Of each type of item: its events as (before, event, after), by the states that it goes through.
_STEPS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "message": (
        ("added", "response.content_part.added", "in part"),
        ("in part", "response.output_text.delta", "in part"),
        ("in part", "response.output_text.done", "text done"),
        ("text done", "response.content_part.done", "whole"),
    ),
    "reasoning": (
        ("added", "response.reasoning_summary_part.added", "in part"),
        ("in part", "response.reasoning_summary_text.delta", "in part"),
        ("in part", "response.reasoning_summary_text.done", "text done"),
        ("text done", "response.reasoning_summary_part.done", "whole"),
    ),
    "function_call": (
        ("added", "response.function_call_arguments.delta", "added"),
        ("added", "response.function_call_arguments.done", "whole"),
    ),
    "custom_tool_call": (
        ("added", "response.custom_tool_call_input.delta", "added"),
        ("added", "response.custom_tool_call_input.done", "whole"),
    ),
}
_WHOLE: Final = {"message": "text", "reasoning": "text", "custom_tool_call": "input"}
_MAY_BE_SILENT: Final = {"reasoning"}  # sealed, and not a word of it


class _Item:
    def __init__(self, shape: Json) -> None:
        self.shape = shape
        self.type: str = shape["type"]
        self.state = "added"
        self.pieces: list[str] = []
        self.text: str | None = None

    def step(self, kind: str, event: Json) -> None:
        steps = [
            after
            for before, name, after in _STEPS[self.type]
            if (before, name) == (self.state, kind)
        ]
        assert steps, f"{kind} while a {self.type} is {self.state}"
        self.state = steps[0]
        if kind.endswith(".delta"):
            assert event["delta"], f"{kind} adds nothing"
            self.pieces.append(event["delta"])
        elif kind.endswith(("text.done", "arguments.done", "input.done")):
            self.text = event[_WHOLE.get(self.type, "arguments")]
            assert self.text == "".join(self.pieces), "another text than the pieces have"
        elif kind.endswith("part.done"):
            assert event["part"]["text"] == self.text
        else:
            assert event["part"]["text"] == ""

    def finish(self, shape: Json) -> None:
        silent = self.type in _MAY_BE_SILENT and self.state == "added"
        assert silent or self.state == "whole", f"a {self.type} is done while it is {self.state}"
        for name in ("id", "type", "call_id", "name", "namespace"):
            assert shape.get(name) == self.shape.get(name), f"another {name}"
        assert shape.get("status", "completed") == "completed"
        assert _text(shape) == ("" if silent else self.text)
        self.state, self.shape = "done", shape


def _text(item: Json) -> str:
    match item["type"]:
        case "message":
            return "".join(part["text"] for part in item["content"])
        case "reasoning":
            return "".join(part["text"] for part in item["summary"])
        case "function_call":
            return item["arguments"]
        case _:
            return item["input"]


class Grammar:
    """One stream. `terminal` is the event that ended it, once it is there."""

    def __init__(self) -> None:
        self.terminal: Json | None = None
        self._number = -1
        self._heads = ["response.created", "response.in_progress"]
        self._response = ""
        self._items: list[_Item] = []

    def take(self, kind: str, event: Json) -> None:
        assert self.terminal is None, f"{kind} after the end"
        assert event["type"] == kind
        assert event["sequence_number"] > self._number, "a number that does not rise"
        self._number = event["sequence_number"]
        if self._heads:
            assert kind == self._heads.pop(0), f"a stream does not begin with {kind}"
            self._response = self._response or event["response"]["id"]
            assert event["response"]["status"] == "in_progress"
            assert event["response"]["output"] == []
            assert event["response"]["id"] == self._response
        elif kind in TERMINALS:
            self._end(TERMINALS[kind], event["response"])
            self.terminal = event
        elif kind == "response.output_item.added":
            assert event["output_index"] == len(self._items), "items are numbered in their order"
            known = {item.shape["id"] for item in self._items}
            assert event["item"]["id"] not in known, "an id that another item has"
            assert not _text(event["item"])
            self._items.append(_Item(event["item"]))
        else:
            index: int = event["output_index"]
            item = self._items[index]
            if kind == "response.output_item.done":
                item.finish(event["item"])
            else:
                assert event["item_id"] == item.shape["id"]
                item.step(kind, event)

    def _end(self, status: str, response: Json) -> None:
        assert response["id"] == self._response
        assert response["status"] == status
        done = [item.shape for item in self._items if item.state == "done"]
        if status == "failed":
            assert response["error"].keys() == {"code", "message"}
            assert response["output"] == done
            return
        usage = response["usage"]
        assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]
        assert (response["incomplete_details"] is not None) == (status == "incomplete")
        assert [each["id"] for each in response["output"]] == [i.shape["id"] for i in self._items]
        for item, shape in zip(self._items, response["output"], strict=True):
            if item.state == "done":
                assert shape == item.shape
            else:
                assert status == "incomplete", f"a {item.type} is not done at the end"
                assert item.type.endswith("call"), f"a {item.type} is left open"
                assert shape["status"] == "incomplete"
                assert _text(shape) == "".join(item.pieces)


def events(sent: bytes) -> list[tuple[str, Json]]:
    """The events in the bytes; comments are none."""
    assert sent.endswith(b"\n\n"), "the last event has no end"
    found: list[tuple[str, Json]] = []
    for block in sent.removesuffix(b"\n\n").split(b"\n\n"):
        if not block.startswith(b":"):
            name, data = block.split(b"\n")
            assert name.startswith(b"event: ")
            assert data.startswith(b"data: ")
            found.append((name[7:].decode(), msgspec.json.decode(data[6:])))
    return found


def read(told: list[tuple[str, Json]]) -> Json:
    """The event in which a legal stream ends."""
    grammar = Grammar()
    for kind, event in told:
        grammar.take(kind, event)
    assert grammar.terminal is not None, "it ends in silence"
    return grammar.terminal
