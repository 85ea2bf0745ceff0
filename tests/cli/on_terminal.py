"""A real process on a terminal of its own, which it has for its own: keys go in, bytes come out."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import termios
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Timer
from time import monotonic

from vibe.tui.panels.panel import GRACE_S

ROWS, COLUMNS = 36, 120
PATIENCE_S = 20.0


class Terminal:
    """`pid` leads what runs on it; `recorded` is all that was ever shown."""

    def __init__(self, pid: int, terminal: int) -> None:
        self.pid = pid
        self._terminal = terminal
        self._code: int | None = None
        self._shown = b""
        self.recorded = bytearray()

    def press(self, keys: str) -> None:
        """What was shown before is forgotten."""
        self._shown = b""
        os.write(self._terminal, keys.encode())

    def resize(self, columns: int, rows: int) -> None:
        """What runs on it is sent SIGWINCH."""
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def until(self, *texts: str) -> None:
        """Until all of them were shown, in any order."""
        end_s = monotonic() + PATIENCE_S  # a cursor that blinks is no silence
        while missing := [text for text in texts if text.encode() not in self._shown]:
            came = monotonic() < end_s and self._read()
            assert came, f"{missing} did not come; there was {self.text[-2_000:]!r}"

    def until_kept(self, text: str, file: Callable[[], Path | None]) -> None:
        """Until it stands in the file, once there is one; what is shown meanwhile is seen."""
        end_s = monotonic() + PATIENCE_S
        while not ((path := file()) and path.exists() and text in path.read_text()):
            assert monotonic() < end_s, f"{text!r} is not kept in {path}"
            self._read(0.05)

    def answer(self, keys: str) -> None:
        """To what is shown by now; a key that came sooner would be none."""
        end_s = monotonic() + GRACE_S + 0.1
        while (left_s := end_s - monotonic()) > 0:
            self._read(left_s)
        self.press(keys)

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

    def _read(self, within_s: float = PATIENCE_S) -> bool:
        if not select.select([self._terminal], [], [], within_s)[0]:
            return False
        try:
            more = os.read(self._terminal, 65_536)
        except OSError:  # so Linux tells of the end of a terminal
            return False
        self._shown += more
        self.recorded += more
        return bool(more)


@contextmanager
def on_terminal(
    command: tuple[str, ...],
    *,
    home: Path,
    env: Mapping[str, str],
    cwd: Path | None = None,
    size: tuple[int, int] = (COLUMNS, ROWS),
) -> Generator[Terminal]:
    known = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm-256color", **env}
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(cwd or home)
        os.execve(command[0], command, known)  # noqa: S606  no other sees its own terminal
    started = Terminal(pid, terminal)
    started.resize(*size)
    try:
        yield started
    finally:
        started.kill()
