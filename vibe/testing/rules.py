"""What a vendor refuses although its form is right: orders of messages, ids, empty parts.

The words are the vendors' own, from their documents and from public reports. Only what is known to
be refused is refused, so that nothing passes in a test and fails in earnest, or the other way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from vibe.domain.message import Assistant, Message, Results, System, Text, ToolCall, User
from vibe.testing.envelopes import Refused, mistral
from vibe.testing.exchange import Asked, text_of

_MISTRAL_ID: Final = re.compile(r"[a-zA-Z0-9]{9}")
_MISTRAL_ROLES: Final = {
    System: "system", User: "user", Assistant: "assistant", Results: "tool",
}  # fmt: skip
_ANTHROPIC_ID: Final = re.compile(r"[a-zA-Z0-9_-]+")


def check(asked: Asked) -> None:
    """Raises `Refused` where the vendor would refuse."""
    if asked.purpose not in {"answer", "count"}:
        return
    match asked.dialect:
        case "generic" | "azure":
            _check_openai(asked.messages)
        case "mistral":
            _check_mistral(asked.messages, prefix=asked.prefix)
        case "anthropic":
            _check_anthropic(asked.messages)
        case "responses":
            _check_responses(asked.messages)


def _check_openai(messages: tuple[Message, ...]) -> None:
    for before, message in _with_the_one_before(messages):
        if isinstance(message, Results) and _strangers(before, message):
            raise Refused(
                "Invalid parameter: messages with role 'tool' must be a response to a preceeding"
                " message with 'tool_calls'."
            )
        if missing := _unanswered(before, message):
            raise Refused(
                "An assistant message with 'tool_calls' must be followed by tool messages"
                " responding to each 'tool_call_id'. The following tool_call_ids did not have"
                f" response messages: {', '.join(missing)}"
            )


def _check_mistral(messages: tuple[Message, ...], *, prefix: bool) -> None:
    for call in _calls(messages):
        if not _MISTRAL_ID.fullmatch(call.id):
            raise _mistral(
                f"Tool call id was {call.id} but must be a-z, A-Z, 0-9, with a length of 9.",
                type="invalid_function_call",
                code="3280",
            )
    for before, message in _with_the_one_before(messages):
        match before, message:
            case (Results(), User()) | (User() | Assistant() | Results(), System()):
                first, then = _MISTRAL_ROLES[type(before)], _MISTRAL_ROLES[type(message)]
                raise _out_of_order(f"Unexpected role '{then}' after role '{first}'")
            case _ if _unanswered(before, message) or _strangers(before, message):
                raise _out_of_order("Not the same number of function calls and responses")
            case _, Assistant(parts=()):
                raise _mistral(
                    "Assistant message must have either content or tool_calls, but not none.",
                    type="invalid_assistant_message",
                    code="3240",
                )
            case _:
                pass
    if messages and isinstance(messages[-1], Assistant) and not prefix:
        raise _out_of_order(
            "Expected last role User or Tool (or Assistant with prefix True) for serving but got"
            " assistant"
        )


def _check_anthropic(messages: tuple[Message, ...]) -> None:
    for number, (before, message) in enumerate(_with_the_one_before(messages)):
        if missing := _unanswered(before, message):
            raise Refused(
                f"messages.{number - 1}: `tool_use` ids were found without `tool_result` blocks"
                f" immediately after: {', '.join(missing)}."
            )
        if strangers := _strangers(before, message):
            raise Refused(
                f"messages.{number}: unexpected `tool_use_id` found in `tool_result` blocks:"
                f" {', '.join(strangers)}."
            )
        if isinstance(message, User | Assistant) and Text("") in message.parts:
            raise Refused("messages: text content blocks must be non-empty")
    if messages and isinstance(last := messages[-1], Assistant):
        final = text_of(last.parts)
        if final != final.rstrip():
            raise Refused("messages: final assistant content cannot end with trailing whitespace")
    for call in _calls(messages):
        if not _ANTHROPIC_ID.fullmatch(call.id):
            raise Refused("messages: tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")


def _check_responses(messages: tuple[Message, ...]) -> None:
    """Here a result may stand anywhere behind its call."""
    open_calls: list[str] = []
    for message in messages:
        match message:
            case Assistant():
                open_calls += [call.id for call in message.calls]
            case Results(results):
                for result in results:
                    if result.call not in open_calls:
                        raise Refused(
                            "No tool call found for function call output with call_id"
                            f" {result.call}."
                        )
                    open_calls.remove(result.call)
            case _:
                pass
    if open_calls:
        raise Refused(f"No tool output found for function call {open_calls[0]}.")


def _with_the_one_before(
    messages: tuple[Message, ...],
) -> Iterator[tuple[Message | None, Message | None]]:
    """Each message after the one before it, and None after the last."""
    return pairwise((None, *messages, None))


def _unanswered(before: Message | None, after: Message | None) -> list[str]:
    """The calls of one message whose results are not in the next."""
    if not isinstance(before, Assistant):
        return []
    results = after.results if isinstance(after, Results) else ()
    answered = {result.call for result in results}
    return [call.id for call in before.calls if call.id not in answered]


def _strangers(before: Message | None, after: Message | None) -> list[str]:
    """The results in one message of calls that are not in the one before."""
    if not isinstance(after, Results):
        return []
    calls = before.calls if isinstance(before, Assistant) else ()
    called = {call.id for call in calls}
    return [result.call for result in after.results if result.call not in called]


def _calls(messages: tuple[Message, ...]) -> Iterator[ToolCall]:
    return (call for each in messages if isinstance(each, Assistant) for call in each.calls)


def _out_of_order(message: str) -> Refused:
    return _mistral(message, type="invalid_request_message_order", code="3230")


def _mistral(message: str, *, type: str, code: str) -> Refused:
    return Refused(message, body=mistral(message, type=type, code=code, status=400))
