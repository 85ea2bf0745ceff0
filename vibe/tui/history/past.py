"""A conversation that was had before, as items of the history."""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from vibe.clean import clean, clean_line
from vibe.domain.message import Text
from vibe.session.record import Added, Compacted, Noted
from vibe.session.transcript import Transcript
from vibe.session.turn import Step, Turn
from vibe.tui.history.items import Answer, Item, Note, said_by
from vibe.tui.history.toolrow import finished


def items_of(transcript: Transcript) -> Iterator[Item]:
    for turn in transcript.turns:
        yield said_by(turn.message)
        yield from _items(turn)
        if turn.ended is not None and turn.ended.detail:
            yield Note(mark="■", text=clean(turn.ended.detail))


def _items(turn: Turn) -> Iterator[Item]:
    speaker = ""
    for item in turn.items:
        match item:
            case Step():
                yield from _answered(item, speaker)
                speaker = clean_line(item.answer.alias or "unknown")
            case Added(message=message):
                yield said_by(message)
            case Compacted():
                yield Note(mark="·", text="the conversation was summed up here")
            case Noted(text=text):
                yield Note(mark="!", text=clean(text))
            case _:
                assert_never(item)


def _answered(step: Step, speaker: str) -> Iterator[Item]:
    texts = (part.text for part in step.answer.parts if isinstance(part, Text))
    text = clean("".join(texts))
    name = clean_line(step.answer.alias or "unknown")
    if text.strip() or name != speaker:
        answer = Answer(*(() if name == speaker else (name,)))
        answer.feed(text)
        yield answer
    for call in step.calls:
        yield finished(call.asked, call.told, call.details, call.took_s)
