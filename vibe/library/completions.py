"""`chat.completions`: what a caller passes, as a request; what comes of it, as he expects it.

The parameters are those of OpenAI's chat completions that vibe knows; any other is refused.
"""

# ruff: noqa: ASYNC109 - the SDK's own name for it

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, overload

from vibe.domain.event import Sealed, Unanswered
from vibe.errors import UsageError
from vibe.library.arguments import check, check_finite
from vibe.library.calls import Call
from vibe.library.foreign import json_of
from vibe.library.results import ChatCompletion, completion_of
from vibe.library.stream import ChatStream, Heading
from vibe.mux.errors import error_of
from vibe.wire.serve_chat import AUTO, PARAMETERS, ChatRequest, read_chat_request

Begin: TypeAlias = Callable[[ChatRequest, float | None], tuple[Call, Heading]]

_KNOWN: Final = ", ".join(sorted([*PARAMETERS, "timeout"]))


class Completions:
    def __init__(self, begin: Begin) -> None:
        self._begin = begin

    @overload
    async def create(
        self,
        *,
        messages: Iterable[Any],
        model: str = AUTO,
        stream: Literal[False] | None = False,
        timeout: float | None = None,
        **parameters: Any,
    ) -> ChatCompletion: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[Any],
        model: str = AUTO,
        stream: Literal[True],
        timeout: float | None = None,
        **parameters: Any,
    ) -> ChatStream: ...

    @overload
    async def create(
        self,
        *,
        messages: Iterable[Any],
        model: str = AUTO,
        stream: bool,
        timeout: float | None = None,
        **parameters: Any,
    ) -> ChatCompletion | ChatStream: ...

    async def create(
        self,
        *,
        messages: Iterable[Any],
        model: str = AUTO,
        stream: bool | None = False,
        timeout: float | None = None,
        **parameters: Any,
    ) -> ChatCompletion | ChatStream:
        """One answer, whole or in chunks, by whichever endpoint can give it.

        `model` is "auto" for all of them, the name of one, or the model that some serve. `timeout`
        bounds the call in seconds, all waits and repeats included. A stream is returned with its
        first chunk, so that what fails before it is raised here.
        """
        check(timeout=timeout)
        try:
            parameters |= {"messages": list(messages), "model": model, "stream": stream}
        except TypeError:
            raise UsageError("messages: has to be a list of messages") from None
        asked = _read(parameters)
        if timeout is not None and not timeout > 0:
            raise UsageError("timeout: give more than 0 seconds, or None")
        call, heading = self._begin(asked, timeout)
        if not asked.is_streamed:
            return await _whole(call, heading)
        chunks = ChatStream(call, heading, tells_usage=asked.tells_usage)
        await chunks.fill()
        return chunks


class Chat:
    def __init__(self, completions: Completions) -> None:
        self.completions = completions


async def _whole(call: Call, heading: Heading) -> ChatCompletion:
    try:
        while True:
            match await call.next():
                case Sealed(answer):
                    return completion_of(answer, id=heading.id, created=heading.created)
                case Unanswered() as end:
                    raise error_of(end)
                case _:
                    pass
    finally:
        await call.end()


def _read(parameters: Mapping[str, object]) -> ChatRequest:
    unknown = sorted(parameters.keys() - PARAMETERS)
    if unknown:
        raise UsageError(f"create() does not take {', '.join(unknown)}", hint=f"it takes {_KNOWN}")
    for name, value in parameters.items():
        check_finite(name, value)
    try:
        body = json_of(parameters)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise UsageError(f"the request cannot be written as JSON: {error}") from error
    return read_chat_request(body)
