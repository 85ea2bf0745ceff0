"""Where the person types: many lines, long pastes folded into a word, keys offered to panels first.

What a key does besides typing is bound elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final, cast

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.widgets import TextArea

from vibe.clean import clean
from vibe.tui.typing.recall import Recall

FOLDED_LINES: Final = 8
FOLDED_CHARACTERS: Final = 1_000


class _More(Enum):
    ALT_ENTER = "alt+enter"


def know_alt_enter() -> None:
    """Most terminals send it as escape and return, which Textual takes for a mere Enter."""
    cast("dict[str, object]", ANSI_SEQUENCES_KEYS)["\x1b\r"] = (_More.ALT_ENTER,)


class Composer(TextArea):
    """`divert` gives a form, which is typed into in the composer's place, a key and the text that
    it stands for; `offer` gives a panel the first say about a key, as long as nothing is typed;
    `press` does what a key is bound to. Each tells whether it took it; `typed` hears of each key
    that was no panel's. It happens here, not by bindings of the app: these overtake what was typed
    before."""

    DEFAULT_CSS = """
    Composer, Composer:focus {
        height: auto; max-height: 8; min-height: 1; width: 1fr;
        border: none; padding: 0; background: $background;
    }
    """

    def __init__(
        self,
        *,
        divert: Callable[[str, str], bool],
        offer: Callable[[str], bool],
        press: Callable[[str], bool],
        typed: Callable[[], None],
    ) -> None:
        super().__init__(id="composer", compact=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self._divert = divert
        self._press = press
        self._typed = typed
        self._offer = offer
        self._recall = Recall()
        self._folds: dict[str, str] = {}

    @property
    def whole(self) -> str:
        """The text with what was pasted."""
        text = self.text
        for word, pasted in self._folds.items():
            text = text.replace(word, pasted)
        return text

    def take(self) -> str:
        """The whole text, which is then remembered and gone."""
        whole = self.whole
        self._recall.sent(whole)
        self.text = ""
        self._folds.clear()
        return whole

    def show(self, text: str | None) -> None:
        if text is not None:
            self.text = text
            self.move_cursor(self.document.end)

    def break_line(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def older(self) -> None:
        self.show(self._recall.older(self.text))
        self.move_cursor((0, 0))

    def newer(self) -> None:
        self.show(self._recall.newer())

    async def _on_key(self, event: events.Key) -> None:
        text = event.character if event.is_printable and event.character else ""
        was_taken = self._divert(event.key, text) or (not self.text and self._offer(event.key))
        if not was_taken:
            self._typed()
        if was_taken or self._press(event.key):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        text = clean(event.text)
        if self._divert("", text):
            return
        self._typed()
        if text.count("\n") >= FOLDED_LINES or len(text) > FOLDED_CHARACTERS:
            lines = text.count("\n") + 1
            told = f"{lines} lines" if lines > 1 else f"{len(text):,} characters"
            word = f"[pasted {len(self._folds) + 1}: {told}]"
            self._folds[word] = text
            text = word
        self.insert(text, maintain_selection_offset=False)
