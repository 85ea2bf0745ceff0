"""What a conversation has to look like for each dialect, held against the bytes that are sent.

Written from the documents of the vendors, and without any of our own code:
- OpenAI, API reference, "Create chat completion": a tool message answers a call of the assistant
  message before it, and each call is answered. An id has 40 characters at most (400 "string too
  long. Expected a string with maximum length 40").
- OpenAI, API reference, "Create a response": a `function_call_output` for each `function_call`.
- Mistral, mistral-common, protocol/instruct/validator.py, mode `serving`: the order of roles, ids
  of nine letters or digits, distinct; the last message of a user, a tool, or with a prefix.
- Anthropic, "Messages" and "Handle tool calls": roles alternate and a user's comes first, results
  stand at the beginning of the message after the calls, ids are unique, no text is blank.
That roles alternate and come in this order is what chat templates of open models want, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final, TypeAlias, cast

import msgspec
from msgspec import Struct, field

from vibe.domain.model import Backend

Json: TypeAlias = dict[str, object]


class Said(Struct):
    """One message: consecutive tool messages are one, and so are all items of one answer."""

    role: str
    texts: list[str] = field(default_factory=list[str])
    calls: list[str] = field(default_factory=list[str])
    answers: list[str] = field(default_factory=list[str])
    arguments: list[object] = field(default_factory=list[object])
    attachments: int = 0
    thoughts: int = 0
    is_prefix: bool = False


class Grammar(Struct, frozen=True, kw_only=True):
    ids: str
    user_after_tool: bool = True
    mid_system: bool = True
    prefill: bool = False
    ends_with_prefix_flag: bool = False


GRAMMARS: Final[dict[Backend, Grammar]] = {
    "generic": Grammar(ids="[!-~]{1,40}"),
    "azure": Grammar(ids="[!-~]{1,40}"),
    "mistral": Grammar(
        ids="[a-zA-Z0-9]{9}", user_after_tool=False, mid_system=False, ends_with_prefix_flag=True
    ),
    "anthropic": Grammar(ids="[a-zA-Z0-9_-]{1,64}", mid_system=False, prefill=True),
    "responses": Grammar(ids="[!-~]{1,40}"),
}


def conversation(backend: Backend, body: bytes) -> list[Said]:
    members = msgspec.json.decode(body, type=Json)
    match backend:
        case "anthropic":
            return [said for message in _list(members["messages"]) for said in _turn(message)]
        case "responses":
            return _grouped(_item(item) for item in _list(members["input"]))
        case _:
            return _grouped(_chat(message) for message in _list(members["messages"]))


def faults(conversation: list[Said], grammar: Grammar) -> list[str]:
    """What is illegal in a conversation."""
    found = [fault for said in conversation for fault in _faults_within(said, grammar)]
    for before, after in pairwise(conversation):
        found += _faults_between(before, after, grammar)
    told = [said for said in conversation if said.role != "system"]
    if not told or told[0].role != "user":
        found.append("does not begin with a user's message")
    if not grammar.mid_system and any(said.role == "system" for said in conversation[1:]):
        found.append("a system message in the middle")
    ids = [call for said in conversation for call in said.calls]
    if len(set(ids)) < len(ids):
        found.append(f"ids are not unique: {ids}")
    return found + list(_faults_at_the_end(conversation, grammar))


def _faults_within(said: Said, grammar: Grammar) -> Iterator[str]:
    if said.role not in {"system", "user", "assistant", "tool"}:
        yield f"an illegal role: {said.role}"
    if not (said.texts or said.calls or said.answers or said.attachments):
        yield f"an empty message: {said}"
    if any(not text.strip() for text in said.texts):
        yield f"a blank text: {said}"
    for call in said.calls + said.answers:
        if not re.fullmatch(grammar.ids, call):
            yield f"an illegal id: {call!r}"
    if not all(isinstance(arguments, dict) for arguments in said.arguments):
        yield f"arguments that are no object: {said.arguments}"


def _faults_between(before: Said, after: Said, grammar: Grammar) -> Iterator[str]:
    if before.role == after.role:
        yield f"two messages of role {after.role}"
    if before.calls != after.answers:
        yield f"calls {before.calls} are followed by results of {after.answers}"
    if before.role == "tool" and after.role != "assistant" and not grammar.user_after_tool:
        yield f"a message of role {after.role} after a tool's"


def _faults_at_the_end(conversation: list[Said], grammar: Grammar) -> Iterator[str]:
    last = conversation[-1]
    if last.calls:
        yield f"calls without results: {last.calls}"
    if any(said.is_prefix for said in conversation[:-1]):
        yield "a prefix that is not the last message"
    if last.role == "assistant":
        if not (grammar.prefill or (grammar.ends_with_prefix_flag and last.is_prefix)):
            yield "ends with an answer"
        if last.thoughts:
            yield "an answer to go on from that holds thought"


def _grouped(messages: Iterator[Said]) -> list[Said]:
    """Several tool messages as one; several items of an answer, too."""
    grouped: list[Said] = []
    for said in messages:
        last = grouped[-1] if grouped else None
        if last and said.role == last.role and said.role in {"tool", "assistant item"}:
            last.texts += said.texts
            last.calls += said.calls
            last.answers += said.answers
            last.arguments += said.arguments
            last.thoughts += said.thoughts
        else:
            grouped.append(said)
    for said in grouped:
        said.role = said.role.removesuffix(" item")
    return grouped


def _chat(message: Json) -> Said:
    said = Said(cast("str", message["role"]), is_prefix=message.get("prefix") is True)
    _read_content(said, message["content"])
    said.thoughts += any(message.get(key) for key in ("reasoning", "reasoning_content"))
    if said.role == "tool":
        said.answers.append(cast("str", message["tool_call_id"]))
    for call in _list(message.get("tool_calls") or []):
        function = cast("dict[str, str]", call["function"])
        said.calls.append(cast("str", call["id"]))
        said.arguments.append(msgspec.json.decode(function["arguments"]))
    return said


def _item(item: Json) -> Said:
    match item["type"]:
        case "message":
            role = cast("str", item["role"])
            said = Said("assistant item" if role == "assistant" else role)
            _read_content(said, item["content"])
            return said
        case "reasoning":
            return Said("assistant item", thoughts=1)
        case "function_call":
            arguments = msgspec.json.decode(cast("str", item["arguments"]))
            call = cast("str", item["call_id"])
            return Said("assistant item", calls=[call], arguments=[arguments])
        case "function_call_output":
            said = Said("tool", answers=[cast("str", item["call_id"])])
            _read_content(said, item["output"])
            return said
        case other:
            return Said(f"unknown {other}")


def _turn(message: Json) -> Iterator[Said]:
    """A user's message of Anthropic's holds the results before what the user says."""
    said = Said(cast("str", message["role"]))
    results = Said("tool")
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for block in _list(blocks):
        match block["type"]:
            case "tool_result":
                results.answers.append(cast("str", block["tool_use_id"]))
                _read_content(results, block.get("content"))
                if said.texts or said.attachments:
                    said.role = "user before a result"
            case "tool_use":
                said.calls.append(cast("str", block["id"]))
                said.arguments.append(block["input"])
            case _:
                _read_content(said, [block])
    if results.answers:
        yield results
    if said.texts or said.calls or said.attachments or not results.answers:
        yield said


def _read_content(said: Said, content: object) -> None:
    if isinstance(content, str):
        said.texts.append(content)
        return
    for part in _list(content or []):
        if part["type"] in {"text", "input_text"}:
            said.texts.append(cast("str", part["text"]))
        elif part["type"] in {"thinking", "redacted_thinking"}:
            said.thoughts += 1
        else:
            said.attachments += 1


def _list(value: object) -> list[Json]:
    return msgspec.convert(value, list[Json])
