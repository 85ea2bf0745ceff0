"""A real process on a terminal of its own, which it has for its own: keys go in, bytes come out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer

ROWS, COLUMNS = 36, 120
PATIENCE_S = 20.0


class Terminal:
    """`pid` leads what runs on it."""

    def __init__(self, pid: int, terminal: int) -> None:
        self.pid = pid
        self._terminal = terminal
        self._code: int | None = None
        self._shown = b""

    def press(self, keys: str) -> None:
        """What was shown before is forgotten."""
        self._shown = b""
        os.write(self._terminal, keys.encode())

    def until(self, *texts: str) -> None:
        """Until all of them were shown, in any order."""
        while missing := [text for text in texts if text.encode() not in self._shown]:
            assert self._read(), f"{missing} did not come; there was {self.text[-2_000:]!r}"

    def ended(self) -> int:
        """The exit code, once all is shown."""
        while self._read():
            pass
        return self._wait()

    def closed(self) -> int:
        """The same, after the terminal was closed."""
        os.close(self._terminal)
        self._terminal = -1
        return self._wait()

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._wait()
        if self._terminal >= 0:
            os.close(self._terminal)

    @property
    def text(self) -> str:
        return self._shown.decode(errors="replace").replace("\r\n", "\n")

    @property
    def is_cooked(self) -> bool:
        """As a shell expects it."""
        flags = termios.tcgetattr(self._terminal)[3]
        return bool(flags & termios.ICANON and flags & termios.ECHO)

    def _wait(self) -> int:
        if self._code is None:
            too_long = Timer(PATIENCE_S, os.killpg, (self.pid, signal.SIGKILL))
            too_long.start()
            self._code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            too_long.cancel()
        return self._code

    def _read(self) -> bool:
        if not select.select([self._terminal], [], [], PATIENCE_S)[0]:
            return False
        try:
            more = os.read(self._terminal, 65_536)
        except OSError:  # so Linux tells of the end of a terminal
            return False
        self._shown += more
        return bool(more)


@contextmanager
def on_terminal(
    command: tuple[str, ...], *, home: Path, env: Mapping[str, str]
) -> Generator[Terminal]:
    known = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm-256color", **env}
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(home)
        os.execve(command[0], command, known)  # noqa: S606  no other sees its own terminal
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    started = Terminal(pid, terminal)
    try:
        yield started
    finally:
        started.kill()
