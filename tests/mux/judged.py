"""The core that a real pool runs on, under the eyes of the oracle that judges simulated ones.

What is judged is what really happens, in its real order. Real time is never exact: that something
was done a little after it was due is for the simulation to judge, where time is. A verdict is said
when all is over, so that nothing is left half done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from tests.mux.oracle import Oracle, Violation
from vibe.mux.core import Core
from vibe.mux.entry import Pool
from vibe.mux.policy import Rng
from vibe.mux.watched import Observer, Watched


class Judge:
    """Stands for the oracle up to the first violation, and looks away after it."""

    def __init__(self, core: type[Core] = Core) -> None:
        self._core = core
        self._oracle = Oracle()
        self._violation: Violation | None = None
        self._watched: Watched | None = None

    def core(self, pool: Pool, *, rng: Rng, explains: bool) -> Core:
        core = self._core(pool, rng=rng, explains=explains)
        self._watched = Watched(core, pool, observer=cast("Observer", self))
        return cast("Core", _Judged(self._watched))

    def verdict(self, now: float) -> None:
        """Once nothing is under way."""
        if self._watched is not None:
            self._watched.over(now)
        if self._violation is not None:
            raise self._violation

    def __getattr__(self, event: str) -> Callable[..., None]:
        return lambda *facts, **more: self._judge(event, facts, more)

    def _judge(self, event: str, facts: tuple[Any, ...], more: dict[str, Any]) -> None:
        if self._violation is None:
            try:
                getattr(self._oracle, event)(*facts, **more)
            except Violation as violation:
                self._violation = violation


class _Judged:
    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    def __getattr__(self, name: str) -> Any:
        watched = self._watched
        if not hasattr(Watched, name):
            return getattr(watched.core, name)

        def act(now: float, *facts: object, **more: object) -> object:
            watched.observer.slept(now)  # nothing was looked at since the last time
            came = getattr(watched, name)(now, *facts, **more)
            watched.observer.settled(now)
            return came

        return act
