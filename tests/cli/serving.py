"""A fault server beside a command line; in a thread, since the command runs a loop of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Generator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Thread

from vibe.agent.permissions.grants import grant
from vibe.domain.model import Backend
from vibe.testing.exchange import Answer, Asked, Behaviour
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import Play, Schedule
from vibe.testing.server import Received

KEY = "canary7F3a9c21D4e8b6A0zz"
ENV = {"TEST_API_KEY": KEY}


_BEFORE = re.compile(r"\A<surroundings>.*?</surroundings>\s*", re.DOTALL)


def said(asked: Asked) -> str:
    """What the person said last, without what vibe puts before a first message."""
    return _BEFORE.sub("", asked.last_user_text)


def echo(asked: Asked) -> Answer:
    return Answer(text=said(asked))


class Serving:
    """The server, as far as another thread may ask it."""

    def __init__(self, server: FaultServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop

    @property
    def api_base(self) -> str:
        return self._server.api_base

    @property
    def requests(self) -> tuple[Received, ...]:
        return self._server.requests

    def wait_for(self, requests: int) -> None:
        """Until so many requests have come."""
        asyncio.run_coroutine_threadsafe(self._server.arrived(requests), self._loop).result(30)


@contextmanager
def serving(
    behaviour: Behaviour,
    *,
    dialect: Backend = "generic",
    faults: Play | Schedule | None = None,
    key: str = KEY,
) -> Generator[Serving, None, None]:
    started: Future[tuple[Serving, Callable[[], object]]] = Future()

    async def serve() -> None:
        loop, over = asyncio.get_running_loop(), asyncio.Event()
        async with FaultServer(behaviour, dialect=dialect, faults=faults, key=key) as server:
            end = partial(loop.call_soon_threadsafe, over.set)
            started.set_result((Serving(server, loop), end))
            await over.wait()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server, end = started.result(30)
    try:
        yield server
    finally:
        end()
        thread.join()


def configured(
    home: Path,
    api_base: str,
    *,
    backend: Backend = "generic",
    more: str = "",
    models: str = "",
    pool: str = "",
) -> None:
    """A configuration with the model `strong` of a provider there."""
    file = home / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f"""\
active_model = "strong"

[[providers]]
name = "acme"
api_base = "{api_base}"
api_key_env_var = "TEST_API_KEY"
backend = "{backend}"
{more}

[[models]]
name = "test-model"
provider = "acme"
alias = "strong"
{models}
{pool}
"""
    )
    file.chmod(0o600)


def granted(home: Path, *rules: str, folder: Path) -> None:
    """As if the person had once allowed this for good."""
    grant(home / ".local" / "state" / "vibe" / "grants.json", rules, folder=folder, at=0.0)
