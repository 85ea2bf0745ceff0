"""What could be meant by what is typed: a slash command, what it takes, a file after `@`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibe.tui.typing.completing import Choice, Offer
from vibe.tui.typing.files import Files
from vibe.tui.typing.fuzzy import best, choices
from vibe.tui.typing.mention import begun, written

if TYPE_CHECKING:
    from vibe.tui.chat import Chat


class Offers:
    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        house = chat.house
        self._files = Files(
            house.folder, now=house.clock.monotonic, work=chat.work, changed=chat.look
        )

    def fitting(self, before: str, *, is_all: bool) -> Offer | None:
        """`before` is the line up to the cursor, and `is_all` if that is the whole text."""
        if is_all and before.startswith("/"):
            offer = self._command(before[1:])
            if offer is not None:
                return offer
        return self._file(before) if "@" in before else None

    def _command(self, typed: str) -> Offer | None:
        from vibe.tui.commands.table import commands, taken_by  # knows every panel

        name, blank, rest = typed.partition(" ")
        if not blank:
            known = {each.name: each.help for each in commands(self._chat)}
            return self._among(known, name, start=0, before="/")
        known = dict.fromkeys(taken_by(self._chat, name), "")
        return self._among(known, rest, start=len(name) + 2) if known else None

    def _among(self, known: dict[str, str], query: str, *, start: int, before: str = "") -> Offer:
        found = best(query, choices(known), most=len(known), recent=self._chat.recall.recent)
        return Offer(
            start=start,
            query=f"{before}{query}",
            choices=tuple(
                Choice(text=f"{before}{each}", told=known[each], puts=f"{before}{each} ")
                for each in found
            ),
        )

    def _file(self, before: str) -> Offer | None:
        mention = begun(before)
        if mention is None:
            return None
        found = self._files.found(mention.path, self._chat.recall.recent)
        hide = self._chat.house.redactor.redact
        return Offer(
            start=mention.start,
            query=mention.path,
            choices=tuple(
                Choice(text=hide(path), puts=written(path))
                for path in found
                if path != mention.path or not path.endswith("/")  # it is gone on with
            ),
        )
