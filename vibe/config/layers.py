"""Layers laid upon one another, with the origin of every value.

defaults < user < trusted project < environment < flags. Tables merge by key, providers by name,
models by alias; lists of texts add up; the pool, whose order has a meaning, is taken whole from the
last file that has one. Pure: reading files and judging values is done elsewhere.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, cast

from msgspec import Struct

from vibe.config.corrections import names_of
from vibe.config.decode import Table
from vibe.config.fields import is_list_table
from vibe.config.locate import Source, Spot
from vibe.config.scan import Path

Kind: TypeAlias = Literal["user", "project", "environment", "flag"]
_IDENTITIES = {"providers": ("name",), "models": ("alias", "name")}


class Layer(Struct, frozen=True, kw_only=True):
    """The values of one file; `bad` are the paths of those that were refused."""

    kind: Kind
    source: Source
    values: Table
    bad: frozenset[Path] = frozenset()


class Override(Struct, frozen=True, kw_only=True):
    """One value from a variable or a flag, which `label` names."""

    kind: Kind
    label: str
    path: Path
    value: object


class Origin(Struct, frozen=True, kw_only=True):
    """Where a value came from; `source` and `path` where that is a file."""

    kind: Kind
    label: str
    source: Source | None = None
    path: Path = ()

    def spot(self, *, key: bool = False) -> Spot:
        place = self.source.place(self.path) if self.source else None
        if self.source is None or place is None:
            return Spot(file=self.label)
        return self.source.spot(place.key if key else place.value)


class Merged(Struct, frozen=True, kw_only=True):
    """`origins` knows every value, table and item by its path in `values`.

    `homeless` are overrides of an item that no list has.
    """

    values: Table
    origins: dict[Path, Origin]
    bad: frozenset[Path]
    homeless: tuple[Override, ...] = ()


def merge(layers: tuple[Layer, ...], overrides: tuple[Override, ...] = ()) -> Merged:
    merging = _Merging()
    for layer in layers:
        merging.layer = layer
        merging.table(merging.values, layer.values, (), ())
        merging.claim_bad(layer)
    homeless = tuple(each for each in overrides if not merging.override(each))
    return Merged(
        values=merging.values,
        origins=merging.origins,
        bad=frozenset(merging.bad),
        homeless=homeless,
    )


class _Merging:
    """`values` and `origins` grow together: every path in one is in the other."""

    def __init__(self) -> None:
        self.values: Table = {}
        self.origins: dict[Path, Origin] = {}
        self.bad: set[Path] = set()
        self.moved: dict[Path, Path] = {}
        self.layer: Layer

    def table(self, into: Table, values: Table, path: Path, local: Path) -> None:
        for name, value in values.items():
            here, there = (*path, name), (*local, name)
            if isinstance(value, list) and not is_list_table(names_of(here)):
                self._further(name, into, cast("list[str]", value), here, there)
                continue
            self._claim(here, there)
            if name in _IDENTITIES and not path:
                self._by_identity(name, into, cast("list[Table]", value), here, there)
            elif isinstance(value, dict):
                inner = cast("Table", into.setdefault(name, {}))
                self.table(inner, cast("Table", value), here, there)
            elif isinstance(value, list):
                self._whole_list(name, into, cast("list[Table]", value), here, there)
            else:
                into[name] = value

    def _by_identity(
        self, name: str, into: Table, items: list[Table], path: Path, local: Path
    ) -> None:
        known = cast("list[Table]", into.setdefault(name, []))
        earlier = len(known)
        for index, item in enumerate(items):
            identity = _identity(name, item)
            position = next(
                (
                    at
                    for at, other in enumerate(known[:earlier])
                    if identity and _identity(name, other) == identity
                ),
                len(known),
            )
            if position == len(known):
                known.append({})
            here, there = (*path, position), (*local, index)
            self._claim(here, there)
            self.table(known[position], item, here, there)

    def _whole_list(
        self, name: str, into: Table, items: list[Table], path: Path, local: Path
    ) -> None:
        for old in [known for known in self.origins if known[: len(path)] == path]:
            del self.origins[old]
        self._claim(path, local)
        fresh: list[Table] = []
        into[name] = fresh
        for index, item in enumerate(items):
            here, there = (*path, index), (*local, index)
            self._claim(here, there)
            fresh.append({})
            self.table(fresh[-1], item, here, there)

    def _further(self, name: str, into: Table, texts: list[str], path: Path, local: Path) -> None:
        """What an earlier layer forbids, no later one can take away."""
        known = cast("list[str]", into.setdefault(name, []))
        for index, text in enumerate(texts):
            self._claim((*path, len(known)), (*local, index))
            known.append(text)
        first = self.origins.get(path)
        self._claim(path, local)
        self.origins[path] = first or self.origins[path]

    def _claim(self, path: Path, local: Path) -> None:
        source = self.layer.source
        self.origins[path] = Origin(
            kind=self.layer.kind, label=source.name, source=source, path=local
        )
        self.moved[local] = path

    def claim_bad(self, layer: Layer) -> None:
        """The refused paths of `layer`, as they are called in the merged values."""
        for path in layer.bad:
            known = path
            while known and known not in self.moved:
                known = known[:-1]
            here = (*self.moved.get(known, ()), *path[len(known) :])
            self.bad.add(here)
            self.origins.setdefault(
                here,
                Origin(kind=layer.kind, label=layer.source.name, source=layer.source, path=path),
            )
        self.moved.clear()

    def override(self, override: Override) -> bool:
        """Put one value in; False where it belongs to an item that does not exist."""
        if not _put(self.values, override.path, override.value):
            return False
        self.bad.discard(override.path)
        self.origins[override.path] = Origin(kind=override.kind, label=override.label)
        return True


def _put(values: object, path: Path, value: object) -> bool:
    """Put `value` at `path` below `values`, making tables on the way but no items of lists."""
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = cast("list[Table]", values)
        return step < len(items) and _put(items[step], rest, value)
    table = cast("Table", values)
    if rest:
        empty: object = [] if isinstance(rest[0], int) else {}
        return _put(table.setdefault(step, empty), rest, value)
    table[step] = value
    return True


def _identity(name: str, item: Table) -> object:
    return next((item[key] for key in _IDENTITIES[name] if item.get(key)), None)
