"""A gateway for one command: a process beside it, which ends as soon as the command has ended.

It listens before the command begins, has a token of its own, and writes into vibe's log. It is no
child of the command, which may wait for all of its own. Nothing of it is kept on the disk.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from io import StringIO
from logging import Logger
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vibe.cli.context import Cli
from vibe.cli.terminal import Terminal
from vibe.clock import SystemClock
from vibe.errors import ExitCode, VibeError
from vibe.secret import Secret
from vibe.world import world_of_this_process

_HOST: Final = "127.0.0.1"
_LOOKS_S: Final = 1.0  # between two looks at the command, where the system does not tell
# From this very installation, and never from the folder that it is started in.
_START: Final = (
    "import sys; sys.path.append(sys.argv[1]);from vibe.cli.with_client_gateway import main; main()"
)


class Order(Struct, frozen=True, kw_only=True):
    """What the process is told on its stdin: for whom it runs, on which `sockets`, and into which
    descriptor it says that it has `begun`. Both are inherited."""

    command: int
    token: str
    sockets: tuple[int, ...]
    begun: int
    config: str | None
    log_file: str | None
    verbose: bool


def begin_beside(cli: Cli) -> tuple[str, Secret]:
    """The address and the token of a gateway for this process, or for what it becomes."""
    from vibe.gateway.auth import new_token
    from vibe.gateway.listen import listening, port_of, url_of

    sockets = listening(_HOST, 0)
    token = new_token()
    ours, its = os.pipe()
    order = Order(
        command=os.getpid(),
        token=token.reveal(),
        sockets=tuple(each.fileno() for each in sockets),
        begun=its,
        config=str(cli.chosen_config) if cli.chosen_config else None,
        log_file=str(cli.log_file) if cli.log_file else None,
        verbose=cli.verbose,
    )
    _start(order)
    os.close(its)
    with os.fdopen(ours, "rb") as told:
        has_begun = bool(told.read(1))
    url = url_of(_HOST, port_of(sockets))
    for each in sockets:
        each.close()
    if not has_begun:
        log = cli.log_file or cli.folders().log
        raise VibeError("the gateway did not start", hint=f"the last lines of {log} tell why")
    return url, token


def _start(order: Order) -> None:
    """Through a process in between, whose end leaves it to the system."""
    if between := os.fork():
        os.waitpid(between, 0)
        return
    try:
        home = str(Path(__file__).parents[2])
        started = subprocess.Popen(  # noqa: S603  this very interpreter
            (sys.executable, "-P", "-c", _START, home),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(*order.sockets, order.begun),
            start_new_session=True,  # so that Ctrl+C is for the command alone
        )
        if started.stdin:
            started.stdin.write(msgspec.json.encode(order))
            started.stdin.close()
    finally:
        os._exit(0)


def main() -> None:
    """The process itself: its order comes on stdin."""
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    for descriptor in (*order.sockets, order.begun):
        os.set_inheritable(descriptor, False)
    world = world_of_this_process()
    cli = Cli(world=world, terminal=Terminal(world))
    cli.chosen_config = Path(order.config) if order.config else None
    cli.log_file = Path(order.log_file) if order.log_file else None
    cli.verbose = order.verbose
    cli.terminal = Terminal(replace(world, stderr=_IntoLog(cli.logger())))
    try:
        _serve(cli, order)
    except VibeError as error:
        cli.tell(error)
    except Exception:
        # The edge of this process, whose log is all that it has.
        cli.logger().exception("the gateway failed")


def _serve(cli: Cli, order: Order) -> ExitCode:
    from vibe.cli.serve_run import serving
    from vibe.gateway.server import run

    loaded = cli.load(allow_missing_keys=True)
    loaded.require()
    sockets = tuple(socket.socket(fileno=each) for each in order.sockets)

    def begun() -> None:
        with suppress(BrokenPipeError):
            os.write(order.begun, b"!")
        os.close(order.begun)

    async def for_the_command() -> ExitCode:
        async with _ending_with(order.command):
            token = Secret(order.token)
            return await serving(cli, loaded, sockets, _HOST, token=token, begun=begun)

    return run(for_the_command())


@asynccontextmanager
async def _ending_with(command: int) -> AsyncGenerator[None]:
    """Ends this process politely once that one has ended."""
    watching = asyncio.create_task(_ended(command))
    watching.add_done_callback(_stop)
    try:
        yield
    finally:
        watching.cancel()


def _stop(watching: asyncio.Task[None]) -> None:
    if not watching.cancelled():
        signal.raise_signal(signal.SIGTERM)


async def _ended(command: int) -> None:
    try:
        held = os.pidfd_open(command)
    except ProcessLookupError:
        return
    except (AttributeError, OSError):  # macOS, old kernels
        await _looked_for(command)
        return
    loop, gone = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(held, gone.set)
    try:
        await gone.wait()
    finally:
        loop.remove_reader(held)
        os.close(held)


async def _looked_for(command: int) -> None:
    with suppress(ProcessLookupError):
        while True:
            os.kill(command, 0)
            await SystemClock().sleep(_LOOKS_S)


class _IntoLog(StringIO):
    """In the place of stderr: whatever would be shown becomes a record."""

    def __init__(self, logger: Logger) -> None:
        super().__init__()
        self._logger = logger

    def write(self, s: str, /) -> int:
        for line in filter(None, s.splitlines()):
            self._logger.info("%s", line)
        return len(s)
