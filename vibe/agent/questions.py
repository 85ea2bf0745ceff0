"""Questions to the person, by their ids, until they are answered or given up.

Who shows them and what an answer means is decided elsewhere.
"""

from __future__ import annotations

import asyncio
from typing import TypeAlias

from msgspec import Struct

from vibe.domain.turn import QuestionId


class Allowed(Struct, frozen=True, kw_only=True):
    """`always`: and the like of it from now on, in this folder. `edits`: and every change inside
    the folder, in this session. `instead` is what the person made of the proposed file."""

    always: bool = False
    edits: bool = False
    instead: str | None = None


class Denied(Struct, frozen=True):
    """`why` is what the person says to the model about it."""

    why: str = ""


class Said(Struct, frozen=True):
    """The answer to a question that is not about a permission."""

    text: str


Reply: TypeAlias = Allowed | Denied | Said


class Questions:
    def __init__(self) -> None:
        self._open: dict[QuestionId, asyncio.Future[Reply]] = {}
        self._last = 0

    def new(self) -> QuestionId:
        self._last += 1
        question = QuestionId(self._last)
        self._open[question] = asyncio.get_running_loop().create_future()
        return question

    async def answered(self, question: QuestionId) -> Reply:
        try:
            return await self._open[question]
        finally:
            del self._open[question]

    def answer(self, question: QuestionId, reply: Reply) -> bool:
        """Whether it was still open: of two answers the first counts."""
        waiting = self._open.get(question)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(reply)
        return True
