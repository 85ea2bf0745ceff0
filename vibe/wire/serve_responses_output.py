"""What stands in an answer in the form of OpenAI's Responses: its items, its usage, itself.

Streamed or whole, both are made of these.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias, assert_never

from msgspec import Struct

from vibe.domain.answer import Answer
from vibe.domain.message import AssistantPart, Text, Thinking, ToolCall
from vibe.wire.seals import sealed
from vibe.wire.serve_responses_tools import Origin, text_of
from vibe.wire.serving import Heading

Json: TypeAlias = dict[str, Any]
Status: TypeAlias = Literal["in_progress", "completed", "incomplete"]


class CallForm(Struct, frozen=True):
    """How an item is called that calls a tool, and the member that says with what."""

    type: str
    member: str
    prefix: str

    @property
    def event(self) -> str:
        return f"{self.type}_{self.member}"


FUNCTION_CALL: Final = CallForm("function_call", "arguments", "fc")
CUSTOM_CALL: Final = CallForm("custom_tool_call", "input", "ctc")


def items_of(
    parts: Iterable[AssistantPart], heading: Heading, origins: Mapping[str, Origin]
) -> Iterator[Json]:
    for index, part in enumerate(parts):
        match part:
            case Text(text):
                yield message_item(item_id("msg", heading, index), text)
            case Thinking(text=text):
                yield reasoning_item(item_id("rs", heading, index), text, sealed(part))
            case ToolCall(id=call, name=name, arguments=arguments):
                origin = origins.get(name) or Origin(name=name)
                id = item_id(form_of(origin).prefix, heading, index)
                yield call_item(id, call, origin, given_of(origin, arguments))
            case _:
                assert_never(part)


def item_id(prefix: str, heading: Heading, index: int) -> str:
    return f"{prefix}_{heading.id}_{index}"


def form_of(origin: Origin) -> CallForm:
    return CUSTOM_CALL if origin.takes_text else FUNCTION_CALL


def given_of(origin: Origin, arguments: str) -> str:
    """What the client's tool is given by a call with these arguments."""
    return text_of(arguments) if origin.takes_text else arguments or "{}"


def text_part(text: str) -> Json:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def message_item(id: str, text: str | None, status: Status = "completed") -> Json:
    content = [] if text is None else [text_part(text)]
    return {
        "id": id, "type": "message", "status": status, "role": "assistant", "content": content,
    }  # fmt: skip


def summary_part(text: str) -> Json:
    return {"type": "summary_text", "text": text}


def reasoning_item(id: str, text: str, seal: str | None = None) -> Json:
    """Thought is given as a summary, which is what clients show."""
    item: Json = {"id": id, "type": "reasoning", "summary": [summary_part(text)] if text else []}
    return item if seal is None else {**item, "encrypted_content": seal}


def call_item(id: str, call: str, origin: Origin, given: str, status: Status = "completed") -> Json:
    form = form_of(origin)
    item: Json = {"id": id, "type": form.type, "status": status, "call_id": call}
    if origin.namespace:
        item["namespace"] = origin.namespace
    return {**item, "name": origin.name, form.member: given}


def response_of(heading: Heading, status: str, **members: object) -> Json:
    """With all members that OpenAI's own schema asks for."""
    return {
        "id": f"resp_{heading.id}",
        "object": "response",
        "created_at": heading.created,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": heading.model,
        "output": [],
        "parallel_tool_calls": True,
        "temperature": None,
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "store": False,
        "usage": None,
        **members,
    }


def ended(heading: Heading, answer: Answer, output: Iterable[Json], *, is_cut: bool) -> Json:
    """`is_cut` where the answer stops in the middle."""
    members: Json = {"output": [*output], "usage": _usage(answer)}
    if is_cut:
        members["incomplete_details"] = {"reason": "max_output_tokens"}
    return response_of(heading, "incomplete" if is_cut else "completed", **members)


def _usage(answer: Answer) -> Json:
    usage = answer.usage
    sent, written = usage.input or 0, usage.output or 0
    cached, fresh = usage.cached_read or 0, usage.cache_write or 0
    return {
        "input_tokens": sent,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": fresh},
        "output_tokens": written,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        "total_tokens": sent + written,
    }
