"""What the person sent before, to be sent again; and the draft that it hides meanwhile."""

from __future__ import annotations

from collections.abc import Iterable


class Recall:
    # `_at` is the entry that is shown; as many as there are: the draft.
    def __init__(self, entries: Iterable[str] = ()) -> None:
        self._entries = list(entries)
        self._at = len(self._entries)
        self._draft = ""

    def sent(self, text: str) -> None:
        if text.strip() and self._entries[-1:] != [text]:
            self._entries.append(text)
        self._at, self._draft = len(self._entries), ""

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
