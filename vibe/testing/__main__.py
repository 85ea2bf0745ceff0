"""`python -m vibe.testing`: the demo model as a provider on this machine, failing if it is told to.

It prints what to write into a configuration, then a line for each request, until Ctrl+C.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final, TextIO

from vibe.clean import clean_line
from vibe.config.nearest import nearest
from vibe.domain.model import Backend
from vibe.errors import ExitCode
from vibe.testing.demo import demo
from vibe.testing.dialects import DIALECTS
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import FAULTS, Play, listing, play
from vibe.testing.server import HOST, Received

_LAST_PORT: Final = 65_535


def main(args: Sequence[str], out: TextIO) -> int:
    parser = _parser()
    chosen = parser.parse_args(args)
    if chosen.list:
        out.write(listing())
        return ExitCode.FINISHED
    dialect: Backend = chosen.dialect
    name: str = chosen.fault
    if doubt := _doubt(name, dialect):
        parser.error(doubt)
    if not 0 <= chosen.port <= _LAST_PORT:
        parser.error(f"{chosen.port} is no port: they end at {_LAST_PORT}")
    wanted = play(name, at_event=chosen.at_event) if name else None
    try:
        with suppress(KeyboardInterrupt):
            asyncio.run(_serve(dialect, wanted, chosen.port, out))
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        sys.stderr.write(f"error: port {chosen.port} of {HOST}: {error.strerror}\n")
        return ExitCode.FAILED
    return ExitCode.FINISHED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m vibe.testing",
        description="Serve the demo model on this machine, and fail in one way with every request.",
    )
    parser.add_argument("--port", type=int, default=0, help="the port; without it any free one")
    parser.add_argument("--dialect", choices=DIALECTS, default="generic")
    parser.add_argument("--fault", metavar="NAME", default="", help="how every request fails")
    parser.add_argument(
        "--at-event", type=int, metavar="N", help="after how many events of the answer"
    )
    parser.add_argument("--list", action="store_true", help="list the faults and what they are")
    return parser


def _doubt(fault: str, dialect: Backend) -> str:
    """Why this fault cannot be played; "" if it can."""
    if not fault:
        return ""
    if fault not in FAULTS:
        guess = nearest(fault, FAULTS)
        hint = f"did you mean {guess}?" if guess else "--list tells them all"
        return f'there is no fault "{fault}": {hint}'
    dialects = FAULTS[fault].dialects
    if dialect not in dialects:
        return f"{fault} exists only with --dialect {' or '.join(dialects)}"
    return ""


async def _serve(dialect: Backend, wanted: Play | None, port: int, out: TextIO) -> None:
    async with FaultServer(demo, dialect=dialect, faults=wanted, port=port) as server:
        out.write(f'api_base = "{server.api_base}"\nbackend = "{dialect}"\n')
        if wanted:
            out.write(f"every request: {wanted.fault.name}: {wanted.fault.says}\n")
        out.write("Ctrl+C ends it.\n")
        shown = 0
        while True:
            out.flush()
            await server.settled(requests=shown + 1)
            for received in server.requests[shown:]:
                out.write(_line(received))
            shown = len(server.requests)


def _line(received: Received) -> str:
    endings = {"finished": "answered", "gone": "the client went away", "cut": "broken off"}
    fault = f" ({received.fault})" if received.fault else ""
    ended = endings.get(received.ended, received.ended)
    return clean_line(f"{received.method} {received.path}: {ended}{fault}") + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], sys.stdout))
