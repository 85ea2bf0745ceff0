"""A transcript as a person reads it: turns of flat blocks, for everything that prints one.

Texts are as they were said; whoever shows them cleans, escapes and shortens them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias, assert_never

from msgspec import Struct

from vibe.domain.message import (
    Document,
    Image,
    Text,
    Thinking,
    ToolCall,
    User,
    UserPart,
)
from vibe.domain.telling import money
from vibe.domain.turn import TurnEnd
from vibe.session.record import Added, Compacted, Noted
from vibe.session.summary import Summary
from vibe.session.turn import Call, CallState, Item, Step, Turn

UNDER_WAY: Final = "It is under way."
Kind: TypeAlias = Literal["person", "thinking", "answer", "call", "summary", "note"]


class Block(Struct, frozen=True, kw_only=True):
    """`title` is who or what speaks; `result` is what came of a call."""

    kind: Kind
    title: str
    text: str
    result: str = ""
    images: tuple[Image, ...] = ()


def facts(summary: Summary) -> str:
    """The line below the title. Its time is UTC, for whom it is read by is not known."""
    began = datetime.fromtimestamp(summary.began, UTC).strftime("%Y-%m-%d %H:%M UTC")
    turns = f"{summary.turns} turn{'s' * (summary.turns != 1)}"
    cost = money(summary.cost_uusd, is_estimate=not summary.is_exact)
    named = (summary.session, summary.folder, began, turns, cost, ", ".join(summary.models))
    return " · ".join(filter(None, named))


def blocks(turn: Turn) -> Iterator[Block]:
    yield _said("person", "You", turn.message)
    for item in turn.items:
        yield from _of(item)
    if turn.ended and turn.ended.end is not TurnEnd.FINISHED:
        told = f"{turn.ended.end}: {turn.ended.detail}" if turn.ended.detail else turn.ended.end
        yield Block(kind="note", title="Note", text=told)


def _of(item: Item) -> Iterator[Block]:
    match item:
        case Step():
            yield from _step(item)
        case Added(message=message):
            yield _said("person", "You", message)
        case Compacted(message=message):
            yield _said("summary", "Summary of what came before", message)
        case Noted(text=text):
            yield Block(kind="note", title="Note", text=text)
        case _:
            assert_never(item)


def _step(step: Step) -> Iterator[Block]:
    answer = step.answer
    title = " and ".join(dict.fromkeys(piece.alias for piece in answer.pieces)) or "Answer"
    for part in answer.parts:
        match part:
            case Text(text):
                yield Block(kind="answer", title=title, text=text)
            case Thinking(text=text):
                if text:
                    yield Block(kind="thinking", title="Thinking", text=text)
            case ToolCall():
                pass
    for call in step.calls:
        yield _call(call)
    if answer.cut:
        yield Block(kind="note", title="Note", text="The answer was cut here.")


def _call(call: Call) -> Block:
    if call.state is CallState.STARTED:
        return Block(
            kind="call", title=call.asked.name, text=call.asked.arguments, result=UNDER_WAY
        )
    text, images = _content(call.told.parts)
    failed = " (failed)" * call.told.is_error
    return Block(
        kind="call",
        title=f"{call.asked.name}{failed}",
        text=call.asked.arguments,
        result=text,
        images=images,
    )


def _said(kind: Kind, title: str, message: User) -> Block:
    text, images = _content(message.parts)
    return Block(kind=kind, title=title, text=text, images=images)


def _content(parts: Iterable[UserPart]) -> tuple[str, tuple[Image, ...]]:
    parts = tuple(parts)
    images = tuple(part for part in parts if isinstance(part, Image))
    return "\n\n".join(filter(None, map(_words, parts))), images


def _words(part: UserPart) -> str:
    match part:
        case Text(text):
            return text
        case Image(url=url, media_type=media_type):
            return f"[image: {url or media_type or 'of unknown kind'}]"
        case Document(name=name, media_type=media_type):
            return f"[document: {name or media_type}]"
    assert_never(part)
