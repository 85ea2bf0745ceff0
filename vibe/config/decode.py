"""One file's data to checked values, field by field, so that every problem is told at once.

Knows which keys stand where, and what each may hold. What refers to what, addresses and API keys
are judged in checks/, when all layers lie upon one another.
"""

from __future__ import annotations

import re
from typing import TypeAlias, cast

from msgspec import Struct

from vibe.clean import quote
from vibe.config.codes import Code
from vibe.config.corrections import names_of, reheaded, rewritten
from vibe.config.fields import Field, fields_of
from vibe.config.locate import Source, Spot
from vibe.config.malformed import quoted
from vibe.config.problem import Edit, Problem, Severity, problem
from vibe.config.scan import Path
from vibe.config.schema import Settings
from vibe.config.strangers import stranger
from vibe.config.values import flaw, literal_for
from vibe.config.variables import BadReference, Variables

Table: TypeAlias = dict[str, object]

NAMES = frozenset({"name", "alias", "provider", "model", "active_model"})
# These are taken to the letter; every other text may refer to variables.
_LITERAL = NAMES | {"api_key_env_var"}
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-[^}]*)?\}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL_IN_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
_OWN_HEADERS = frozenset({"host", "content-length", "transfer-encoding", "connection"})
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROL_IN_NAME = re.compile(rf"\t|{_CONTROL.pattern}")
_SHORT_MS = 1000


class Decoded(Struct, frozen=True, kw_only=True):
    """`values` are those that hold; `bad` are the paths of those that do not."""

    values: Table
    problems: tuple[Problem, ...]
    bad: frozenset[Path]


def decode(data: Table, source: Source, variables: Variables) -> Decoded:
    reading = _Reading(source, variables)
    values = reading.table(Settings, data, ())
    return Decoded(values=values, problems=tuple(reading.problems), bad=frozenset(reading.bad))


def spot_of(source: Source, path: Path, *, key: bool = False) -> Spot:
    """Where `path` stands in `source`; its key where `key`, else its value."""
    place = source.place(path)
    if place is None:
        return Spot(file=source.name)
    return source.spot(place.key if key else place.value)


class _Reading:
    """One walk over one file. Every path in `bad` has a problem in `problems`."""

    def __init__(self, source: Source, variables: Variables) -> None:
        self.source = source
        self.variables = variables
        self.problems: list[Problem] = []
        self.bad: set[Path] = set()

    def table(self, schema: type[Struct], data: Table, path: Path) -> Table:
        known = {field.name: field for field in fields_of(schema)}
        values: Table = {}
        for name, value in data.items():
            here = (*path, name)
            if name not in known:
                told, meant = stranger(self.source, here, value, schema=schema, taken=data)
                self.problems.append(told)
                if meant:  # whoever misses it need not say so again
                    self.bad.add((*path, meant))
                continue
            accepted = self._value(known[name], value, here)
            if accepted is not None:
                values[name] = accepted
        return values

    def _value(self, field: Field, value: object, path: Path) -> object | None:
        if field.kind == "tables":
            return self._tables(field, value, path)
        if field.kind == "table":
            return self._one_table(field, value, path)
        if field.kind == "list" and isinstance(value, list):
            return self._list(field, cast("list[object]", value), path)
        if isinstance(value, str):
            value = self._text(field, value, path)
            if value is None:
                return None
        found = flaw(field, value)
        if found is not None:
            self._refuse(found.code, path, found.message, help=found.help, literal=found.literal)
            return None
        if isinstance(value, dict):
            return self._texts(field, cast("Table", value), path)
        self._warn_of_seconds(field, value, path)
        return value

    # tables and lists of tables

    def _tables(self, field: Field, value: object, path: Path) -> list[Table]:
        schema = cast("type[Struct]", field.table)
        if isinstance(value, dict):
            self._list_written_once(path, cast("Table", value))
            items: list[object] = [value]
        elif isinstance(value, list):
            items = cast("list[object]", value)
        else:
            self._not_a_table(field, path)
            return []
        tables: list[Table] = []
        for index, item in enumerate(items):
            here = (*path, index) if isinstance(value, list) else path
            if isinstance(item, dict):
                tables.append(self.table(schema, cast("Table", item), here))
            else:
                self._refuse(
                    Code.VALUE_TYPE,
                    here,
                    f"each item of {_dotted(path)} must be a table",
                    literal="{}",
                )
                tables.append({})
        return tables

    def _list_written_once(self, path: Path, value: Table) -> None:
        name = _dotted(path)
        named = [key for key, inner in value.items() if isinstance(inner, dict)]
        help_ = "each item of a list has a header with two brackets"
        if named:
            help_ = f'write [[{name}]] with name = "{named[0]}" below it'
        self._say(
            Code.TABLE_IS_LIST,
            spot_of(self.source, path),
            f"{name} is a list: write [[{name}]]",
            help=help_,
            edits=reheaded(self.source, names_of(path), names_of(path)),
        )
        self.bad.add(path)

    def _one_table(self, field: Field, value: object, path: Path) -> Table:
        schema = cast("type[Struct]", field.table)
        if isinstance(value, dict):
            return self.table(schema, cast("Table", value), path)
        items = cast("list[object]", value) if isinstance(value, list) else []
        first = next((cast("Table", item) for item in items if isinstance(item, dict)), None)
        if first is None:
            self._not_a_table(field, path)
            return {}
        name = _dotted(path)
        self._say(
            Code.TABLE_IS_ONE,
            spot_of(self.source, path),
            f"{name} is one table: write [{name}]",
            help="a header with two brackets is for the items of a list",
            edits=reheaded(self.source, names_of(path), names_of(path)),
        )
        self.bad.add(path)
        return self.table(schema, first, (*path, 0))

    def _not_a_table(self, field: Field, path: Path) -> None:
        header = f"[[{_dotted(path)}]]" if field.kind == "tables" else f"[{_dotted(path)}]"
        self._refuse(
            Code.VALUE_TYPE,
            path,
            f"{_dotted(path)} must be {field.expected()}: write {header} on a line of its own",
            literal=literal_for(field, None),
        )

    # texts

    def _list(self, field: Field, items: list[object], path: Path) -> list[object] | None:
        """All or none of it: half of a list that forbids would allow the rest."""
        accepted = [self._value(field.item, each, (*path, at)) for at, each in enumerate(items)]
        if None not in accepted:
            return accepted
        self.bad.add(path)
        return None

    def _text(self, field: Field, text: str, path: Path) -> str | None:
        """`text` with its references followed; None where it was refused."""
        if field.are_keys or field.name not in _LITERAL:
            expanded = self._expanded(text, path)
        elif found := _REFERENCE.fullmatch(text):
            expanded = None
            self._refuse(
                Code.VARIABLE_SYNTAX,
                path,
                f"{field.name} is taken to the letter: no ${{…}} around it",
                literal=quoted(found[1]),
            )
        else:
            expanded = text
        if expanded is None or field.kind != "text":
            return expanded
        return expanded if self._is_clean(field, expanded, path) else None

    def _expanded(self, text: str, path: Path) -> str | None:
        try:
            return self.variables.expand(text)
        except BadReference as error:
            self._refuse(
                error.code,
                path,
                error.message,
                help="for the letters themselves write $${…}; for a default ${NAME:-default}",
                literal=None,
            )
            return None

    def _is_clean(self, field: Field, text: str, path: Path) -> bool:
        is_name = field.name in NAMES and not field.are_keys
        without = (_CONTROL_IN_NAME if is_name else _CONTROL).sub("", text)
        if without != text:
            message = f"{field.name} holds an invisible control character"
            literal = quoted(without) if without else None
            self._refuse(Code.VALUE_CONTROL, path, message, help="delete it", literal=literal)
        elif not text.strip() and (field.required or is_name):
            hint = "leave the key out, or give it a value"
            hint = "give it a value" if field.required else hint
            self._refuse(Code.VALUE_EMPTY, path, f"{field.name} is empty", help=hint, literal=None)
        elif is_name and text != text.strip():
            message = f"{field.name} begins or ends with a blank: {quote(text)}"
            self._refuse(Code.VALUE_EMPTY, path, message, literal=quoted(text.strip()))
        else:
            return True
        return False

    def _texts(self, field: Field, value: Table, path: Path) -> Table:
        accepted: Table = {}
        for name, text in value.items():
            here = (*path, name)
            if not isinstance(text, str):
                literal = literal_for(
                    Field(name=name, kind="text", about="", required=False, default=None), text
                )
                message = f"the header {quote(name)} must be a text in quotes"
                self._refuse(Code.VALUE_TYPE, here, message, literal=literal)
                continue
            expanded = self._expanded(text, here)
            if expanded is None:
                continue
            if flawed := self._header_flaw(name, expanded):
                literal = (
                    None if flawed == "name" else quoted(_CONTROL_IN_HEADER.sub(" ", expanded))
                )
                message = f"HTTP does not allow this {flawed} of the header {quote(name)}"
                hint = "letters, digits and dashes for the name; a value of one line, as it is sent"
                self._refuse(Code.HEADER_INVALID, here, message, help=hint, literal=literal)
                continue
            accepted[name] = expanded
        return accepted

    @staticmethod
    def _header_flaw(name: str, value: str) -> str:
        """Which part of a header cannot be sent; "" where all can."""
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS:
            return "name"
        return "value" if _CONTROL_IN_HEADER.search(value) else ""

    def _warn_of_seconds(self, field: Field, value: object, path: Path) -> None:
        if (
            not field.name.endswith("_duration_ms")
            or not isinstance(value, int)
            or not 0 < value < _SHORT_MS
        ):
            return
        place = self.source.place(path)
        edits = (rewritten(self.source, place.value, str(value * 1000)),) if place else ()
        self._say(
            Code.DURATION_SHORT,
            spot_of(self.source, path),
            f"{value} ms is very short; did you mean {value * 1000} ({value} s)?",
            help=f"{field.name} counts milliseconds",
            edits=edits,
        )

    # telling

    def _refuse(
        self, code: Code, path: Path, message: str, *, help: str = "", literal: str | None
    ) -> None:
        self.bad.add(path)
        place = self.source.place(path)
        edits: tuple[Edit, ...] = ()
        if place is not None and literal is not None:
            edits = (rewritten(self.source, place.value, literal),)
        self._say(code, spot_of(self.source, path), message, help=help, edits=edits)

    def _say(
        self,
        code: Code,
        spot: Spot,
        message: str,
        *,
        help: str = "",
        edits: tuple[Edit, ...] = (),
        severity: Severity | None = None,
    ) -> None:
        self.problems.append(
            problem(code, spot, message, help=help, edits=edits, severity=severity)
        )


def _dotted(path: Path) -> str:
    return ".".join(names_of(path))
