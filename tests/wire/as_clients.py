"""Streams read as the SDKs of OpenAI (3.54) and Anthropic (2.12) read them, and as strictly.

What they look up without a question is looked up so here, and fails as it does there; what they
pass over in silence is passed over. Each reader returns the text that a person gets to see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import msgspec

from vibe.domain.request import Dialect

Json: TypeAlias = dict[str, Any]


def events_in(sent: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and data of each event; OpenAI's SDK makes an event of anything but comments."""
    sent = sent.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    assert sent.endswith(b"\n\n") or not sent, "the last event has no end"
    for block in sent.split(b"\n\n"):
        lines = [line for line in block.decode().split("\n") if line and not line.startswith(":")]
        if lines:
            fields = [line.partition(":") for line in lines]
            said = {name: value.removeprefix(" ") for name, _, value in fields}
            data = "\n".join(v.removeprefix(" ") for name, _, v in fields if name == "data")
            yield said.get("event", ""), data.encode()


def chat(sent: bytes, *, whole: bool) -> str:
    """openai's `chat.completions.stream()`, and what every user does with `choice.delta`."""
    text: list[str] = []
    choices: list[list[Any]] = []
    is_done = False
    for _, data in events_in(sent):
        if data.startswith(b"[DONE]"):
            is_done = True
            break
        chunk: Json = msgspec.json.decode(data)
        for choice in chunk["choices"]:
            delta: Json = choice["delta"]
            assert type(choice["index"]) is int
            if choice["index"] == len(choices):
                choices.append([])
            calls = choices[choice["index"]]
            if chunk.get("object") != "chat.completion.chunk":
                continue
            for call in delta.get("tool_calls") or ():
                assert type(call["index"]) is int
                if call["index"] == len(calls):
                    calls.append(call)
                assert calls[call["index"]] is not None
                assert call["function"].keys() is not None
            if delta.get("content") is not None:
                assert isinstance(delta["content"], str)
                text.append(delta["content"])
    assert is_done or not whole, "it ends in silence"
    return "".join(text)


def messages(sent: bytes, *, whole: bool) -> str:
    """anthropic's `messages.stream()`, and its twin in JavaScript, which waits for the end of a
    block before it tells of it."""
    content: list[Json] = []
    told: set[int] = set()
    message: Json | None = None
    last = ""
    for name, data in events_in(sent):
        if name in {"", "ping"}:
            continue
        event: Json = msgspec.json.decode(data)
        last = event["type"]
        if message is None:
            assert last == "message_start", last
            message = event["message"]
            assert event["message"]["content"] == []
            assert event["message"]["usage"] is not None
            continue
        assert last != "message_start", "another message begins"
        _take_block(event, content, told)
        if last == "message_delta":
            assert event["delta"] is not None
            assert isinstance(event["usage"]["output_tokens"], int)
    assert last == "message_stop" or not whole, "it ends in silence"
    blocks = enumerate(content)
    return "".join(b["text"] for i, b in blocks if b["type"] == "text" and (i in told or not whole))


_GROWS: Final = {"text_delta": "text", "thinking_delta": "thinking"}


def _take_block(event: Json, content: list[Json], told: set[int]) -> None:
    match event["type"]:
        case "content_block_start":
            assert event["index"] == len(content), "a client would look for it elsewhere"
            content.append(event["content_block"])
        case "content_block_delta":
            index: int = event["index"]
            assert 0 <= index < len(content)
            block, delta = content[index], event["delta"]
            member = _GROWS.get(delta["type"])
            if member is not None and block["type"] == member:
                block[member] += delta[member]
            if delta["type"] == "input_json_delta":
                assert isinstance(delta["partial_json"], str)
        case "content_block_stop":
            assert 0 <= event["index"] < len(content)
            told.add(event["index"])
        case _:
            pass


def responses(sent: bytes, *, whole: bool) -> str:
    """openai's `responses.stream()`, and its twin in JavaScript, which keeps items in a list."""
    reader = _Responses()
    for _, data in events_in(sent):
        if data != b"[DONE]":
            reader.take(msgspec.json.decode(data))
    assert reader.is_over or not whole, "it ends in silence"
    return "".join(map(_text_of, reader.items))


class _Responses:
    def __init__(self) -> None:
        self.id: str | None = None
        self.items: list[Json] = []
        self.done: set[int] = set()
        self.is_over = False

    def take(self, event: Json) -> None:
        kind: str = event["type"]
        if self.id is None:
            assert kind == "response.created", kind
            self.id = event["response"]["id"]
            return
        if "response" in event:
            assert event["response"]["id"] == self.id, "another response"
        match kind.removeprefix("response."):
            case "completed" | "incomplete":
                self.is_over = True
                self._end(event["response"].get("output"), is_whole="incomplete" not in kind)
            case "output_item.added":
                assert event["output_index"] == len(self.items), "a client would look elsewhere"
                self.items.append(event["item"])
            case "output_item.done":
                place: int = event["output_index"]
                item = self.items[place]
                for name in ("type", "id", "call_id"):
                    assert item.get(name) == event["item"].get(name), "another item"
                self.done.add(place)
                if item["type"] == "message" and not _text_of(item):
                    item["content"] = event["item"]["content"]
            case _:
                self._grow(kind.removeprefix("response."), event)

    def _end(self, output: list[Json] | None, *, is_whole: bool) -> None:
        """What no piece has told, the whole of it tells."""
        final = {item.get("id"): item for item in (self.items if output is None else output)}
        for place, item in enumerate(self.items):
            assert place in self.done or item.get("id") in final or not is_whole
            if item["type"] == "message" and not _text_of(item):
                item["content"] = final.get(item.get("id"), item)["content"]

    def _grow(self, kind: str, event: Json) -> None:
        if "output_index" not in event:
            return
        place: int = event["output_index"]
        item = self.items[place]
        assert place not in self.done, "more of what is done"
        if kind == "content_part.added" and item["type"] == "message":
            assert event["content_index"] == len(item["content"])
            item["content"].append(event["part"])
        elif kind == "output_text.delta":
            assert item["type"] == "message"
            assert item["content"][event["content_index"]]["type"] == "output_text"
            item["content"][event["content_index"]]["text"] += event["delta"]
        elif kind == "output_text.done":
            assert item["content"][event["content_index"]]["type"] == "output_text"
        elif kind == "function_call_arguments.delta":
            assert item["type"] == "function_call"
            item["arguments"] += event["delta"]


def _text_of(item: Json) -> str:
    if item["type"] != "message":
        return ""
    return "".join(part["text"] for part in item["content"] if part["type"] == "output_text")


READERS: Final[dict[Dialect, Callable[..., str]]] = {
    "chat": chat,
    "messages": messages,
    "responses": responses,
}
