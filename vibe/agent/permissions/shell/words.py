"""The words of a command as bash makes them: quotes taken off, `~` put in, patterns told apart.

This is the plain part of the language alone. A word that holds a substitution, an expansion in
braces or anything else that only bash can know is `unknown`, and so is its text.
"""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

from msgspec import Struct

Shape: TypeAlias = Literal["plain", "pattern", "unknown"]

# Possessive, or a word that fails at its end would be tried in every division into pieces.
_PIECE = re.compile(
    rb"(?P<bare>[^\s|&;()<>$`\"'\\]++)"
    rb"|\\(?P<escaped>[\x00-\x09\x0b-\x7f]|[\xc0-\xff][\x80-\xbf]*+)"
    rb"|'(?P<single>[^']*+)'"
    rb"|\"(?P<double>(?:[^\"\\$`]++|\\[^\n])*+)\""
)
WORD = rb"(?!#)(?:" + re.sub(rb"\?P<\w+>", rb"?:", _PIECE.pattern) + rb")++"
_WORD = re.compile(WORD)
_ESCAPED_IN_DOUBLE = re.compile(rb"\\([$`\"\\])")
_PATTERN = re.compile(rb"[*?[]")
_HARMLESS_BRACES = re.compile(rb"\{\}|@\{[\w-]+\}")  # bash expands neither: find's, and git's
_TILDE_WITHIN = re.compile(rb"[=:]~")


class Word(Struct, frozen=True, kw_only=True):
    """`text` is what the program gets; of a pattern, what bash will look for among the files."""

    text: str
    shape: Shape = "plain"


Words: TypeAlias = tuple[Word, ...]


class Piece(Struct, frozen=True, kw_only=True):
    text: bytes
    is_quoted: bool


def pieces(source: bytes) -> tuple[Piece, ...] | None:
    """The stretches of one word, each quoted or not; None where it is not a plain word."""
    if _WORD.fullmatch(source) is None:
        return None
    return tuple(map(_piece, _PIECE.finditer(source)))


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


def _piece(match: re.Match[bytes]) -> Piece:
    if match.lastgroup == "double":
        return Piece(text=_ESCAPED_IN_DOUBLE.sub(rb"\1", match["double"]), is_quoted=True)
    text = match[match.lastgroup or 0]
    return Piece(text=text, is_quoted=match.lastgroup != "bare")


def _is_for_bash_alone(piece: Piece) -> bool:
    if piece.is_quoted:
        return False
    braces = _HARMLESS_BRACES.sub(b"", piece.text)
    return b"{" in braces or b"}" in braces or _TILDE_WITHIN.search(piece.text) is not None
