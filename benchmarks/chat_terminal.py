"""A terminal with a program on it: keys go in, what it draws comes out, and what it takes is read.

What a process has taken is its own, its threads' and of nobody else. The screen is not drawn: it is
looked for in the bytes, in which words of one colour stand together.
"""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from vibe.clock import SystemClock

ROWS, COLUMNS = 36, 120
PATIENCE_S: Final = 60.0


class Terminal:
    """`pid` runs on it. `began_s` is when it was started."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: int, began_s: float) -> None:
        self.process = process
        self.began_s = began_s
        self._terminal = terminal
        self._clock = SystemClock()
        self._shown = b""

    @property
    def now_s(self) -> float:
        return self._clock.monotonic()

    def press(self, keys: str) -> None:
        self._shown = b""
        os.write(self._terminal, keys.encode())

    def until(self, text: str, *, within_s: float = PATIENCE_S) -> float:
        """When it was drawn, since the last key."""
        ends_s = self._clock.monotonic() + within_s
        while text.encode() not in self._shown:
            left_s = ends_s - self._clock.monotonic()
            if left_s <= 0 or not self._read(left_s):
                sys.exit(f"{text!r} does not come: {self._shown[-2_000:]!r}")
        return self._clock.monotonic()

    def rest(self, seconds: float) -> None:
        """While it may draw what it likes."""
        ends_s = self._clock.monotonic() + seconds
        while (left_s := ends_s - self._clock.monotonic()) > 0:
            self._read(left_s)

    def until_quiet(self, seconds: float = 0.3) -> None:
        """Until nothing was drawn for so long."""
        while self._read(seconds):
            pass

    @property
    def cpu_s(self) -> float:
        tasks = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in tasks) / 1e9

    @property
    def resident_mib(self) -> float:
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20

    def _read(self, within_s: float) -> bytes:
        if not select.select([self._terminal], [], [], within_s)[0]:
            return b""
        try:
            more = os.read(self._terminal, 65_536)
        except OSError:  # so Linux tells of the end of a terminal
            sys.exit(f"it ended with {self._shown[-2_000:].decode(errors='replace')}")
        self._shown += more
        return more


@contextmanager
def on_terminal(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path
) -> Generator[Terminal]:
    """Killed at the end."""
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    began_s = SystemClock().monotonic()
    process = subprocess.Popen(
        command, env=env, cwd=cwd, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    )
    os.close(inner)
    try:
        yield Terminal(process, terminal, began_s)
    finally:
        process.kill()
        process.wait()
        os.close(terminal)
