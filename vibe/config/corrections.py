"""The edits that mend a source: a value rewritten, lines commented out, headers renamed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache

from vibe.config.fields import is_list_table
from vibe.config.locate import INDEXED, Source
from vibe.config.nearest import nearest
from vibe.config.problem import Edit
from vibe.config.scan import Assignment, Header, Path, Span

_MOST_LINES = 1_000  # more than anybody comments out one by one


def rewritten(source: Source, span: Span, new: str) -> Edit:
    """Put `new` in the place of `span` and leave the rest of its lines."""
    first, last = source.line_of(span.start), source.line_of(max(span.start, span.end - 1))
    before = source.text[source.starts[first - 1] : span.start]
    after = source.line(last)[span.end - source.starts[last - 1] :]
    return Edit(line=first, delete=last - first + 1, text=before + new + after)


def commented_out(source: Source, first: int, last: int) -> tuple[Edit, ...]:
    return tuple(
        Edit(line=number, delete=1, text="# " + source.line(number).strip())
        for number in range(first, last + 1)
    )


def left_out(source: Source, path: Path) -> tuple[Edit, ...]:
    """Comment out the setting at `path`, or the whole table that it heads, unless it is huge."""
    edits: list[Edit] = []
    for statement in _statements_in(source, path):
        is_header = isinstance(statement, Header)
        first = source.line_of(statement.span.start if is_header else statement.key.start)
        last = source.line_of(statement.span.end if is_header else statement.value.end)
        if len(edits) + last - first >= _MOST_LINES:
            return ()
        edits += commented_out(source, first, last)
    return tuple(edits)


def without_item(source: Source, path: Path) -> tuple[Edit, ...]:
    """Take one item out of a list in brackets, with the comma that goes with it."""
    places, (*around, index) = source.outline.places, path
    here, whole = places.get(path), places.get(tuple(around))
    if here is None or whole is None or not isinstance(index, int):
        return ()
    after, before = places.get((*around, index + 1)), places.get((*around, index - 1))
    if after:
        return (rewritten(source, Span(here.value.start, after.value.start), ""),)
    if before:
        return (rewritten(source, Span(before.value.end, here.value.end), ""),)
    return (rewritten(source, whole.value, "[]"),)


def _statements_in(source: Source, path: Path) -> Iterator[Header | Assignment]:
    for statement in source.statements_in.get(path[:INDEXED], ()):
        if statement.path[: len(path)] == path:
            yield statement


def commented_setting(source: Source, name: str, *, after: int) -> int | None:
    """The line below `after`, and before the next header, in which `name` is but a comment."""
    headers = source.bracketed
    next_header = bisect_right(headers, after)
    end = headers[next_header] if next_header < len(headers) else len(source.starts) + 1
    first = bisect_right(source.commented, after, key=lambda each: each.line)
    for comment in source.commented[first:]:
        if comment.line >= end:
            return None
        if _means(comment.key, name):
            return comment.line
    return None


def commented_value(source: Source, name: str, value: str) -> int | None:
    """The line in which `name` would have this text, were it no comment."""
    written = f'"{value}"'
    for comment in source.commented:
        if written in comment.value and _means(comment.key, name):
            return comment.line
    return None


def uncommented(source: Source, name: str, number: int) -> Edit:
    before, _, _ = source.line(number).partition("#")
    comment = next(each for each in source.commented if each.line == number)
    setting = f"{name} ={comment.value}"
    text = f"{before.rstrip()}\n{setting}" if before.strip() else setting
    return Edit(line=number, delete=1, text=text)


@lru_cache(maxsize=4096)
def _means(key: str, name: str) -> bool:
    return nearest(key, (name,)) is not None


def reheaded(source: Source, old: tuple[str, ...], new: tuple[str, ...]) -> tuple[Edit, ...]:
    """Every header that begins with `old` begins with `new`, with the brackets that it needs."""
    return tuple(
        rewritten(source, statement.span, header((*new, *statement.keys[len(old) :])))
        for statement in source.headers_in.get(old[:INDEXED], ())
        if statement.keys[: len(old)] == old
    )


def header(names: tuple[str, ...]) -> str:
    dotted = ".".join(names)
    return f"[[{dotted}]]" if is_list_table(names) else f"[{dotted}]"


def names_of(path: Path) -> tuple[str, ...]:
    """The steps of `path` that are names; a header has no indices."""
    return tuple(step for step in path if isinstance(step, str))
