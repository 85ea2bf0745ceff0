"""New lines in the manner of the file: its quotes, its indentation.

Lines that a request does not change stay as the file has them, to the byte.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from vibe.errors import ToolError
from vibe.tools.editing.indentation import reindented, used_blanks
from vibe.tools.editing.lines import BLANKS, LineChange, changes, indent_of
from vibe.tools.editing.quotes import requoted, requoted_line, stood_for
from vibe.tools.editing.repair import Repair

Pair = tuple[str, str]


class Carried(Struct, frozen=True, kw_only=True):
    """What to do to the lines of a file, and the repairs that made it so."""

    made: tuple[LineChange, ...]
    repairs: frozenset[Repair]


class _Drift(Struct, frozen=True, kw_only=True):
    """How lines differ from how they were asked for.

    `indents` and `quotes` have what was asked for as keys, what the file has for it as values;
    `quotes` is empty if they do not differ in that.
    """

    indents: Mapping[str, str]
    quotes: Mapping[str, frozenset[str]]
    drops_trailing: bool
    repairs: frozenset[Repair]


def carried(
    old: Sequence[str], actual: Sequence[str], new: Sequence[str], *, file: Sequence[str]
) -> Carried:
    """What to do to the `actual` lines of the `file`, which were asked for as `old`.

    ToolError: of a new line it cannot be known how the file would have it.
    """
    pairs = tuple(zip(old, actual, strict=True))
    drift = _drift(pairs)
    made = changes(old, new)
    added = [line for change in made for line in change.new if line.strip(BLANKS)]
    own = used_blanks(file)
    if Repair.INDENTATION in drift.repairs or (own and not used_blanks(added) <= own):
        indents = reindented(drift.indents, map(indent_of, added), file=file)
        drift = replace(drift, indents=indents, repairs=drift.repairs | {Repair.INDENTATION})
    lines = (
        replace(change, new=tuple(_lines(change, pairs[change.first : change.end], drift)))
        for change in made
    )
    return Carried(made=tuple(lines), repairs=drift.repairs)


def _drift(pairs: Sequence[Pair]) -> _Drift:
    filled = [(old, actual) for old, actual in pairs if old.strip(BLANKS)]
    bodies = [(old.strip(BLANKS), actual.strip(BLANKS)) for old, actual in filled]
    trailing = [(_trailing(old), _trailing(actual)) for old, actual in pairs]
    is_requoted = any(old != actual for old, actual in bodies)
    found = {
        Repair.INDENTATION: any(indent_of(old) != indent_of(actual) for old, actual in filled),
        Repair.QUOTES: is_requoted,
        Repair.TRAILING_BLANKS: any(old != actual for old, actual in trailing),
    }
    return _Drift(
        indents=_indents(filled),
        quotes=stood_for(bodies) if is_requoted else {},
        drops_trailing=any(len(old) > len(actual) for old, actual in trailing),
        repairs=frozenset(repair for repair, is_found in found.items() if is_found),
    )


def _indents(pairs: Sequence[Pair]) -> dict[str, str]:
    """ToolError: lines that were asked for at one depth stand at several in the file."""
    found = {indent_of(old): indent_of(actual) for old, actual in pairs}
    if any(found[indent_of(old)] != indent_of(actual) for old, actual in pairs):
        raise ToolError("its lines are not indented to one another as those of the file are")
    return found


def _lines(change: LineChange, pairs: Sequence[Pair], drift: _Drift) -> Iterator[str]:
    """The new lines; one for one, each knows the line that it takes the place of."""
    of_each = pairs if len(pairs) == len(change.new) else [None] * len(change.new)
    for line, pair in zip(change.new, of_each, strict=True):
        body = line.strip(BLANKS)
        indent, trailing = indent_of(line), _trailing(line)
        if body and drift.quotes:
            body = _requoted(body, pair, drift.quotes)
        is_indented = Repair.INDENTATION in drift.repairs
        if body and is_indented:
            indent = drift.indents[indent]
        is_bare = drift.drops_trailing or (is_indented and not body)
        yield (indent if body else "") + body + ("" if is_bare else trailing)


def _requoted(body: str, pair: Pair | None, quotes: Mapping[str, frozenset[str]]) -> str:
    if pair is None:
        return requoted(body, quotes)
    old, actual = (line.strip(BLANKS) for line in pair)
    return requoted_line(body, old=old, actual=actual, stands_for=quotes)


def _trailing(line: str) -> str:
    return line[len(line.rstrip(BLANKS)) :]
