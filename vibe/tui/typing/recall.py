"""What the person sent before, to be sent again; and the draft that it hides meanwhile."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping
from typing import Final

from vibe.tui.typing.kept import Kept

LOOKED_AT: Final = 200  # of the last messages, for what was named in them
_NAMED: Final = re.compile(r'(?<!\S)/(\S+)(?: (\S+))?|(?<!\S)@(?:"([^"\n]+)"|(\S+))')


class Recall:
    # `_at` is the entry that is shown; as many as there are: the draft. What `_recent` holds was
    # made of as many entries as `_looked_at` says.
    def __init__(self, kept: Kept | None = None) -> None:
        self._kept = kept or Kept()
        self._entries: list[str] = []
        self._at = 0
        self._draft = ""
        self._recent: dict[str, int] = {}
        self._looked_at = 0

    async def load(self) -> None:
        """What was sent in sessions before, ahead of what was sent by now."""
        before = await asyncio.to_thread(self._kept.entries)
        self._entries[:0] = before
        self._at += len(before)

    def sent(self, text: str) -> None:
        if self.hold(text):
            self._kept.add(text)

    def hold(self, text: str) -> bool:
        """For this run alone; whether it is another one than the last."""
        is_new = bool(text.strip()) and self._entries[-1:] != [text]
        if is_new:
            self._entries.append(text)
        self._at, self._draft = len(self._entries), ""
        return is_new

    def older(self, shown: str) -> str | None:
        """None: there is none."""
        if not self._at:
            return None
        if self._at == len(self._entries):
            self._draft = shown
        self._at -= 1
        return self._entries[self._at]

    def newer(self) -> str | None:
        if self._at == len(self._entries):
            return None
        self._at += 1
        return self._draft if self._at == len(self._entries) else self._entries[self._at]

    @property
    def entries(self) -> tuple[str, ...]:
        """Each once, the newest first."""
        return tuple(dict.fromkeys(reversed(self._entries)))

    @property
    def recent(self) -> Mapping[str, int]:
        """The commands, their arguments and the files that were named last, from 0 on."""
        if self._looked_at != len(self._entries):
            self._looked_at = len(self._entries)
            named = (name for text in self._entries[: -LOOKED_AT - 1 : -1] for name in _named(text))
            self._recent = {name: rank for rank, name in enumerate(dict.fromkeys(named))}
        return self._recent


def _named(text: str) -> Iterator[str]:
    for found in _NAMED.finditer(text):
        yield from (group for group in found.groups() if group)
