"""What stands in the composer and was not sent, on disk: so it is there again after a crash.

It is the person's own text, and kept as it is, for nobody else to read: beside the session, or
where nothing was said yet under the number of this process. An empty composer leaves no file.
Nothing that the system refuses reaches a caller; then nothing is kept, and that is all.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from vibe.mux.store_process import birth_of, is_running

if TYPE_CHECKING:
    from vibe.tui.chat import Chat

MOST_BYTES: Final = 4 * 1024 * 1024


class _Kept(Struct, frozen=True):
    folder: str
    text: str


class Unsent:
    """Of one chat, in whatever conversation it is. What a dead process left in this folder before
    anything was said comes back as well, unless a certain session was asked for."""

    # `_text` is what the file `_at` holds; no file was looked at yet where that is None.
    def __init__(self, chat: Chat) -> None:
        pid, root = os.getpid(), chat.house.unsent
        self._chat = chat
        self._own = root and root / f"{pid}-{birth_of(pid)}.json"
        self._at: Path | None = None
        self._text = ""
        self._takes_over = not chat.house.resume
        self._turn = asyncio.Lock()

    @property
    def is_due(self) -> bool:
        """Whether something else stands there than is kept."""
        return self._chat.talk.is_open and (self._place, self._chat.typed) != (self._at, self._text)

    async def look(self) -> None:
        """Into another conversation the text goes along."""
        async with self._turn:
            path, before = self._place, self._at
            if path is None:
                return
            if path != before:
                before = await self._found_at(path) or before
            text, is_kept = self._chat.typed, True
            if text != self._text:
                kept = _Kept(str(self._chat.house.folder), text)
                is_kept = await asyncio.to_thread(_keep, path, kept)
                self._text = text
            if before is not None and before != path and is_kept:
                await asyncio.to_thread(_remove, before)

    async def close(self) -> None:
        if self.is_due and self._place == self._at:  # else nothing could come back any more
            await self.look()

    @property
    def _place(self) -> Path | None:
        return self._chat.talk.unsent or self._own

    async def _found_at(self, path: Path) -> Path | None:
        """What was kept comes back, ahead of what is typed by now; and where it was taken over."""
        kept = await asyncio.to_thread(_read, path)
        self._at, self._text = path, kept.text
        found, orphan = self._text, None
        if self._takes_over and self._own is not None and not found:
            folder = str(self._chat.house.folder)
            orphan, found = await asyncio.to_thread(_orphan, self._own.parent, folder)
        self._takes_over = False
        if found:
            typed = self._chat.typed
            self._chat.write(f"{found}\n\n{typed}" if typed.strip() else found)
        return orphan


def _keep(path: Path, kept: _Kept) -> bool:
    from vibe.config.write import WriteError, rewrite  # after the first paint

    if not kept.text:
        _remove(path)
        return True
    text = kept.text.encode(errors="replace").decode()
    content = msgspec.json.encode(_Kept(kept.folder, text))
    if len(content) > MOST_BYTES:
        return False
    try:
        rewrite(path, lambda _: content, wait_s=0.0)
    except WriteError:
        return False
    return True


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink(missing_ok=True)


def _read(path: Path) -> _Kept:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Kept)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return _Kept("", "")


def _orphan(root: Path, folder: str) -> tuple[Path | None, str]:
    """The newest that was kept in this folder by a process that is gone."""
    with suppress(OSError):
        left = [path for path in root.glob("*.json") if not _is_of_the_living(path)]
        for path in sorted(left, key=lambda each: each.stat().st_mtime, reverse=True):
            if (kept := _read(path)).folder == folder:
                return path, kept.text
    return None, ""


def _is_of_the_living(path: Path) -> bool:
    pid, _, birth = path.stem.partition("-")
    return pid.isdecimal() and is_running(int(pid), birth)
