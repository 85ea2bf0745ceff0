"""How the change of one setting looks in the text of config.toml.

A text is spliced in one place, at the offsets of scan.py, and read again before it is handed back:
what would change any other value is refused. tomlkit only renders what is new; no file ever goes
through it.
"""

from __future__ import annotations

import json
import pathlib
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from typing import TypeAlias, cast

from vibe.clean import clean_line
from vibe.config.corrections import names_of
from vibe.config.fields import Setting
from vibe.config.keypath import BARE, children_of, resolve, spelled
from vibe.config.read import MAX_BYTES
from vibe.config.scan import Assignment, Header, Outline, Path, Span, scan
from vibe.config.write import rewrite
from vibe.errors import UsageError

Table: TypeAlias = dict[str, object]

_BOM = b"\xef\xbb\xbf"
_LINE = re.compile(r"[^\n]*\n")
_COMMENTS = re.compile(r"(?:\r?\n[ \t]*#[^\r\n]*)*+(?!\r?\n[ \t]*\[)")


# data as text


def as_toml(data: object) -> str:
    """What JSON can hold, as a TOML file; "" for what TOML cannot be: no table, or nested too deep.

    Nulls are left out, and halves of surrogate pairs become question marks.
    """
    if not isinstance(data, dict):
        return ""
    try:
        text = "\n".join(_lines(cast("Table", data), ()))
    except RecursionError:
        return ""
    return text.lstrip("\n").encode(errors="replace").decode() + "\n"


def _lines(table: Table, names: tuple[str, ...]) -> Iterator[str]:
    below: list[tuple[str, object]] = []
    for name, value in table.items():
        if _has_header(value):
            below.append((name, value))
        elif value is not None:
            yield f"{_key((name,))} = {_inline(value)}"
    for name, value in below:
        here = (*names, name)
        if isinstance(value, dict):
            yield from ("", f"[{_key(here)}]")
            yield from _lines(cast("Table", value), here)
            continue
        for item in cast("list[Table]", value):
            yield from ("", f"[[{_key(here)}]]")
            yield from _lines(item, here)


def _has_header(value: object) -> bool:
    """Whether `value` gets headers: a table, or a list of nothing else."""
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    return bool(items) and all(isinstance(item, dict) for item in items)


def _inline(value: object) -> str:
    """`value` as it stands to the right of an equals sign."""
    from tomlkit import item

    if isinstance(value, dict):
        settings = cast("Table", value).items()
        inner = [
            f"{_key((name,))} = {_inline(each)}" for name, each in settings if each is not None
        ]
        return f"{{ {', '.join(inner)} }}" if inner else "{}"
    if isinstance(value, list):
        items = cast("list[object]", value)
        return f"[{', '.join(_inline(each) for each in items if each is not None)}]"
    return item(value).as_string()


def _key(path: Path) -> str:
    """The names in `path` as a dotted key."""
    names = names_of(path)
    return ".".join(name if BARE.fullmatch(name) else _inline(name) for name in names)


# the change


def set_in_file(file: pathlib.Path, path: Path, value: Setting) -> None:
    """Set one value in `file`, which is made where there is none; whoever does so too, waits."""

    def change(text: str) -> str:
        return with_value(text, path, value, file=str(file))

    rewrite(file, lambda old: changed_text(old, change, file=file))


def changed_text(
    content: bytes | None, change: Callable[[str], str], *, file: pathlib.Path
) -> bytes:
    """The bytes of a file whose text is changed; what stands before the text stays."""
    content = content or b""
    mark = _BOM if content.startswith(_BOM) else b""
    try:
        text = content.removeprefix(mark).decode()
    except UnicodeDecodeError as error:
        raise unreadable(str(file)) from error
    return mark + change(text).encode()


def with_value(text: str, path: Path, value: Setting, *, file: str = "config.toml") -> str:
    """`text` with `value` at `path`, and every other character as it was.

    `file` is what a refusal calls it: where it is not TOML, or of a form so rare that the change
    would not be the only one.
    """
    outline = scan(text)
    if outline.stop is not None or len(text) > MAX_BYTES:
        raise unreadable(file)
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise unreadable(file) from error
    path = resolve(path, data)
    wanted = _with(data, path, value)
    depth, found = _reached(data, path)
    exists = depth == len(path)
    if _are_tables(found, value, beyond=len(path) - depth):
        raise UsageError(f"{spelled(path)} is a table", hint="name one of the settings in it")
    if exists and found == value and isinstance(found, bool) == isinstance(value, bool):
        return text
    layout = _Layout(text, outline)
    if exists:
        changed = layout.replaced(path, value)
    elif isinstance(path[-1], int) and depth < len(path) - 1:
        changed = layout.added(path[:depth], path[depth:-1], cast("list[str]", [value]))
    else:
        changed = layout.added(path[:depth], path[depth:], value)
    if not means(changed, wanted):
        raise UsageError(
            f"{spelled(path)} cannot be set from here, because of the way {clean_line(file)} "
            "is written; nothing was changed",
            hint="change it by hand: vibe config edit",
        )
    return changed


def unreadable(file: str) -> UsageError:
    name = clean_line(file)
    return UsageError(
        f"{name} is not valid TOML; nothing was changed",
        hint=f"see what is wrong with it: vibe config validate {shlex.quote(name)}",
    )


def _with(data: object, path: Path, value: Setting, *, at: int = 0) -> object:
    """`data`, None for nothing yet, with `value` where the steps of `path` from `at` on lead."""
    if at == len(path):
        return value
    step = path[at]
    kind = list if isinstance(step, int) else dict
    if data is not None and not isinstance(data, kind):
        raise UsageError(
            f"{spelled(path[:at])} is not a {'list' if kind is list else 'table'}",
            hint="see what it should be: vibe config validate",
        )
    children = children_of(cast("object", data))
    if isinstance(step, int) and step > len(children):
        raise UsageError(
            f"there is no {spelled(path[: at + 1])}",
            hint=f"the next one is {spelled((*path[:at], len(children)))}",
        )
    children[step] = _with(children.get(step), path, value, at=at + 1)
    return list(children.values()) if kind is list else children


def _reached(data: Table, path: Path) -> tuple[int, object]:
    """How many steps of `path` exist, and what the last of these leads to."""
    found: object = data
    for depth, step in enumerate(path):
        children = children_of(found)
        if step not in children:
            return depth, found
        found = children[step]
    return len(path), found


def _are_tables(found: object, value: Setting, *, beyond: int) -> bool:
    """Whether `value` would take the place of tables or, a step `beyond` a list, stand by them."""
    if not isinstance(found, list):
        return isinstance(found, dict) and not beyond
    holds_tables = any(isinstance(each, dict) for each in cast("list[object]", found))
    match beyond:
        case 0:
            return holds_tables or not isinstance(value, list)
        case 1:
            return holds_tables
        case _:
            return False


def means(text: str, data: object, *, like: Callable[[object], object] = lambda each: each) -> bool:
    """As JSON 1, 1.0 and true differ, and one NaN is like another."""
    try:
        found = like(tomllib.loads(text.encode().decode()))
    except ValueError:
        return False
    one, other = (json.dumps(each, sort_keys=True, default=repr) for each in (found, data))
    return one == other


class _Layout:
    """A valid TOML text, and where in it a setting stands or, if it is new, would be looked for.

    `blocks` are the settings below each header, by its path; those before the first by ().
    """

    def __init__(self, text: str, outline: Outline) -> None:
        self.text = text
        self.statements = outline.statements
        self.places = outline.places
        self.headers: dict[Path, Header] = {}
        self.blocks: dict[Path, list[Assignment]] = {(): []}
        block: Path = ()
        for statement in outline.statements:
            if isinstance(statement, Header):
                block = statement.path
                self.headers[block] = statement
                self.blocks[block] = []
            else:
                self.blocks[block].append(statement)

    def replaced(self, path: Path, value: Setting) -> str:
        """A text in single quotes stays one where it can."""
        span = self.places[path].value
        new = _inline(value)
        if self.text[span.start] == "'" and isinstance(value, str):
            is_plain = value.isprintable() and "'" not in value
            new = f"'{value}'" if is_plain else new
        return self._spliced(span, new)

    def added(self, at: Path, rest: Path, value: Setting) -> str:
        """`at` exists already, in whatever form; nothing of `rest` does.

        `home` is the nearest table around, `at` itself if it can be, that has a header or brackets
        of its own; from there on `at` is made of dotted keys, or of the headers of its tables.
        """
        home = at
        while home not in self.blocks and not self._is_in_brackets(home):
            home = home[:-1]
        names = len(at) - len(home) + 1
        here = (*at[len(home) :], *rest)
        if home not in self.blocks:
            if isinstance(rest[0], int):
                return self._in_brackets(home, _inline(_with(None, rest[1:], value)))
            return self._in_brackets(home, _setting(here, value, names=names))
        item = next((i for i, step in enumerate(rest) if isinstance(step, int)), None)
        if item is not None:
            header = f"[[{_key((*at, *rest[:item]))}]]"
            return self._below(at, header, _setting(rest[item + 1 :], value))
        if not at and len(rest) > 1:
            return self._below((), f"[{_key(rest[:1])}]", _setting(rest[1:], value))
        settings = [each for each in self.blocks[home] if each.path[: len(at)] == at]
        if settings or home == at:
            return self._beside(settings, at, _setting(here, value, names=names))
        first = next(each for path, each in self.headers.items() if path[: len(at)] == at)
        return self._above(first, f"[{_key(at)}]", _setting(rest, value))

    def _is_in_brackets(self, path: Path) -> bool:
        place = self.places.get(path)
        return place is not None and place.value != place.key

    def _in_brackets(self, home: Path, new: str) -> str:
        """`new` at the end of the array or inline table that is written at `home`."""
        inside = [
            place.value.end
            for path, place in self.places.items()
            if path[: len(home)] == home and path != home
        ]
        if inside:
            return self._inserted(max(inside), f", {new}")
        start = self.places[home].value.start + 1
        gap = "" if self.text[start] == " " else " "
        return self._inserted(start, f" {new}{gap}")

    def _beside(self, settings: list[Assignment], table: Path, line: str) -> str:
        """A line after the last of `settings`, else after the header, else before the first one."""
        if not settings and not table:
            first = next(iter(self.headers.values()), None)
            return self._above(first, line) if first else self._below((), line)
        last = settings[-1] if settings else self.headers[table]
        extent = _extent(last)
        indent = self.text[self._line_start(extent.start) : extent.start]
        return self._inserted(self._line_end(extent.end), f"\n{indent}{line}")

    def _above(self, header: Header, *lines: str) -> str:
        """A paragraph before `header` and the comment that leads to it."""
        start = self._line_start(header.span.start)
        number = self.statements.index(header)
        free = self._line_end(_extent(self.statements[number - 1]).end) if number else 0
        for line in reversed(_LINE.findall(self.text, free, start)):
            # What begins with #: is for the editor, and about the whole file.
            if not line.lstrip().startswith("#") or line.lstrip().startswith("#:"):
                break
            start -= len(line)
        return self._inserted(start, "\n".join(lines) + "\n\n")

    def _below(self, table: Path, *lines: str) -> str:
        """A paragraph after all that belongs to `table`; at the end of the file for ()."""
        new = "\n".join(lines)
        if table:
            return self._inserted(self._end_of(table), f"\n\n{new}")
        if not self.text:
            return new + "\n"
        end = len(self.text.removesuffix("\n").removesuffix("\r"))
        is_blank = not self.text[self._line_start(end) : end].strip()
        return self._inserted(end, f"\n{new}" if is_blank else f"\n\n{new}")

    def _end_of(self, table: Path) -> int:
        """The end of the last line that belongs to `table`, comments right below included."""
        last, is_within = self.statements[0], False
        for statement in self.statements:
            if statement.path[: len(table)] == table:
                is_within = True
            elif isinstance(statement, Header):
                is_within = False
            last = statement if is_within else last
        end = self._line_end(_extent(last).end)
        below = _COMMENTS.match(self.text, end)
        return below.end() if below else end

    def _line_start(self, at: int) -> int:
        return self.text.rfind("\n", 0, at) + 1

    def _line_end(self, at: int) -> int:
        """Where the line of `at` ends, not counting what ends it."""
        end = self.text.find("\n", at)
        if end < 0:
            return len(self.text)
        return end - 1 if self.text[end - 1] == "\r" else end

    def _inserted(self, at: int, new: str) -> str:
        """With line ends like that of the line of `at`, or of the one before the last."""
        end = self.text.find("\n", at)
        end = end if end >= 0 else self.text.rfind("\n")
        newline = "\r\n" if end > 0 and self.text[end - 1] == "\r" else "\n"
        return self._spliced(Span(at, at), new.replace("\n", newline))

    def _spliced(self, span: Span, new: str) -> str:
        return self.text[: span.start] + new + self.text[span.end :]


def _extent(statement: Header | Assignment) -> Span:
    if isinstance(statement, Header):
        return statement.span
    return Span(statement.key.start, statement.value.end)


def _setting(steps: Path, value: Setting, *, names: int = 1) -> str:
    """`value` under a key of the first `names` steps, inside of what the others make of it."""
    return f"{_key(steps[:names])} = {_inline(_with(None, steps[names:], value))}"
