"""An answer in the form of Anthropic's Messages, streamed and whole.

Written from docs.anthropic.com/en/api/messages-streaming, not from vibe's own codec, which is
tested against it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec
from msgspec import Raw

from vibe.testing.exchange import (
    Answer,
    Asked,
    Call,
    Finish,
    Stream,
    digest,
    fragments,
    pieces,
    tokens_of,
)

Json: TypeAlias = dict[str, object]

_FINISH: Final[dict[Finish, str]] = {
    "end": "end_turn",
    "stop_sequence": "stop_sequence",
    "length": "max_tokens",
    "calls": "tool_use",
    "refused": "refusal",
}


def stream_messages(asked: Asked, answer: Answer) -> Stream:
    usage = _usage(asked, answer)
    begun = {**usage, "output_tokens": 1} if usage else {}
    message: Json = {
        **_head(asked, answer),
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }
    events = [_event("message_start", {"message": {**message, "usage": begun}})]
    for index, block in enumerate(_content(asked, answer)):
        events.append(
            _event("content_block_start", {"index": index, "content_block": _empty(block)})
        )
        if not index:
            events.append(_event("ping", {}))
        for delta in _deltas(block):
            events.append(_event("content_block_delta", {"index": index, "delta": delta}))
        events.append(_event("content_block_stop", {"index": index}))
    ended: Json = {"delta": _stop(answer)}
    if usage:
        ended["usage"] = {"output_tokens": usage["output_tokens"]}
    events += [_event("message_delta", ended), _event("message_stop", {})]
    return Stream(events=tuple(events), whole_at=len(events))


def whole_messages(asked: Asked, answer: Answer) -> bytes:
    content = [
        {**block, "input": _object(block["input"])} if block["type"] == "tool_use" else block
        for block in _content(asked, answer)
    ]
    usage = _usage(asked, answer)
    body = {**_head(asked, answer), "content": content, **_stop(answer), "usage": usage}
    return msgspec.json.encode(body)


def _content(asked: Asked, answer: Answer) -> Iterator[dict[str, str]]:
    """The blocks, whole; the input of a call is still the text of its arguments."""
    if answer.thinking:
        yield {"type": "thinking", "thinking": answer.thinking, "signature": answer.seal}
    elif answer.seal:
        yield {"type": "redacted_thinking", "data": answer.seal}
    if answer.text:
        yield {"type": "text", "text": answer.text}
    for number, each in enumerate(answer.calls):
        name = {"id": _id(asked, each, number), "name": each.name}
        yield {"type": "tool_use", **name, "input": each.arguments}


def _empty(block: dict[str, str]) -> Json:
    """A block as it begins, with what its deltas will fill left empty."""
    begun: Json = dict(block)
    match block["type"]:
        case "text":
            begun["text"] = ""
        case "thinking":
            begun |= {"thinking": "", "signature": ""}
        case "tool_use":
            begun["input"] = {}
        case _:
            pass
    return begun


def _deltas(block: dict[str, str]) -> Iterator[Json]:
    match block["type"]:
        case "text":
            for piece in pieces(block["text"]):
                yield {"type": "text_delta", "text": piece}
        case "thinking":
            for piece in pieces(block["thinking"]):
                yield {"type": "thinking_delta", "thinking": piece}
            if block["signature"]:
                yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            yield {"type": "input_json_delta", "partial_json": ""}
            for fragment in fragments(block["input"]):
                yield {"type": "input_json_delta", "partial_json": fragment}
        case _:
            pass


def _object(arguments: str) -> object:
    """Where it is whole the input is an object, so arguments that are none cannot be shown."""
    try:
        return msgspec.json.decode(arguments, type=dict[str, Raw])
    except msgspec.DecodeError:
        return {}


def _stop(answer: Answer) -> Json:
    return {"stop_reason": _FINISH[answer.finish], "stop_sequence": None}


def _head(asked: Asked, answer: Answer) -> Json:
    return {
        "id": f"msg_01{digest(asked.messages, answer.text)[:22]}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
    }


def _id(asked: Asked, each: Call, number: int) -> str:
    letters = digest(len(asked.messages), number, each.name, each.arguments)
    return each.id or f"toolu_01{letters[:22]}"


def _usage(asked: Asked, answer: Answer) -> Json:
    """Here alone the cached tokens are not a part of the others that were sent."""
    if not answer.tells_tokens:
        return {}
    tokens = tokens_of(asked, answer)
    return {
        "input_tokens": tokens.input - tokens.cached,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": tokens.cached,
        "output_tokens": tokens.output,
    }


def _event(name: str, data: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (
        name.encode(),
        msgspec.json.encode({"type": name, **data}),
    )
