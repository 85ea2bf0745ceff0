"""Strings over several lines, which another indentation would change in what they say.

Docstrings are not among them: nobody counts their blanks. In Python this is exact; elsewhere any
sign of such a string counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO
from itertools import pairwise
from pathlib import PurePath

_MARKS = ('"""', "'''", "`")
_HEREDOC = re.compile(r"<<[-~]?[\"']?[A-Z_]{2}")
_BETWEEN = frozenset({"COMMENT", "NL", "INDENT", "DEDENT", "ENCODING"})


def in_literal(body: str, lines: Iterable[int], *, path: str) -> int | None:
    """The first of the lines, counted from 1, that stands in such a string, or may do so."""
    match PurePath(path).suffix.lower():
        case ".md" | ".markdown":
            return None
        case ".py" | ".pyi" if (inside := _inside_in_python(body)) is not None:
            return min(inside.intersection(lines), default=None)
        case _:
            every = body.split("\n")
            return next((line for line in lines if may_begin_literal(every[line - 1])), None)


def may_begin_literal(line: str) -> bool:
    """Whether it has a sign of a string that goes on in further lines."""
    return _HEREDOC.search(line) is not None or any(line.count(mark) % 2 for mark in _MARKS)


def _inside_in_python(body: str) -> frozenset[int] | None:
    """The lines that begin inside a string other than a docstring; None if that cannot be told."""
    if not any(mark in body for mark in ('"""', "'''", "\\\n")):
        return frozenset()
    import tokenize  # off the path of edits that need no such repair

    try:
        tokens = [
            (tokenize.tok_name[token.type], token.start[0], token.end[0])
            for token in tokenize.generate_tokens(StringIO(body).readline)
            if tokenize.tok_name[token.type] not in _BETWEEN
        ]
    except (tokenize.TokenError, SyntaxError):
        return None
    found: set[int] = set()
    before = "NEWLINE"
    for (kind, first, last), (following, _, _) in pairwise(tokens):
        if kind in {"STRING", "FSTRING_MIDDLE"} and not before == following == "NEWLINE":
            found.update(range(first + 1, last + 1))
        before = kind
    return frozenset(found)
