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
        lines = text.count("\n") + (not text.endswith("\n"))
        told = f"{lines} lines" if lines > 1 else f"{len(text):,} characters"
        word = f"[pasted {len(self._texts) + 1}: {told}]"
        self._texts[word] = text
        self._words = re.compile("|".join(map(re.escape, self._texts)))
        return word

    def unfolded(self, text: str) -> str:
        return self._words.sub(lambda word: self._texts[word[0]], text)

    def folded(self, text: str, *, as_in: str) -> str:
        """The pastes of which a word stands in `as_in`, as far as they are still whole: an editor
        leaves out the newlines at the end."""
        for word in self._words.findall(as_in):
            text = text.replace(self._texts[word], word)
            rest = text.removesuffix(self._texts[word].rstrip("\n"))
            text = text if rest == text else rest + word
        return text

    def around(self, line: str, column: int) -> Columns | None:
        """The word that the column lies within, not at its edge."""
        return next((each for each in self._at(line) if each[0] < column < each[1]), None)

    def before(self, line: str, column: int) -> Columns | None:
        return next((each for each in self._at(line) if each[1] == column), None)

    def after(self, line: str, column: int) -> Columns | None:
        return next((each for each in self._at(line) if each[0] == column), None)

    def _at(self, line: str) -> list[Columns]:
        return [word.span() for word in self._words.finditer(line)]
