"""From TOML text to data, telling every mistake of a file in one run.

tomllib stops at its first error. Here each error is explained, mended in memory the way that the
person is told to mend it, and reading goes on; a line that nobody can mend is left out, so that
the rest of the file is still checked.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

from msgspec import Struct

from vibe.clean import quote
from vibe.config.codes import Code
from vibe.config.corrections import rewritten
from vibe.config.fields import is_list_table
from vibe.config.locate import Source, source
from vibe.config.malformed import diagnose
from vibe.config.problem import Edit, Problem, apply, problem
from vibe.config.scan import MAX_VALUES, Assignment, Header, Path, Span, Stop

MAX_REPAIRS = 50
_MAX_READ = 2_000_000  # characters, over all repairs; a value takes as long as `_VALUE` of them
_VALUE = 50
_MAX_CONVERTED = 200_000  # characters of JSON that are worth writing as TOML
_POSITION = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)$")


class Parsed(Struct, frozen=True, kw_only=True):
    """`source` is the text as mended; `damaged` are its lines that had to be left out."""

    data: dict[str, object]
    source: Source
    problems: tuple[Problem, ...] = ()
    damaged: frozenset[int] = frozenset()
    complete: bool = True


class _Reading(Struct, frozen=True, kw_only=True):
    """One text as tomllib took it: its data, or else what was `said` of it."""

    source: Source
    data: dict[str, object]
    said: str = ""

    @property
    def cost(self) -> int:
        outline = self.source.outline
        values = len(outline.places) + len(outline.statements)
        return len(self.source.text) + _VALUE * values


class _Trouble(Struct, frozen=True, kw_only=True):
    """One syntax error; `lines` is what to leave out where no edit mends it, None for a stop.

    `mended` is what the edits lead to, where that was tried.
    """

    problem: Problem
    lines: tuple[int, int] | None
    mended: _Reading | None = None


def parse(given: Source) -> Parsed:
    reading = _read(given)
    budget = _MAX_READ
    problems: list[Problem] = []
    damaged: set[int] = set()
    for _ in range(MAX_REPAIRS):
        current = reading.source
        trouble = _trouble(reading)
        if trouble is None:
            return Parsed(
                data=reading.data,
                source=current,
                problems=tuple(problems),
                damaged=frozenset(damaged),
            )
        problems.append(trouble.problem)
        edits = trouble.problem.edits
        if any(edit.delete != edit.text.count("\n") + 1 or not edit.text for edit in edits):
            edits = ()  # the lines that follow would be told by other numbers than they have
        if not edits and trouble.lines is not None:
            first, last = trouble.lines
            damaged.update(range(first, last + 1))
            edits = tuple(Edit(line=line, delete=1, text="#") for line in range(first, last + 1))
        budget -= reading.cost
        if not edits or budget < 0:
            break
        reading = trouble.mended or _read(source(given.name, apply(current.text, edits)))
    problems.append(
        problem(
            Code.TOML_INVALID,
            problems[-1].spot,
            "here the reading stopped; what follows was not looked at",
            help="mend what is above, then check again",
            severity="note",
        )
    )
    return Parsed(data={}, source=reading.source, problems=tuple(problems), complete=False)


def _read(current: Source) -> _Reading:
    stop = current.outline.stop
    if stop is not None and stop.what in _UNREADABLE:
        return _Reading(source=current, data={}, said=stop.what)
    try:
        return _Reading(source=current, data=tomllib.loads(current.text))
    except ValueError as error:  # also of a date that does not exist, in some versions of Python
        return _Reading(source=current, data={}, said=str(error))


def _trouble(reading: _Reading) -> _Trouble | None:
    current = reading.source
    stop = current.outline.stop
    if not reading.said:
        return None
    if stop is not None and stop.what in _UNREADABLE:
        return _UNREADABLE[stop.what](current, stop)
    return _explain(current, reading.said)


def _explain(current: Source, said: str) -> _Trouble:
    at = _offset(current, said)
    stop = current.outline.stop
    if stop is not None and stop.what == "header" and stop.opened > at:
        stop = None
    if current.text.lstrip().startswith("{") and (trouble := _json_file(current)):
        return trouble
    if trouble := _list_written_once(current, at) or _duplicate(current, at):
        return trouble
    if stop is not None and stop.opened <= at:
        at = stop.opened
    return _mended_line(current, at, stop, said)


def _mended_line(current: Source, at: int, stop: Stop | None, said: str) -> _Trouble:
    """The trouble in the line of `at`, with the first correction that gets the parser past it."""
    number = current.line_of(at)
    line = current.line(number)
    start = current.starts[number - 1]
    diagnosis = diagnose(line)
    if diagnosis is not None and diagnosis.corrected is not None:
        edit = Edit(line=number, delete=1, text=diagnosis.corrected)
        if mended := _helped(current, edit):
            spot = current.spot(Span(start + diagnosis.at, start + len(line)))
            found = problem(
                diagnosis.code, spot, diagnosis.message, help=_help(diagnosis.code), edits=(edit,)
            )
            return _Trouble(problem=found, lines=(number, number), mended=mended)
    header = line.lstrip().startswith("[") and (stop is None or stop.what == "header")
    last = current.line_of(max(at, stop.at if stop and stop.what != "string" else at))
    comment_out = Edit(line=number, delete=1, text="# " + line.strip())
    code, message = Code.TOML_INVALID, "this is not TOML: " + _plain(said)
    column = at - start
    if diagnosis is not None:
        code, message, column = diagnosis.code, diagnosis.message, diagnosis.at
    spot = current.spot(Span(start + column, start + len(line)))
    mended = None if header else _helped(current, comment_out)
    edits = (comment_out,) if mended else ()
    found = problem(code, spot, message, help=_help(code), edits=edits)
    lines = None if header else (number, min(last, number + 20))
    return _Trouble(problem=found, lines=lines, mended=mended)


def _helped(current: Source, edit: Edit) -> _Reading | None:
    """The text after `edit`, if its next error, should it have one, lies further down."""
    mended = _read(source(current.name, apply(current.text, (edit,))))
    if not mended.said:
        return mended
    stop = mended.source.outline.stop
    if stop is not None and stop.what in _UNREADABLE:
        at = stop.at
    else:
        at = _offset(mended.source, mended.said)
        if stop is not None and stop.opened <= at:
            at = stop.opened
    return mended if mended.source.line_of(at) > edit.line else None


def _duplicate(current: Source, at: int) -> _Trouble | None:
    """The key or table that ends at or around `at`, if it stands a second time."""
    first_at: dict[tuple[Path, type], Span] = {}
    earliest = current.line_of(at) - 1
    for statement in current.outline.statements:
        span = statement.span if isinstance(statement, Header) else statement.key
        here = (statement.path, type(statement))
        first = first_at.setdefault(here, span)
        if first is span or (isinstance(statement, Header) and statement.is_list):
            continue
        if current.line_of(span.start) >= earliest:
            return _second(current, statement, first=first, second=span)
    return None


def _second(
    current: Source, statement: Header | Assignment, *, first: Span, second: Span
) -> _Trouble:
    number, earlier = current.line_of(second.start), current.line_of(first.start)
    name = ".".join(str(step) for step in statement.path)
    spot = current.spot(second)
    if isinstance(statement, Assignment):
        last = current.line_of(statement.value.end)
        edits = tuple(
            Edit(line=line, delete=1, text="# " + current.line(line).strip())
            for line in range(number, last + 1)
        )
        found = problem(
            Code.TOML_DUPLICATE,
            spot,
            f"{quote(str(statement.path[-1]))} is set twice; the first is in line {earlier}",
            help="keep one of the two",
            edits=edits,
        )
        return _Trouble(problem=found, lines=(number, last))
    found = problem(
        Code.TOML_DUPLICATE,
        spot,
        f"the table {quote(name)} stands twice; it begins in line {earlier}",
        help="put the settings of both under one header",
        edits=_joined(current, first=first, second=second),
    )
    return _Trouble(problem=found, lines=_block(current, second.start))


def _list_written_once(current: Source, at: int) -> _Trouble | None:
    """A list of tables, one of whose headers has single brackets, so that the next one clashes."""
    headers = [each for each in current.outline.statements if isinstance(each, Header)]
    number = current.line_of(at)
    clash = [each for each in headers if current.line_of(each.span.start) == number]
    if not clash or not is_list_table(clash[0].keys):
        return None
    single = [each for each in headers if each.keys == clash[0].keys and not each.is_list]
    if not single:
        return None
    name = ".".join(clash[0].keys)
    found = problem(
        Code.TABLE_IS_LIST,
        current.spot(single[0].span),
        f"{name} is a list: write [[{name}]]",
        help="each item of a list has a header with two brackets",
        edits=tuple(rewritten(current, each.span, f"[[{name}]]") for each in single),
    )
    return _Trouble(problem=found, lines=None)


def _joined(current: Source, *, first: Span, second: Span) -> tuple[Edit, ...]:
    """Move what stands under the second header to the end of the first one's table."""
    _, first_end = _block(current, first.start)
    header, second_end = _block(current, second.start)
    moved = "\n".join(current.line(number) for number in range(header + 1, second_end + 1))
    removed = Edit(line=header, delete=second_end - header + 1, text="")
    if not moved:
        return (removed,)
    return (Edit(line=first_end + 1, delete=0, text=moved), removed)


def _block(current: Source, start: int) -> tuple[int, int]:
    """The lines of the header at `start` and of the settings below it."""
    first = current.line_of(start)
    following = next((line for line in current.bracketed if line > first), len(current.starts) + 1)
    last = following - 1
    while last > first and not current.line(last).strip():
        last -= 1
    return first, last


def _json_file(current: Source) -> _Trouble | None:
    import json

    from vibe.config.edit import as_toml

    try:
        data = json.loads(current.text)
    except (ValueError, RecursionError):
        return None
    edits: tuple[Edit, ...] = ()
    if len(current.text) <= _MAX_CONVERTED:
        written = as_toml(data).rstrip("\n")
        edits = (Edit(line=1, delete=len(current.starts), text=written),)
    found = problem(
        Code.TOML_JSON,
        current.spot(Span(len(current.text) - len(current.text.lstrip()), len(current.text))),
        "this is a JSON file; config.toml is TOML",
        help="the same settings in TOML are below" if edits else _help(Code.TOML_JSON),
        edits=edits,
    )
    return _Trouble(problem=found, lines=None)


def _too_much(current: Source, stop: Stop) -> _Trouble:
    found = problem(
        Code.FILE_TOO_LARGE,
        current.spot(Span(stop.at, stop.at + 1)),
        f"this file holds more than {MAX_VALUES:,} values, or many in very long lines",
        help="no configuration needs so many; check that the path names the right file",
    )
    return _Trouble(problem=found, lines=None)


def _too_deep(current: Source, stop: Stop) -> _Trouble:
    found = problem(
        Code.TOML_TOO_DEEP,
        current.spot(Span(stop.opened, stop.at + 1)),
        "brackets or dotted keys nest deeper than 64 levels",
        help="no setting needs more than three; delete this",
    )
    number = current.line_of(stop.opened)
    return _Trouble(
        problem=found, lines=(number, number) if number == current.line_of(stop.at) else None
    )


def _too_long(current: Source, stop: Stop) -> _Trouble:
    number = current.line_of(stop.at)
    line = current.line(number)
    column = stop.at - current.starts[number - 1]
    comment_out = Edit(line=number, delete=1, text="# " + line[:column].strip() + " …")
    found = problem(
        Code.TOML_NUMBER,
        current.spot(Span(stop.at, stop.at + 20)),
        "this number has more digits than TOML's integers can hold",
        help="delete the line, or write a smaller number",
        edits=(comment_out,),
    )
    return _Trouble(problem=found, lines=(number, number))


def _offset(current: Source, said: str) -> int:
    """Where tomllib says that it is; the end where it does not say."""
    found = _POSITION.search(said)
    if found is None or found[1] is None:
        return max(0, len(current.text.rstrip()) - 1)
    line, column = int(found[1]), int(found[2])
    return min(current.starts[min(line, len(current.starts)) - 1] + column - 1, len(current.text))


def _plain(said: str) -> str:
    """tomllib's own words as the end of a sentence of ours."""
    words = _POSITION.sub("", said).strip()
    return (words[:1].lower() + words[1:])[:120]


def _help(code: Code) -> str:
    from vibe.config.explanations import explained

    return explained(code).remedy.rstrip(".").replace("`", "")


# What is not shown to tomllib, which would take very long over it or fail in other ways.
_UNREADABLE: dict[str, Callable[[Source, Stop], _Trouble]] = {
    "amount": _too_much,
    "depth": _too_deep,
    "digits": _too_long,
}
