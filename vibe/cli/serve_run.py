"""A gateway while it runs: its parts put together, its configuration followed, its checks made."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

from vibe.assemble import mux_for_all, refit_for_all
from vibe.cli.chat_desk import DEMO
from vibe.cli.context import Cli
from vibe.cli.serve_log import Log, table
from vibe.cli.serve_offer import demo_offer, offer_of
from vibe.clock import Clock, SystemClock
from vibe.config.load import Loaded
from vibe.domain.model import ProviderName
from vibe.errors import ExitCode, VibeError
from vibe.gateway.app import SERVED, Application, refused
from vibe.gateway.auth import token_at
from vibe.gateway.checks import Checks, Listing
from vibe.gateway.guard import rules_of
from vibe.gateway.health import health
from vibe.gateway.listen import port_of, url_of
from vibe.gateway.metrics import Metrics
from vibe.gateway.offer import Offer
from vibe.gateway.pages import PATHS, Pages
from vibe.gateway.protected import Protected
from vibe.gateway.record import Record, Switched
from vibe.gateway.server import serve

LOOKS_S = 1.0  # between two looks at the configuration's files


async def serving(
    cli: Cli, loaded: Loaded, sockets: tuple[socket.socket, ...], host: str
) -> ExitCode:
    """Until it is told to end."""
    async with AsyncExitStack() as stack:
        running = await _running(cli, loaded, stack, port=port_of(sockets))
        stack.push_async_callback(running.end)
        url = url_of(host, port_of(sockets))
        return await serve(
            running.protected,
            sockets,
            started=lambda: running.begin(url),
            reload=running.reload,
            stopping=running.stop,
            bounds=running.protected.rules.bounds,
        )


async def _running(cli: Cli, loaded: Loaded, stack: AsyncExitStack, *, port: int) -> Running:
    clock = SystemClock()
    if loaded.settings.models:
        mux = await asyncio.to_thread(mux_for_all, loaded, clock=clock, memory=cli.memory())
        stack.push_async_callback(mux.aclose)
        offer = offer_of(loaded, mux, clock=clock)
    else:
        cli.warn(DEMO)
        offer = await demo_offer(stack, clock=clock)
    return Running(cli, loaded, offer, clock, port=port)


class Running:
    """`_loaded` is the configuration that counts; one that has mistakes is told, and left."""

    def __init__(self, cli: Cli, loaded: Loaded, offer: Offer, clock: Clock, *, port: int) -> None:
        self._cli = cli
        self._loaded = loaded
        self._clock = clock
        self._port = port
        self._tasks: list[asyncio.Task[None]] = []
        self._metrics = Metrics((*SERVED, *PATHS))
        self._checks = Checks(offer.mux, _listings(offer), clock)
        pages = Pages(
            self._metrics,
            unreachable=lambda: self._checks.unreachable,
            under_way=lambda: self.protected.under_way,
        )
        self._application = Application(offer, pages, self._note)
        gateway = loaded.settings.gateway
        self._token_file = cli.folders().state / "gateway.token"
        self.protected = Protected(
            self._application,
            rules=rules_of(gateway, port=port),
            token=token_at(self._token_file, tell=cli.warn),
            max_requests=gateway.max_requests,
            told=refused,
        )
        self._log = Log(
            cli.terminal.talk,
            cli.terminal.talk_paint,
            form=gateway.log,
            names=lambda: self._application.offer.names,
            wall=clock.wall,
        )

    def begin(self, url: str) -> None:
        offer = self._application.offer
        found = health(offer.mux.snapshot(), offer.priorities)
        paint = self._cli.terminal.talk_paint
        for line in table(paint, offer.names, found, url=url, token=str(self._token_file)):
            self._cli.terminal.talk(line)
        self._tasks.append(asyncio.create_task(self._follow()))
        self._check()

    def stop(self) -> None:
        paint = self._cli.terminal.talk_paint
        left = self.protected.under_way
        self._cli.terminal.talk(paint(f"stopping: {left} under way" if left else "stopping", "dim"))

    async def end(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def reload(self) -> None:
        """Read the configuration again. What is under way ends as it began."""
        try:
            loaded = self._cli.load(allow_missing_keys=True)
            gateway = loaded.require().gateway
        except VibeError as error:
            self._cli.tell(error)
            self._cli.warn("the configuration has mistakes, so that of before still counts")
            return
        if not loaded.settings.models or not self._loaded.settings.models:
            self._cli.warn("to begin or end with models needs a new start of vibe serve")
            return
        self._loaded = loaded
        mux = self._application.offer.mux
        refit_for_all(mux, loaded, clock=self._clock)
        self._application.offer = offer_of(loaded, mux, clock=self._clock)
        self.protected.rules = rules_of(gateway, port=self._port)
        self.protected.max_requests = gateway.max_requests
        self._checks.listings = _listings(self._application.offer)
        self._cli.terminal.talk(self._cli.terminal.talk_paint("read the configuration again"))

    def _note(self, told: Record | Switched) -> None:
        self._metrics.note(told)
        self._log.note(told)

    def _check(self) -> None:
        interval_s = self._loaded.settings.multiplexer.health_check_interval_s
        if interval_s is not None:
            self._tasks.append(asyncio.create_task(self._checks.every(interval_s)))

    async def _follow(self) -> None:
        """The files of the configuration; whoever writes them moves another in their place."""
        seen = _stamps(self._loaded)
        while True:
            await self._clock.sleep(LOOKS_S)
            if (now := _stamps(self._loaded)) != seen:
                seen = now
                self.reload()


def _stamps(loaded: Loaded) -> list[tuple[int, int, int]]:
    return list(_stamped(Path(name).expanduser() for name in loaded.files))


def _stamped(files: Iterator[Path]) -> Iterator[tuple[int, int, int]]:
    for file in files:
        with suppress(OSError):
            stat = file.stat()
            yield stat.st_mtime_ns, stat.st_size, stat.st_ino


def _listings(offer: Offer) -> dict[ProviderName, Listing]:
    members = offer.mux.members
    return {m.target.provider: m.upstream for m in members if isinstance(m.upstream, Listing)}
