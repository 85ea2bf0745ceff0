"""Every fault by its name, and how to say which one is to be played."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import chain
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct

from vibe.testing import (
    answer_faults,
    context_faults,
    limit_faults,
    request_faults,
    server_faults,
    socket_faults,
    stream_faults,
)
from vibe.testing.dialects import DIALECTS
from vibe.testing.exchange import Asked
from vibe.testing.fault import Fault

_ALL: Final = tuple(
    chain(
        limit_faults.faults(),
        request_faults.faults(),
        context_faults.faults(),
        server_faults.faults(),
        socket_faults.faults(),
        stream_faults.faults(),
        answer_faults.faults(),
    )
)
FAULTS: Final[Mapping[str, Fault]] = MappingProxyType({fault.name: fault for fault in _ALL})


class Play(Struct, frozen=True, kw_only=True):
    """A fault, and after how many events of the answer it happens; None is in the middle."""

    fault: Fault
    at_event: int | None = None


Schedule: TypeAlias = Callable[[Asked, int], Play | None]  # the requests are counted from 1


def play(fault: str, *, at_event: int | None = None) -> Play:
    return Play(fault=FAULTS[fault], at_event=at_event)


def never(_asked: Asked, _number: int) -> None:
    return None


def at(plays: Mapping[int, Play]) -> Schedule:
    """A fault for some of the requests, by their number; the others are answered."""
    return lambda _asked, number: plays.get(number)


def listing() -> str:
    """All faults, a line each: the name, what has to come of it, what it is."""
    lines = [f"{each.name:<25} {_outcome(each):<31} {each.says}{_where(each)}" for each in _ALL]
    return "".join(f"{line}\n" for line in lines)


def _outcome(fault: Fault) -> str:
    if fault.kind is None:
        return "the same answer" if fault.harmless else "another answer"
    inner = f": {fault.inner}" if fault.inner else ""
    wait = "" if fault.retry_after_s is None else f", {fault.retry_after_s:g} s"
    return f"{fault.kind}{inner}{wait}"


def _where(fault: Fault) -> str:
    return "" if fault.dialects == DIALECTS else f" [{', '.join(fault.dialects)}]"
