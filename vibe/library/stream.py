"""An answer chunk by chunk, for a reader to whom nothing can be taken back.

Invariant: the texts of the chunks are the text of the sealed answer, or `TakenBack` is raised.
Calls come when the answer is sealed, each in one piece: until then a cut may still undo them.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Literal, Self

from msgspec import Struct

from vibe.domain.answer import Answer
from vibe.domain.event import FailedOver, Routed, Sealed, Seam, Unanswered
from vibe.domain.model import Alias
from vibe.domain.stream import TextDelta, ThinkingDelta
from vibe.library.calls import Call
from vibe.library.results import (
    FINISH,
    ChatCompletionChunk,
    ChoiceDelta,
    ChoiceDeltaToolCall,
    ChunkChoice,
    FinishReason,
    function_of,
    usage_of,
)
from vibe.mux.errors import error_of
from vibe.mux.steady import Steady


class Heading(Struct, frozen=True, kw_only=True):
    """What all results of one call have in common. `model_of` names the model of an endpoint."""

    id: str
    created: int
    model_of: Callable[[Alias], str]


class ChatStream:
    """To be read to its end, or closed: by `async with`, by `close()`, or by being forgotten."""

    def __init__(self, call: Call, heading: Heading, *, tells_usage: bool) -> None:
        self._call = call
        self._heading = heading
        self._tells_usage = tells_usage
        self._ready: deque[ChatCompletionChunk] = deque()
        self._endpoint = self._model = ""
        self._steady = Steady(begins_anew=True)
        self._has_begun = False
        self._is_over = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> ChatCompletionChunk:
        await self.fill()
        if not self._ready:
            raise StopAsyncIteration
        return self._ready.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """The connection is closed at once, and nothing more is paid for."""
        await self._call.end()

    aclose = close

    async def fill(self) -> None:
        """Wait until there is a chunk, or until there will be none."""
        try:
            while not (self._ready or self._is_over):
                await self._read()
        except BaseException:
            await self.close()
            raise

    async def _read(self) -> None:
        event = await self._call.next()
        for piece in self._steady.take(event):
            if isinstance(piece, TextDelta):
                self._say(ChoiceDelta(content=piece.text, role=self._role()))
            elif isinstance(piece, ThinkingDelta):
                self._say(ChoiceDelta(reasoning_content=piece.text, role=self._role()))
        match event:
            case Routed(alias=alias) | FailedOver(to_alias=alias) | Seam(to_alias=alias):
                self._is_by(alias)
            case Sealed(answer):
                await self.close()
                self._finish(answer)
            case Unanswered():
                raise error_of(event)
            case _:
                pass  # it is in the pieces, or nothing that a chunk tells

    def _finish(self, answer: Answer) -> None:
        self._is_over = True
        self._is_by(answer.pieces[-1].alias)
        for index, call in enumerate(answer.calls):
            piece = ChoiceDeltaToolCall(index=index, id=call.id, function=function_of(call))
            self._say(ChoiceDelta(tool_calls=(piece,), role=self._role()))
        self._say(ChoiceDelta(role=self._role()), FINISH[answer.reason])
        if self._tells_usage:
            self._ready.append(self._chunk(answer=answer))

    def _is_by(self, endpoint: Alias) -> None:
        self._endpoint, self._model = endpoint, self._heading.model_of(endpoint)

    def _role(self) -> Literal["assistant"] | None:
        """Told with the first chunk."""
        role = None if self._has_begun else "assistant"
        self._has_begun = True
        return role

    def _say(self, delta: ChoiceDelta, finish_reason: FinishReason | None = None) -> None:
        self._ready.append(self._chunk(ChunkChoice(delta=delta, finish_reason=finish_reason)))

    def _chunk(self, *choices: ChunkChoice, answer: Answer | None = None) -> ChatCompletionChunk:
        return ChatCompletionChunk(
            id=self._heading.id,
            created=self._heading.created,
            model=self._model,
            endpoint=self._endpoint,
            choices=choices,
            usage=usage_of(answer) if answer else None,
        )
