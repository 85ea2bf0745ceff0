"""What `vibe mux simulate` is asked to imagine: options and files, read into a `World`.

Whatever is wrong with them is told in one sentence, with what would be right. Nothing is run here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from vibe.clean import quote
from vibe.errors import UsageError

if TYPE_CHECKING:
    from vibe.domain.model import Alias
    from vibe.mux.world import Fault, Nature, Outage, World

MOST_BYTES: Final = 1_000_000
_TIME = r"\d+(?:\.\d+)?[smh]?"
_SPAN = re.compile(rf"({_TIME})-({_TIME})")
_PART = re.compile(r"(\d+(?:\.\d+)?)(%?)")
_A_MINUTE = re.compile(r"(\d+)/min")
_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
_EXAMPLE: Final = "vibe mux simulate --help shows a world in a file"
_UNKNOWN_FIELD = re.compile(r"unknown field `([^`]*)`")


def described(
    *,
    requests: int,
    rps: float,
    seed: int,
    outages: Iterable[str],
    limited: Iterable[str],
    known: Collection[Alias],
) -> World:
    """A world by options: one rate, and what befalls single entries."""
    from vibe.mux.world import Phase, World

    natures: dict[Alias, Nature] = {}
    for given in outages:
        alias, span = _of_entry("--outage", given, known)
        natures[alias] = _with(natures, alias, outage=_outage(given, span))
    for given in limited:
        alias, rate = _of_entry("--429", given, known)
        natures[alias] = _limited(natures, alias, given, rate)
    phase = Phase(requests=requests, rps=rps)
    return World(phases=(phase,), entries=tuple(natures.values()), seed=seed)


def read_world(file: Path, *, known: Collection[Alias]) -> World:
    """A world by a file, TOML or JSON."""
    import msgspec

    from vibe.mux.world import World

    name = quote(str(file))
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{name} cannot be read: {error.strerror}", hint=_EXAMPLE) from error
    if len(data) > MOST_BYTES:
        raise UsageError(f"{name} is too long to describe a world", hint=_EXAMPLE)
    decode = msgspec.json.decode if file.suffix == ".json" else msgspec.toml.decode
    try:
        world = decode(data, type=World)
    except msgspec.ValidationError as error:
        raise UsageError(f"{name}: {_place(str(error))}", hint=_meant(str(error))) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        form = "JSON" if file.suffix == ".json" else "TOML"
        raise UsageError(f"{name} is not {form}: {error}", hint=_EXAMPLE) from error
    for alias in (*(nature.alias for nature in world.entries), *_others(world)):
        _known(alias, known, where=name)
    return world


def _others(world: World) -> Iterator[Alias]:
    """Further entries that it names."""
    yield from (phase.calm for phase in world.phases if phase.calm is not None)
    yield from (hand.alias for hand in world.hands)
    yield from (rumour.alias for rumour in world.rumours)


def of_length(world: World, requests: int) -> World:
    """The same world with about so many requests, its phases in the same proportion."""
    from msgspec.structs import replace

    share = requests / world.requests
    return replace(
        world,
        phases=tuple(
            replace(phase, requests=max(1, round(phase.requests * share))) for phase in world.phases
        ),
    )


def _of_entry(option: str, given: str, known: Collection[Alias]) -> tuple[Alias, str]:
    """The entry and the rest. An alias may hold colons; what follows it never does."""
    alias, colon, rest = given.rpartition(":")
    if not colon:
        form = "ALIAS:FROM-TO" if option == "--outage" else "ALIAS:RATE"
        raise UsageError(f"{option} {quote(given)} is not of the form {form}", hint=_form(option))
    return _known(alias, known, where=option), rest


def _known(alias: str, known: Collection[Alias], *, where: str) -> Alias:
    from vibe.config.nearest import nearest

    for name in known:
        if name == alias:
            return name
    guess = nearest(alias, known)
    hint = f"did you mean {guess}?" if guess else f"its entries are {', '.join(known)}"
    raise UsageError(f"{where}: the pool has no entry {quote(alias)}", hint=hint)


def _outage(given: str, span: str) -> Outage:
    from vibe.mux.world import Outage

    found = _SPAN.fullmatch(span)
    if found is None:
        raise UsageError(f"--outage {quote(given)} has no such times", hint=_form("--outage"))
    from_s, to_s = map(_seconds, found.groups())
    if to_s <= from_s:
        raise UsageError(
            f"--outage {quote(given)} ends before it begins", hint="the earlier time stands first"
        )
    return Outage(from_s=from_s, to_s=to_s)


def _limited(natures: dict[Alias, Nature], alias: Alias, given: str, rate: str) -> Nature:
    from vibe.domain.failure import FailureKind
    from vibe.mux.world import Fault

    if found := _A_MINUTE.fullmatch(rate):
        if not int(found[1]):
            hint = f"--outage {alias}:0-60, or --429 {alias}:100%"
            raise UsageError(f"--429 {quote(given)} is no limit but an outage", hint=hint)
        return _with(natures, alias, per_minute=int(found[1]))
    found = _PART.fullmatch(rate)
    if found is None:
        raise UsageError(f"--429 {quote(given)} has no such rate", hint=_form("--429"))
    share = float(found[1]) / (100 if found[2] else 1)
    if not 0 <= share <= 1:
        raise UsageError(f"--429 {quote(given)} is more than all attempts", hint=_form("--429"))
    return _with(natures, alias, fault=Fault(kind=FailureKind.RATE_LIMITED, share=share))


def _with(
    natures: dict[Alias, Nature],
    alias: Alias,
    *,
    outage: Outage | None = None,
    fault: Fault | None = None,
    per_minute: int | None = None,
) -> Nature:
    """The entry as it was described so far, with this as well."""
    from msgspec.structs import replace

    from vibe.mux.world import Nature

    nature = natures.get(alias) or Nature(alias=alias)
    return replace(
        nature,
        outages=(*nature.outages, outage) if outage else nature.outages,
        faults=(*nature.faults, fault) if fault else nature.faults,
        per_minute=per_minute or nature.per_minute,
    )


def _seconds(time: str) -> float:
    unit = _UNITS.get(time[-1])
    return float(time) if unit is None else float(time[:-1]) * unit


def _form(option: str) -> str:
    if option == "--outage":
        return "from and to count from the start: --outage ALIAS:60-120, or ALIAS:1m-2m"
    return "a part of the attempts, or the provider's limit: --429 ALIAS:20%, or ALIAS:60/min"


def _place(said: str) -> str:
    """msgspec's sentence, with the place in front: `entries[0]: unknown field `rpm``."""
    what, _, place = said.partition(" - at `$")
    what = what.replace("Object contains unknown", "unknown")
    what = what.replace("Object missing required", "missing")
    place = place.rstrip("`").lstrip(".")
    return f"{place}: {what}" if place else what


def _meant(said: str) -> str:
    """The field that was most likely meant, by the names of all that a world has."""
    import msgspec

    from vibe.config.nearest import nearest
    from vibe.mux import world

    found = _UNKNOWN_FIELD.search(said)
    if found is None:
        return _EXAMPLE
    structs = (world.World, world.Phase, world.Nature, world.Fault, world.Outage)
    fields = [field.encode_name for each in structs for field in msgspec.structs.fields(each)]
    guess = nearest(found[1], fields)
    return f"did you mean {guess}?" if guess else _EXAMPLE
