"""Keys that the schema lacks at their place: misspelt, misplaced, unsafe or merely unknown."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import cache
from typing import cast

from msgspec import Struct

from vibe.clean import quote
from vibe.config.codes import Code
from vibe.config.corrections import left_out, names_of, reheaded, rewritten
from vibe.config.fields import dotted_keys, fields_of
from vibe.config.known import usual_variable
from vibe.config.locate import Source, Spot
from vibe.config.nearest import nearest
from vibe.config.problem import Edit, Problem, problem
from vibe.config.scan import Path
from vibe.config.schema import Settings

_KEY_ITSELF = frozenset({"api_key", "apikey", "key", "token", "secret", "password"})
_SAFETY = frozenset(
    {
        "key", "token", "secret", "password", "passwd", "credential", "credentials", "auth",
        "verify", "insecure", "tls", "ssl", "permission", "permissions", "sandbox", "trust",
        "allow", "deny", "env", "base",
    }
)  # fmt: skip


def stranger(
    source: Source,
    path: Path,
    value: object,
    *,
    schema: type[Struct],
    taken: Container[str],
) -> tuple[Problem, str | None]:
    """What to say of the key at the end of `path`, which `schema` does not know.

    With it comes the key that was meant, if the problem says so. `taken` are the keys that the
    table has: one of them cannot have been meant.
    """
    name = str(path[-1])
    place = source.place(path)
    spot = source.spot(place.key) if place else Spot(file=source.name)
    if name in _KEY_ITSELF and isinstance(value, str):
        told = _key_itself(source, path, spot, is_named="api_key_env_var" in taken)
        return told, "api_key_env_var"
    if name == "pool":
        return _pool_alone(source, path, spot), None
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    home = None if any(isinstance(each, dict) for each in items) else _home(name)
    if home is not None:
        return _misplaced(source, path, spot, home=home), name if not home else None
    known = [field.name for field in fields_of(schema)]
    guess = nearest(name, [each for each in known if each not in taken])
    missed = any(field.name == guess and field.required for field in fields_of(schema))
    words = {str(path[0]), *re.split(r"[_\W]+", (guess or name).lower())}
    unsafe = bool(_SAFETY & words)
    if guess is not None:
        told = problem(
            Code.KEY_UNKNOWN,
            spot,
            f"unknown key {quote(name)} {_where(path[:-1])}",
            help=f'did you mean "{guess}"?',
            edits=_renamed(source, path, guess),
            severity="error" if unsafe or missed else "warning",
        )
        return told, guess
    told = problem(
        Code.KEY_UNSAFE if unsafe else Code.KEY_UNKNOWN,
        spot,
        f"unknown key {quote(name)} {_where(path[:-1])}: it has no effect",
        help="known keys: " + ", ".join(known),
        edits=left_out(source, path),
    )
    return told, None


def _key_itself(source: Source, path: Path, spot: Spot, *, is_named: bool) -> Problem:
    named = source.outline.places.get((*path[:-1], "name"))
    provider = source.text[named.value.start : named.value.end] if named else "provider"
    variable = usual_variable(provider)
    place = source.outline.places.get(path)
    edits: tuple[Edit, ...] = ()
    if place is not None and path[0] == "providers":
        text = "" if is_named else f'api_key_env_var = "{variable}"'
        edits = (Edit(line=source.line_of(place.key.start), delete=1, text=text),)
    return problem(
        Code.KEY_UNSAFE,
        spot,
        f"{quote(str(path[-1]))} is not read: keys do not stand in config.toml; value hidden",
        help=f"put {variable}=… into .env beside the file and name the variable: "
        f'api_key_env_var = "{variable}"',
        edits=edits,
    )


def _pool_alone(source: Source, path: Path, spot: Spot) -> Problem:
    return problem(
        Code.KEY_MISPLACED,
        spot,
        f"the pool belongs to the multiplexer; here it stands {_where(path[:-1])}",
        help="write [[multiplexer.pool]]",
        edits=reheaded(source, names_of(path), ("multiplexer", "pool")),
    )


def _home(name: str) -> str | None:
    """The one table that knows `name`, "" for the top; None where there are none or several."""
    homes = _homes().get(name, ())
    return homes[0] if len(homes) == 1 else None


@cache
def _homes() -> dict[str, tuple[str, ...]]:
    """The tables that know each key."""
    homes: dict[str, tuple[str, ...]] = {}
    for dotted, field in dotted_keys(Settings):
        home, _, name = dotted.rpartition(".")
        if field.are_keys:  # an action is called as many other things are
            continue
        homes[name] = (*homes.get(name, ()), home)
    return homes


def _misplaced(source: Source, path: Path, spot: Spot, *, home: str) -> Problem:
    name = str(path[-1])
    edits = left_out(source, path)
    if not home:
        is_set = (name,) in source.outline.places
        moved = Edit(line=1, delete=0, text=edits[0].text.removeprefix("# ")) if edits else None
        return problem(
            Code.KEY_MISPLACED,
            spot,
            f"{name} belongs to the top of the file; here it is inside {_header(path[:-1])}",
            help="move the line above the first header",
            edits=(moved, *edits) if moved and not is_set else edits,
        )
    header = f"[[{home.removesuffix('[]')}]]" if home.endswith("[]") else f"[{home}]"
    return problem(
        Code.KEY_MISPLACED,
        spot,
        f"{name} belongs to {header}; here it stands {_where(path[:-1])}",
        help=f"move the line below a {header}",
        edits=edits,
    )


def _renamed(source: Source, path: Path, guess: str) -> tuple[Edit, ...]:
    """`guess` instead of the last step of `path`, in its headers or in its own line."""
    names = names_of(path)
    if headers := reheaded(source, names, (*names[:-1], guess)):
        return headers
    place = source.outline.places.get(path)
    if place is None or place.key.start == place.key.end:
        return ()
    written = source.text[place.key.start : place.key.end]
    before, dot, _ = written.rpartition(".")
    return (rewritten(source, place.key, f"{before}{dot}{guess}"),)


def _header(path: Path) -> str:
    names = ".".join(names_of(path))
    return f"[[{names}]]" if path and isinstance(path[-1], int) else f"[{names}]"


def _where(path: Path) -> str:
    return f"in {_header(path)}" if path else "at the top level"
