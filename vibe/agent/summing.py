"""A long conversation summed up by the pool, in as many pieces as it takes.

Asks and passes on what is told meanwhile; what stands for the conversation then is compaction.py's.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Protocol

from msgspec import Struct

from vibe.agent.compaction import pieces, question
from vibe.agent.ends import text_of
from vibe.domain.answer import Answer
from vibe.domain.event import Delta, Event, PoolEvent, Sealed, Unanswered
from vibe.domain.message import Message, User
from vibe.domain.model import Alias
from vibe.domain.request import ModelRequest
from vibe.mux.asking import Asking
from vibe.mux.member import Member


class Pool(Protocol):
    """What a turn needs of the multiplexer."""

    def stream(
        self, request: ModelRequest, asking: Asking = ...
    ) -> AsyncGenerator[PoolEvent, None]: ...

    def window_of(self, alias: Alias | None) -> int | None: ...

    @property
    def members(self) -> tuple[Member, ...]: ...


class Summary(Struct, frozen=True, kw_only=True):
    """`text` is None where no summary was to be had. `answers` are those that it took."""

    text: str | None
    answers: tuple[Answer, ...]


async def summed(
    pool: Pool,
    conversation: Sequence[Message],
    *,
    window: int | None,
    last: User | None = None,
    asking: Asking,
    keep: str = "",
    tell: Callable[[Event], None],
) -> Summary:
    text: str | None = None
    answers: list[Answer] = []
    for piece in pieces(conversation, window, last=last):
        request = ModelRequest(messages=(question(piece, text or "", keep=keep),))
        answer: Answer | None = None
        async with aclosing(pool.stream(request, asking)) as events:
            async for event in events:
                if isinstance(event, Sealed):
                    answer = event.answer
                elif not isinstance(event, Delta | Unanswered):
                    tell(event)
        answers += [] if answer is None else [answer]
        if answer is None or answer.reason == "length" or not (text := text_of(answer).strip()):
            return Summary(text=None, answers=tuple(answers))
    return Summary(text=text, answers=tuple(answers))
