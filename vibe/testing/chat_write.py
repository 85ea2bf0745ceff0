"""An answer in the form of OpenAI's chat completions, streamed and whole; Azure's, Mistral's too.

Written from the vendors' references, not from vibe's own codecs, which are tested against it; see
`chat_read.py`. Mistral sends its calls in one piece, and its usage with the last chunk.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

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

CREATED: Final = 1_700_000_000  # nobody reads it, and so the same request gets the same bytes
DONE: Final = b"data: [DONE]\n\n"

_FINISH: Final[dict[Finish, str]] = {
    "end": "stop",
    "stop_sequence": "stop",
    "length": "length",
    "calls": "tool_calls",
    "refused": "content_filter",
}
_SAFE: Final = {
    name: {"filtered": False, "severity": "safe"}
    for name in ("hate", "self_harm", "sexual", "violence")
}


def stream_chat(asked: Asked, answer: Answer) -> Stream:
    head = _head(asked, answer, streamed=True)
    tokens = _usage(asked, answer) if answer.tells_tokens and asked.wants_usage else None
    events: list[bytes] = []
    if asked.dialect == "azure":
        events.append(_event({**head, "choices": [], "prompt_filter_results": [_prompt_filter()]}))
    deltas = (
        _mistral_deltas(asked, answer) if asked.dialect == "mistral" else _deltas(asked, answer)
    )
    *before, last = deltas
    finish = _FINISH[answer.finish]
    at_the_end = asked.dialect == "mistral"
    waiting: Json = {"usage": None} if tokens and not at_the_end else {}
    for delta in before:
        choice = _choice(asked, {"delta": delta}, None)
        events.append(_event({**head, "choices": [choice], **waiting}))
    told: Json = {"usage": tokens} if tokens and at_the_end else waiting
    choice = _choice(asked, {"delta": last}, finish)
    events.append(_event({**head, "choices": [choice], **told}))
    whole_at = len(events)
    if tokens and not at_the_end:
        events.append(_event({**head, "choices": [], "usage": tokens}))
    return Stream(events=(*events, DONE), whole_at=whole_at)


def whole_chat(asked: Asked, answer: Answer) -> bytes:
    message: Json = {"role": "assistant", "content": answer.text or None}
    if asked.dialect == "mistral" and answer.thinking:
        message["content"] = [_thought(answer.thinking), {"type": "text", "text": answer.text}]
    elif answer.thinking:
        message["reasoning_content"] = answer.thinking
    if answer.calls:
        message["tool_calls"] = [
            _whole_call(asked, answer, number) for number in range(len(answer.calls))
        ]
    body = {
        **_head(asked, answer, streamed=False),
        "choices": [_choice(asked, {"message": message}, _FINISH[answer.finish])],
    }
    if answer.tells_tokens:
        body["usage"] = _usage(asked, answer)
    return msgspec.json.encode(body)


def _deltas(asked: Asked, answer: Answer) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for piece in pieces(answer.thinking):
        yield {"reasoning_content": piece}
    for piece in pieces(answer.text):
        yield {"content": piece}
    for number, each in enumerate(answer.calls):
        begun: Json = {"id": _id(asked, each, number), "type": "function"}
        yield _call_delta(number, begun, {"name": each.name, "arguments": ""})
        for fragment in fragments(each.arguments):
            yield _call_delta(number, {}, {"arguments": fragment})
    yield {}


def _call_delta(number: int, begun: Json, function: Json) -> Json:
    return {"tool_calls": [{"index": number, **begun, "function": function}]}


def _mistral_deltas(asked: Asked, answer: Answer) -> Iterator[Json]:
    yield {"role": "assistant", "content": ""}
    for piece in pieces(answer.thinking):
        yield {"content": [_thought(piece)]}
    for piece in pieces(answer.text):
        yield {"content": piece}
    last: Json = {"content": ""}
    if answer.calls:
        last["tool_calls"] = [
            {**_whole_call(asked, answer, number), "index": number}
            for number in range(len(answer.calls))
        ]
    yield last


def _whole_call(asked: Asked, answer: Answer, number: int) -> Json:
    each = answer.calls[number]
    return {
        "id": _id(asked, each, number),
        "type": "function",
        "function": {"name": each.name, "arguments": each.arguments},
    }


def _thought(text: str) -> Json:
    return {"type": "thinking", "thinking": [{"type": "text", "text": text}]}


def _id(asked: Asked, each: Call, number: int) -> str:
    """In the vendor's form; different for each call of a conversation."""
    if each.id:
        return each.id
    letters = digest(len(asked.messages), number, each.name, each.arguments)
    return letters[:9] if asked.dialect == "mistral" else f"call_{letters[:24]}"


def _head(asked: Asked, answer: Answer, *, streamed: bool) -> Json:
    letters = digest(asked.messages, answer.text)[:29]
    return {
        "id": letters if asked.dialect == "mistral" else f"chatcmpl-{letters}",
        "object": "chat.completion.chunk" if streamed else "chat.completion",
        "created": CREATED,
        "model": asked.model,
    }


def _choice(asked: Asked, said: Json, finish: str | None) -> Json:
    choice: Json = {"index": 0, **said, "finish_reason": finish}
    if asked.dialect == "azure":
        choice["content_filter_results"] = {} if finish is None else _SAFE
    return choice


def _prompt_filter() -> Json:
    return {"prompt_index": 0, "content_filter_results": _SAFE}


def _usage(asked: Asked, answer: Answer) -> Json:
    tokens = tokens_of(asked, answer)
    usage: Json = {
        "prompt_tokens": tokens.input,
        "completion_tokens": tokens.output,
        "total_tokens": tokens.input + tokens.output,
    }
    if asked.dialect != "mistral":
        usage["prompt_tokens_details"] = {"cached_tokens": tokens.cached}
        usage["completion_tokens_details"] = {"reasoning_tokens": tokens.reasoning}
    elif tokens.cached:
        usage["num_cached_tokens"] = tokens.cached
    return usage


def _event(data: Json) -> bytes:
    return b"data: %b\n\n" % msgspec.json.encode(data)
