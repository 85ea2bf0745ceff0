"""What the core asks its shell to do, and what the shell tells it: values, and no doing.

Every request ends in exactly one `Done`. Between, it is either under way at an entry (`Send`) or it
waits (`Wait`), and whoever carries these out decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, NewType, TypeAlias

from msgspec import Struct

from vibe.domain.event import Outcome as Outcome
from vibe.domain.failure import Failure
from vibe.domain.model import Alias

RequestId = NewType("RequestId", int)
AttemptId = NewType("AttemptId", int)

Then: TypeAlias = Literal["go_on", "stop", "seal"]  # what follows the failure of an attempt
OnLimit: TypeAlias = Literal["wait", "exit"]
Why: TypeAlias = Literal[
    "only", "order", "share", "turn", "random", "least_busy",
    "failover", "repeat", "repair", "probe", "last_resort", "hedge",
]  # fmt: skip
NOT_ASKED_FOR = "was not asked for"
NOTHING: Mapping[Alias, str] = MappingProxyType({})


class Call(Struct, frozen=True, kw_only=True):
    """One request, as far as choosing an entry goes.

    `unable` tells the entries that would be asked in vain, and why. Requests of one `affinity` stay
    with the entry that began it. `tokens` is about what is sent. `by_person`: somebody waits for
    it who may have mended a key or an account meanwhile. `order` names the only ones to ask, in the
    order of failover; where it is empty, that is the pool's.
    """

    unable: Mapping[Alias, str] = NOTHING
    affinity: str | None = None
    deadline: float | None = None
    on_limit: OnLimit = "wait"
    tokens: int = 0
    by_person: bool = False
    order: tuple[Alias, ...] = ()


class Aside(Struct, frozen=True):
    """An entry that was not chosen, and why."""

    alias: Alias
    why: str


class Send(Struct, frozen=True, kw_only=True):
    """Ask this entry. `is_probe`: its answer decides whether the entry is well again."""

    request: RequestId
    attempt: AttemptId
    alias: Alias
    why: Why
    is_probe: bool = False
    asides: tuple[Aside, ...] = ()


class Wait(Struct, frozen=True, kw_only=True):
    """Nobody can be asked now. `until` is when somebody can be, as far as that is known.

    `full` tells that all who can serve are at work, `offline` that this machine has no network.
    `alias` is who is expected back first, and `failure` what it rests from. `tries` counts the
    attempts so far.
    """

    request: RequestId
    until: float | None
    full: bool = False
    offline: bool = False
    alias: Alias | None = None
    failure: Failure | None = None
    tries: int = 0


class Done(Struct, frozen=True, kw_only=True):
    """How the request ended; `failure` is the most telling one of its attempts, `by` who had it.

    `again_at` is when to come back, where somebody said so. `asides` tell why nobody was asked, if
    so.
    """

    request: RequestId
    outcome: Outcome
    failure: Failure | None = None
    by: Alias | None = None
    again_at: float | None = None
    asides: tuple[Aside, ...] = ()


Step: TypeAlias = Send | Wait | Done
