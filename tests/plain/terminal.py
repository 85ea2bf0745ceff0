"""A real process of vibe on a pseudo-terminal of its own, with somebody who types."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.cli.running import VIBE
from tests.cli.serving import ENV

LOOKS_S, LOOKS = 0.05, 400  # so often at whether a silent process is still there
# What readline needs: whether a paste is told from typing, and how it clears to a line's end.
_READLINE = re.compile(rb"\x1b\[\?2004[hl]\r?|\x1b\[K|\x07")


class Person:
    """In front of the terminal: reads what is shown, and types."""

    def __init__(self, started: subprocess.Popen[bytes], terminal: int) -> None:
        self.started = started
        self.shown = b""
        self._terminal = terminal
        self._from = 0

    def until(self, text: str) -> str:
        """What was shown since the last time, up to and with `text`."""
        while (at := self.shown.find(text.encode(), self._from)) < 0:
            if not self._read():
                raise AssertionError(f"{text!r} is not in {self.text!r}")
        start, self._from = self._from, at + len(text.encode())
        return self.shown[start : self._from].decode(errors="replace")

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        """The exit code, once all is shown."""
        while self._read():
            pass
        return self.started.wait(timeout=30)

    def read_all(self) -> None:
        """What is there by now."""
        while select.select([self._terminal], [], [], LOOKS_S)[0]:
            self.shown += os.read(self._terminal, 65_536)

    @property
    def text(self) -> str:
        """All of it, without what readline needs."""
        return _READLINE.sub(b"", self.shown).decode(errors="replace").replace("\r\n", "\n")

    @property
    def modes(self) -> list[object]:
        """Those of the terminal, without its speeds."""
        return [*termios.tcgetattr(self._terminal)[:4], termios.tcgetattr(self._terminal)[6]]

    def _read(self) -> bool:
        """Whether anything came before the process ended, or was silent for too long."""
        looks = 0
        while not select.select([self._terminal], [], [], LOOKS_S)[0]:
            looks += 1
            if self.started.poll() is not None or looks == LOOKS:
                return False
        self.shown += os.read(self._terminal, 65_536)
        return True


@contextmanager
def sitting_at(
    *args: str,
    home: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    size: tuple[int, int] = (80, 24),
) -> Generator[Person]:
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    known = {"HOME": str(home), "PATH": os.environ["PATH"], "TERM": "xterm-256color", **ENV}
    started = subprocess.Popen(
        [VIBE, *args],
        env={**known, **(env or {})},
        cwd=cwd or home,
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    person = Person(started, terminal)
    try:
        yield person
    finally:
        started.kill()
        started.wait()
        os.close(inner)
        os.close(terminal)
