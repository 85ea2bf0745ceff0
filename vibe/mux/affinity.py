"""Which entry a turn or a conversation stays with, since moving loses the provider's prompt cache.

Idle for five minutes, it is forgotten. Knows nothing of why an entry was chosen.
"""

from __future__ import annotations

from collections import OrderedDict

from vibe.domain.model import Alias

IDLE_S = 300.0
MOST = 10_000


class Affinity:
    """The least recently used stands first."""

    def __init__(self) -> None:
        self._bound: OrderedDict[str, tuple[Alias, float]] = OrderedDict()

    def of(self, key: str, now: float) -> Alias | None:
        found = self._bound.get(key)
        if found is None or now - found[1] > IDLE_S:
            return None
        return found[0]

    def bind(self, key: str, alias: Alias, now: float) -> None:
        self._bound[key] = (alias, now)
        self._bound.move_to_end(key)
        while len(self._bound) > MOST or self._is_idle(next(iter(self._bound)), now):
            self._bound.popitem(last=False)

    def release(self, key: str) -> None:
        self._bound.pop(key, None)

    def _is_idle(self, key: str, now: float) -> bool:
        return now - self._bound[key][1] > IDLE_S
