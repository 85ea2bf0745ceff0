"""A whole answer as it is kept: one answer, whoever wrote a part of it."""

from __future__ import annotations

from msgspec import Struct

from vibe.domain.failure import Failure
from vibe.domain.message import Assistant, AssistantPart, Producer, ToolCall
from vibe.domain.model import Alias
from vibe.domain.stream import StopReason
from vibe.domain.usage import Usage


class Piece(Struct, frozen=True, kw_only=True):
    """Who wrote so many characters of the answer's text, one after another."""

    alias: Alias
    producer: Producer
    characters: int


class Pace(Struct, frozen=True, kw_only=True):
    """How fast an answer came: `first_s` until the first of it, and from there `wrote_s` to its
    end."""

    first_s: float
    wrote_s: float


class Answer(Struct, frozen=True, kw_only=True):
    """`pieces` has more than one where a model went on with what another had begun.

    `cut` is why the answer is not whole, if it is not. `usage` is that of the attempt that ended
    it; `is_estimated` tells that the provider did not count, and vibe did.
    """

    parts: tuple[AssistantPart, ...]
    pieces: tuple[Piece, ...]
    reason: StopReason = "end"
    usage: Usage = Usage()
    is_estimated: bool = False
    cost_uusd: int | None = None
    cut: Failure | None = None

    @property
    def alias(self) -> Alias | None:
        """Who had the last word."""
        return self.pieces[-1].alias if self.pieces else None

    @property
    def message(self) -> Assistant:
        """As it stands in the conversation. Calls are of the last piece, and so are their seals."""
        return Assistant(
            parts=self.parts, producer=self.pieces[-1].producer if self.pieces else None
        )

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))
