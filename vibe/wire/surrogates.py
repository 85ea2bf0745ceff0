r"""Halves of a character that stand alone in JSON: `\ud83d` in one delta, `\ude00` in the next.

A server that counts in UTF-16 may cut a text anywhere, and msgspec refuses JSON with half a pair of
surrogates in it. So answer_bytes.py does two things for every dialect: before an answer is parsed,
its lone halves are hidden, each as a character that nobody uses; in the events that come of it,
halves are joined, and those that stay alone become U+FFFD. A dialect sees to it itself only where
it compares texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

from msgspec.structs import asdict, replace

from vibe.domain.stream import (
    Broken,
    CallBegan,
    CallDelta,
    CallEnded,
    Ended,
    StreamEvent,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)

# What hides a half: the last 2,048 code points of a plane for private use, in the same order.
_SHIFT: Final = 0x10F800 - 0xD800
_HIDDEN: Final = re.compile("[\U0010f800-\U0010ffff]")
_HIDDEN_HIGH: Final = re.compile("[\U0010f800-\U0010fbff]")

_HIGH: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}"
_LOW: Final = r"\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPES: Final = re.compile(rf"(?<!\\)((?:\\\\)*+)(?:{_HIGH}{_LOW}|({_HIGH}|{_LOW}))")

_Place: TypeAlias = Literal["text", "thinking"] | int  # a number is that of a call


def hidden(json: str) -> str:
    """JSON text in which each lone half is one character that stands for it."""
    if r"\ud" not in json and r"\uD" not in json:
        return json
    return _ESCAPES.sub(_hide, json)


def replaced(json: bytes) -> bytes:
    """What a client has sent, with U+FFFD for each lone half: nobody has the other one."""
    if rb"\ud" not in json and rb"\uD" not in json:
        return json
    try:
        return _ESCAPES.sub(_replace, json.decode()).encode()
    except UnicodeDecodeError:
        return json


def joined(text: str) -> str:
    """Text out of such JSON: two halves that now stand side by side are one character again."""
    if not _HIDDEN.search(text):
        return text
    halves = _HIDDEN.sub(lambda found: chr(ord(found[0]) - _SHIFT), text)
    return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class Halves:
    """The halves of one answer: puts together what its deltas hold.

    A half at the end of a delta waits for the next delta of the same text, thought or call.
    """

    # Before anything was hidden, a character that hides a half is no more than itself.
    _are_hidden: bool
    _waiting: dict[_Place, str]

    def __init__(self) -> None:
        self._are_hidden = False
        self._waiting = {}

    def hide(self, json: str) -> str:
        """What to parse of the answer in place of this JSON text."""
        parsable = hidden(json)
        self._are_hidden = self._are_hidden or parsable != json
        return parsable

    def join(self, event: StreamEvent) -> Iterable[StreamEvent]:
        """What to pass on for an event that was made of such JSON."""
        return self._joined(event) if self._are_hidden else (event,)

    def _joined(self, event: StreamEvent) -> Iterator[StreamEvent]:
        match event:
            case TextDelta(text):
                yield from self._give_up("thinking")
                yield from self._more("text", text)
            case ThinkingDelta(text):
                yield from self._give_up("text")
                yield from self._more("thinking", text)
            case CallDelta(call=call, arguments=arguments):
                yield from self._more(call, arguments)
            case Broken(failure):  # what waits may come with the rest, from elsewhere
                yield Broken(replace(failure, detail=joined(failure.detail)))
            case _:
                yield from self._give_up(*self._closed_by(event))
                texts = {k: joined(v) for k, v in asdict(event).items() if isinstance(v, str)}
                yield replace(event, **texts)

    def _more(self, place: _Place, text: str) -> Iterator[StreamEvent]:
        text = self._waiting.pop(place, "") + text
        if _HIDDEN_HIGH.match(text, len(text) - 1):
            self._waiting[place] = text[-1]
            text = text[:-1]
        if text:
            yield _delta(place, joined(text))

    def _give_up(self, *places: _Place) -> Iterator[StreamEvent]:
        """Nothing more follows there: a half that waits stays alone."""
        for place in places:
            if half := self._waiting.pop(place, ""):
                yield _delta(place, joined(half))

    def _closed_by(self, event: StreamEvent) -> tuple[_Place, ...]:
        match event:
            case CallBegan() | ThinkingSealed():
                return "text", "thinking"
            case CallEnded(call=call):
                return (call,)
            case Ended():
                return tuple(self._waiting)
            case _:
                return ()


def _hide(found: re.Match[str]) -> str:
    half = found[2]
    return found[1] + chr(int(half[2:], 16) + _SHIFT) if half else found[0]


def _replace(found: re.Match[str]) -> str:
    return found[1] + r"\ufffd" if found[2] else found[0]


def _delta(place: _Place, text: str) -> StreamEvent:
    match place:
        case "text":
            return TextDelta(text)
        case "thinking":
            return ThinkingDelta(text)
        case call:
            return CallDelta(call=call, arguments=text)
