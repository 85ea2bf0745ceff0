"""A pool of two for whole command lines, each entry at a server of its own."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.serving import Serving, configured, serving
from vibe.testing.exchange import Behaviour
from vibe.testing.faults import Play, Schedule
from vibe.testing.script import says

HELLO = says("Hello!")
OTHER = """
[[providers]]
name = "other"
api_base = "{api_base}"

[[models]]
name = "other-model"
provider = "other"
alias = "{alias}"
input_price = 1.0
output_price = 2.0
"""
POOL = """
[multiplexer]
enabled = true
mode = "{mode}"
{rules}

[[multiplexer.pool]]
model = "strong"
{strong}

[[multiplexer.pool]]
model = "{alias}"
{small}
"""


@contextmanager
def pooled(
    home: Path,
    faults: Play | Schedule | None = None,
    *,
    behaviour: Behaviour = HELLO,
    mode: str = "failover",
    rules: str = "",
    strong: str = "",
    small: str = "is_fallback = true",
    alias: str = "small",
) -> Generator[tuple[Serving, Serving]]:
    """The servers of `strong`, which fails by `faults`, and of `small`, which does not.

    `rules` are of the multiplexer, `strong` and `small` of the entries; `alias` is that of `small`.
    """
    with serving(behaviour, faults=faults) as one, serving(behaviour, key="") as two:
        configured(
            home,
            one.api_base,
            models=OTHER.format(api_base=two.api_base, alias=alias),
            pool=POOL.format(mode=mode, rules=rules, strong=strong, small=small, alias=alias),
        )
        yield one, two
