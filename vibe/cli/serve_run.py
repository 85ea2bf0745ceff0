"""A gateway while it runs: its parts put together, its configuration followed, its checks made."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import BinaryIO

from vibe.cli.context import Cli
from vibe.cli.serve_known import Known, announce, near, tell
from vibe.cli.serve_log import Log
from vibe.cli.serve_marks import marks_of
from vibe.cli.serve_offer import Offers
from vibe.clock import Clock, SystemClock
from vibe.config.load import Loaded
from vibe.domain.model import ProviderName
from vibe.errors import ExitCode, VibeError
from vibe.gateway.app import POSTS, Application
from vibe.gateway.auth import token_at
from vibe.gateway.checks import Checks, Listing
from vibe.gateway.guard import rules_of
from vibe.gateway.health import health
from vibe.gateway.listen import is_loopback, port_of, url_of
from vibe.gateway.metrics import Metrics
from vibe.gateway.offer import Offer
from vibe.gateway.pages import PATHS, Pages
from vibe.gateway.protected import Protected
from vibe.gateway.record import Record, Switched
from vibe.gateway.server import serve
from vibe.secret import Secret

_YOUNG_OBJECTS = 20_000
LOOKS_S = 1.0  # between two looks at the configuration's files


async def serving(
    cli: Cli,
    loaded: Loaded,
    sockets: tuple[socket.socket, ...],
    host: str,
    *,
    token: Secret | None = None,
    begun: Callable[[], None] = lambda: None,
) -> ExitCode:
    """Until it is told to end. With a `token` it is for whoever has that, and known to nobody."""
    clock = SystemClock()
    log = Log(cli, form=loaded.settings.gateway.log, wall=clock.wall)
    cli.logger()  # for what goes wrong, which must not go to the terminal as it is
    async with AsyncExitStack() as stack:
        offers = Offers(cli, stack, clock=clock, tell=log.warn)
        offer = await offers.of(loaded)
        running = Running(
            cli, loaded, offer, clock, log, offers=offers, port=port_of(sockets), token=token
        )
        url = url_of(host, port_of(sockets))

        def started() -> None:
            _keep_all_that_is()
            running.begin(url)
            if not is_loopback(sockets):
                log.warn("other machines can reach this gateway: whoever has the token may ask")
            begun()

        try:
            return await serve(
                running.protected,
                sockets,
                started=started,
                reload=running.reload,
                stopping=running.stop,
                bounds=running.protected.rules.bounds,
                told=running.protected.told,
            )
        finally:
            await running.end()


def _keep_all_that_is() -> None:
    """What is imported by now is never given back, so the collector need not look through it while
    requests wait; and what a request leaves behind is gone without it, so that it may come late."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS)


class Running:
    """`_loaded` is the configuration that counts; one that has mistakes is told, and left."""

    def __init__(
        self,
        cli: Cli,
        loaded: Loaded,
        offer: Offer,
        clock: Clock,
        log: Log,
        *,
        offers: Offers,
        port: int,
        token: Secret | None = None,
    ) -> None:
        self._cli = cli
        self._offers = offers
        self._loaded = loaded
        self._clock = clock
        self._log = log
        self._port = port
        self._following: asyncio.Task[None] | None = None
        self._reloading: asyncio.Task[None] | None = None
        self._is_stale = False
        self._checking: asyncio.Task[None] | None = None
        self._metrics = Metrics((*POSTS, *PATHS))
        self._checks = Checks(offer.mux, _listings(offer), clock)
        pages = Pages(
            self._metrics,
            unreachable=lambda: self._checks.unreachable,
            under_way=lambda: self.protected.under_way,
        )
        self._application = Application(offer, pages, self._note)
        gateway = loaded.settings.gateway
        self._token_file = cli.folders().gateway_token
        self._is_for_one = token is not None
        self._token = token or token_at(self._token_file, tell=log.warn)
        self._url = ""
        self._known: BinaryIO | None = None
        self.protected = Protected(
            self._application,
            rules=rules_of(gateway, port=port),
            token=self._token,
            max_requests=gateway.max_requests,
            told=self._application.refuse,
        )
        log.offers(offer.names)

    def begin(self, url: str) -> None:
        offer = self._application.offer
        found = health(offer.mux.snapshot(), offer.priorities)
        where = "the environment of its command" if self._is_for_one else str(self._token_file)
        self._log.began(offer.names, found, url=url, token=where)
        self._following = asyncio.create_task(self._follow())
        self._check()
        self._url = near(url)
        if not self._is_for_one:
            self._known = announce(self._cli.folders().gateway, self._what_is_known())

    def _what_is_known(self) -> Known:
        marks = marks_of(self._loaded, self._token)
        return Known(url=self._url, config=str(self._cli.folders().config), marks=marks)

    def _announce_anew(self) -> None:
        """What cannot be told as it is now must not be told as it was."""
        if self._known:
            try:
                tell(self._known, self._what_is_known())
            except OSError:
                self._conceal()

    def _conceal(self) -> None:
        if self._known:
            with suppress(OSError):  # what is left of it is of no use
                self._known.close()
            self._known = None

    def stop(self) -> None:
        self._conceal()
        left = self.protected.under_way
        self._log.say(f"stopping: {left} under way" if left else "stopping")

    async def end(self) -> None:
        tasks = [task for task in (self._following, self._checking, self._reloading) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def reload(self) -> None:
        """Read the configuration again. What is under way ends as it began."""
        self._is_stale = True
        if self._reloading is None or self._reloading.done():
            self._reloading = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """What is changed while it is read is read again."""
        while self._is_stale:
            self._is_stale = False
            await self._reload()

    async def _reload(self) -> None:
        try:
            loaded = await self._read()
            if self._loaded.settings.models and not loaded.settings.models:
                # Who writes a file in its place empties it first.
                await self._clock.sleep(LOOKS_S)
                loaded = await self._read()
            self._refit(loaded, await self._offers.of(loaded))
        except VibeError as error:
            self._log.tell(error)
            self._log.warn("the configuration has mistakes, so that of before still counts")
            return
        self._log.say("read the configuration again")

    async def _read(self) -> Loaded:
        """A file may be a pipe that is slow to tell, so another thread reads."""
        loaded = await asyncio.to_thread(self._cli.load, allow_missing_keys=True)
        loaded.require()
        return loaded

    def _refit(self, loaded: Loaded, offer: Offer) -> None:
        before, settings = self._loaded.settings, loaded.settings
        gateway = settings.gateway
        is_other_pool = offer.mux is not self._application.offer.mux
        self._loaded = loaded
        self._application.offer = offer
        self.protected.rules = rules_of(gateway, port=self._port)
        self.protected.max_requests = gateway.max_requests
        if is_other_pool:
            self._checks = Checks(offer.mux, _listings(offer), self._clock)
        else:
            self._checks.listings = _listings(offer)
        self._log.form = gateway.log
        self._log.offers(offer.names)
        self._announce_anew()
        every_s, before_s = (
            each.multiplexer.health_check_interval_s for each in (settings, before)
        )
        if is_other_pool or every_s != before_s:
            self._check()
        if (gateway.host, gateway.port) != (before.gateway.host, before.gateway.port):
            self._log.warn("host and port count from the next start of vibe serve")

    def _note(self, told: Record | Switched) -> None:
        self._metrics.note(told)
        self._log.note(told)

    def _check(self) -> None:
        """From now on, as often as is configured."""
        if self._checking:
            self._checking.cancel()
        interval_s = self._loaded.settings.multiplexer.health_check_interval_s
        self._checking = None
        if interval_s is not None:
            self._checking = asyncio.create_task(self._checks.every(interval_s))

    def _stamps(self) -> list[tuple[int, int, int]]:
        folders = self._cli.folders()
        files = [Path(name).expanduser() for name in self._loaded.files]
        if folders.config not in files:  # as long as there is none
            files.append(folders.config)
        return list(_stamped([*files, folders.dotenv]))

    async def _follow(self) -> None:
        """The files of the configuration; whoever writes them moves another in their place."""
        seen = self._stamps()
        while True:
            await self._clock.sleep(LOOKS_S)
            if (now := self._stamps()) != seen:
                seen = now
                self.reload()


def _stamped(files: Iterable[Path]) -> Iterator[tuple[int, int, int]]:
    for file in files:
        with suppress(OSError):
            stat = file.stat()
            yield stat.st_mtime_ns, stat.st_size, stat.st_ino


def _listings(offer: Offer) -> dict[ProviderName, Listing]:
    members = offer.mux.members
    return {m.target.provider: m.upstream for m in members if isinstance(m.upstream, Listing)}
