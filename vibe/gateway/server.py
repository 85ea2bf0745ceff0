"""uvicorn, run as a part of vibe: our connections, our sockets, our signals, no log of its own.

To be imported by whoever is about to serve, and by nobody else: uvicorn loads much. What the
application needs is opened and closed around `serve`, not in here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Generator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from typing import Any, Final, TypeVar

import uvicorn

from vibe.errors import ExitCode
from vibe.gateway.asgi import App
from vibe.gateway.connection import Connection, Timeouts
from vibe.gateway.files import most_connections
from vibe.gateway.guard import Bounds
from vibe.gateway.refusal import Told, plain

_T = TypeVar("_T")

_TIMEOUTS: Final = Timeouts()
_LAST_WORDS_S: Final = 2.0
_LOOKS_S: Final = 0.01
_ENDING: Final = (signal.SIGINT, signal.SIGTERM)

_logger = logging.getLogger("vibe.gateway")


def run(work: Coroutine[Any, Any, _T]) -> _T:
    """As asyncio.run, on the quicker loop where that is installed."""
    if find_spec("uvloop") is None:
        return asyncio.run(work)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


async def serve(
    app: App,
    sockets: Sequence[socket.socket],
    *,
    started: Callable[[], None],
    reload: Callable[[], None],
    stopping: Callable[[], None],
    bounds: Bounds,
    timeouts: Timeouts = _TIMEOUTS,
    told: Told = plain,
) -> ExitCode:
    """Serves until SIGINT or SIGTERM, then lets what is under way finish; a second one cuts it.

    `started` is called once requests are answered, `stopping` as the end begins, `reload` on each
    SIGHUP. `told` is for what a connection itself refuses. The sockets are closed in the end, and
    nothing that was begun here goes on.
    """
    _silence()
    config = uvicorn.Config(
        app,
        interface="asgi3",
        http=type(
            "Bounded",
            (Connection,),
            {
                "bounds": bounds,
                "timeouts": timeouts,
                "told": staticmethod(told),
                "most": most_connections(Connection.most),
            },
        ),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # whoever is on this machine would say where he comes from
        server_header=False,
        timeout_keep_alive=timeouts.keep_alive_s,
        timeout_graceful_shutdown=timeouts.drain_s,
    )
    server = _Server(config, started)
    try:
        with _listening_to_signals(server, reload=reload, stopping=stopping), _trouble_logged():
            await server.serve(sockets=list(sockets))
            if not server.force_exit:
                await server.let_finish()
    finally:
        server.cut()
        for each in sockets:
            each.close()
        await asyncio.gather(*server.server_state.tasks, return_exceptions=True)
    return ExitCode.INTERRUPTED if server.force_exit else ExitCode.FINISHED


class _Server(uvicorn.Server):
    """Leaves signals alone, tells that it is up, and can be cut short."""

    def __init__(self, config: uvicorn.Config, started: Callable[[], None]) -> None:
        super().__init__(config)
        self._started = started

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._started()

    async def let_finish(self) -> None:
        """Who was cancelled, since it took too long, tells its client so, if that one listens."""
        state = self.server_state
        if state.tasks:
            await asyncio.wait(state.tasks, timeout=_LAST_WORDS_S)
        for connection in tuple(state.connections):
            connection.transport.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(_LAST_WORDS_S):
                while state.connections:  # noqa: ASYNC110 - uvicorn tells nobody of it
                    await asyncio.sleep(_LOOKS_S)

    def cut(self) -> None:
        """Ends every connection and every request, now."""
        for listener in self.servers if self.started else ():
            listener.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()
        for task in self.server_state.tasks:
            task.cancel()


@contextmanager
def _listening_to_signals(
    server: _Server, *, reload: Callable[[], None], stopping: Callable[[], None]
) -> Generator[None]:
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (*_ENDING, signal.SIGHUP)}
    had_terminal = before[signal.SIGHUP] is not signal.SIG_IGN and _has_terminal()

    def end() -> None:
        if server.should_exit:
            server.force_exit = True
            server.cut()
        else:
            server.should_exit = True
            stopping()

    def hang_up() -> None:
        if had_terminal and not _has_terminal():
            # The window was closed, which can be told twice.
            if not server.should_exit:
                end()
        else:
            reload()

    for number in _ENDING:
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(signal.SIGHUP, hang_up)
    try:
        yield
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


@contextmanager
def _trouble_logged() -> Generator[None]:
    """What goes wrong outside of any request goes into the log, not onto the screen."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()

    def tell(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        _logger.error("%s", context.get("message"), exc_info=context.get("exception"))

    loop.set_exception_handler(tell)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


def _silence() -> None:
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).disabled = True
