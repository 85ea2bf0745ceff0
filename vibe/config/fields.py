"""The schema as a table of fields: what decoding, help texts and `set` need to know of each key.

Derived from the structs of schema.py alone; holds no rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias, cast, get_args

import msgspec
from msgspec import Struct, inspect

from vibe.config.schema import Settings
from vibe.domain.model import (
    Affinity,
    Approval,
    Backend,
    BrokenStream,
    Confinement,
    LogForm,
    Mode,
    Overflow,
    Strategy,
    Theme,
)

if TYPE_CHECKING:
    from vibe.config.scan import Path

Kind: TypeAlias = Literal[
    "flag", "whole", "number", "text", "choice", "list", "texts", "table", "tables"
]  # fmt: skip
Setting: TypeAlias = bool | int | float | str | list[str]

_DECLARED: dict[frozenset[object], tuple[str, ...]] = {
    frozenset(get_args(choices)): get_args(choices)
    for choices in (
        Affinity,
        Approval,
        Backend,
        BrokenStream,
        Confinement,
        LogForm,
        Mode,
        Overflow,
        Strategy,
        Theme,
    )
}


class Field(Struct, frozen=True, kw_only=True):
    """One key of one table; `table` is the struct of a `table` or of each item of `tables`.

    A `list` is one of texts, `texts` are a table of them. What `is_rule` is a rule of permissions
    or a list of such; what `are_keys` names keys of a keyboard. A table that `is_overrides` holds
    what a person wrote and nothing else: no defaults.
    """

    name: str
    kind: Kind
    about: str
    required: bool
    default: object
    choices: tuple[str, ...] = ()
    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    table: type[Struct] | None = None
    is_overrides: bool = False
    is_rule: bool = False
    are_keys: bool = False

    @property
    def item(self) -> Field:
        """What each text of a `list` has to be."""
        name = f"an item of {self.name}"
        return Field(
            name=name, kind="text", about="", required=False, default=None, is_rule=self.is_rule
        )

    def allows(self, number: float) -> bool:
        return not (
            number != number  # NaN
            or (self.at_least is not None and number < self.at_least)
            or (self.above is not None and number <= self.above)
            or (self.at_most is not None and number > self.at_most)
        )

    def expected(self) -> str:
        """What a person has to write, in words."""
        match self.kind:
            case "flag":
                return "true or false"
            case "choice":
                return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
            case "text":
                return "keys in quotes" if self.are_keys else "a text in quotes"
            case "list":
                return "a list of rules" if self.is_rule else "a list of texts in quotes"
            case "texts":
                return 'a table of texts, such as { X-Team = "shop" }'
            case "table":
                return "a table"
            case "tables":
                return "a list of tables"
            case "whole" | "number":
                return ("a whole number" if self.kind == "whole" else "a number") + self._range()

    def _range(self) -> str:
        if self.above is not None and self.at_most is not None:
            return f" above {_figure(self.above)} and at most {_figure(self.at_most)}"
        if self.at_least is not None and self.at_most is not None:
            return f" from {_figure(self.at_least)} to {_figure(self.at_most)}"
        return ""


@cache
def fields_of(table: type[Struct]) -> tuple[Field, ...]:
    """The keys of `table`, in the order of the schema."""
    described = cast("inspect.StructType", inspect.type_info(table))
    return tuple(_field(field) for field in described.fields)


def field_at(root: type[Struct], path: Path) -> Field | None:
    """The field that `path` leads to from `root`; the steps into lists may be any index."""
    field: Field | None = None
    table: type[Struct] | None = root
    for step in path:
        if isinstance(step, int):
            if field is None or field.kind not in ("tables", "list"):
                return None
            table = field.table
            field = field.item if field.kind == "list" else field
            continue
        if field is not None and field.kind == "texts":
            return Field(name=step, kind="text", about="", required=False, default=None)
        if table is None:
            return None
        field = next((f for f in fields_of(table) if f.name == step), None)
        if field is None:
            return None
        table = field.table if field.kind == "table" else None
    return field


def is_list_table(names: tuple[str, ...]) -> bool:
    """Whether a header of these names is written with two brackets."""
    field = field_at(Settings, names)
    return field is not None and field.kind == "tables"


def dotted_keys(root: type[Struct]) -> Iterator[tuple[str, Field]]:
    """Every key below `root` in dotted form, with `[]` for the items of a list."""
    for field in fields_of(root):
        if field.table is None:
            yield field.name, field
            continue
        prefix = field.name + ("[]" if field.kind == "tables" else "")
        for name, inner in dotted_keys(field.table):
            yield f"{prefix}.{name}", inner


def _figure(number: float) -> str:
    return f"{number:,.0f}" if number == int(number) else str(number)


def _field(field: inspect.Field) -> Field:
    about = ""
    extra: dict[str, object] = {}
    kind = field.type
    limits: dict[str, float] = {}
    while True:
        if isinstance(kind, inspect.Metadata):
            notes = cast("dict[str, str]", kind.extra_json_schema or {})
            about = about or notes.get("description", "")
            extra |= cast("dict[str, object]", kind.extra or {})
            kind = kind.type
        elif isinstance(kind, inspect.UnionType):
            kind = next(t for t in kind.types if not isinstance(t, inspect.NoneType))
        else:
            break
    if isinstance(kind, inspect.IntType | inspect.FloatType):
        named = {"at_least": kind.ge, "above": kind.gt, "at_most": kind.le}
        limits = {name: limit for name, limit in named.items() if limit is not None}
    overrides = cast("type[Struct] | None", extra.get("overrides"))
    return Field(
        name=field.name,
        kind="table" if overrides else _kind(kind),
        about=about,
        required=field.required,
        default=None if field.default is msgspec.NODEFAULT else field.default,
        choices=_choices(kind),
        table=overrides or _table(kind),
        is_overrides=overrides is not None,
        is_rule="is_rule" in extra,
        are_keys="are_keys" in extra,
        **limits,
    )


def _kind(kind: inspect.Type) -> Kind:
    match kind:
        case inspect.BoolType():
            return "flag"
        case inspect.IntType():
            return "whole"
        case inspect.FloatType():
            return "number"
        case inspect.LiteralType():
            return "choice"
        case inspect.DictType():
            return "texts"
        case inspect.StructType():
            return "table"
        case inspect.VarTupleType(item_type=inspect.StructType()):
            return "tables"
        case inspect.VarTupleType():
            return "list"
        case _:
            return "text"


def _choices(kind: inspect.Type) -> tuple[str, ...]:
    """In the order of their declaration, which msgspec does not keep."""
    if not isinstance(kind, inspect.LiteralType):
        return ()
    return _DECLARED.get(frozenset(kind.values), tuple(map(str, kind.values)))


def _table(kind: inspect.Type) -> type[Struct] | None:
    if isinstance(kind, inspect.VarTupleType):
        kind = kind.item_type
    return kind.cls if isinstance(kind, inspect.StructType) else None
