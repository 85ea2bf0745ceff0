"""One plain word of a command line, taken apart at its quotes as bash does it.

Of substitutions and expansions nothing is known here: a word that holds one may be no plain word.
"""

from __future__ import annotations

import re

from msgspec import Struct

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


class Piece(Struct, frozen=True, kw_only=True):
    text: bytes
    is_quoted: bool


def pieces(source: bytes) -> tuple[Piece, ...] | None:
    """The stretches of one word, each quoted or not; None where it is not a plain word."""
    if _WORD.fullmatch(source) is None:
        return None
    return tuple(map(_piece, _PIECE.finditer(source)))


def _piece(match: re.Match[bytes]) -> Piece:
    if match.lastgroup == "double":
        return Piece(text=_ESCAPED_IN_DOUBLE.sub(rb"\1", match["double"]), is_quoted=True)
    text = match[match.lastgroup or 0]
    return Piece(text=text, is_quoted=match.lastgroup != "bare")
