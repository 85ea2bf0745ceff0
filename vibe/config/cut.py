"""How the text of config.toml looks without one setting, or without one item of a list.

As in edit.py a text is spliced and read again before it is handed back; comments that lead to what
goes stay, for they may be about more.
"""

from __future__ import annotations

import re
import tomllib
from typing import cast

from vibe.clean import clean_line
from vibe.config.edit import means, unreadable
from vibe.config.keypath import children_of, resolve, spelled
from vibe.config.scan import Header, Outline, Path, Span, scan
from vibe.errors import UsageError

_COMMA_BEHIND = re.compile(r"\s*,[ \t]*")
_COMMA_BEFORE = re.compile(r",\s*\Z")
_BLANK_END = re.compile(r"(?:\A|\n)[ \t]*\r?\n\Z")
_BLANK_START = re.compile(r"[ \t]*\r?\n")


def without(text: str, path: Path, *, file: str = "config.toml") -> str:
    """`text` as it is where nothing stands at `path`. `file` is what a refusal calls it."""
    outline = scan(text)
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise unreadable(file) from error
    if outline.stop is not None:
        raise unreadable(file)
    path = resolve(path, data)
    if not _leads_somewhere(data, path):
        return text
    cut = _cut(text, outline, path)
    if cut is None or not means(cut, _pruned(_less(data, path)), like=_pruned):
        raise UsageError(
            f"{spelled(path)} cannot be taken out from here, because of the way "
            f"{clean_line(file)} is written; nothing was changed",
            hint="change it by hand: vibe config edit",
        )
    return cut


def _leads_somewhere(data: object, path: Path) -> bool:
    for step in path:
        children = children_of(data)
        if step not in children:
            return False
        data = children[step]
    return True


def _less(data: object, path: Path) -> object:
    children = children_of(data)
    if len(path) == 1:
        del children[path[0]]
    else:
        children[path[0]] = _less(children[path[0]], path[1:])
    return list(children.values()) if isinstance(data, list) else children


def _pruned(data: object) -> object:
    """Without tables and lists that hold nothing: whether they are there has no meaning."""
    if not isinstance(data, dict | list):
        return data
    kept = {step: _pruned(each) for step, each in children_of(cast("object", data)).items()}
    if isinstance(data, list):
        return list(kept.values())
    return {step: each for step, each in kept.items() if each not in ({}, [])}


def _cut(text: str, outline: Outline, path: Path) -> str | None:
    statements = outline.statements
    inside = [at for at, each in enumerate(statements) if each.path[: len(path)] == path]
    if not inside:
        place = outline.places.get(path)
        return (
            None if place is None else _from_brackets(text, Span(place.key.start, place.value.end))
        )
    if inside != list(range(inside[0], inside[-1] + 1)):
        return None
    first, last = statements[inside[0]], statements[inside[-1]]
    start = text.rfind("\n", 0, first.span.start if isinstance(first, Header) else first.key.start)
    end = text.find("\n", last.span.end if isinstance(last, Header) else last.value.end)
    before, after = text[: start + 1], text[end + 1 :] if end >= 0 else ""
    if _BLANK_END.search(before) and (blank := _BLANK_START.match(after)):
        after = after[blank.end() :]
    return before + after


def _from_brackets(text: str, span: Span) -> str:
    """With the comma behind it, else the one before it."""
    before, after = text[: span.start], text[span.end :]
    if comma := _COMMA_BEHIND.match(after):
        return before + after[comma.end() :]
    if comma := _COMMA_BEFORE.search(before):
        before = before[: comma.start()]
    return before + after
