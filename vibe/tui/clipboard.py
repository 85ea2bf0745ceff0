"""Which way a copied text goes to the clipboard, and a sentence that says so.

A program of this machine is the surest; over ssh there is none that would reach the person, so the
terminal is told (OSC 52), through tmux or screen where these stand between. Writes to no terminal.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import Struct

MOST_BYTES: Final = 74_994  # 100,000 characters in base64, which is what terminals take
SCREEN_BYTES: Final = 512  # screen cuts longer strings
WAITS_S: Final = 2.0
NOT_COPIED: Final = "not copied: the text is too long for the terminal, and no program takes it"

Run = Callable[[tuple[str, ...], bytes], bool]


def run(command: tuple[str, ...], text: bytes) -> bool:
    """Whether it took the text."""
    try:
        done = subprocess.run(  # noqa: S603  a program that was found for this, without arguments
            command,
            input=text,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=WAITS_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


class Clipboard(Struct, frozen=True, kw_only=True):
    """`env` is that of the process. `run` hands a program the text."""

    env: Mapping[str, str] = {}
    platform: str = "linux"
    run: Run = run

    def __repr__(self) -> str:
        return "<Clipboard>"

    def copy(self, text: str, write: Callable[[str], None] | None) -> str:
        """By the first way that works. `write` writes to the terminal; None: it may get nothing."""
        data = text.encode(errors="replace")
        for command in self._programs():
            if self.run(command, data):
                return f"copied by {command[0]}"
        if write is None:
            return "not copied: no program for it was found; /export writes it to a file"
        if len(data) > MOST_BYTES:
            return NOT_COPIED
        for sequence in self._sequences(data):
            write(sequence)
        return "copied, if the terminal lets programs do so (OSC 52)"

    def _programs(self) -> Iterator[tuple[str, ...]]:
        path = self.env.get("PATH", "")
        found = (each for each in self._known() if shutil.which(each[0], path=path))
        yield from found

    def _known(self) -> Iterator[tuple[str, ...]]:
        is_far = any(self.env.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"))
        if not is_far:
            if self.platform == "darwin":
                yield ("pbcopy",)
            if self.env.get("WAYLAND_DISPLAY"):
                yield ("wl-copy",)
            if self.env.get("DISPLAY"):
                yield "xclip", "-selection", "clipboard"
                yield "xsel", "--input", "--clipboard"

    def _sequences(self, data: bytes) -> Iterator[str]:
        """tmux takes the bare one or the wrapped one, as it is configured; both mean the same."""
        bare = f"\x1b]52;c;{base64.b64encode(data).decode()}\x07"
        if self.env.get("TMUX"):
            doubled = bare.replace("\x1b", "\x1b\x1b")
            yield bare
            yield f"\x1bPtmux;{doubled}\x1b\\"
        elif self.env.get("STY"):
            pieces = (bare[at : at + SCREEN_BYTES] for at in range(0, len(bare), SCREEN_BYTES))
            yield "".join(f"\x1bP{piece}\x1b\\" for piece in pieces)
        else:
            yield bare
