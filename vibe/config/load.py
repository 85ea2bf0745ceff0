"""All layers to one value: the settings as they are in effect, or every reason why there are none.

The one way by which anything in vibe learns its configuration.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec
from msgspec import Struct

from vibe.config.checks.addresses import check_addresses
from vibe.config.checks.gateway import check_gateway
from vibe.config.checks.keys import check_keys
from vibe.config.checks.names import check_names
from vibe.config.checks.pool import check_pool
from vibe.config.checks.subject import Subject
from vibe.config.checks.ui import check_ui
from vibe.config.codes import Code
from vibe.config.corrections import commented_setting, names_of, uncommented
from vibe.config.decode import Table, decode
from vibe.config.dotenv import read_dotenv
from vibe.config.environment import overlay
from vibe.config.fields import fields_of
from vibe.config.layers import Kind, Layer, Merged, Origin, Override, merge
from vibe.config.locate import Spot
from vibe.config.malformed import quoted
from vibe.config.paths import Folders, home_folder
from vibe.config.problem import ConfigError, Edit, Problem, problem
from vibe.config.read import FileRead, read_bytes, read_file
from vibe.config.scan import Path as KeyPath
from vibe.config.schema import Model, PoolEntry, Provider, Settings
from vibe.config.suspects import suspects
from vibe.config.syntax import parse
from vibe.config.variables import Variables

_NO_DRAFTS: Final[Mapping[Path, str]] = {}


class Loaded(Struct, frozen=True, kw_only=True):
    """What was found. `settings` are whole and sound only where no problem is an error."""

    settings: Settings
    problems: tuple[Problem, ...]
    origins: dict[KeyPath, Origin]
    values: Table
    variables: Variables
    files: tuple[str, ...]
    suspects: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """Without values: a header may hold a key, and a file whatever was pasted into it."""
        return f"<Loaded from {', '.join(self.files) or 'no file'}: {len(self.problems)} problems>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def is_sound(self) -> bool:
        return not any(problem.severity == "error" for problem in self.problems)

    def require(self) -> Settings:
        """The settings, or a ConfigError with everything that is wrong."""
        if not self.is_sound:
            raise ConfigError(self.problems)
        return self.settings


class _File(Struct, frozen=True, kw_only=True):
    """One file on its way into the layers; `layer` is None where nothing of it can be used."""

    layer: Layer | None
    problems: tuple[Problem, ...]
    complete: bool = True
    damaged: bool = False
    suspects: frozenset[str] = frozenset()


def load(
    places: Folders,
    *,
    env: Mapping[str, str],
    uid: int,
    flags: tuple[Override, ...] = (),
    allow_missing_keys: bool = False,
    drafts: Mapping[Path, str] = _NO_DRAFTS,
) -> Loaded:
    """The effective configuration: user file, trusted project file, variables, flags.

    A draft takes the place of what a file holds, and is trusted: the person writes it.
    """
    dotenv = read_dotenv(places.dotenv, uid=uid)
    variables = Variables(environment=env, dotenv=dotenv.values)
    user = _read(places.config, drafts, uid=uid)
    if not user.exists and not places.named:
        user = FileRead(source=None)
    files = [_layered(user, "user", variables)]
    files += _project(places, variables, drafts, uid=uid)
    set_by_env = overlay(env)
    return _loaded(
        tuple(files),
        overrides=(*set_by_env.overrides, *flags),
        variables=variables,
        problems=(*dotenv.problems, *set_by_env.problems),
        name=str(places.config),
        allow_missing_keys=allow_missing_keys,
    )


def load_file(
    path: Path,
    *,
    name: str,
    env: Mapping[str, str],
    uid: int,
    allow_missing_keys: bool = False,
) -> Loaded:
    """One file by itself, with the keys of the environment and of the `.env` beside it."""
    dotenv = read_dotenv(path.with_name(".env"), uid=uid)
    variables = Variables(environment=env, dotenv=dotenv.values)
    return _loaded(
        (_layered(read_file(path, name=name, uid=uid), "user", variables),),
        overrides=(),
        variables=variables,
        problems=dotenv.problems,
        name=name,
        allow_missing_keys=allow_missing_keys,
    )


def load_text(
    text: str, *, name: str, variables: Variables, allow_missing_keys: bool = False
) -> Loaded:
    """A configuration that is not (yet) in a file, as the editor holds it."""
    file = read_bytes(text.encode(errors="surrogatepass"), name=name)
    return _loaded(
        (_layered(file, "user", variables),),
        overrides=(),
        variables=variables,
        problems=(),
        name=name,
        allow_missing_keys=allow_missing_keys,
    )


def _read(file: Path, drafts: Mapping[Path, str], *, uid: int) -> FileRead:
    if file in drafts:
        return read_bytes(drafts[file].encode(errors="surrogatepass"), name=str(file))
    return read_file(file, name=str(file), uid=uid)


def _project(
    places: Folders, variables: Variables, drafts: Mapping[Path, str], *, uid: int
) -> Iterator[_File]:
    if places.project == places.config:
        return
    read = _read(places.project, drafts, uid=uid)
    if not read.exists:
        return
    if places.project in drafts:
        yield _layered(read, "project", variables)
        return
    from vibe.config.trust import everything_below, is_trusted

    home = home_folder(variables.environment)
    data = None if read.source is None else read.data
    why, remedy = "you have not trusted it", "read it, then: vibe config trust"
    if folder := everything_below(places.project, home=home):
        why = f"{folder} is never trusted as a project"
        remedy = f"move its settings to {places.config}"
    elif is_trusted(places.project, data, store=places.trust):
        yield _layered(read, "project", variables)
        return
    note = problem(
        Code.PROJECT_UNTRUSTED,
        Spot(file=str(places.project)),
        f"this project file is not read, because {why}",
        help=remedy,
    )
    yield _File(layer=None, problems=(note,))


def _layered(read: FileRead, kind: Kind, variables: Variables) -> _File:
    if read.source is None:
        return _File(layer=None, problems=read.problems, complete=not read.problems)
    parsed = parse(read.source)
    decoded = decode(parsed.data, parsed.source, variables)
    return _File(
        layer=Layer(kind=kind, source=parsed.source, values=decoded.values, bad=decoded.bad),
        problems=(*read.problems, *parsed.problems, *decoded.problems),
        complete=parsed.complete,
        damaged=bool(parsed.damaged),
        suspects=suspects(read.source.text),
    )


def _loaded(
    files: tuple[_File, ...],
    *,
    overrides: tuple[Override, ...],
    variables: Variables,
    problems: tuple[Problem, ...],
    name: str,
    allow_missing_keys: bool,
) -> Loaded:
    layers = tuple(file.layer for file in files if file.layer is not None)
    merged = merge(layers, overrides)
    found = [*problems, *(each for file in files for each in file.problems)]
    found += map(_homeless, merged.homeless)
    values = _aliased(merged)
    missing = _missing(values)
    settings = _settings(values)
    subject = Subject(
        settings=settings,
        origins=merged.origins,
        bad=merged.bad | missing,
        variables=variables,
        file=layers[0].source.name if layers else name,
    )
    if all(file.complete for file in files):
        allow = allow_missing_keys or settings.multiplexer.allow_missing_keys
        if not any(file.damaged for file in files):  # it may stand in a line that was left out
            untold = missing - merged.bad
            choices = _only_choices(merged.values)
            found += [
                _required(merged, path, choices) for path in untold if path[:-1] not in merged.bad
            ]
        found += check_names(subject)
        found += check_pool(subject)
        found += check_ui(subject)
        found += check_addresses(subject)
        found += check_gateway(subject)
        found += check_keys(subject, allow_missing=allow)
    return Loaded(
        settings=settings,
        problems=_in_order(_one_edit_a_line(found)),
        origins=merged.origins,
        values=values,
        variables=variables,
        files=tuple(layer.source.name for layer in layers),
        suspects=frozenset[str]().union(*(file.suspects for file in files)),
    )


def _homeless(override: Override) -> Problem:
    step = next(at for at, step in enumerate(override.path) if isinstance(step, int))
    item = ".".join(map(str, override.path[:step])) + f"[{override.path[step]}]"
    return problem(
        Code.ENVIRONMENT_UNKNOWN,
        Spot(file=override.label),
        f"there is no {item} that this could change",
        help="the items of a list count from 0",
    )


def _missing(values: Table) -> frozenset[KeyPath]:
    """The required keys that have no value."""
    return frozenset(
        (*here, field.name)
        for here, schema, item in _items(values)
        for field in fields_of(schema)
        if field.required and field.name not in item
    )


def _aliased(merged: Merged) -> Table:
    """The merged values, with the alias that a model has by its name."""
    values = copy.deepcopy(merged.values)
    for _, schema, item in _items(values):
        if schema is Model and not item.get("alias") and item.get("name"):
            item["alias"] = item["name"]
    return values


def _settings(values: Table) -> Settings:
    """`values` as settings; the checks pass over the placeholder of what is missing."""
    whole = copy.deepcopy(values)
    for _, schema, item in _items(whole):
        for field in fields_of(schema):
            if field.required:
                item.setdefault(field.name, "")
    return msgspec.convert(whole, Settings, strict=False)


def _items(values: Table) -> Iterator[tuple[KeyPath, type[Struct], Table]]:
    """Every item of the three lists, with its path and what it has to be."""
    multiplexer = cast("Table", values.get("multiplexer", {}))
    lists: tuple[tuple[KeyPath, type[Struct], object], ...] = (
        (("providers",), Provider, values.get("providers", [])),
        (("models",), Model, values.get("models", [])),
        (("multiplexer", "pool"), PoolEntry, multiplexer.get("pool", [])),
    )
    for path, schema, items in lists:
        for index, item in enumerate(cast("list[Table]", items)):
            yield (*path, index), schema, item


def _required(merged: Merged, path: KeyPath, choices: dict[tuple[str, str], str]) -> Problem:
    table, name = path[:-1], str(path[-1])
    header = ".".join(names_of(table))
    origin = merged.origins.get(table)
    spot = origin.spot() if origin else Spot(file=header)
    hint, edits = f'add {name} = "…"', ()
    if origin is not None and origin.source is not None and spot.line is not None:
        if number := commented_setting(origin.source, name, after=spot.line):
            hint = f"in line {number} it is only a comment"
            edits = (uncommented(origin.source, name, number),)
        elif guess := choices.get((str(path[0]), name)):
            edits = (Edit(line=spot.line + 1, delete=0, text=f"{name} = {quoted(guess)}"),)
    return problem(
        Code.KEY_REQUIRED, spot, f"this [[{header}]] has no {name}", help=hint, edits=edits
    )


def _only_choices(values: Table) -> dict[tuple[str, str], str]:
    """For each list and key the one name that can be meant, by what refers to it or can be
    referred to."""
    items = [(at[0], item) for at, _, item in _items(values)]
    providers = {item.get("name") for kind, item in items if kind == "providers"}
    models = [item for kind, item in items if kind == "models"]
    pooled = {item.get("model") for kind, item in items if kind == "multiplexer"}
    choices = {
        ("providers", "name"): {model.get("provider") for model in models} - providers,
        ("models", "provider"): providers,
        ("multiplexer", "model"): {m.get("alias") or m.get("name") for m in models} - pooled,
    }
    texts = {at: [each for each in names if isinstance(each, str)] for at, names in choices.items()}
    return {at: names[0] for at, names in texts.items() if len(names) == 1}


def _one_edit_a_line(found: list[Problem]) -> list[Problem]:
    """Of several edits of one line the last stays: it was made when those before it had been."""
    claimed: set[tuple[str, int]] = set()
    kept: list[Problem] = []
    for each in reversed(found):
        lines = {
            (each.spot.file, line)
            for edit in each.edits
            for line in range(edit.line, edit.line + edit.delete)
        }
        kept.append(msgspec.structs.replace(each, edits=()) if lines & claimed else each)
        claimed |= lines
    return kept[::-1]


def _in_order(found: list[Problem]) -> tuple[Problem, ...]:
    """By file as they were met, then by place; what is told twice is told once."""
    order: dict[str, int] = {}
    for each in found:
        order.setdefault(each.spot.file, len(order))
    unique = dict.fromkeys(found)
    return tuple(
        sorted(
            unique,
            key=lambda each: (order[each.spot.file], each.spot.line or 0, each.spot.column or 0),
        )
    )
