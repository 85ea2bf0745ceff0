"""The judge of the multiplexer: told what happens, it raises at the first broken invariant.

It imports nothing of `vibe.mux` and believes nothing that the core says of itself: circuits, slots,
passes, the budget and the line are reckoned anew, from what was told, by the rules of the design.

Where each invariant is checked. Here: S1 to S6, S8 to S15, S19, C1 to C3, D1, D3, D4, L1, L2.
By comparing whole runs, in test_simulation.py: S20, D2, L4. Of the shell, over real sockets:
S7 (the seam, one sealed answer), S16, S17, S18 (broken calls), C4 (money), L3 (shutdown), and of
C2 tasks and connections, of C3 that all screens agree.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from heapq import heappop, heappush
from math import gcd, inf
from typing import Any, NoReturn

from tests.mux.model import (
    LONGEST_S,
    MENDED_BY_PEOPLE,
    SPREAD,
    Network,
    Scope,
    Seat,
    backoff_s,
    blamed,
    kind_of,
)
from tests.mux.shares import Shares
from vibe.domain.failure import Failure
from vibe.domain.limits import Limits

CLOSE = 1e-6  # seconds, within which two moments are one
AFFINITY_S = 300.0
BOUND_WAIT_S = 2.0
BUDGET_S = 60.0
BUDGET_GRAIN_S = 5.0
NEVER_AGAIN = frozenset({"context_too_long", "refused", "auth", "no_credit", "not_found"})
LONGEST_COOLDOWN_S = 300.0


class Violation(AssertionError):
    """An invariant does not hold; its name is the first word."""


class _Request:
    """`asked` are the entries that it has asked, of which it may ask those `anew` in a new pass.

    `again` is the one that may be asked once more at once, `barred` are those that never may.
    """

    def __init__(self, id_: int, began: float) -> None:
        self.id = id_
        self.began = began
        self.affinity: str | None = None
        self.deadline = inf
        self.is_hasty = False
        self.by_person = False
        self.asked: set[str] = set()
        self.anew: set[str] = set()
        self.barred: set[str] = set()
        self.counts: Counter[str] = Counter()
        self.in_pass = 0
        self.flights: set[int] = set()
        self.once: set[tuple[str, str]] = set()
        self.again: str | None = None
        self.ended_at: dict[str, float] = {}
        self.is_excused = False
        self.ended_by: str | None = None
        self.waits: str | None = None
        self.waits_since = inf
        self.until = inf
        self.bound_until: float | None = None
        self.bound_to: str | None = None


class _Attempt:
    __slots__ = ("counted", "id", "is_probe", "request", "scopes", "seat")

    def __init__(self, id_: int, request: _Request, seat: Seat, *, is_probe: bool) -> None:
        self.id = id_
        self.request = request
        self.seat = seat
        self.scopes = seat.scopes  # a reload may give the entry others
        self.counted = seat.counted
        self.is_probe = is_probe


class Oracle:
    """`seen` counts what has come about: transitions, outcomes, reasons."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self._rules: Mapping[str, Any] = {}
        self._known: dict[str, Seat] = {}
        self._seats: dict[str, Seat] = {}
        self._tiers: tuple[list[Seat], list[Seat]] = ([], [])
        self._scopes: dict[str, Scope] = {}
        self._network = Network()
        self._requests: dict[int, _Request] = {}
        self._attempts: dict[int, _Attempt] = {}
        self._line: dict[int, _Request] = {}
        self._due: list[tuple[float, int]] = []
        self._newest = 0
        self._shares = (Shares(), Shares())
        self._is_shared = False
        self._turns: dict[str, tuple[str, float]] = {}
        self._begun_at: list[float] = []
        self._charged_at: list[float] = []
        self._event = ""
        self._moved: list[Seat] = []
        self._slept_at = -inf
        self._is_asleep = False
        self._calm: tuple[str, float] | None = None
        self._shown: dict[Scope, float] = {}

    # What the world does.

    def pool(self, now: float, pool: Mapping[str, Any]) -> None:
        self._event = "reload"
        self._rules = rules = pool["rules"]
        is_balanced = rules["mode"] == "load_balance"
        by_weight = rules["strategy"] != "round_robin"
        self._is_shared = is_balanced and rules["strategy"] in ("weighted", "round_robin")
        self._seats, self._tiers = {}, ([], [])
        weights: tuple[dict[str, int], dict[str, int]] = ({}, {})
        for index, entry in enumerate(pool["entries"]):
            alias = entry["alias"]
            ids = [entry["scopes"][name] for name in ("own", "key", "origin", "network")]
            scopes = tuple(self._scopes.setdefault(id_, Scope(id_)) for id_ in ids if id_)
            seat = self._seats[alias] = self._known.setdefault(alias, Seat(alias))
            seat.configure(entry, index, scopes)
            if is_balanced and by_weight and not seat.weight:
                seat.trouble = "an entry without weight gets nothing"
            self._tiers[seat.tier].append(seat)
            weights[seat.tier][alias] = seat.weight if by_weight else 1
            self._moved.append(seat)
        smallest = gcd(*weights[0].values(), *weights[1].values()) or 1
        for shares, own in zip(self._shares, weights, strict=True):
            own = {alias: weight // smallest for alias, weight in own.items()}
            shares.configure(own, (rules["mode"], rules["strategy"]))

    def begun(
        self,
        now: float,
        request: int,
        *,
        affinity: str | None,
        deadline: float | None,
        on_limit: str,
        unable: Collection[str],
        tokens: int,
        by_person: bool,
    ) -> None:
        self._event = "begun"
        asked = self._requests[request] = _Request(request, now)
        asked.affinity = affinity
        asked.deadline = inf if deadline is None else deadline
        asked.is_hasty = on_limit == "exit"
        asked.barred = set(unable)
        asked.by_person = by_person
        self._begun_at.append(now)

    def committed(self, now: float, attempt: int) -> None:
        self._event = "answered"
        self._prove(now, self._attempts[attempt])

    def succeeded(self, now: float, attempt: int) -> None:
        self._event = "answered"
        ended = self._attempts[attempt]
        self._prove(now, ended)
        self._land(now, ended)
        ended.request.ended_by = "ok"

    def failed(
        self, now: float, attempt: int, failure: Failure, *, was_sent: bool, then: str
    ) -> None:
        self._event = "failed"
        ended = self._attempts[attempt]
        request = ended.request
        self._blame(now, ended, failure)
        self._land(now, ended, was_sent=was_sent)
        self._note(request, ended.seat, failure)
        if then != "go_on" and not request.flights:
            request.ended_by = "ok" if then == "seal" else "stop"

    def dropped(self, now: float, attempt: int) -> None:
        self._event = "cancelled"
        ended = self._attempts[attempt]
        self._land(now, ended)
        ended.request.asked.discard(ended.seat.alias)  # it has not failed, and may be asked anew

    def denied(self, now: float, attempt: int, until: float) -> None:
        self._event = "cancelled"
        ended = self._attempts[attempt]
        for scope in ended.seat.scopes:
            if scope.until is not None:
                scope.leased = max(scope.leased, until)
        self._land(now, ended, was_sent=False)
        ended.request.asked.discard(ended.seat.alias)
        ended.request.in_pass -= 1
        ended.request.counts[ended.seat.alias] -= 1
        ended.request.barred.discard(ended.seat.alias)
        self.seen["denied"] += 1

    def limits_seen(self, now: float, attempt: int, limits: Limits) -> None:
        told = self._attempts[attempt]
        told.seat.counted.learn(now, limits)
        self.seen["spent"] += told.seat.counted.is_spent(now)

    def cancelled(self, now: float, request: int, *, was_sent: bool) -> None:
        self._event = "cancelled"
        self._end(now, request, "cancelled", was_sent=was_sent)

    def out_of_time(self, now: float, request: int) -> None:
        self._event = "cancelled"
        self._end(now, request, "deadline", was_sent=True)

    def closed(self, now: float, alias: str) -> None:
        self._event = "by hand"
        for scope in self._seats[alias].scopes:
            scope.close()
            scope.leased = -inf
        self._moved.extend(self._seats.values())

    def absorbed(
        self,
        now: float,
        scope: str,
        *,
        epoch: int,
        openings: int,
        until: float | None,
        stated_until: float,
        resort_at: float,
        kind: str | None,
    ) -> None:
        self._event = "absorbed"
        known = self._scopes[scope]
        is_same = epoch == known.epoch
        if epoch < known.epoch or (is_same and known.until is None):
            return
        if until is None:
            known.close()
            known.stalled_at = -inf
        else:
            rest = (until, stated_until, resort_at)
            known.hear(now, rest, openings, kind or "", is_more=not is_same)
        if not is_same:
            known.newest, known.opened_at, known.probe = self._newest, now, None
        known.epoch = epoch
        self._rest(known)
        self._moved.extend(self._seats.values())

    def slept(self, now: float) -> None:
        self._slept_at, self._is_asleep = now, True

    def calmed(self, now: float, alias: str) -> None:
        self._calm = alias, now

    # What the core does.

    def sent(
        self, now: float, request: int, attempt: int, alias: str, why: str, *, is_probe: bool
    ) -> None:
        asked = self._live(request)
        seat = self._seats.get(alias)
        if seat is None:
            _broken("S19", f"{alias} was asked, and the pool no longer has it")
        self.seen[f"why {why}"] += 1
        is_hedge = bool(asked.flights)
        is_again = asked.again == alias and not is_hedge
        follows = not is_hedge and not is_again and self._bound(now, asked) == alias
        if now >= asked.deadline:
            _broken("S10", f"{alias} was asked after the deadline of request {request}")
        self._check_pass(now, asked, seat, is_again=is_again)
        if is_hedge or is_again:
            self._charge(now)
        if seat.in_flight >= seat.most:
            _broken("S1", f"{alias} has {seat.in_flight} under way and may have {seat.most:g}")
        is_resting, is_early = self._check_rest(now, asked, seat)
        if is_probe != is_resting:
            _broken("S3", f"{alias} was asked, and is_probe is {is_probe}, not {is_resting}")
        if not (is_again or is_hedge or follows):
            self._check_order(now, asked, seat, is_early=is_early)
        goes_on = asked.waits is None and bool(asked.counts)
        if self._line and not goes_on:
            self._check_line(now, asked, seat)
        if self._is_shared:
            self._check_share(now, asked, seat, in_order=not (is_again or is_hedge or follows))
        self._take_off(now, asked, seat, attempt, is_probe=is_resting)

    def waits(self, now: float, request: int, until: float | None, *, full: bool) -> None:
        asked = self._live(request)
        asked.waits = None
        bound = self._bound(now, asked)
        if request not in self._line:
            asked.waits_since = now
        asked.waits = "full" if full else "rest"
        asked.until = inf if until is None else until
        asked.again = None
        self._line[request] = asked
        if asked.until < inf:
            heappush(self._due, (min(asked.until, asked.deadline), request))
        if bound is None or not full or asked.until > now + BOUND_WAIT_S + CLOSE:
            if not full:
                asked.anew |= asked.asked
            for seat in self._usable(now, asked):
                if seat.tier == 0 or not self._may_stand_in_line(asked):
                    _broken("S9", f"request {request} waits, and {seat.alias} could be asked")
            asked.bound_to = None
        else:
            asked.bound_to = bound
            asked.bound_until = asked.bound_until or now + BOUND_WAIT_S

    def done(self, now: float, request: int, outcome: str) -> None:
        asked = self._live(request)
        del self._requests[request]
        self._line.pop(request, None)
        self.seen[f"outcome {outcome}"] += 1
        if asked.flights:
            _broken("C1", f"request {request} is {outcome}, and still has an attempt under way")
        match outcome:
            case "ok" | "cancelled":
                is_so = asked.ended_by == outcome
            case "deadline":
                is_so = asked.ended_by == outcome or now >= asked.deadline
            case _:
                is_so = asked.ended_by in (None, "stop")
        if not is_so:
            _broken("C1", f"request {request} is {outcome}, and should be {asked.ended_by}")
        if now > max(asked.deadline, self._slept_at) + CLOSE:
            _broken("S10", f"request {request} went on after its deadline")
        if outcome in ("failed", "exhausted") and asked.ended_by is None:
            self._check_surrender(now, asked)

    # How things stand.

    def rests(self, now: float, alias: str, until: tuple[tuple[str, float], ...]) -> None:
        told = dict(until)
        for scope in self._seats[alias].scopes:
            real = told.get(scope.id)
            if real is not None or scope.until is not None:
                self._compare(alias, scope, real)

    def slots(self, now: float, alias: str, in_flight: int, *, is_probed: bool) -> None:
        seat = self._seats[alias]
        if in_flight != seat.in_flight:
            name = {"cancelled": "S13", "reload": "S19"}.get(self._event, "S1")
            _broken(name, f"{alias} counts {in_flight} under way, and has {seat.in_flight}")
        is_really = any(scope.probe is not None for scope in seat.scopes)
        if is_probed and not is_really:
            _broken("S14", f"{alias} counts as being probed, and nobody probes it")
        if is_really and not is_probed:
            _broken("S3", f"{alias} is being probed, and counts as if nobody did")

    def settled(self, now: float) -> None:
        """All that this moment brings has been done."""
        if self._moved:
            if self._line:
                self._check_wakened(now)
            self._moved.clear()
        if self._is_asleep:  # what came due meanwhile is done next
            self._is_asleep = False
            return
        due = self._due
        while due and due[0][0] < now - CLOSE:
            at, request = heappop(due)
            asked = self._line.get(request)
            if asked is not None and min(asked.until, asked.deadline) == at:
                name = "S12" if at < self._slept_at else "L2"
                _broken(name, f"request {request} was to be looked at {now - at:.3f} s ago")

    def over(self, now: float, *, at_rest: bool, waiting: int) -> None:
        if self._requests:
            _broken("L2", f"nothing happens any more, and {len(self._requests)} requests live")
        if self._attempts or waiting or not at_rest:
            _broken("C2", "at rest something is under way, or waits")
        ends = sum(self.seen[f"end {end}"] for end in ("answered", "failed", "cancelled"))
        if ends != self.seen["attempts"]:
            _broken("C3", f"{self.seen['attempts']} attempts began, and {ends} ended")

    # Judging an attempt.

    def _check_pass(self, now: float, asked: _Request, seat: Seat, *, is_again: bool) -> None:
        alias = seat.alias
        if alias in asked.barred:
            _broken("S4", f"{alias} was asked by request {asked.id}, for which it is out")
        if asked.is_hasty and asked.counts[alias] >= 3:
            _broken("S8", f"{alias} was asked a fourth time by a request that does not wait")
        if alias in asked.asked and not is_again:
            was_proved = seat.proved_at >= asked.waits_since
            if alias not in asked.anew and not was_proved:
                _broken("S4", f"{alias} was asked twice in one pass of request {asked.id}")
            pause_s = now - asked.ended_at.get(alias, -inf)
            if pause_s < backoff_s(0) * (1 - SPREAD) - CLOSE and not was_proved:
                _broken("S8", f"{alias} was asked again after a pause of {pause_s:.3f} s only")
            asked.anew.discard(alias)
            asked.in_pass = 0
        asked.in_pass += 1
        if asked.in_pass > len(self._seats) + 2:
            _broken("S8", f"a pass of request {asked.id} made {asked.in_pass} attempts")

    def _charge(self, now: float) -> None:
        charged = self._charged_at
        charged.append(now)
        spent = len(charged) - bisect_left(charged, now - BUDGET_S + BUDGET_GRAIN_S)
        begun = len(self._begun_at) - bisect_left(self._begun_at, now - BUDGET_S)
        if spent > 3 + 0.2 * begun + CLOSE:
            _broken("S9", f"{spent} repeats and hedges, for {begun} requests in a minute")

    def _check_rest(self, now: float, asked: _Request, seat: Seat) -> tuple[bool, bool]:
        """Whether the entry rests, and whether it is asked before its deadline."""
        is_resting = is_early = False
        for scope in seat.scopes:
            if scope.until is None:
                continue
            is_resting = True
            if scope.probe is not None:
                _broken("S3", f"{seat.alias} was asked while it is being probed")
            if now < scope.leased:
                _broken("S3", f"{seat.alias} was asked while another process probes it")
            if now < scope.until - CLOSE:
                is_early = True
                if asked.again != seat.alias:
                    self._check_early(now, asked, seat, scope)
        if is_resting:
            self.seen["last resort" if is_early else "open -> half-open"] += 1
        return is_resting, is_early

    def _check_early(self, now: float, asked: _Request, seat: Seat, scope: Scope) -> None:
        for_s = (scope.until or now) - now
        if (
            asked.by_person
            and scope.kind in MENDED_BY_PEOPLE
            and scope.opened_at < asked.began
            and seat.alias not in asked.asked
        ):
            return
        if now < scope.stated - CLOSE:
            _broken("S5", f"{seat.alias} was asked {for_s:.3f} s before it said it could be")
        if scope.kind in MENDED_BY_PEOPLE or now < scope.resort - CLOSE:
            _broken("S2", f"{seat.alias} was asked {for_s:.3f} s before its deadline")

    def _check_order(self, now: float, asked: _Request, seat: Seat, *, is_early: bool) -> None:
        rules = self._rules
        is_ordered = rules["mode"] != "load_balance"
        if not (is_early or seat.tier or is_ordered):
            return
        for other in self._usable(now, asked):
            if other is seat:
                continue
            if is_early:
                _broken("S2", f"{seat.alias} was asked while it rests, and {other.alias} is well")
            if other.tier < seat.tier:
                _broken("S6", f"{seat.alias} was asked, and {other.alias} is a primary and usable")
            if is_ordered and other.tier == seat.tier and other.index < seat.index:
                _broken("S6", f"{seat.alias} was asked, and {other.alias} comes before it")
        if seat.tier and not is_early and self._stands_in_line(asked):
            _broken("S6", f"{seat.alias} was asked, and a primary is only full")

    def _check_line(self, now: float, asked: _Request, seat: Seat) -> None:
        if not seat.is_well:
            return
        for other in self._line.values():
            if other is asked:
                return
            if other.waits == "full" and self._can_use(now, other, seat):
                _broken("D4", f"request {asked.id} overtook {other.id} on the way to {seat.alias}")

    def _check_share(self, now: float, asked: _Request, seat: Seat, *, in_order: bool) -> None:
        shares = self._shares[seat.tier]
        among = [
            other.alias
            for other in self._tiers[seat.tier]
            if other.trouble is None
            and other.in_flight < other.most
            and other.may_join(now)
            and not self._is_spent(now, other)
        ]
        out = asked.asked | asked.barred
        if not in_order or seat.alias not in among or not out.isdisjoint(among):
            shares.disturbed()
        elif wrong := shares.picked(seat.alias, tuple(among)):
            raise Violation(wrong)

    def _is_spent(self, now: float, seat: Seat) -> bool:
        is_spent = seat.counted.is_spent(now)
        if is_spent:
            self._shares[seat.tier].rests(seat.alias)
        return is_spent

    def _check_surrender(self, now: float, asked: _Request) -> None:
        if asked.is_excused:
            return
        for seat in self._usable(now, asked):
            _broken("S9", f"request {asked.id} gave up without asking {seat.alias}")
        for seat in self._seats.values():
            if seat.is_well and seat.in_flight >= seat.most and self._is_able(asked, seat):
                _broken("S9", f"request {asked.id} gave up, and {seat.alias} was only full")
        if self._calm is None:
            return
        alias, since = self._calm
        seat = self._seats.get(alias)
        if (
            seat is not None
            and seat.trouble is None
            and alias not in asked.barred
            and asked.began >= since + LONGEST_COOLDOWN_S
            and all(s.opened_at < since and s.kind not in MENDED_BY_PEOPLE for s in seat.scopes)
            and all(s.leased < asked.began for s in seat.scopes)
        ):
            _broken("L1", f"request {asked.id} failed, and {alias} has long been healthy")

    def _check_wakened(self, now: float) -> None:
        for seat in self._moved:
            if not seat.is_well or self._seats.get(seat.alias) is not seat:
                continue
            for asked in self._line.values():
                if self._can_use(now, asked, seat):
                    _broken("L2", f"request {asked.id} waits, and nobody told it of {seat.alias}")

    def _compare(self, alias: str, scope: Scope, real: float | None) -> None:
        """A deadline as the core has it, and as it must be."""
        shown = self._shown.pop(scope, -inf)
        if real is None:
            name = "S11" if self._event == "answered" else "S2"
            _broken(name, f"{alias} is taken for well, and rests")
        self._shown[scope] = real
        if scope.until is None:
            name = {"cancelled": "S15", "failed": "S15"}.get(self._event, "L1")
            _broken(name, f"{alias} is made to rest for what is no failure of it")
        if scope.until - CLOSE <= real <= scope.late + CLOSE:
            if scope.late > scope.until:
                scope.until = scope.late = scope.resort = real  # by chance, within its bounds
            return
        says = f"{alias} rests until {real:.3f}, and should until {scope.until:.3f}"
        if scope.stated == scope.until:
            _broken("S5", says)
        _broken("L1" if real > scope.late else "S11" if real < shown else "S2", says)

    # Who can be asked.

    def _is_able(self, asked: _Request, seat: Seat) -> bool:
        return self._may_ask(asked, seat) and seat.alias not in asked.asked

    def _may_ask(self, asked: _Request, seat: Seat) -> bool:
        """Whether it may, in a new pass at least."""
        alias = seat.alias
        return (
            seat.trouble is None
            and alias not in asked.barred
            and (alias not in asked.asked or alias in asked.anew)
        )

    def _usable(self, now: float, asked: _Request) -> Iterator[Seat]:
        for seat in self._seats.values():
            if (
                seat.in_flight < seat.most
                and self._is_able(asked, seat)
                and seat.may_join(now)
                and not seat.counted.is_spent(now)
            ):
                yield seat

    def _stands_in_line(self, asked: _Request) -> bool:
        """Whether a primary would do that is only full, and no fallback stands in for it."""
        return self._rules["overflow"] == "wait" and any(
            seat.is_well and seat.in_flight >= seat.most and self._is_able(asked, seat)
            for seat in self._tiers[0]
        )

    def _may_stand_in_line(self, asked: _Request) -> bool:
        """The same, if it has begun a new pass."""
        return self._rules["overflow"] == "wait" and any(
            seat.in_flight >= seat.most and self._may_ask(asked, seat) and seat.is_well
            for seat in self._tiers[0]
        )

    def _can_use(self, now: float, asked: _Request, seat: Seat) -> bool:
        """Whether somebody in line should have been given this entry, which is well."""
        if seat.in_flight >= seat.most or seat.counted.is_spent(now):
            return False
        if not self._is_able(asked, seat):
            return False
        if asked.bound_to is not None:
            return asked.bound_to == seat.alias == self._bound(now, asked)
        if seat.tier == 0:
            return True
        primaries = self._tiers[0]
        return not any(p.is_well and self._may_ask(asked, p) for p in primaries)

    def _bound(self, now: float, asked: _Request) -> str | None:
        """The entry that the request stays with, if that one can be asked, or is only full."""
        turn = self._turns.get(asked.affinity) if asked.affinity else None
        if turn is None or now - turn[1] > AFFINITY_S:
            return None
        seat = self._seats.get(turn[0])
        if seat is None or not seat.is_well or not self._may_ask(asked, seat):
            return None
        if seat.in_flight >= seat.most and now >= (asked.bound_until or inf):
            return None
        return None if seat.counted.is_spent(now) else seat.alias

    # What it remembers.

    def _live(self, request: int) -> _Request:
        asked = self._requests.get(request)
        if asked is None:
            _broken("C1", f"request {request} has ended, and something is done for it")
        return asked

    def _take_off(
        self, now: float, asked: _Request, seat: Seat, attempt: int, *, is_probe: bool
    ) -> None:
        self._newest = attempt
        self._attempts[attempt] = _Attempt(attempt, asked, seat, is_probe=is_probe)
        seat.in_flight += 1
        for scope in seat.scopes:
            scope.sent_since += 1
            if scope.until is not None:
                scope.probe = attempt
        asked.flights.add(attempt)
        asked.asked.add(seat.alias)
        asked.counts[seat.alias] += 1
        if asked.is_hasty and asked.counts[seat.alias] >= 3:
            asked.barred.add(seat.alias)
        asked.again = asked.waits = None
        asked.waits_since = inf
        self._line.pop(asked.id, None)
        if asked.affinity is not None:
            self._turns[asked.affinity] = seat.alias, now
        self.seen["attempts"] += 1

    def _land(self, now: float, attempt: _Attempt, *, was_sent: bool = True) -> None:
        del self._attempts[attempt.id]
        seat, request = attempt.seat, attempt.request
        request.flights.discard(attempt.id)
        request.ended_at[seat.alias] = now
        for scope in attempt.scopes:
            if scope.probe == attempt.id:
                scope.probe = None
        if seat.in_flight == seat.most:
            self._shares[seat.tier].has_place_again()
        seat.in_flight -= 1
        if not was_sent:
            self._shares[seat.tier].disturbed()
        self._moved.append(seat)
        self.seen[f"end {self._event}"] += 1

    def _end(self, now: float, request: int, how: str, *, was_sent: bool) -> None:
        asked = self._live(request)
        asked.ended_by = how
        for attempt in tuple(asked.flights):
            self._land(now, self._attempts[attempt], was_sent=was_sent)

    def _note(self, request: _Request, seat: Seat, failure: Failure) -> None:
        """What the request may still do after this failure."""
        kind, alias = kind_of(failure), seat.alias
        request.again = None
        is_first = (alias, kind) not in request.once and not failure.lacks
        request.once.add((alias, kind))
        if kind in NEVER_AGAIN or (kind in ("bad_request", "empty", "stalled") and not is_first):
            request.barred.add(alias)
        elif kind in ("bad_request", "empty") and alias not in request.barred:
            request.again = alias
        if kind == "context_too_long":
            window = failure.window or seat.window or 0
            smaller = (s for s in self._seats.values() if s.window and s.window <= window)
            request.barred.update(other.alias for other in smaller)
        if kind in ("refused", "cancelled") or (kind == "bad_request" and not failure.lacks):
            request.is_excused = True

    def _prove(self, now: float, attempt: _Attempt) -> None:
        for scope in attempt.scopes:
            if attempt.id <= scope.newest:
                continue
            if scope.until is not None:
                scope.leased = -inf
                attempt.seat.proved_at = now
                self._moved.extend(s for s in self._seats.values() if scope in s.scopes)
                self.seen["half-open -> closed"] += 1
                scope.close()
            scope.in_a_row = 0

    def _blame(self, now: float, attempt: _Attempt, failure: Failure) -> None:
        if attempt.is_probe and failure.status is not None:
            for scope in attempt.scopes[2:]:
                if scope.until is not None and attempt.id > scope.newest:
                    scope.close()
                    self._moved.extend(s for s in self._seats.values() if scope in s.scopes)
        if self._network.is_lost(now, attempt.id, self._newest, attempt.scopes, failure):
            self.seen["offline"] += 1
            self._rest(attempt.scopes[3])
            self._moved.extend(self._seats.values())
            return
        scope = blamed(attempt.scopes, attempt.counted, failure)
        if scope is None:
            return
        if attempt.id <= scope.newest:
            self._hear_late(now, scope, failure)
            return
        was_open, was_early = scope.until is not None, now < (scope.until or -inf)
        if scope.fail(now, failure, self._newest, self._rules):
            self._rest(scope)
            name = "half-open -> open" if was_open and not was_early else "last resort -> open"
            self.seen[name if was_open else "closed -> open"] += 1

    def _hear_late(self, now: float, scope: Scope, failure: Failure) -> None:
        """Of what began before the opening only the provider's word counts."""
        if failure.retry_after_s is None:
            return
        stated = now + min(failure.retry_after_s, LONGEST_S)
        if scope.until is None:
            scope.kind = kind_of(failure)
            scope.open_until(now, stated, self._newest)
            self._rest(scope)
        else:
            scope.extend(stated)
        self.seen["extended"] += 1

    def _rest(self, scope: Scope) -> None:
        for seat in self._seats.values():
            if scope in seat.scopes:
                self._shares[seat.tier].rests(seat.alias)


def _broken(invariant: str, says: str) -> NoReturn:
    raise Violation(f"{invariant}: {says}")
