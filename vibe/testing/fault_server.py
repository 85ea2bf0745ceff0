"""A provider in a box: a server, a model's behaviour, and a schedule of the faults that it plays.

Each runs on a port of its own and speaks one dialect. It takes what the vendor would take, refuses
what that would refuse, and fails when its schedule says so.
"""

from __future__ import annotations

from types import TracebackType
from typing import Final, Self

from msgspec.structs import replace

from vibe.clock import Clock, SystemClock
from vibe.domain.model import Backend
from vibe.testing.dialects import api_base, read, refusal_body
from vibe.testing.envelopes import Refused
from vibe.testing.exchange import Answer, Asked, Behaviour, going_on
from vibe.testing.fault import Scene, due
from vibe.testing.faults import Play, Schedule, never
from vibe.testing.http1 import HttpRequest
from vibe.testing.reply import Reply, json_reply
from vibe.testing.rules import check
from vibe.testing.server import Received, Server

_KEY_IN: Final[dict[Backend, tuple[str, str]]] = {
    "generic": ("authorization", "Bearer "),
    "mistral": ("authorization", "Bearer "),
    "responses": ("authorization", "Bearer "),
    "anthropic": ("x-api-key", ""),
    "azure": ("api-key", ""),
}


class FaultServer:
    """Runs inside `async with`. With a `key` it refuses every other."""

    def __init__(
        self,
        behaviour: Behaviour,
        *,
        dialect: Backend = "generic",
        faults: Play | Schedule | None = None,
        key: str = "",
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        self._behaviour = behaviour
        self._dialect: Backend = dialect
        self._key = key
        self._clock = clock or SystemClock()
        self._server = Server(self._reply, clock=self._clock, port=port)
        self._faults = faults

    async def __aenter__(self) -> Self:
        await self._server.__aenter__()
        if isinstance(self._faults, Play) and self._faults.fault.name == "refused":
            self._server.go_down()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._server.__aexit__(kind, error, trace)

    @property
    def api_base(self) -> str:
        """What a configuration names as the `api_base` of this provider."""
        return api_base(self._dialect, self._server.origin)

    @property
    def requests(self) -> tuple[Received, ...]:
        return self._server.requests

    async def arrived(self, requests: int) -> None:
        """Waits until so many requests have come."""
        await self._server.arrived(requests)

    async def settled(self, *, requests: int = 0) -> None:
        """Waits until so many requests have come and the reply to each of all has ended."""
        await self._server.settled(requests=requests)

    async def play(self, faults: Play | Schedule | None) -> None:
        """From the next request on, this schedule; `refused` counts at once."""
        self._faults = faults
        if isinstance(faults, Play) and faults.fault.name == "refused":
            self._server.go_down()
        else:
            await self._server.come_up()

    def _reply(self, request: HttpRequest) -> Reply:
        try:
            self._check_key(request)
            asked = read(self._dialect, request)
            check(asked)
        except Refused as refused:
            return json_reply(refusal_body(self._dialect, refused), status=refused.status)
        schedule = self._faults or never
        play = schedule if isinstance(schedule, Play) else schedule(asked, len(self.requests))
        scene = Scene(
            asked=asked,
            answer=self._answer(asked),
            now=self._clock.wall(),
            at_event=play.at_event if play else None,
        )
        if play is None or (play.fault.streamed_only and not scene.is_streamed):
            return due(scene)
        return replace(play.fault.act(scene), fault=play.fault.name)

    def _answer(self, asked: Asked) -> Answer:
        if asked.purpose != "answer":
            return Answer()
        return going_on(asked, self._behaviour(asked))

    def _check_key(self, request: HttpRequest) -> None:
        name, scheme = _KEY_IN[self._dialect]
        if self._key and request.header(name) != scheme + self._key:
            raise Refused("Incorrect API key provided.", status=401)
