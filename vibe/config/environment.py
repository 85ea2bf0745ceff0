"""Settings from variables: `VIBE_` and the path of the key, with `__` between levels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct

from vibe.clean import quote
from vibe.config.codes import Code
from vibe.config.fields import Field, dotted_keys, field_at
from vibe.config.layers import Override
from vibe.config.locate import Spot
from vibe.config.nearest import nearest
from vibe.config.problem import Problem, problem
from vibe.config.scan import Path
from vibe.config.schema import Settings
from vibe.config.values import flaw

PREFIX = "VIBE_"
NOT_SETTINGS = frozenset({"VIBE_CONFIG"})
_SAFETY = frozenset({"permissions", "sandbox"})  # what is meant for these is not left out unnoticed
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class Overlay(Struct, frozen=True, kw_only=True):
    overrides: tuple[Override, ...] = ()
    problems: tuple[Problem, ...] = ()


def overlay(env: Mapping[str, str]) -> Overlay:
    """What the variables set. An empty one counts as not set, as shells make it so."""
    overrides: list[Override] = []
    problems: list[Problem] = []
    for name in sorted(env):
        if not name.startswith(PREFIX) or name in NOT_SETTINGS or not env[name]:
            continue
        path = _path(name)
        field = field_at(Settings, path)
        if _is_list(field) or _is_list(field_at(Settings, path[:-1])):
            problems.append(_in_files_alone(name))
            continue
        if field is None or field.kind in ("table", "tables", "texts"):
            problems.append(_unknown(name, path))
            continue
        value = parsed(field, env[name])
        found = flaw(field, value)
        if found is not None:
            problems.append(problem(found.code, Spot(file=name), found.message, help=found.help))
            continue
        overrides.append(Override(kind="environment", label=name, path=path, value=value))
    return Overlay(overrides=tuple(overrides), problems=tuple(problems))


def parsed(field: Field, text: str) -> object:
    """`text` as the type that `field` takes; as it is where it is none of that type."""
    try:
        match field.kind:
            case "flag":
                return _TRUTH.get(text.strip().lower(), text)
            case "whole":
                return int(text)
            case "number":
                return float(text)
            case _:
                return text
    except ValueError:
        return text


def variable_name(dotted: str) -> str:
    """The variable that sets the key `dotted`, where `[]` is a place in a list."""
    return PREFIX + dotted.replace("[]", ".0").replace(".", "__").upper()


def _path(name: str) -> Path:
    steps = name.removeprefix(PREFIX).lower().split("__")
    return tuple(int(step) if step.isdecimal() and len(step) < 5 else step for step in steps)


def _is_list(field: Field | None) -> bool:
    return field is not None and field.kind == "list"


def _in_files_alone(name: str) -> Problem:
    return problem(
        Code.ENVIRONMENT_UNKNOWN,
        Spot(file=name),
        f"{quote(name)} has no effect: a list cannot be set by a variable",
        help="write it into config.toml, and unset the variable",
        severity="error",
    )


def _unknown(name: str, path: Path) -> Problem:
    guess = nearest(name, _known())
    return problem(
        Code.ENVIRONMENT_UNKNOWN,
        Spot(file=name),
        f"{quote(name)} names no setting, so it has no effect",
        help=f"did you mean {guess}?"
        if guess
        else "VIBE_ and the path of the key, with __ between levels, as VIBE_MULTIPLEXER__MODE",
        severity="error" if path[0] in _SAFETY else None,
    )


def _known() -> Iterator[str]:
    for dotted, field in dotted_keys(Settings):
        if field.kind not in ("texts", "list"):
            yield variable_name(dotted)
