"""What there is to edit in a configuration file, as rows: made from the schema and what it says.

Sections, items of lists and settings in the order of the file; what is seldom set is folded away.
Pure: nothing is drawn here, and nothing changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from vibe.clean import clean_line
from vibe.config.corrections import names_of
from vibe.config.decode import Table
from vibe.config.draft import models_in, providers_in
from vibe.config.fields import Field, fields_of
from vibe.config.keypath import children_of
from vibe.config.scan import Path
from vibe.config.schema import PoolEntry, Settings
from vibe.secret import may_name_a_variable, names_a_secret

Kind: TypeAlias = Literal["section", "item", "setting", "entry", "add", "more"]

# Shown although they are not set; the others are, once one asks for all.
USUAL: Final = frozenset(
    {
        "active_model",
        "providers.api_key_env_var",
        "providers.backend",
        "models.alias",
        "models.input_price",
        "models.output_price",
        "multiplexer.enabled",
        "multiplexer.mode",
        "multiplexer.rate_limit_disable_duration_ms",
        "multiplexer.persistent_error_disable_duration_ms",
        "permissions.mode",
        "sandbox.mode",
        "sandbox.network",
    }
)
LABELS: Final = {
    "rate_limit_disable_duration_ms": "after 429",
    "persistent_error_disable_duration_ms": "after error",
    "max_concurrent": "max",
    "is_fallback": "fallback",
}
UNITS: Final = {"_ms": "ms", "_s": "s"}
IN_A_LINE: Final = ("weight", "max_concurrent", "is_fallback")


class Cell(Struct, frozen=True, kw_only=True):
    """One setting. `value` is what the file says, None where it says nothing; `known` are the
    values that one can choose among."""

    path: Path
    field: Field
    value: object = None
    known: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        name = self.field.name
        return LABELS.get(name) or clean_line(name.removesuffix(self._suffix).replace("_", " "))

    @property
    def unit(self) -> str:
        return UNITS.get(self._suffix, "")

    @property
    def text(self) -> str:
        """The value as a person types it; "" where there is none."""
        match self.value:
            case None:
                return ""
            case str() as text:
                return text
            case bool() | int() | float() as value:
                return json.dumps(value)
            case value:
                return json.dumps(value, ensure_ascii=False, default=str)

    @property
    def is_secret(self) -> bool:
        """Whether no screen shows this: a header that sounds like a secret, a key in the place of
        its variable's name."""
        if self.field.name == "api_key_env_var":
            return bool(self.text) and not may_name_a_variable(self.text)
        return "headers" in self.path and names_a_secret(self.field.name)

    @property
    def _suffix(self) -> str:
        is_number = self.field.kind in ("whole", "number")
        return next((each for each in UNITS if is_number and self.field.name.endswith(each)), "")


class Row(Struct, frozen=True, kw_only=True):
    """One line of the form. Of an `entry`, a line of the pool, `cells` are several; of a `section`,
    an `item`, and of what adds to a list or shows more of a table, none."""

    kind: Kind
    path: Path
    title: str = ""
    about: str = ""
    cells: tuple[Cell, ...] = ()


def rows_of(
    values: Table, unfolded: frozenset[Path] = frozenset(), *, effective: Table | None = None
) -> tuple[Row, ...]:
    """`unfolded` are the tables of which everything is to be seen; `effective` are the values of
    all files together, whose names this one may use."""
    return tuple(_Form(values, unfolded, values if effective is None else effective).rows())


class _Form:
    def __init__(self, values: Table, unfolded: frozenset[Path], effective: Table) -> None:
        self._values = values
        self._unfolded = unfolded
        models = models_in(effective)
        self._known = {
            "active_model": models,
            "model": models,
            "provider": providers_in(effective),
        }

    def rows(self) -> Iterator[Row]:
        plain = [each for each in fields_of(Settings) if each.table is None]
        yield Row(kind="section", path=(), title="General", about="What holds for all.")
        yield from self._settings(plain, (), children_of(self._values))
        for field in fields_of(Settings):
            if field.table is not None:
                yield from self._section(field, (field.name,), self._at((field.name,)))

    def _section(self, field: Field, path: Path, value: object) -> Iterator[Row]:
        name = field.name.replace("_", " ")
        title = name.upper() if len(name) < 3 else name.capitalize()
        yield Row(kind="section", path=path, title=title, about=field.about)
        if field.kind == "tables":
            yield from self._items(field, path, value)
            return
        yield from self._settings(_plain(field), path, children_of(value))
        for each in fields_of(field.table) if field.table else ():
            if each.table is not None:
                here = (*path, each.name)
                yield from self._section(each, here, children_of(value).get(each.name))

    def _items(self, field: Field, path: Path, value: object) -> Iterator[Row]:
        for index, item in enumerate(children_of(value).values()):
            here, settings = (*path, index), children_of(item)
            if field.table is PoolEntry:
                yield self._entry(here, settings)
                continue
            name = settings.get("alias") or settings.get("name")
            yield Row(kind="item", path=here, title=clean_line(str(name or f"[{index}]")))
            yield from self._settings(_plain(field), here, settings)
        yield Row(kind="add", path=path, title="add")

    def _entry(self, path: Path, settings: dict[str | int, object]) -> Row:
        fields = {each.name: each for each in fields_of(PoolEntry)}
        shown = ("model", *IN_A_LINE)
        shown += tuple(name for name in fields if name in settings and name not in shown)
        cells = tuple(self._cell(fields[name], (*path, name), settings) for name in shown)
        return Row(kind="entry", path=path, cells=cells)

    def _settings(
        self, fields: list[Field], path: Path, settings: dict[str | int, object]
    ) -> Iterator[Row]:
        hidden = 0
        for field in fields:
            here = (*path, field.name)
            value = settings.get(field.name)
            if field.kind == "texts":  # a new name in it is for a hand
                yield from self._texts(field, here, value)
            elif value is None and not self._is_shown(field, here):
                hidden += 1
            else:
                cell = self._cell(field, here, settings)
                yield Row(kind="setting", path=here, about=field.about, cells=(cell,))
        if hidden:
            yield Row(kind="more", path=path, title=f"{hidden} more")
        elif path in self._unfolded:
            yield Row(kind="more", path=path, title="less")

    def _texts(self, field: Field, path: Path, value: object) -> Iterator[Row]:
        """A table of texts, each under a name of the person's own."""
        for name, text in children_of(value).items():
            own = Field(
                name=str(name), kind="text", about=field.about, required=False, default=None
            )
            cell = Cell(path=(*path, name), field=own, value=text)
            yield Row(kind="setting", path=cell.path, about=field.about, cells=(cell,))

    def _is_shown(self, field: Field, path: Path) -> bool:
        usual = ".".join(names_of(path)) in USUAL
        return field.required or usual or path[:-1] in self._unfolded

    def _cell(self, field: Field, path: Path, settings: dict[str | int, object]) -> Cell:
        known = field.choices or self._known.get(field.name, ())
        return Cell(path=path, field=field, value=settings.get(field.name), known=known)

    def _at(self, path: Path) -> object:
        found: object = self._values
        for step in path:
            found = children_of(found).get(step)
        return found


def _plain(field: Field) -> list[Field]:
    """The settings of a table that are no tables themselves."""
    return [each for each in fields_of(field.table) if each.table is None] if field.table else []
