"""What an assistant sends before anything is said, and how much of it stays the same.

Counted is what a provider makes a prompt of: tools, instructions, messages, in this order. The ids
of messages are left out, since no model sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise, takewhile
from typing import Any, Final

import msgspec
from agent_contestants import Contestant
from agent_field import Failed, Field, Run
from agent_provider import GREETING, TASK
from msgspec import Raw, Struct

BYTES_A_TOKEN: Final = 4
FRONT: Final = ("system", "developer")
NO_TOOLS: Final = Raw(b"[]")


class Item(Struct, frozen=True):
    """A message, or an item of Responses; codex declares some of its tools by one."""

    role: str = ""
    content: str | list[dict[str, Any]] | None = None
    tools: Raw = NO_TOOLS

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class Body(Struct, frozen=True):
    """Of chat completions, which has `messages`, or of Responses, which has `input`."""

    messages: tuple[Raw, ...] = ()
    input: tuple[Raw, ...] = ()
    instructions: str = ""
    tools: Raw = NO_TOOLS

    @property
    def sent(self) -> tuple[Raw, ...]:
        return self.messages or self.input


def idle(field: Field, runs: int) -> Iterator[str]:
    """In bytes, of which four are taken for a token. One run tells it."""
    del runs
    yield "| assistant | tools | bytes of tools | of the system prompt | tokens | more with `hi` |"
    yield "|---|---:|---:|---:|---:|---:|"
    for who in field.contestants:
        try:
            asked = field.run(who, GREETING).requests[0].body
        except Failed as failed:
            yield f"| {who.label} | {failed} | | | | |"
        else:
            yield f"| {who.label} | {' | '.join(cells_of(asked))} |"


def cells_of(asked: str) -> Iterator[str]:
    body = msgspec.json.decode(asked, type=Body)
    items = [msgspec.json.decode(raw, type=Item) for raw in body.sent]
    front = list(takewhile(lambda item: item.role in FRONT, items))
    declared = [raw for raw in (body.tools, *(item.tools for item in items)) if raw != NO_TOOLS]
    tools_bytes = sum(len(bytes(raw)) for raw in declared)
    system_bytes = len(body.instructions.encode()) + text_bytes(front)
    around_bytes = text_bytes(items[len(front) :]) - len(GREETING)
    yield str(sum(count(msgspec.json.decode(raw)) for raw in declared))
    yield f"{tools_bytes:,}"
    yield f"{system_bytes:,}"
    yield f"{(tools_bytes + system_bytes) // BYTES_A_TOKEN:,}"
    yield f"{around_bytes // BYTES_A_TOKEN:,}"


def text_bytes(items: Iterable[Item]) -> int:
    return sum(len(item.text.encode()) for item in items)


def count(tools: Iterable[dict[str, Any]]) -> int:
    """Those in a namespace are counted one by one."""
    return sum(count(tool["tools"]) if "tools" in tool else 1 for tool in tools)


def prefix(field: Field, runs: int) -> Iterator[str]:
    """How many bytes of a request the one after it begins with. One run tells it."""
    del runs
    yield "| assistant | next request | continued later | another session | in another folder |"
    yield "|---|---:|---:|---:|---:|"
    for who in field.workers:
        try:
            yield f"| {who.label} | {' | '.join(kept_by(field, who))} |"
        except Failed as failed:
            yield f"| {who.label} | {failed} | | | |"


def kept_by(field: Field, who: Contestant) -> list[str]:
    first = prompts(field.run(who, TASK))
    continued = prompts(field.run(who, GREETING, continues=True))
    again = prompts(field.run(who, TASK))
    elsewhere = prompts(field.run(who, TASK, project="elsewhere"))
    return [
        kept(*pairwise(first)),
        kept((first[-1], continued[0])),
        kept((first[0], again[0])),
        kept((first[0], elsewhere[0])),
    ]


def kept(*pairs: tuple[bytes, bytes]) -> str:
    same, whole = sum(in_common(*pair) for pair in pairs), sum(len(former) for former, _ in pairs)
    return f"all of {whole:,}" if same == whole else f"{same:,} of {whole:,}"


def in_common(former: bytes, later: bytes) -> int:
    pairs = enumerate(zip(former, later, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(former), len(later)))


def prompts(run: Run) -> list[bytes]:
    return [prompt_of(request.body) for request in run.requests]


def prompt_of(asked: str) -> bytes:
    body = msgspec.json.decode(asked, type=Body)
    return b"\n".join([bytes(body.tools), body.instructions.encode(), *map(without_id, body.sent)])


def without_id(item: Raw) -> bytes:
    fields = msgspec.json.decode(item, type=dict[str, Raw])
    return msgspec.json.encode({name: raw for name, raw in fields.items() if name != "id"})
