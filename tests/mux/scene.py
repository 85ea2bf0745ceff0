"""What the oracle remembers: the pool as it must stand, the requests, the line, the attempts.

It follows what it is told by the rules of the design, and answers who could be asked by whom. It
judges nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import gcd, inf
from typing import Any

from tests.mux.model import LONGEST_S, Network, Scope, Seat, blamed, kind_of
from tests.mux.shares import Shares
from vibe.domain.failure import Failure

AFFINITY_S = 300.0
MOST_WITHOUT_WAITING = 3
NEVER_AGAIN = frozenset({"context_too_long", "refused", "auth", "no_credit", "not_found"})
ONCE_AGAIN = frozenset({"bad_request", "empty"})
SCOPES = ("own", "key", "origin", "network")


class Asked:
    """One request. `entries` are those that it has asked, of which it may ask those `anew` in a
    new pass; `again` is the one that may be asked once more at once, `barred` never may be."""

    def __init__(self, id_: int, began: float) -> None:
        self.id = id_
        self.began = began
        self.affinity: str | None = None
        self.deadline = inf
        self.is_hasty = False
        self.by_person = False
        self.order: tuple[str, ...] = ()
        self.entries: set[str] = set()
        self.anew: set[str] = set()
        self.barred: set[str] = set()
        self.counts: dict[str, int] = {}
        self.in_pass = 0
        self.pool_size = 0
        self.flights: set[int] = set()
        self.failed_by: set[tuple[str, str]] = set()
        self.again: str | None = None
        self.ended_at: dict[str, float] = {}
        self.is_excused = False
        self.ended_by: str | None = None
        self.waits: str | None = None
        self.waits_since = inf
        self.until = inf
        self.bound_until: float | None = None
        self.bound_to: str | None = None

    def means(self, seat: Seat) -> bool:
        return seat.alias in self.order if self.order else seat.tier < 2

    def place(self, seat: Seat) -> tuple[int, int]:
        """Whose turn it is before whose, where there is an order."""
        if self.order:
            return 0, self.order.index(seat.alias)
        return seat.tier, seat.index

    def may_ask(self, seat: Seat) -> bool:
        """Whether it may, in a new pass at least."""
        alias = seat.alias
        return (
            seat.trouble is None
            and self.means(seat)
            and alias not in self.barred
            and (alias not in self.entries or alias in self.anew)
        )

    def has_yet_to_ask(self, seat: Seat) -> bool:
        return self.may_ask(seat) and seat.alias not in self.entries

    def note(self, seat: Seat, failure: Failure) -> None:
        """What it may still do after this failure."""
        kind, alias = kind_of(failure), seat.alias
        is_first = (alias, kind) not in self.failed_by and not failure.lacks
        self.failed_by.add((alias, kind))
        self.again = None
        if kind in NEVER_AGAIN or (not is_first and (kind in ONCE_AGAIN or kind == "stalled")):
            self.barred.add(alias)
        elif kind in ONCE_AGAIN and alias not in self.barred:
            self.again = alias
        if kind in ("refused", "cancelled") or (kind == "bad_request" and not failure.lacks):
            self.is_excused = True  # nobody else may be asked, or only if asked for


class Attempt:
    __slots__ = ("asked", "counted", "id", "scopes", "seat")

    def __init__(self, id_: int, asked: Asked, seat: Seat) -> None:
        self.id = id_
        self.asked = asked
        self.seat = seat
        self.scopes = seat.scopes  # a reload may give the entry others
        self.counted = seat.counted


class Scene:
    """`moved` are the entries that may have become free or well; `seen` counts what came about."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.rules: Mapping[str, Any] = {}
        self.is_shared = False
        self.seats: dict[str, Seat] = {}
        self.tiers: tuple[list[Seat], ...] = ([], [], [])
        self.scopes: dict[str, Scope] = {}
        self.shares = (Shares(), Shares(), Shares())
        self.requests: dict[int, Asked] = {}
        self.attempts: dict[int, Attempt] = {}
        self.line: dict[int, Asked] = {}
        self.moved: list[Seat] = []
        self.newest = 0
        self._known: dict[str, Seat] = {}
        self._network = Network()
        self._turns: dict[str, tuple[str, float]] = {}

    def configure(self, pool: Mapping[str, Any]) -> None:
        self.rules = rules = pool["rules"]
        is_balanced = rules["mode"] == "load_balance"
        by_weight = rules["strategy"] != "round_robin"
        self.is_shared = is_balanced and rules["strategy"] in ("weighted", "round_robin")
        self.seats, self.tiers = {}, ([], [], [])
        weights: tuple[dict[str, int], ...] = ({}, {}, {})
        for index, entry in enumerate(pool["entries"]):
            alias = entry["alias"]
            seat = self.seats[alias] = self._known.setdefault(alias, Seat(alias))
            ids = (entry["scopes"][name] for name in SCOPES)
            seat.configure(entry, index, tuple(self._scope(id_) for id_ in ids if id_))
            if is_balanced and by_weight and not seat.weight:
                seat.trouble = "an entry without weight gets nothing"
            self.tiers[seat.tier].append(seat)
            weights[seat.tier][alias] = seat.weight if by_weight else int(not entry["is_out"])
        smallest = gcd(*weights[0].values(), *weights[1].values()) or 1
        for shares, own in zip(self.shares, weights, strict=True):
            reduced = {alias: weight // smallest for alias, weight in own.items()}
            shares.configure(reduced, (rules["mode"], rules["strategy"]))
        self.all_moved()

    # Who can be asked.

    def usable(self, now: float, asked: Asked) -> Iterator[Seat]:
        """Those that it has yet to ask, and surely could."""
        for seat in self.seats.values():
            if (
                not seat.is_full
                and asked.has_yet_to_ask(seat)
                and seat.may_join(now)
                and not seat.counted.is_spent(now)
            ):
                yield seat

    def stands_in_line(self, asked: Asked, *, anew: bool = False) -> bool:
        """Whether a primary would do that is only full, and no fallback stands in for it."""
        is_able = asked.may_ask if anew else asked.has_yet_to_ask
        return (
            not asked.order
            and self.rules["overflow"] == "wait"
            and any(seat.is_full and seat.is_well and is_able(seat) for seat in self.tiers[0])
        )

    def can_use(self, now: float, asked: Asked, seat: Seat) -> bool:
        """Whether somebody in line should be given this entry, which is well."""
        if seat.is_full or seat.counted.is_spent(now) or not asked.has_yet_to_ask(seat):
            return False
        turn = self._turns.get(asked.affinity) if asked.affinity else None
        if turn is not None and turn[1] > asked.waits_since:
            return False  # its turn has moved on, and it will see so in time
        if asked.bound_to is not None:
            return asked.bound_to == seat.alias == self.bound(now, asked)
        if seat.tier == 0 or asked.order:
            return True
        return not any(primary.is_well and asked.may_ask(primary) for primary in self.tiers[0])

    def bound(self, now: float, asked: Asked) -> str | None:
        """The entry of its turn, if that one can be asked, or is only full for a short while."""
        turn = self._turns.get(asked.affinity) if asked.affinity else None
        if turn is None or now - turn[1] > AFFINITY_S:
            return None
        seat = self.seats.get(turn[0])
        if seat is None or not seat.is_well or not asked.may_ask(seat):
            return None
        if seat.is_full and now >= (asked.bound_until or inf):
            return None
        return None if seat.counted.is_spent(now) else seat.alias

    def in_turn(self, now: float, tier: int) -> tuple[str, ...]:
        """Among whom a request without a past is shared out."""
        among: list[str] = []
        for seat in self.tiers[tier]:
            if seat.counted.is_spent(now):
                self.shares[tier].rests(seat.alias)
            elif seat.trouble is None and not seat.is_full and seat.may_join(now):
                among.append(seat.alias)
        return tuple(among)

    # What becomes of attempts.

    def take_off(self, now: float, asked: Asked, seat: Seat, attempt: int) -> None:
        self.newest = attempt
        self.attempts[attempt] = Attempt(attempt, asked, seat)
        seat.in_flight += 1
        for scope in seat.probed:
            scope.sent_since += 1
            if scope.until is not None:
                scope.probe = attempt
        asked.flights.add(attempt)
        asked.entries.add(seat.alias)
        asked.counts[seat.alias] = asked.counts.get(seat.alias, 0) + 1
        most = min(seat.most_asked, MOST_WITHOUT_WAITING if asked.is_hasty else inf)
        if asked.counts[seat.alias] >= most:
            asked.barred.add(seat.alias)
        asked.again = asked.waits = None
        asked.waits_since = inf
        self.line.pop(asked.id, None)
        if asked.affinity is not None:
            self._turns[asked.affinity] = seat.alias, now

    def land(self, now: float, attempt: Attempt, *, was_sent: bool = True) -> None:
        del self.attempts[attempt.id]
        seat, asked = attempt.seat, attempt.asked
        asked.flights.discard(attempt.id)
        asked.ended_at[seat.alias] = now
        for scope in attempt.scopes:
            if scope.probe == attempt.id:
                scope.probe = None
        if seat.in_flight == seat.most:
            self.shares[seat.tier].has_place_again()
        seat.in_flight -= 1
        if not was_sent:
            self.shares[seat.tier].disturbed()
        self.moved.append(seat)

    def prove(self, now: float, attempt: Attempt, *, is_whole: bool) -> None:
        for scope in attempt.scopes:
            if attempt.id <= scope.newest:
                continue
            if scope.until is not None:
                self.seen["half-open -> closed"] += 1
                scope.leased = -inf
                attempt.seat.proved_at = now
                self._close(scope)
            if is_whole:
                scope.in_a_row = 0

    def blame(self, now: float, attempt: Attempt, failure: Failure) -> None:
        if failure.status is not None:  # whatever it says, it was reached
            for scope in attempt.scopes[2:]:
                if scope.until is not None and attempt.id > scope.newest:
                    self._close(scope)
        if self._network.is_lost(now, attempt.id, self.newest, attempt.scopes, failure):
            self.seen["offline"] += 1
            self.rest(attempt.scopes[3])
            self.all_moved()
            return
        scope = blamed(attempt.scopes, attempt.counted, failure)
        if scope is None:
            return
        if attempt.id <= scope.newest:
            self._hear_late(now, scope, failure)
            return
        was = "closed" if scope.until is None else "open" if now < scope.until else "half-open"
        if scope.fail(now, failure, self.newest, self.rules):
            self.seen[f"{was} -> open"] += 1
            self.rest(scope)

    def learn_windows(self, asked: Asked, seat: Seat, failure: Failure) -> None:
        """A request that is too long for one is too long for all smaller ones."""
        if kind_of(failure) == "context_too_long":
            window = failure.window or seat.window or 0
            smaller = (s.alias for s in self.seats.values() if s.window and s.window <= window)
            asked.barred.update(smaller)

    def rest(self, scope: Scope) -> None:
        for seat in self.seats.values():
            if scope in seat.scopes:
                self.shares[seat.tier].rests(seat.alias)

    def all_moved(self) -> None:
        self.moved.extend(self.seats.values())

    def _close(self, scope: Scope) -> None:
        scope.close()
        self.moved.extend(seat for seat in self.seats.values() if scope in seat.scopes)

    def _hear_late(self, now: float, scope: Scope, failure: Failure) -> None:
        """Of what began before the opening only the provider's word counts."""
        if failure.retry_after_s is None:
            return
        stated = now + min(failure.retry_after_s, LONGEST_S)
        if scope.until is None:
            scope.kind = kind_of(failure)
            scope.open_until(now, stated, self.newest)
            self.rest(scope)
        else:
            scope.extend(stated)
        self.seen["extended"] += 1

    def _scope(self, id_: str) -> Scope:
        return self.scopes.setdefault(id_, Scope(id_))
