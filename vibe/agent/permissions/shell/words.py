"""The words of a command as bash makes them: quotes taken off, `~` put in, patterns told apart.

This is the plain part of the language alone. A word that holds a substitution, an expansion in
braces or anything else that only bash can know is `unknown`, and so is its text.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.quoting import Piece, pieces

Shape: TypeAlias = Literal["plain", "pattern", "unknown"]

_PATTERN = re.compile(rb"[*?[]")
_HARMLESS_BRACES = re.compile(rb"\{\}|@\{[\w-]+\}")  # bash expands neither: find's, and git's
_TILDE_WITHIN = re.compile(rb"[=:]~")


class Word(Struct, frozen=True, kw_only=True):
    """`text` is what the program gets; of a pattern, what bash will look for among the files."""

    text: str
    shape: Shape = "plain"


Words: TypeAlias = tuple[Word, ...]


def word(source: bytes, *, home: str | None) -> Word:
    """`source` is one word, as it stands in a command."""
    found = pieces(source)
    unknown = Word(text=source.decode(errors="replace"), shape="unknown")
    if found is None or any(map(_is_for_bash_alone, found)):
        return unknown
    text = b"".join(piece.text for piece in found).decode(errors="replace")
    if found[0].text.startswith(b"~") and not found[0].is_quoted:
        if home is None or (found[0].text[1:2] or source[1:2]) not in {b"", b"/"}:
            return unknown
        text = home + text[1:]
    has_pattern = any(_PATTERN.search(piece.text) for piece in found if not piece.is_quoted)
    return Word(text=text, shape="pattern" if has_pattern else "plain")


def _is_for_bash_alone(piece: Piece) -> bool:
    if piece.is_quoted:
        return False
    braces = _HARMLESS_BRACES.sub(b"", piece.text)
    return b"{" in braces or b"}" in braces or _TILDE_WITHIN.search(piece.text) is not None
