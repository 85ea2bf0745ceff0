"""One finding of `vibe doctor`, and the words for what has to be installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from msgspec import Struct

State: TypeAlias = Literal["good", "fair", "bad"]


class Check(Struct, frozen=True, kw_only=True):
    """`remedy` is one line that mends it, "" where nothing has to be mended. `facts` are for
    programs alone."""

    name: str
    state: State
    fact: str
    details: tuple[str, ...] = ()
    remedy: str = ""
    facts: Mapping[str, object] = {}


def install(package: str) -> str:
    """The name is the same with apt, dnf, pacman and zypper."""
    return f"install {package}, as by: sudo apt-get install {package}"
