"""Real processes of vibe: between pipes, as a script starts them, or on a terminal of their own."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.serving import ENV

VIBE = Path(sys.executable).with_name("vibe")


def process(
    *args: str,
    home: Path,
    stdout: int = subprocess.PIPE,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [VIBE, *args],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **ENV, **(env or {})},
        cwd=cwd or home,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


class Screen:
    """What a process shows; stdout and stderr are one terminal, stdin is empty."""

    def __init__(self, started: subprocess.Popen[bytes], terminal: int) -> None:
        self.started = started
        self._terminal = terminal
        self._shown = b""

    def until(self, text: str) -> None:
        while text.encode() not in self._shown:
            if not self._read():
                raise AssertionError(f"it ended with {self.text!r}")

    def end(self) -> int:
        """The exit code, once all is shown."""
        while self._read():
            pass
        return self.started.wait(timeout=30)

    @property
    def text(self) -> str:
        return self._shown.decode().replace("\r\n", "\n")

    def _read(self) -> bool:
        try:
            more = os.read(self._terminal, 65_536)
        except OSError:  # so Linux tells of the end of a terminal
            return False
        self._shown += more
        return bool(more)


@contextmanager
def on_screen(*args: str, home: Path) -> Generator[Screen]:
    """Without colours."""
    terminal, inner = pty.openpty()
    started = subprocess.Popen(
        [VIBE, *args],
        env={"HOME": str(home), "PATH": os.environ["PATH"], "NO_COLOR": "1", **ENV},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=inner,
        stderr=inner,
    )
    os.close(inner)
    try:
        yield Screen(started, terminal)
    finally:
        started.kill()
        started.wait()
        os.close(terminal)
