"""The judge of the multiplexer: told what happens, it raises at the first broken invariant.

It imports nothing of `vibe.mux` and believes nothing that the core says of itself: circuits, slots,
passes, the budget and the line are reckoned anew, from what was told, by the rules of the design.

Where each invariant of the design is checked. Here: S1 to S6, S8 to S15, S19, C1 to C3, D1, D3, D4,
L1 and L2. By comparing whole runs, in test_simulation.py: S20, D2, L4. Of the shell, over real
sockets: S7, S16, S17, S18, C4, L3, and of C2 and C3 what the core cannot know.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from heapq import heappop, heappush
from math import inf
from typing import Any, NoReturn

from tests.mux.model import MENDED_BY_PEOPLE, OF_A_SERVER, PROBED, SPREAD, Scope, Seat, backoff_s
from tests.mux.scene import MOST_WITHOUT_WAITING, Asked, Attempt, Scene
from vibe.domain.failure import Failure
from vibe.domain.limits import Limits

CLOSE = 1e-6  # seconds, within which two moments are one
BOUND_WAIT_S = 2.0
BUDGET_S = 60.0
BUDGET_GRAIN_S = 5.0
LONGEST_COOLDOWN_S = 300.0
LONGEST_PROBE_S = 30.0


class Violation(AssertionError):
    """An invariant does not hold; its name is the first word."""


class Oracle:
    def __init__(self) -> None:
        self._scene = Scene()
        self._event = ""
        self._due: list[tuple[float, int]] = []
        self._begun_at: list[float] = []
        self._charged_at: list[float] = []
        self._shown: dict[Scope, float] = {}
        self._slept_at = -inf
        self._is_asleep = False
        self._calm: tuple[str, float] | None = None

    @property
    def seen(self) -> Counter[str]:
        """How often each transition, outcome and reason has come about."""
        return self._scene.seen

    # What the world does.

    def pool(self, now: float, pool: Mapping[str, Any]) -> None:
        self._event = "reload"
        self._scene.configure(pool)

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
        order: Sequence[str] = (),
    ) -> None:
        self._event = "begun"
        asked = self._scene.requests[request] = Asked(request, now)
        asked.affinity = affinity
        asked.deadline = inf if deadline is None else deadline
        asked.is_hasty = on_limit == "exit"
        asked.barred = set(unable)
        asked.by_person = by_person
        asked.order = tuple(order)
        self._begun_at.append(now)

    def committed(self, now: float, attempt: int) -> None:
        self._event = "answered"
        self._scene.prove(now, self._scene.attempts[attempt], is_whole=False)

    def succeeded(self, now: float, attempt: int) -> None:
        self._event = "answered"
        ended = self._scene.attempts[attempt]
        self._scene.prove(now, ended, is_whole=True)
        self._land(now, attempt)
        ended.asked.ended_by = "ok"

    def failed(
        self, now: float, attempt: int, failure: Failure, *, was_sent: bool, then: str
    ) -> None:
        self._event = "failed"
        ended = self._scene.attempts[attempt]
        asked = ended.asked
        self._scene.blame(now, ended, failure)
        self._land(now, attempt, was_sent=was_sent)
        asked.note(ended.seat, failure)
        self._scene.learn_windows(asked, ended.seat, failure)
        if then != "go_on" and not asked.flights:
            asked.ended_by = "ok" if then == "seal" else "stop"

    def dropped(self, now: float, attempt: int) -> None:
        self._event = "cancelled"
        ended = self._land(now, attempt)
        ended.asked.entries.discard(ended.seat.alias)  # it has not failed, and may be asked anew

    def denied(self, now: float, attempt: int, until: float) -> None:
        self._event = "cancelled"
        ended = self._land(now, attempt, was_sent=False)
        for scope in ended.scopes[:PROBED]:
            if scope.until is not None:
                scope.leased = max(scope.leased, until)
        asked, alias = ended.asked, ended.seat.alias
        asked.entries.discard(alias)
        asked.barred.discard(alias)
        asked.in_pass -= 1
        asked.counts[alias] -= 1
        self.seen["denied"] += 1

    def limits_seen(self, now: float, attempt: int, limits: Limits) -> None:
        counted = self._scene.attempts[attempt].counted
        counted.learn(now, limits)
        self.seen["spent"] += counted.is_spent(now)

    def cancelled(self, now: float, request: int, *, was_sent: bool) -> None:
        self._end(now, request, "cancelled", was_sent=was_sent)

    def out_of_time(self, now: float, request: int) -> None:
        self._end(now, request, "deadline", was_sent=True)

    def closed(self, now: float, alias: str) -> None:
        self._event = "by hand"
        for scope in self._scene.seats[alias].scopes:
            scope.close()
            scope.leased = -inf
        self._scene.all_moved()

    def reached(self, now: float, alias: str) -> None:
        self._event = "reached"
        for scope in self._scene.seats[alias].scopes:
            if scope.until is not None and scope.kind in OF_A_SERVER and now >= scope.stated:
                scope.close()
                scope.leased = -inf
        self._scene.all_moved()

    def hurried(self, now: float) -> None:
        self._event = "by hand"
        for asked in self._scene.line.values():
            asked.ended_at.clear()
        for scope in self._scene.scopes.values():
            scope.wake(now)
        self._scene.all_moved()

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
        known = self._scene.scopes[scope]
        is_same = epoch == known.epoch
        if epoch < known.epoch or (is_same and known.until is None):
            return
        if until is None:
            known.close()
            known.stalled_at = -inf
        else:
            rest = until, stated_until, resort_at
            known.hear(rest, openings, kind or "", is_more=not is_same)
        if not is_same:
            known.newest, known.opened_at, known.probe = self._scene.newest, now, None
        known.epoch = epoch
        self._scene.rest(known)
        self._scene.all_moved()

    def slept(self, now: float) -> None:
        self._slept_at, self._is_asleep = now, True

    def calmed(self, now: float, alias: str) -> None:
        self._calm = alias, now

    # What the core does.

    def sent(
        self, now: float, request: int, attempt: int, alias: str, why: str, *, is_probe: bool
    ) -> None:
        asked = self._live(request)
        seat = self._scene.seats.get(alias)
        if seat is None:
            _broken("S19", f"{alias} was asked, and the pool no longer has it")
        self.seen["attempts"] += 1
        self.seen[f"why {why}"] += 1
        is_hedge = bool(asked.flights)
        is_again = not is_hedge and asked.again == alias
        is_free = not (is_hedge or is_again or self._scene.bound(now, asked) == alias)
        if now >= asked.deadline:
            _broken("S10", f"{alias} was asked after the deadline of request {request}")
        self._check_pass(now, asked, seat, is_again=is_again)
        if is_hedge or is_again:
            self._check_budget(now)
        if seat.is_full:
            name = "S19" if self._event == "reload" else "S1"
            _broken(name, f"{alias} has {seat.in_flight} under way and may have {seat.most:g}")
        is_early = self._check_rest(now, asked, seat, is_probe=is_probe)
        if is_free:
            self._check_order(now, asked, seat, is_early=is_early)
        if self._scene.line and (asked.waits is not None or not asked.counts):
            self._check_line(now, asked, seat)
        if self._scene.is_shared:
            self._check_share(now, asked, seat, is_free=is_free)
        self._scene.take_off(now, asked, seat, attempt)

    def waits(self, now: float, request: int, until: float | None, *, full: bool) -> None:
        asked, scene = self._live(request), self._scene
        bound = scene.bound(now, asked)
        if request not in scene.line:
            asked.waits_since = now
        asked.waits = "full" if full else "rest"
        asked.until = inf if until is None else until
        asked.again = None
        scene.line[request] = asked
        if asked.until < inf:
            heappush(self._due, (min(asked.until, asked.deadline), request))
        if bound is not None and full and asked.until <= now + BOUND_WAIT_S + CLOSE:
            asked.bound_to = bound
            asked.bound_until = asked.bound_until or now + BOUND_WAIT_S
            return
        asked.bound_to = None
        if not full:
            asked.anew |= asked.entries
        for seat in scene.usable(now, asked):
            if seat.tier == 0 or not scene.stands_in_line(asked, anew=True):
                _broken("S9", f"request {request} waits, and {seat.alias} could be asked")

    def done(self, now: float, request: int, outcome: str) -> None:
        asked = self._live(request)
        del self._scene.requests[request]
        self._scene.line.pop(request, None)
        self.seen[f"outcome {outcome}"] += 1
        if asked.flights:
            name = "S19" if self._event == "reload" else "C1"
            _broken(name, f"request {request} is {outcome}, and has an attempt under way")
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
        if outcome in ("failed", "exhausted") and asked.ended_by is None and not asked.is_excused:
            self._check_surrender(now, asked)

    # How things stand.

    def rests(self, now: float, alias: str, until: tuple[tuple[str, float], ...]) -> None:
        told = dict(until)
        seat = self._scene.seats[alias]
        for scope in seat.scopes:
            if scope.until is not None and scope.id not in told:
                is_stated, is_lost = scope.stated > now, scope not in seat.probed
                name = "S5" if is_stated else "S15" if is_lost else "S2"
                name = "S11" if self._event == "answered" else name
                _broken(name, f"{alias} is taken for well, and rests ({scope.id})")
        for scope in seat.scopes:
            if scope.id in told:
                self._compare(alias, scope, told[scope.id])
            else:
                self._shown.pop(scope, None)

    def slots(self, now: float, alias: str, in_flight: int, *, is_probed: bool) -> None:
        seat = self._scene.seats[alias]
        if in_flight != seat.in_flight:
            name = {"cancelled": "S13", "reload": "S19"}.get(self._event, "S1")
            _broken(name, f"{alias} counts {in_flight} under way, and has {seat.in_flight}")
        is_really = any(scope.probe is not None for scope in seat.probed)
        if is_probed and not is_really:
            _broken("S14", f"{alias} counts as being probed, and nobody probes it")
        if is_really and not is_probed:
            _broken("S3", f"{alias} is being probed, and counts as if nobody did")

    def settled(self, now: float) -> None:
        """All that this moment brings has been done."""
        scene = self._scene
        if scene.moved:
            if scene.line:
                self._check_wakened(now)
            scene.moved.clear()
        if self._is_asleep:  # what came due meanwhile is done next
            self._is_asleep = False
            return
        due = self._due
        while due and due[0][0] < now - CLOSE:
            at, request = heappop(due)
            asked = scene.line.get(request)
            if asked is not None and min(asked.until, asked.deadline) == at:
                name = "S12" if at < self._slept_at else "L2"
                _broken(name, f"request {request} was to be looked at {now - at:.3f} s ago")

    def over(self, now: float, *, at_rest: bool, waiting: int) -> None:
        scene = self._scene
        if scene.requests:
            _broken("L2", f"nothing happens any more, and {len(scene.requests)} requests live")
        if scene.attempts or waiting or not at_rest:
            _broken("C2", "at rest something is under way, or waits")
        ends = sum(self.seen[f"end {end}"] for end in ("answered", "failed", "cancelled"))
        if ends != self.seen["attempts"]:
            _broken("C3", f"{self.seen['attempts']} attempts began, and {ends} ended")

    # What is judged.

    def _check_pass(self, now: float, asked: Asked, seat: Seat, *, is_again: bool) -> None:
        alias = seat.alias
        if asked.is_hasty and asked.counts.get(alias, 0) >= MOST_WITHOUT_WAITING:
            _broken("S8", f"{alias} was asked a fourth time by a request that does not wait")
        if alias in asked.barred:
            _broken("S4", f"{alias} was asked by request {asked.id}, for which it is out")
        if alias in asked.entries and not is_again:
            was_proved = seat.proved_at >= asked.waits_since
            if alias not in asked.anew and not was_proved:
                _broken("S4", f"{alias} was asked twice in one pass of request {asked.id}")
            pause_s = now - asked.ended_at.get(alias, -inf)
            if pause_s < backoff_s(0) * (1 - SPREAD) - CLOSE and not was_proved:
                _broken("S8", f"{alias} was asked again after a pause of {pause_s:.3f} s only")
            asked.anew.discard(alias)
            asked.in_pass = 0
        asked.in_pass += 1
        asked.pool_size = max(asked.pool_size, len(self._scene.seats))
        if asked.in_pass > asked.pool_size + 2:
            _broken("S8", f"a pass of request {asked.id} made {asked.in_pass} attempts")

    def _check_budget(self, now: float) -> None:
        charged = self._charged_at
        charged.append(now)
        spent = len(charged) - bisect_left(charged, now - BUDGET_S + BUDGET_GRAIN_S)
        begun = len(self._begun_at) - bisect_left(self._begun_at, now - BUDGET_S)
        if spent > 3 + 0.2 * begun + CLOSE:
            _broken("S9", f"{spent} repeats and hedges, for {begun} requests in a minute")

    def _check_rest(self, now: float, asked: Asked, seat: Seat, *, is_probe: bool) -> bool:
        """Whether the entry is asked before its deadline."""
        is_resting = is_early = False
        for scope in seat.scopes:
            if scope.until is None:
                continue
            if scope in seat.probed:
                is_resting = True
                if scope.probe is not None:
                    _broken("S3", f"{seat.alias} was asked while it is being probed")
                if now < scope.leased:
                    _broken("S3", f"{seat.alias} was asked while another process probes it")
            if now < scope.until - CLOSE and asked.again != seat.alias:
                is_early = True
                self._check_early(now, asked, seat, scope)
        if is_probe != is_resting:
            _broken("S3", f"{seat.alias} was asked, and is_probe is {is_probe}, not {is_resting}")
        if is_resting:
            self.seen["last resort" if is_early else "open -> half-open"] += 1
        return is_early

    def _check_early(self, now: float, asked: Asked, seat: Seat, scope: Scope) -> None:
        early_s = (scope.until or now) - now
        if (
            asked.by_person
            and scope.kind in MENDED_BY_PEOPLE
            and scope.opened_at < asked.began
            and seat.alias not in asked.entries
        ):
            return  # the remedy may have come meanwhile
        if now < scope.stated - CLOSE:
            _broken("S5", f"{seat.alias} was asked {early_s:.3f} s before it said it could be")
        if scope.kind in MENDED_BY_PEOPLE or now < scope.resort - CLOSE:
            _broken("S2", f"{seat.alias} was asked {early_s:.3f} s before its deadline")

    def _check_order(self, now: float, asked: Asked, seat: Seat, *, is_early: bool) -> None:
        scene = self._scene
        is_ordered = scene.rules["mode"] != "load_balance"
        if not (is_early or seat.tier or is_ordered):
            return
        place = asked.place(seat)
        for other in scene.usable(now, asked):
            if other is seat:
                continue
            if is_early:
                _broken("S2", f"{seat.alias} was asked while it rests, and {other.alias} is well")
            if other.tier < seat.tier and not asked.order:
                _broken("S6", f"{seat.alias} was asked, and {other.alias} is a primary and usable")
            if is_ordered and asked.place(other) < place:
                _broken("S6", f"{seat.alias} was asked, and {other.alias} comes before it")
        if seat.tier and not is_early and scene.stands_in_line(asked):
            _broken("S6", f"{seat.alias} was asked, and a primary is only full")

    def _check_line(self, now: float, asked: Asked, seat: Seat) -> None:
        if not seat.is_well:
            return
        for other in self._scene.line.values():
            if other is asked:
                return
            if other.waits == "full" and self._scene.can_use(now, other, seat):
                _broken("D4", f"request {asked.id} overtook {other.id} on the way to {seat.alias}")

    def _check_share(self, now: float, asked: Asked, seat: Seat, *, is_free: bool) -> None:
        shares, among = self._scene.shares[seat.tier], self._scene.in_turn(now, seat.tier)
        is_free = is_free and not asked.order
        is_first = asked.entries.isdisjoint(among) and asked.barred.isdisjoint(among)
        if not (is_free and is_first and seat.alias in among):
            shares.disturbed()
        elif wrong := shares.picked(seat.alias, among):
            raise Violation(wrong)

    def _check_surrender(self, now: float, asked: Asked) -> None:
        for seat in self._scene.usable(now, asked):
            _broken("S9", f"request {asked.id} gave up without asking {seat.alias}")
        for seat in self._scene.seats.values():
            if seat.is_well and seat.is_full and asked.has_yet_to_ask(seat):
                _broken("S9", f"request {asked.id} gave up, and {seat.alias} was only full")
        alias, since = self._calm or ("", inf)
        if asked.began < since + LONGEST_COOLDOWN_S or alias in asked.barred:
            return
        seat = self._scene.seats.get(alias)
        if (
            seat is not None
            and seat.trouble is None
            and all(s.opened_at < since and s.kind not in MENDED_BY_PEOPLE for s in seat.scopes)
            and all(scope.leased < asked.began for scope in seat.probed)
            and self._scene.rules["max_wait_s"] >= LONGEST_PROBE_S
        ):
            _broken("L1", f"request {asked.id} failed, and {alias} has long been healthy")

    def _check_wakened(self, now: float) -> None:
        scene = self._scene
        for seat in set(scene.moved):
            if seat.is_full or not seat.is_well or scene.seats.get(seat.alias) is not seat:
                continue
            for asked in scene.line.values():
                if scene.can_use(now, asked, seat):
                    _broken("L2", f"request {asked.id} waits, and nobody told it of {seat.alias}")

    def _compare(self, alias: str, scope: Scope, real: float) -> None:
        """A deadline as the core has it, with what it must be."""
        shown = self._shown.get(scope, -inf)
        self._shown[scope] = real
        if scope.until is None:
            name = {"cancelled": "S15", "failed": "S15"}.get(self._event, "L1")
            _broken(name, f"{alias} is made to rest for what is no failure of it")
        if scope.until - CLOSE <= real <= scope.late + CLOSE:
            if scope.late > scope.until:
                scope.until = scope.late = scope.resort = real  # by chance, within its bounds
            return
        says = f"{alias} rests until {real:.3f}, and should until {scope.until:.3f}"
        if real < shown:
            _broken("S11", says)
        _broken("S5" if scope.stated == scope.until else "L1" if real > scope.late else "S2", says)

    # What is remembered.

    def _live(self, request: int) -> Asked:
        asked = self._scene.requests.get(request)
        if asked is None:
            _broken("C1", f"request {request} has ended, and something is done for it")
        return asked

    def _land(self, now: float, attempt: int, *, was_sent: bool = True) -> Attempt:
        ended = self._scene.attempts[attempt]
        self._scene.land(now, ended, was_sent=was_sent)
        self.seen[f"end {self._event}"] += 1
        return ended

    def _end(self, now: float, request: int, how: str, *, was_sent: bool) -> None:
        self._event = "cancelled"
        asked = self._live(request)
        asked.ended_by = how
        for attempt in tuple(asked.flights):
            self._land(now, attempt, was_sent=was_sent)


def _broken(invariant: str, says: str) -> NoReturn:
    raise Violation(f"{invariant}: {says}")
