"""How a request wants to be treated; the defaults are those of a library call."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from vibe.domain.answer import Answer
from vibe.domain.model import Alias, BrokenStream
from vibe.mux.step import OnLimit


class Asking(Struct, frozen=True, kw_only=True):
    """Requests of one `affinity` stay with the entry that began it. `within_s` bounds it all.

    `on_broken` says what becomes of an answer that was cut after some of it had been seen. None
    leaves it to the configuration. Where there is an `order`, those are asked alone, the first
    first, and whether they are of the pool or not; else only those `among`, if not None. `on_left`
    gets what there is of an answer, flagged as cut, when its reader goes away; `on_spent` what each
    attempt has used that failed: an answer without a word of it.
    """

    affinity: str | None = None
    within_s: float | None = None
    on_limit: OnLimit = "wait"
    on_broken: BrokenStream | None = None
    among: frozenset[Alias] | None = None
    order: tuple[Alias, ...] = ()
    by_person: bool = False
    on_left: Callable[[Answer], None] | None = None
    on_spent: Callable[[Answer], None] | None = None
