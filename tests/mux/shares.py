"""D1 and D3: whether the entries of one tier get their shares, judged by the picks alone.

A window is a run of picks by share during which the same entries can be asked. Where it begins in
order, every full cycle of it is exact. What is asked out of order (a turn that stays, a repeat)
puts an entry ahead, and is made good over the following cycle; until then only bursts are judged.
"""

from __future__ import annotations

from collections.abc import Collection
from math import gcd

MOST_OFF = 2  # the least n + 1/2 over the weight is farther off where many are due together


class Shares:
    """`_owed` is the number of picks after which all that was out of order is made good."""

    def __init__(self) -> None:
        self._weights: dict[str, int] = {}
        self._rules: tuple[str, ...] = ()
        self._window: tuple[str, ...] = ()
        self._cycle = 0
        self._counts: dict[str, int] = {}
        self._picks = 0
        self._owed = 0
        self._rested: set[str] = set()

    def configure(self, weights: dict[str, int], rules: tuple[str, ...]) -> None:
        if weights != self._weights or rules != self._rules:
            self._weights, self._rules, self._owed = weights, rules, 0
        else:
            self._owed += self._whole  # the order among equals may be another
        self._begin(())

    def disturbed(self) -> None:
        """Somebody was asked out of order, or what was asked does not count."""
        self._owed += self._whole
        self._begin(())

    def has_place_again(self) -> None:
        """Somebody all of whose places were taken may catch up on a cycle."""
        self._owed = max(self._owed, self._whole)
        self._begin(())

    def rests(self, alias: str) -> None:
        """It cannot be asked for a while, and must not catch up when it is back."""
        self._rested.add(alias)

    def picked(self, alias: str, among: tuple[str, ...]) -> str | None:
        """A pick by share among those who could be asked; what is wrong with it, if anything."""
        if among != self._window:
            self._begin(among)
        self._picks += 1
        self._counts[alias] += 1
        if not self._cycle:
            return None
        if self._owed:
            self._owed -= 1
            if not self._owed:
                self._begin(among)
            return None
        wrong = self._too_far_off()
        if self._picks == self._cycle:
            wrong = wrong or self._inexact()
            self._rested -= set(among)
            self._begin(among)
        return wrong

    @property
    def _whole(self) -> int:
        return sum(self._weights.values())

    def _begin(self, among: Collection[str]) -> None:
        self._window = tuple(among)
        self._counts = dict.fromkeys(among, 0)
        self._picks = 0
        weights = [self._weights[alias] for alias in among]
        self._cycle = sum(weights) // (gcd(*weights) or 1)

    def _too_far_off(self) -> str | None:
        whole = sum(self._weights[alias] for alias in self._window)
        for alias, count in self._counts.items():
            share = self._weights[alias] / whole
            due, most_off = self._picks * share, max(MOST_OFF, 1 + share * (len(self._window) - 1))
            if count - due > most_off and alias in self._rested:
                return f"D3: {alias} came back, and got {count} of the first {self._picks}"
            if abs(count - due) > most_off and self._rested.isdisjoint(self._window):
                return f"D1: {alias} got {count} of {self._picks}, where {due:.1f} are due"
        return None

    def _inexact(self) -> str | None:
        whole = sum(self._weights[alias] for alias in self._window)
        for alias, count in self._counts.items():
            if count * whole != self._cycle * self._weights[alias]:
                name = "D1" if self._rested.isdisjoint(self._window) else "D3"
                return f"{name}: {alias} got {count} of a cycle of {self._cycle}"
        return None
