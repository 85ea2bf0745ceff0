"""What may be told of an answer while it comes, to whoever cannot be told to forget it.

Pool events in, pieces out. Where an answer may begin anew, calls are held back until it is whole,
and a text that is said once more is told once.
"""

from __future__ import annotations

from typing import assert_never

from vibe.domain.answer import Answer
from vibe.domain.event import (
    FailedOver,
    PoolEvent,
    Retracted,
    Routed,
    Sealed,
    Seam,
    Slow,
    Unanswered,
    Waiting,
)
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.stream import (
    CallBegan,
    CallDelta,
    CallEnded,
    Passed,
    TextDelta,
    ThinkingDelta,
    ThinkingSealed,
)
from vibe.mux.errors import TakenBack
from vibe.mux.joint import is_short
from vibe.wire.serving import Piece


class Steady:
    """`_said` has been told, `_held` not yet. After a cut that takes it back `_again` is what of it
    the answer has still to say once more, and `_cut` tells of that. `_open` are the calls that were
    told and have not ended.

    Where it `begins_anew` if it is cut, it is told what that needs. `holds_first`: its first words
    are held back as well, for an answer of no more than these is given up most easily.
    """

    def __init__(self, *, begins_anew: bool, holds_first: bool = False) -> None:
        self._begins_anew = begins_anew
        self._holds_first = holds_first
        self._said: list[str] = []
        self._held = ""
        self._again = ""
        self._cut: Retracted | None = None
        self._told = 0
        self._open: set[int] = set()

    def take(self, event: PoolEvent) -> tuple[Piece, ...]:
        """Raises `TakenBack` where the answer begins anew with another text, and where it ended in
        the middle of a call."""
        match event:
            case TextDelta(text):
                return self._text(text) if self._begins_anew else (event,)
            case ThinkingDelta() | ThinkingSealed():
                return (event,)
            case CallBegan() | CallDelta() | CallEnded():
                return () if self._begins_anew else self._call(event)
            case Retracted():
                self._cut, self._again, self._held = event, "".join(self._said), ""
                return ()
            case Sealed(answer):
                return self._rest(answer)
            case Routed() | FailedOver() | Seam() | Waiting() | Slow() | Unanswered() | Passed():
                return ()
        assert_never(event)

    def _text(self, text: str) -> tuple[Piece, ...]:
        if self._holds_first and not self._said:
            self._held += text
            if is_short(self._held):
                return ()
            text, self._held = self._held, ""
        known = text[: len(self._again)]
        if self._cut and not self._again.startswith(known):
            raise TakenBack(self._cut)
        self._again, text = self._again[len(known) :], text[len(known) :]
        self._said.append(text)
        return (TextDelta(text),) if text else ()

    def _call(self, event: CallBegan | CallDelta | CallEnded) -> tuple[Piece, ...]:
        match event:
            case CallBegan():
                self._told += 1
                self._open.add(event.call)
            case CallEnded():
                self._open.discard(event.call)
            case CallDelta():
                pass
        return (event,)

    def _rest(self, answer: Answer) -> tuple[Piece, ...]:
        if self._again and self._cut is not None:  # it is shorter than what was told
            raise TakenBack(self._cut)
        if not self._begins_anew:
            if self._told > len(answer.calls):
                failure = answer.cut or Failure(kind=FailureKind.BROKEN_STREAM)
                raise TakenBack(Retracted(alias=answer.pieces[-1].alias, failure=failure))
            return tuple(CallEnded(call=number) for number in sorted(self._open))
        held, self._held = self._held, ""
        calls = (
            piece
            for number, call in enumerate(answer.calls)
            for piece in (
                CallBegan(call=number, id=call.id, name=call.name),
                CallDelta(call=number, arguments=call.arguments),
                CallEnded(call=number, seal=call.seal),
            )
        )
        return (*((TextDelta(held),) if held else ()), *calls)
