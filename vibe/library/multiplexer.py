"""`Multiplexer`: a pool of endpoints that a program asks as it would ask one of them.

The names are those of the OpenAI SDK and of libraries like it; the engine is that of the chat and
the command line. Health and statistics last as long as the object, and no other process sees them.
"""

from __future__ import annotations

import logging
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4

import msgspec
from msgspec.structs import replace

from vibe.assemble import mux_by_itself, mux_of
from vibe.clean import clean_line, quote
from vibe.clock import SystemClock
from vibe.config.load import load_file
from vibe.domain.event import FailedOver, PoolEvent, Retracted, Routed, Seam, Slow, Waiting
from vibe.domain.model import Alias, BrokenStream, Mode, Overflow, Strategy
from vibe.domain.telling import told
from vibe.errors import UsageError
from vibe.library.arguments import check
from vibe.library.calls import Call, Calls
from vibe.library.client import addressed, reached_through_client
from vibe.library.completions import Chat, Completions
from vibe.library.endpoints import Endpoint, judged, reached_at_address, told_of
from vibe.library.stream import Heading
from vibe.mux.asking import Asking
from vibe.mux.entry import Rules
from vibe.mux.member import Member
from vibe.mux.memory import Forgetful
from vibe.mux.snapshot import MuxSnapshot
from vibe.wire.serve_chat import AUTO, ChatRequest
from vibe.world import world_of_this_process

_log: Final = logging.getLogger("vibe")


class Multiplexer:
    """To be used in `async with`, or closed by `aclose`; all of it in one event loop.

    An endpoint rests for `rate_limit_rest_s` after a 429 and for `error_rest_s` after another fault
    that passes, unless its own answer says how long. A call waits for one to come back for
    `max_wait_s` at most.
    """

    def __init__(
        self,
        *,
        mode: Mode = "load_balance",
        strategy: Strategy = "weighted",
        overflow: Overflow = "wait",
        on_broken_stream: BrokenStream = "continue",
        failure_threshold: int = 1,
        rate_limit_rest_s: float = 60.0,
        error_rest_s: float = 15.0,
        max_wait_s: float = 120.0,
    ) -> None:
        check(
            mode=mode,
            strategy=strategy,
            overflow=overflow,
            on_broken_stream=on_broken_stream,
            failure_threshold=failure_threshold,
            rate_limit_rest_s=rate_limit_rest_s,
            error_rest_s=error_rest_s,
            max_wait_s=max_wait_s,
        )
        rules = Rules(
            mode=mode,
            strategy=strategy,
            overflow=overflow,
            failure_threshold=failure_threshold,
            rate_limit_s=rate_limit_rest_s,
            error_s=error_rest_s,
            max_wait_s=max_wait_s,
        )
        self._clock = SystemClock()
        self._mux = mux_by_itself((), rules, clock=self._clock)
        self._calls = Calls(self._note)
        self._on_broken: BrokenStream | None = on_broken_stream
        self._is_closed = False
        self.chat = Chat(Completions(self._begin))

    @classmethod
    def from_config(cls, path: str | PathLike[str]) -> Self:
        """The pool of a configuration file, with the keys of the environment and of its `.env`."""
        world = world_of_this_process()
        loaded = load_file(Path(path), name=str(path), env=world.env, uid=world.uid)
        loaded.require()
        multiplexer = cls()
        multiplexer._mux = mux_of(loaded, clock=multiplexer._clock, memory=Forgetful())
        multiplexer._on_broken = None
        for member in multiplexer._mux.members:
            _tell_added(member)
        return multiplexer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Calls that are under way end with `Cancelled`. Twice is as good as once."""
        self._is_closed = True
        try:
            await self._calls.aclose()
        finally:
            await self._mux.aclose()

    def add_model(
        self,
        client: object = None,
        weight: int = 1,
        model_name: str = "",
        *,
        base_url: str = "",
        model: str = "",
        api_key: str = "",
        name: str | None = None,
        max_concurrent: int | None = None,
    ) -> None:
        """An endpoint that takes its share, as weighed among all of them.

        Either `base_url` and `model`, or a client of the OpenAI SDK's kind with weight and model
        name. Counts from the next request on, and for those that wait in line.
        """
        self._add(
            told_of(
                client,
                weight,
                model_name,
                base_url=base_url,
                model=model,
                api_key=api_key,
                name=name,
                max_concurrent=max_concurrent,
            )
        )

    def add_fallback_model(
        self,
        client: object = None,
        weight: int = 1,
        model_name: str = "",
        *,
        base_url: str = "",
        model: str = "",
        api_key: str = "",
        name: str | None = None,
        max_concurrent: int | None = None,
    ) -> None:
        """An endpoint that is asked only while none of the others can be."""
        endpoint = told_of(
            client,
            weight,
            model_name,
            base_url=base_url,
            model=model,
            api_key=api_key,
            name=name,
            max_concurrent=max_concurrent,
        )
        self._add(replace(endpoint, is_fallback=True))

    def get_stats(self) -> dict[str, dict[str, Any]]:
        """By name: `success`, `rateLimited`, `failed`, and all that the snapshot tells of it."""
        return {
            entry.alias: {
                "success": entry.ok,
                "rateLimited": entry.limited,
                **msgspec.to_builtins(entry),
            }
            for entry in self.snapshot.entries
        }

    @property
    def snapshot(self) -> MuxSnapshot:
        """The pool at this moment, as a value."""
        return self._mux.snapshot()

    def reset(self) -> None:
        """Every endpoint counts as well, and all counts begin anew; the endpoints stay."""
        self._mux.reset()

    def _add(self, endpoint: Endpoint) -> None:
        members = self._mux.members
        taken = {member.entry.alias for member in members}
        endpoint = judged(addressed(endpoint), taken)
        reached = reached_at_address if endpoint.client is None else reached_through_client
        member = reached(endpoint, clock=self._clock)
        self._mux.set_members((*members, member))
        _tell_added(member)

    def _begin(self, asked: ChatRequest, within_s: float | None) -> tuple[Call, Heading]:
        if self._is_closed:
            raise UsageError("the multiplexer is closed")
        if not self._mux.members:
            raise UsageError("there is no endpoint yet", hint="add_model(base_url=…, model=…)")
        asking = Asking(
            within_s=within_s,
            on_broken=self._on_broken if asked.is_streamed else "restart",  # nobody has read of it
            among=self._among(asked.model),
        )
        heading = Heading(
            id=f"chatcmpl-{uuid4().hex}", created=int(self._clock.wall()), model_of=self._model_of
        )
        return self._calls.begin(self._mux.stream(asked.request, asking)), heading

    def _among(self, model: str) -> frozenset[Alias] | None:
        """Who is meant: all, one by its name, or those that serve a model of that name."""
        if model == AUTO:
            return None
        members = self._mux.members
        found = [m.entry.alias for m in members if m.entry.alias == model] or [
            m.entry.alias for m in members if m.target.model == model
        ]
        if not found:
            raise UsageError(
                f"model: {quote(model)} is neither an endpoint nor a model of one",
                hint=f"leave it out, or name one of {', '.join(m.entry.alias for m in members)}",
            )
        return frozenset(found)

    def _model_of(self, alias: Alias) -> str:
        return next(m.target.model for m in self._mux.members if m.entry.alias == alias)

    def _note(self, event: PoolEvent) -> None:
        match event:
            case Routed(alias=alias):
                self._tell_routed(alias)
            case FailedOver(to_alias=alias) | Seam(to_alias=alias):
                _log.info("%s", clean_line(told(event)))
                self._tell_routed(alias)
            case Waiting() | Slow() | Retracted():
                _log.info("%s", clean_line(told(event)))
            case _:
                pass

    def _tell_routed(self, alias: Alias) -> None:
        is_fallback = any(m.entry.is_fallback for m in self._mux.members if m.entry.alias == alias)
        line = "Fallback triggered, using: %s" if is_fallback else "Request routed to: %s"
        _log.debug(line, clean_line(alias))


def _tell_added(member: Member) -> None:
    entry = member.entry
    tier = "fallback" if entry.is_fallback else "primary"
    _log.info("Added %s endpoint: %s (weight: %d)", tier, clean_line(entry.alias), entry.weight)
