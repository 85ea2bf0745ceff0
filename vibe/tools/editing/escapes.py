"""Line ends that arrive as the two characters `\\n`, because a text was escaped once too often.

That `old` was is proven by the file, where its lines stand. Nothing proves it of `new`; so a new
line is believed only where its quotes are closed: a `\\n` that is meant stands between quotes, and
to make a line end of that one would tear them apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

ESCAPED = "\\n"
_LINE_END = re.compile(r"\\n((?:\\t)*)")
_QUOTES = "\"'`"


def unescaped(old: str, new: str) -> Iterator[tuple[str, str | None]]:
    """Both as they were before; None where that cannot be known of `new`.

    Either all of a text was escaped, or only its line ends and the tabs behind them.
    """
    if ESCAPED not in old or "\n" in old:
        return
    for decoded in (_as_json, _line_ends):
        before = decoded(old)
        if before is not None:
            yield before, _new_before(new, decoded, set(before.split("\n")))


def closes_its_quotes(line: str) -> bool:
    """Whether each quote of the line has its partner in it; an apostrophe has none."""
    open_quote = ""
    characters = iter(line)
    for character in characters:
        if character == "\\":
            next(characters, None)
        elif not open_quote and character in _QUOTES:
            open_quote = character
        elif character == open_quote:
            open_quote = ""
    return not open_quote


def _new_before(new: str, decoded: Callable[[str], str | None], old: set[str]) -> str | None:
    if "\n" in new:
        return None if "\\" in new else new
    before = decoded(new)
    if before is None or not all(closes_its_quotes(line) for line in set(before.split("\n")) - old):
        return None
    return before


def _as_json(text: str) -> str | None:
    import json  # off the path of an assistant that edits nothing

    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return None


def _line_ends(text: str) -> str:
    return _LINE_END.sub(lambda found: "\n" + "\t" * (len(found[1]) // 2), text)
