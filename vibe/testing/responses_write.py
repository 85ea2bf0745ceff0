"""An answer in the form of OpenAI's Responses, streamed and whole.

Written from platform.openai.com/docs/api-reference/responses-streaming, not from vibe's own codec,
which is tested against it. Each event has the next `sequence_number`; there is no `[DONE]`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeAlias

import msgspec

from vibe.testing.exchange import Answer, Asked, Stream, digest, fragments, pieces, tokens_of

Json: TypeAlias = dict[str, object]

CREATED: Final = 1_700_000_000  # nobody reads it, and so the same request gets the same bytes


def stream_responses(asked: Asked, answer: Answer) -> Stream:
    begun: Json = {"response": _response(asked, answer, status="in_progress", output=[])}
    told: list[tuple[str, Json]] = [("created", begun), ("in_progress", begun)]
    output = _output(asked, answer)
    for index, item in enumerate(output):
        told += _item_events(item, index, answer)
    status = _status(answer)
    told.append((status, {"response": _response(asked, answer, status=status, output=output)}))
    events = tuple(
        _event(f"response.{name}", data, number) for number, (name, data) in enumerate(told)
    )
    return Stream(events=events, whole_at=len(events))


def whole_responses(asked: Asked, answer: Answer) -> bytes:
    output = _output(asked, answer)
    return msgspec.json.encode(_response(asked, answer, status=_status(answer), output=output))


def _item_events(item: Json, index: int, answer: Answer) -> Iterator[tuple[str, Json]]:
    """What is told of one item of the output, from its beginning to its end."""
    place: Json = {"item_id": item["id"], "output_index": index}
    begun = {**item, "status": "in_progress"}
    match item["type"]:
        case "reasoning":
            begun |= {"summary": [], "encrypted_content": ""}
            inside = _summary_events(answer.thinking, place)
        case "message":
            begun["content"] = []
            inside = _text_events(answer.text, place)
        case _:
            begun["arguments"] = ""
            inside = _call_events(str(item["arguments"]), str(item["name"]), place)
    yield "output_item.added", {"output_index": index, "item": begun}
    yield from inside
    yield "output_item.done", {"output_index": index, "item": item}


def _summary_events(text: str, place: Json) -> Iterator[tuple[str, Json]]:
    if not text:
        return
    place = {**place, "summary_index": 0}
    yield "reasoning_summary_part.added", {**place, "part": _summary("")}
    for piece in pieces(text):
        yield "reasoning_summary_text.delta", {**place, "delta": piece}
    yield "reasoning_summary_text.done", {**place, "text": text}
    yield "reasoning_summary_part.done", {**place, "part": _summary(text)}


def _text_events(text: str, place: Json) -> Iterator[tuple[str, Json]]:
    place = {**place, "content_index": 0}
    yield "content_part.added", {**place, "part": _text("")}
    for piece in pieces(text):
        yield "output_text.delta", {**place, "delta": piece, "logprobs": []}
    yield "output_text.done", {**place, "text": text, "logprobs": []}
    yield "content_part.done", {**place, "part": _text(text)}


def _call_events(arguments: str, name: str, place: Json) -> Iterator[tuple[str, Json]]:
    for fragment in fragments(arguments):
        yield "function_call_arguments.delta", {**place, "delta": fragment}
    yield "function_call_arguments.done", {**place, "name": name, "arguments": arguments}


def _output(asked: Asked, answer: Answer) -> list[Json]:
    """The items, whole. Where the answer was cut, the last of them is not complete."""
    letters = digest(asked.messages, answer.text)[:40]
    output: list[Json] = []
    if answer.thinking or answer.seal:
        summary = [_summary(answer.thinking)] if answer.thinking else []
        item: Json = {"id": f"rs_{letters}", "type": "reasoning", "summary": summary}
        output.append({**item, "encrypted_content": answer.seal or None})
    if answer.text:
        item = {"id": f"msg_{letters}", "type": "message", "role": "assistant"}
        output.append({**item, "status": "completed", "content": [_text(answer.text)]})
    for number, each in enumerate(answer.calls):
        letters = digest(len(asked.messages), number, each.name, each.arguments)
        item = {"id": f"fc_{letters[:40]}", "type": "function_call", "status": "completed"}
        call_id = each.id or f"call_{letters[:24]}"
        output.append({**item, "call_id": call_id, "name": each.name, "arguments": each.arguments})
    if output and answer.finish in {"length", "refused"}:
        output[-1]["status"] = "incomplete"
    return output


def _status(answer: Answer) -> str:
    return "incomplete" if answer.finish in {"length", "refused"} else "completed"


def _response(asked: Asked, answer: Answer, *, status: str, output: list[Json]) -> Json:
    is_over = status != "in_progress"
    reasons = {"length": "max_output_tokens", "refused": "content_filter"}
    reason = reasons.get(answer.finish) if is_over else None
    return {
        "id": f"resp_{digest(asked.messages, answer.text)[:40]}",
        "object": "response",
        "created_at": CREATED,
        "status": status,
        "error": None,
        "incomplete_details": {"reason": reason} if reason else None,
        "model": asked.model,
        "output": output,
        "parallel_tool_calls": True,
        "store": False,
        "tool_choice": "auto",
        "tools": [],
        "usage": _usage(asked, answer) if is_over and answer.tells_tokens else None,
    }


def _summary(text: str) -> Json:
    return {"type": "summary_text", "text": text}


def _text(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": []}


def _usage(asked: Asked, answer: Answer) -> Json:
    tokens = tokens_of(asked, answer)
    return {
        "input_tokens": tokens.input,
        "input_tokens_details": {"cached_tokens": tokens.cached, "cache_write_tokens": 0},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": tokens.input + tokens.output,
    }


def _event(name: str, data: Json, number: int) -> bytes:
    body = msgspec.json.encode({"type": name, "sequence_number": number, **data})
    return b"event: %b\ndata: %b\n\n" % (name.encode(), body)
