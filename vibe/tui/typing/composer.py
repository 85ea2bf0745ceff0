"""Where the person types: many lines, long pastes folded into a word, keys offered to panels first.

What a key does besides typing is bound elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import ClassVar, Final, cast

from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual.binding import Binding, BindingType
from textual.document._document import Location
from textual.timer import Timer
from textual.widgets import TextArea

from vibe.clean import clean
from vibe.tui.draw.ink import Line
from vibe.tui.typing.completing import Completing, Offer, Taken
from vibe.tui.typing.draft import Draft
from vibe.tui.typing.folds import Columns, Folds
from vibe.tui.typing.recall import Recall

HESITATION_S: Final = 0.35


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
    before. `fitting` gives what could be meant by a part of a line, and whether it is the text."""

    DEFAULT_CSS = """
    Composer, Composer:focus {
        height: auto; max-height: 8; min-height: 1; width: 1fr;
        border: none; padding: 0; background: $background;
    }
    """
    # Further names of keys: a terminal that tells Alt sends these, the others Textual knows.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("alt+b", "cursor_word_left", show=False),
        Binding("alt+f", "cursor_word_right", show=False),
        Binding("alt+d", "delete_word_right", show=False),
    ]

    def __init__(
        self,
        *,
        recall: Recall,
        fitting: Callable[[str, bool], Offer | None],
        divert: Callable[[str, str], bool],
        offer: Callable[[str], bool],
        is_offered: Callable[[], bool],
        press: Callable[[str], bool],
        typed: Callable[[], None],
    ) -> None:
        super().__init__(id="composer", compact=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self._divert = divert
        self._press = press
        self._typed = typed
        self._offer = offer
        self._is_offered = is_offered
        self._letter = ""
        self._deciding: Timer | None = None
        self._recall = recall
        self._folds = Folds()
        self._completing = Completing(lambda: fitting(self._before, self._before == self.text))

    @property
    def whole(self) -> str:
        """The text with what was pasted."""
        return self._folds.unfolded(self.text)

    def take(self) -> Draft:
        """What was typed, which is then remembered and gone."""
        self._recall.sent(self.whole)
        draft = Draft(typed=self.text.rstrip(), whole=self.whole.rstrip())
        self.text = ""
        return draft

    def give_back(self, draft: Draft) -> None:
        """Ahead of what was typed since."""
        self.insert(f"{draft.typed}\n" if self.text else draft.typed, (0, 0))
        self.move_cursor(self.document.end)

    def set_aside(self) -> None:
        """Gone, but for Up."""
        self._recall.hold(self.whole)
        self.text = ""

    def show(self, text: str | None) -> None:
        """In the place of what stands there, which an undo brings back. What was pasted there stays
        folded."""
        if text is not None:
            end = self.document.end
            text = self._folds.folded(text, as_in=self.text)
            self.replace(text, (0, 0), end, maintain_selection_offset=False)
            self.move_cursor(self.document.end)
            self._completing.close()

    def break_line(self) -> None:
        self.insert("\n", maintain_selection_offset=False)

    def breaks_line(self) -> bool:
        """Whether the line ended with a backslash, which became a new line. A shell's line keeps
        it."""
        row, column = self.cursor_location
        line = self.document[row]
        bare = line.rstrip("\\")
        if column != len(line) or (len(line) - len(bare)) % 2 == 0:
            return False
        start = (row, column - (not self.text.startswith("!")))
        self.replace("\n", start, (row, column), maintain_selection_offset=False)
        return True

    def undo(self) -> None:
        if self.history.undo_stack:
            self._go_where_a_line_stays()
        super().undo()

    @property
    def _draw_cursor(self) -> bool:
        """Textual 8 asks `show_cursor` only where nothing can be typed; a form has a cursor of its
        own."""
        return self.show_cursor and super()._draw_cursor

    def redo(self) -> None:
        if self.history.redo_stack:
            self._go_where_a_line_stays()
        super().redo()

    def _go_where_a_line_stays(self) -> None:
        """Textual 8 scrolls to the cursor before it has put it where it was, and breaks where that
        line is gone."""
        self.move_cursor((0, 0))

    def older(self) -> None:
        """The cursor goes to the end of its first line, from which Up goes on."""
        self.show(self._recall.older(self.text))
        self.move_cursor((0, len(self.document[0])))

    def newer(self) -> None:
        self.show(self._recall.newer())

    def completes(self, action: str) -> bool:
        """Whether a key was for what is offered."""
        taken = self._completing.key(action)
        if isinstance(taken, Taken):
            self._put(taken)
        return taken is not False

    def offered(self, width: int) -> tuple[Line, ...]:
        return self._completing.lines(width)

    @property
    def is_command_line(self) -> bool:
        """Whether it is for the shell; two exclamation marks begin a message."""
        return self.text.startswith("!") and not self.text.startswith("!!")

    # Words that stand for what was pasted are as one letter.

    def get_cursor_left_location(self) -> Location:
        word = self._fold(self._folds.before)
        return super().get_cursor_left_location() if word is None else word[0]

    def get_cursor_right_location(self) -> Location:
        word = self._fold(self._folds.after)
        return super().get_cursor_right_location() if word is None else word[1]

    def get_cursor_word_left_location(self) -> Location:
        word = self._fold(self._folds.before)
        return super().get_cursor_word_left_location() if word is None else word[0]

    def get_cursor_word_right_location(self) -> Location:
        word = self._fold(self._folds.after)
        return super().get_cursor_word_right_location() if word is None else word[1]

    def action_delete_word_right(self) -> None:
        if self.selection.is_empty and self._fold(self._folds.after):
            self.action_delete_right()
        else:
            super().action_delete_word_right()

    def _fold(self, at: Callable[[str, int], Columns | None]) -> tuple[Location, Location] | None:
        row, column = self.cursor_location
        columns = at(self.document[row], column)
        return None if columns is None else ((row, columns[0]), (row, columns[1]))

    def _leave_fold(self) -> None:
        """A click may have put the cursor into it, where typing would spoil the word."""
        if self.selection.is_empty and (word := self._fold(self._folds.around)):
            self.move_cursor(word[1])

    @property
    def _before(self) -> str:
        """The line up to the cursor."""
        row, column = self.cursor_location
        return self.document[row][:column]

    def _put(self, taken: Taken) -> None:
        row, column = self.cursor_location
        follows = self.document[row][column : column + 1]
        text = taken.puts.rstrip(" ") if follows == " " else taken.puts
        self.replace(text, (row, taken.start), (row, column), maintain_selection_offset=False)

    def decide(self, *, begins_word: bool = False) -> None:
        """A letter is a panel's only if it stays alone for a moment: what follows makes it the
        first of a message."""
        letter, self._letter = self._letter, ""
        if self._deciding is not None:
            self._deciding.stop()
            self._deciding = None
        if letter and (begins_word or not self._offer(letter)):
            self._typed()
            self.insert(letter, maintain_selection_offset=False)

    async def _on_key(self, event: events.Key) -> None:
        self._leave_fold()
        text = event.character if event.is_printable and event.character else ""
        self.decide(begins_word=bool(text))
        if text.isalnum() and not self.text and self._is_offered():
            self._letter = text
            self._deciding = self.set_timer(HESITATION_S, self.decide)
            event.stop()
            event.prevent_default()
            return
        was_taken = self._divert(event.key, text) or (not self.text and self._offer(event.key))
        if not was_taken:
            self._typed()
        if was_taken or self._press(event.key) or await self._edit(event.key):
            event.stop()
            event.prevent_default()
            return
        await super()._on_key(event)

    async def _edit(self, key: str) -> bool:
        """What the key does to the text, now: left to the app it would come after the next keys."""
        bindings = self._bindings.key_to_bindings.get(key, ())
        for binding in bindings:
            await self.run_action(binding.action)
        return bool(bindings)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.decide(begins_word=True)
        if self._divert("", clean(event.text)):
            return
        self._leave_fold()
        self._typed()
        start, end = self.selection
        self.replace(self._folds.fold(event.text), start, end, maintain_selection_offset=False)
