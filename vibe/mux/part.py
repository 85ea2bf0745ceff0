"""The part of an answer that a person has seen when its stream was cut, and what becomes of it.

It stands and another goes on with it, or it is taken back; until one of both, it is kept. Knows
text and who wrote it, and nothing of entries.
"""

from __future__ import annotations

from msgspec.structs import replace

from vibe.domain.answer import Answer, Piece
from vibe.domain.event import PoolEvent, Retracted
from vibe.domain.failure import Failure
from vibe.domain.message import AssistantPart, Text, Thinking
from vibe.domain.stream import StopReason, TextDelta
from vibe.domain.usage import Usage
from vibe.mux.attempt import Attempt
from vibe.mux.joint import Joint, Restart

NOTHING_USED = Answer(parts=(), pieces=(), usage=Usage(input=0, output=0), cost_uusd=0)


class Part:
    """`text` is what was seen of the answer before the present attempt, whoever wrote it."""

    def __init__(self) -> None:
        self.text = ""
        self.pieces: tuple[Piece, ...] = ()
        self._joint: Joint | None = None
        self._cut: tuple[Attempt, Failure] | None = None
        self._counted: Attempt | None = None

    @property
    def joins(self) -> bool:
        """Whether the text that comes now has to be joined to what was there."""
        return self._joint is not None

    def keep(self, attempt: Attempt, failure: Failure) -> None:
        said = attempt.gathered.said
        self.text += said
        if said:
            self.pieces = (*self.pieces, _piece(attempt, len(said)))
        self._cut = attempt, failure
        self._joint = None

    def go_on(self, *, prefilled: bool, trimmed: bool) -> None:
        self._joint = Joint(self.text, prefilled=prefilled, trimmed=trimmed)

    def retract(self) -> list[PoolEvent]:
        """Take it back; the answer begins anew."""
        self._joint = None
        if self._cut is None or not self.text:
            return []
        attempt, failure = self._cut
        told = Retracted(alias=attempt.send.alias, failure=failure, text=self.text)
        self.text, self.pieces = "", ()
        return [told]

    def say(self, attempt: Attempt, text: str) -> list[PoolEvent]:
        """More of the answer, joined where there is something to join it to."""
        if self._joint is not None:
            return self._joined(attempt, self._joint.feed(text))
        attempt.gathered.text(text)
        return [TextDelta(text)]

    def say_rest(self, attempt: Attempt) -> list[PoolEvent]:
        """What the joint had held back."""
        if self._joint is None:
            return []
        joint, self._joint = self._joint, None
        return self._joined(attempt, joint.finish())

    def whole(self, attempt: Attempt, reason: StopReason) -> Answer:
        parts = attempt.gathered.parts(attempt.producer)
        characters = sum(len(part.text) for part in parts if isinstance(part, Text))
        usage, is_estimated = attempt.usage()
        return Answer(
            parts=_after(self.text, parts) if self.text else parts,
            pieces=(*self.pieces, _piece(attempt, characters)),
            reason=reason,
            usage=usage,
            is_estimated=is_estimated,
            cost_uusd=attempt.cost_uusd(usage),
        )

    def as_it_stands(self) -> Answer | None:
        """The part alone, flagged as cut."""
        return self._so_far(*self._cut) if self._cut and self.text else None

    def left(self, attempt: Attempt, failure: Failure) -> Answer:
        """The same where nobody wants more: perhaps without a text, but with what it used."""
        self.keep(attempt, failure)
        return self._so_far(attempt, failure)

    def spent(self, attempt: Attempt) -> Answer:
        """What it used, told by itself and not with the part again."""
        self._counted = attempt
        return replace(_used(attempt), pieces=(_piece(attempt, 0),))

    def _so_far(self, attempt: Attempt, failure: Failure) -> Answer:
        used = NOTHING_USED if attempt is self._counted else _used(attempt)
        return replace(
            used,
            parts=(Text(self.text),) if self.text else (),
            pieces=self.pieces or (_piece(attempt, 0),),
            cut=failure,
        )

    def _joined(self, attempt: Attempt, joined: str | Restart) -> list[PoolEvent]:
        told: list[PoolEvent] = []
        if isinstance(joined, Restart):
            told, joined = self.retract(), joined.text
        if joined:
            attempt.gathered.text(joined)
            told.append(TextDelta(joined))
        return told


def _used(attempt: Attempt) -> Answer:
    usage, is_estimated = attempt.usage()
    cost_uusd = attempt.cost_uusd(usage)
    return Answer(parts=(), pieces=(), usage=usage, is_estimated=is_estimated, cost_uusd=cost_uusd)


def _piece(attempt: Attempt, characters: int) -> Piece:
    return Piece(alias=attempt.send.alias, producer=attempt.producer, characters=characters)


def _after(part: str, parts: tuple[AssistantPart, ...]) -> tuple[AssistantPart, ...]:
    """One answer out of two: the second's thought was about going on, and is left out."""
    rest = [each for each in parts if not isinstance(each, Thinking)]
    if rest and isinstance(rest[0], Text):
        return (Text(part + rest[0].text), *rest[1:])
    return (Text(part), *rest)
