"""Long pastes, each of which stands in the composer as one word. Knows texts and columns only."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from vibe.clean import clean

LINES: Final = 8
CHARACTERS: Final = 1_000
_NONE: Final = re.compile(r"(?!)")
Columns: TypeAlias = tuple[int, int]


class Folds:
    """A word that was deleted is remembered: an undo brings it back."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._words = _NONE

    def fold(self, pasted: str) -> str:
        """What to put into the composer for it."""
        text = clean(pasted)
        if text.count("\n") < LINES and len(text) <= CHARACTERS:
            return text
        lines = text.count("\n") + 1
        told = f"{lines} lines" if lines > 1 else f"{len(text):,} characters"
        word = f"[pasted {len(self._texts) + 1}: {told}]"
        self._texts[word] = text
        self._words = re.compile("|".join(map(re.escape, self._texts)))
        return word

    def unfolded(self, text: str) -> str:
        return self._words.sub(lambda word: self._texts[word[0]], text)

    def around(self, line: str, column: int) -> Columns | None:
        """The word that the column lies within, not at its edge."""
        return next((each for each in self._at(line) if each[0] < column < each[1]), None)

    def before(self, line: str, column: int) -> Columns | None:
        return next((each for each in self._at(line) if each[1] == column), None)

    def after(self, line: str, column: int) -> Columns | None:
        return next((each for each in self._at(line) if each[0] == column), None)

    def _at(self, line: str) -> list[Columns]:
        return [word.span() for word in self._words.finditer(line)]
