"""An answer that is not whole, from the records of what has come of it: a pure fold.

Nobody is shown or sent it while it comes. If its process ends before it does, it is an answer that
was cut.
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.answer import Answer, Piece
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import Text
from vibe.domain.usage import Usage
from vibe.session.record import Answered, Arrived

ENDED: Final = Failure(kind=FailureKind.CANCELLED, detail="vibe itself was ended")
NOTHING: Final = Usage(input=0, output=0)


class Part(Struct, frozen=True, kw_only=True):
    """`usage` and `cost_uusd` are of the last attempt alone: who failed before it told its own."""

    turn: int
    number: int
    text: str = ""
    pieces: tuple[Piece, ...] = ()
    usage: Usage = NOTHING
    cost_uusd: int | None = 0

    def plus(self, more: Arrived) -> Part:
        piece = Piece(alias=more.alias, producer=more.producer, characters=len(more.text))
        before = self.pieces
        if before and before[-1].alias == more.alias:
            piece = replace(piece, characters=before[-1].characters + piece.characters)
            before = before[:-1]
        return replace(
            self,
            text=self.text + more.text,
            pieces=(*before, piece),
            usage=more.usage,
            cost_uusd=more.cost_uusd,
        )

    def paid(self) -> Part:
        """What the attempt has used was told by itself."""
        return replace(self, usage=NOTHING, cost_uusd=0)

    @property
    def cut(self) -> Answered:
        """What is kept of it when nothing more will come."""
        answer = Answer(
            parts=(Text(self.text),),
            pieces=self.pieces,
            usage=self.usage,
            is_estimated=True,
            cost_uusd=self.cost_uusd,
            cut=ENDED,
        )
        return Answered(turn=self.turn, number=self.number, answer=answer)


def with_more(part: Part | None, more: Arrived) -> Part:
    if part is None or (part.turn, part.number) != (more.turn, more.number):
        part = Part(turn=more.turn, number=more.number)
    return part.plus(more)
