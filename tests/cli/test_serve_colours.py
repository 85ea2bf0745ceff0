"""The colours by which providers are told apart in what `vibe serve` says."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

from tests.cli.gateways import served
from tests.cli.serving import configured
from vibe.cli.serve_log import colours_of
from vibe.cli.terminal import Ink, Paint
from vibe.domain.model import Alias, ProviderName
from vibe.gateway.naming import Names, Offered

MANY = 14
LEAST = 3.0  # of contrast: what WCAG asks for bold words, and for all that is no text
ALIKE = 30.0  # in CIELAB: two that are nearer are taken for one
GROUNDS = ((0, 0, 0), (30, 30, 30), (255, 255, 255))
LEVELS = (0, 95, 135, 175, 215, 255)
PROVIDER = """
[[providers]]
name = "p{n}"
api_base = "http://127.0.0.1:9/v1"

[[models]]
name = "m{n}"
provider = "p{n}"
"""


def names(providers: int) -> Names:
    models = tuple(
        Offered(alias=Alias(f"m{n}"), provider=ProviderName(f"p{n}"), model="m")
        for n in range(providers)
    )
    return Names(models=models, pool=(), sizes={"big": (), "middle": (), "small": ()})


def code(ink: Ink) -> str:
    return Paint(colour=True)("x", ink).removeprefix("\x1b[").removesuffix("mx\x1b[0m")


def fixed() -> list[tuple[int, ...]]:
    """Those that are the same on every terminal, as red, green and blue."""
    codes = map(code, colours_of(names(MANY)).values())
    places = [int(each.removeprefix("38;5;")) - 16 for each in codes if each.startswith("38;5;")]
    return [tuple(LEVELS[at // by % 6] for by in (36, 6, 1)) for at in places]


def linear(level: int) -> float:
    part = level / 255
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def light(rgb: tuple[int, ...]) -> float:
    red, green, blue = map(linear, rgb)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    darker, lighter = sorted((light(one), light(other)))
    return (lighter + 0.05) / (darker + 0.05)


def lab(rgb: tuple[int, ...]) -> tuple[float, float, float]:
    red, green, blue = map(linear, rgb)
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (
            (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
            light(rgb),
            (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


def test_each_provider_has_a_colour_of_its_own_by_its_place() -> None:
    inks = colours_of(names(MANY + 1))
    codes = [code(ink) for ink in inks.values()]
    assert len(set(codes)) == MANY
    assert codes[MANY] == codes[0]
    few = colours_of(names(6))
    assert {alias: inks[alias] for alias in few} == few


def test_the_models_of_one_provider_share_its_colour() -> None:
    one, other = names(2).models
    more = Offered(alias=Alias("more"), provider=one.provider, model="m")
    all_of_them = Names(models=(one, other, more), pool=(), sizes=names(0).sizes)
    inks = colours_of(all_of_them)
    assert inks[more.alias] == inks[one.alias] != inks[other.alias]


def test_each_can_be_read_on_a_dark_ground_and_on_a_light_one() -> None:
    assert len(fixed()) == MANY - 5
    assert min(contrast(each, ground) for each in fixed() for ground in GROUNDS) >= LEAST


def test_no_two_are_taken_for_one() -> None:
    assert min(distance(*pair) for pair in combinations(fixed(), 2)) >= ALIKE


def test_they_are_what_is_shown(tmp_path: Path) -> None:
    models = "".join(PROVIDER.format(n=n) for n in range(1, MANY))
    configured(tmp_path, "http://127.0.0.1:9/v1", models=models)
    with served(tmp_path, env={"FORCE_COLOR": "1"}) as gateway:
        gateway.until(f"p{MANY - 1}]")
    heads = [re.search(r"\x1b\[([0-9;]+)m\[(?:acme|p\d+)\]", line) for line in gateway.said]
    assert len({head[1] for head in heads if head}) == MANY
