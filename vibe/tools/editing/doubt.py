"""Signs that an edit whose `old` stands in the file to the letter is still not what was meant.

Nothing is repaired here, as nothing would prove the repair.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from vibe.errors import ToolError
from vibe.tools.editing.escapes import ESCAPED
from vibe.tools.editing.first_line import check_further_lines
from vibe.tools.editing.lines import BLANKS, lines_of
from vibe.tools.editing.literals import may_begin_literal
from vibe.tools.editing.numbers import brings_numbers
from vibe.tools.editing.quotes import is_typographic
from vibe.tools.editing.text import Splice, line_numbers

_MOST_CHECKED = 100
_PROSE = frozenset({"", ".adoc", ".md", ".mk", ".rst", ".txt"})  # may hold lines of any kind
# What may stand nowhere but in strings and comments.
_STRAY_QUOTES = frozenset({".c", ".cs", ".go", ".h", ".java", ".js", ".kt", ".rs", ".ts"})
_STRAY_ESCAPES = frozenset({".cs", ".go", ".java", ".kt", ".yaml", ".yml"})
# Here a regular expression may hold them as well, but hardly behind the end of a statement.
_CURLY = frozenset({
    ".c", ".cc", ".cpp", ".css", ".dart", ".h", ".hpp", ".js", ".jsx", ".mjs", ".php", ".rs",
    ".scala", ".scss", ".swift", ".ts", ".tsx",
})  # fmt: skip
_INDENTED = re.compile(r"\\n(?: {2,}|\\t)\S")
_AFTER_STATEMENT = re.compile(r"[;{}][ \t]*\\n")
_STRING_OR_COMMENT = re.compile(
    r"""\"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`[^`]*`|//.*|/\*[^*]*\*/|^\s*\*.*|(?<!\S)#\s.*""",
    re.MULTILINE,
)
_FROM_LISTING = re.compile(r"^(?:[ \t]*\d+(?:\t|→|: | \| )|[-+](?=[ \t]))", re.MULTILINE)
_ESCAPES = r"new holds \n as two characters; where line ends are meant, send line ends"
_QUOTES = "new holds typographic quotes where the language has none"


def check_meant(body: str, starts: Sequence[int], *, old: str, new: str, path: str) -> None:
    """ToolError: `new` is hardly meant to take the place of `old`, which stands at `starts`."""
    old_lines, new_lines = lines_of(old), lines_of(new)
    befores = [before(body, start) for start in starts[:_MOST_CHECKED]]
    if brings_numbers(old_lines, new_lines, at=line_numbers(body, starts[:_MOST_CHECKED])):
        raise ToolError("new carries line numbers; send it without")
    if len(old_lines) > len(new_lines) == 1 and ESCAPED in _outside(new) and ESCAPED not in old:
        raise ToolError(_ESCAPES)
    for each in befores:
        check_further_lines(old_lines, new_lines, indent="" if each.strip(BLANKS) else each)
    if PurePath(path).suffix.lower() not in _PROSE:
        _check_blanks(body, new if "" in befores else "\n".join(new_lines[1:]))


def before(body: str, start: int) -> str:
    """What stands before it in its line."""
    return body[body.rfind("\n", 0, start) + 1 : start]


def check_written(body: str, splices: Sequence[Splice], *, path: str) -> None:
    """ToolError: a splice brings characters that this language has not."""
    suffix = PurePath(path).suffix.lower()
    if suffix in _PROSE:
        return
    for splice in splices[:_MOST_CHECKED]:
        first, end = body.rfind("\n", 0, splice.start) + 1, body.find("\n", splice.end)
        end = end if end >= 0 else len(body)
        had = _outside(body[first:end])
        has = _outside(body[first : splice.start] + splice.new + body[splice.end : end])
        if suffix in _STRAY_ESCAPES and ESCAPED in has and ESCAPED not in had:
            raise ToolError(_ESCAPES)
        is_line_end = _INDENTED.search(has) or (suffix in _CURLY and _AFTER_STATEMENT.search(has))
        if is_line_end and ESCAPED not in had:
            raise ToolError(_ESCAPES)
        if suffix in _STRAY_QUOTES and is_typographic(has) and not is_typographic(had):
            raise ToolError(_QUOTES)


def doubts(old: str, new: str) -> Iterator[str]:
    """Why it may be wrong; each counts only if the file then no longer parses."""
    if ESCAPED in new and ESCAPED not in old:
        yield _ESCAPES
    if is_typographic(new) and not is_typographic(old):
        yield _QUOTES
    if _FROM_LISTING.search(new) and not _FROM_LISTING.search(old):
        yield "new holds what look like line numbers, or the signs of a diff"
    if old.endswith("\n") and new and not new.endswith("\n"):
        yield "old ends with a line end, and new with none"


def _outside(text: str) -> str:
    return _STRING_OR_COMMENT.sub("", text)


def _check_blanks(body: str, new: str) -> None:
    """ToolError: lines are indented with tabs in a file of spaces, or the other way."""
    if any(map(may_begin_literal, new.split("\n"))):
        return
    new, body = f"\n{new}", f"\n{body}"
    for name, own, other in (("tabs", "\n\t", "\n  "), ("spaces", "\n  ", "\n\t")):
        if own in new and own not in body and other in body:
            raise ToolError(f"new is indented with {name} and no line of the file is")
