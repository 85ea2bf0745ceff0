"""The core by its own words: what it decides at which moment, without a network or a clock."""

from __future__ import annotations

from itertools import pairwise

import pytest
from msgspec.structs import replace

from vibe.domain.event import Outcome
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.limits import Limit, Limits
from vibe.domain.model import Alias
from vibe.domain.usage import Price
from vibe.mux.core import Core
from vibe.mux.entry import Entry, Pool, Rules, ScopeId, Scopes
from vibe.mux.health import Health
from vibe.mux.step import AttemptId, Call, Done, RequestId, Send, Step, Wait

ERROR = Failure(kind=FailureKind.SERVER, status=500)
AUTH = Failure(kind=FailureKind.AUTH, status=401)
LIMITED = Failure(kind=FailureKind.RATE_LIMITED, status=429)
UNREACHABLE = Failure(kind=FailureKind.UNREACHABLE, cause="refused")
NO_NAME = Failure(kind=FailureKind.UNREACHABLE, cause="dns")
STALLED = Failure(kind=FailureKind.STALLED)
EMPTY = Failure(kind=FailureKind.EMPTY)
PLAIN = Call()
ONLY = ScopeId("model only")


class Even:
    """Chance in the middle: no jitter to either side."""

    def random(self) -> float:
        return 0.5


def after(seconds: float) -> Failure:
    return replace(LIMITED, retry_after_s=seconds)


def entry(alias: str, *, origin: str = "", key: str = "", **more: object) -> Entry:
    scopes = Scopes(
        own=ScopeId(f"model {alias}"),
        key=ScopeId(f"key {key or alias}"),
        origin=ScopeId(f"origin {origin or alias}"),
    )
    return replace(Entry(alias=Alias(alias), scopes=scopes), **more)


class Play:
    """A core and the steps that it has asked for; requests and attempts are counted from 1."""

    def __init__(self, *entries: Entry, rules: Rules | None = None) -> None:
        self.core = Core(Pool(entries=entries, rules=rules or Rules()), rng=Even())
        self.steps: list[Step] = []
        self._requests = 0

    def ask(self, now: float, call: Call = PLAIN) -> Step:
        self._requests += 1
        self.steps = self.core.decide(now, RequestId(self._requests), call)
        return self.steps[-1]

    def sent(self, now: float, call: Call = PLAIN) -> Send:
        step = self.ask(now, call)
        assert isinstance(step, Send), step
        return step

    def fails(self, now: float, attempt: AttemptId, failure: Failure) -> Step:
        self.steps = self.core.failed(now, attempt, failure)
        return self.steps[-1]

    def answers(self, now: float, attempt: AttemptId) -> None:
        self.core.committed(now, attempt)
        self.steps = self.core.succeeded(now, attempt)

    def answered(self, now: float, call: Call = PLAIN) -> str:
        """Who answers a request that ends at once."""
        step = self.sent(now, call)
        self.answers(now, step.attempt)
        return step.alias

    def tick(self, now: float) -> list[Step]:
        self.steps = self.core.tick(now)
        return self.steps


def pair(**rules: object) -> Play:
    second = replace(entry("b"), is_fallback=True)
    return Play(entry("a"), second, rules=replace(Rules(), **rules))


# Rests.


def test_retry_after_two_brings_the_entry_back_after_two_seconds() -> None:
    play = pair()
    play.fails(0.0, play.sent(0.0).attempt, after(2.0))
    assert play.answered(1.99) == "b"
    assert play.answered(2.0) == "a"


def test_without_the_providers_word_the_configured_rest_counts() -> None:
    play = pair(rate_limit_s=60.0, error_s=15.0)
    play.fails(0.0, play.sent(0.0).attempt, LIMITED)
    assert play.answered(59.9) == "b"
    play.fails(60.0, play.sent(60.0).attempt, ERROR)
    assert play.answered(60.1) == "b"


def test_a_failed_probe_doubles_the_rest_to_five_minutes_at_most() -> None:
    play = pair(error_s=15.0)
    now = 0.0
    rests: list[float] = []
    for _ in range(7):
        step = play.sent(now)
        assert step.alias == "a"
        play.fails(now, step.attempt, ERROR)
        until = play.core.board.standings[Alias("a")].circuits[0].health.until
        assert until
        rests.append(until - now)
        now = until
    assert rests == [15.0, 30.0, 60.0, 120.0, 240.0, 300.0, 300.0]


def test_a_success_begins_the_rests_anew() -> None:
    play = pair(error_s=15.0)
    play.fails(0.0, play.sent(0.0).attempt, ERROR)
    assert play.answered(15.0) == "a"
    play.fails(20.0, play.sent(20.0).attempt, ERROR)
    assert play.answered(35.0) == "a"


def test_only_one_probe_is_sent_and_the_others_go_elsewhere() -> None:
    play = pair()
    play.fails(0.0, play.sent(0.0).attempt, after(1.0))
    assert [play.sent(1.0).alias, play.sent(1.0).alias] == ["a", "b"]


def test_failures_that_were_under_way_together_are_one_opening() -> None:
    play = pair(error_s=15.0)
    attempts = [play.sent(0.0).attempt for _ in range(10)]
    for attempt in attempts:
        play.fails(0.1, attempt, ERROR)
    assert play.core.board.standings[Alias("a")].circuits[0].health.openings == 1
    assert play.answered(15.1) == "a"


def test_a_late_word_of_the_provider_extends_a_rest() -> None:
    play = pair(error_s=15.0)
    first, second = play.sent(0.0), play.sent(0.0)
    play.fails(0.1, first.attempt, ERROR)
    play.fails(0.2, second.attempt, after(40.0))
    assert play.answered(40.1) == "b"
    assert play.answered(40.2) == "a"


def test_a_late_success_closes_nothing() -> None:
    play = pair(error_s=15.0)
    first, second = play.sent(0.0), play.sent(0.0)
    play.fails(0.1, first.attempt, ERROR)
    play.answers(0.2, second.attempt)
    assert play.answered(0.3) == "b"


def test_below_the_threshold_an_entry_does_not_rest() -> None:
    play = pair(failure_threshold=3)
    for number in range(3):
        step = play.sent(float(number))
        assert step.alias == "a"
        play.fails(float(number), step.attempt, ERROR)
    assert play.answered(3.0) == "b"


def test_the_providers_word_is_obeyed_below_the_threshold_too() -> None:
    play = pair(failure_threshold=5)
    play.fails(0.0, play.sent(0.0).attempt, after(9.0))
    assert play.answered(8.9) == "b"


def test_an_entry_rests_from_its_second_stall_in_a_minute() -> None:
    play = pair()
    play.fails(0.0, play.sent(0.0).attempt, STALLED)
    step = play.sent(10.0)
    assert step.alias == "a"
    play.fails(10.0, step.attempt, STALLED)
    assert play.answered(11.0) == "b"


# Scopes.


def test_a_wrong_key_rests_all_its_entries_and_an_unreachable_host_all_of_its_own() -> None:
    for failure, left in ((AUTH, "other key"), (UNREACHABLE, "other host")):
        play = Play(
            entry("one", key="k", origin="h"),
            entry("same key", key="k", origin="h2") if failure is AUTH else entry("x", origin="h"),
            entry(left),
        )
        play.fails(0.0, play.sent(0.0).attempt, failure)
        assert play.answered(1.0) == left


def test_a_rate_limit_rests_the_entry_or_the_key_as_the_provider_counts() -> None:
    by_entry = Play(entry("one", key="k"), entry("two", key="k"))
    by_entry.fails(0.0, by_entry.sent(0.0).attempt, LIMITED)
    assert by_entry.answered(1.0) == "two"
    by_key = Play(
        entry("one", key="k", rate_limited_by_key=True),
        entry("two", key="k", rate_limited_by_key=True),
        entry("three"),
    )
    by_key.fails(0.0, by_key.sent(0.0).attempt, LIMITED)
    assert by_key.answered(1.0) == "three"


def test_two_origins_lost_at_once_are_a_lost_network_and_no_fault_of_theirs() -> None:
    play = Play(entry("a"), entry("b"))
    first = play.sent(0.0)
    second = play.fails(0.0, first.attempt, NO_NAME)
    assert isinstance(second, Send)
    waits = play.fails(0.1, second.attempt, NO_NAME)
    assert isinstance(waits, Wait)
    assert waits.offline
    own = [standing.circuits[2].is_closed for standing in play.core.board.standings.values()]
    assert own == [True, True]
    assert play.core.next_due() == pytest.approx(0.6)


# Waiting.


def test_with_nobody_else_a_probe_comes_long_before_the_configured_rest() -> None:
    play = Play(entry("only"), rules=Rules(error_s=600.0))
    step: Step = play.sent(0.0)
    now, asked_at = 0.0, [0.0]
    while isinstance(step, Send) and len(asked_at) < 8:
        play.fails(now, step.attempt, ERROR)
        now = play.core.next_due()
        step = play.tick(now)[-1]
        asked_at.append(now)
    gaps = [later - earlier for earlier, later in pairwise(asked_at)]
    assert gaps == pytest.approx([0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0])


def test_nobody_asks_before_the_providers_own_word_even_with_nobody_else() -> None:
    play = Play(entry("only"))
    play.fails(0.0, play.sent(0.0).attempt, after(30.0))
    assert play.core.next_due() >= 30.0
    assert play.tick(29.9) == []


def test_a_wait_ends_the_request_when_it_has_lasted_long_enough() -> None:
    play = Play(entry("only"), rules=Rules(max_wait_s=5.0))
    step: Step = play.sent(0.0)
    now = 0.0
    while isinstance(step, Send):
        end = play.fails(now, step.attempt, ERROR)
        if isinstance(end, Done):
            break
        now = play.core.next_due()
        step = play.tick(now)[-1]
    assert isinstance(play.steps[-1], Done)
    assert play.steps[-1].outcome is Outcome.EXHAUSTED
    assert now <= 5.0


def test_the_first_in_line_gets_the_slot_that_is_given_back() -> None:
    play = Play(entry("only", max_concurrent=1))
    first = play.sent(0.0)
    assert [isinstance(play.ask(0.0), Wait) for _ in range(2)] == [True, True]
    play.answers(1.0, first.attempt)
    assert [step.request for step in play.steps if isinstance(step, Send)] == [RequestId(2)]


def test_a_full_pool_waits_or_falls_back_as_configured() -> None:
    entries = entry("a", max_concurrent=1), replace(entry("b"), is_fallback=True)
    waiting = Play(*entries)
    waiting.sent(0.0)
    assert isinstance(waiting.ask(0.0), Wait)
    overflowing = Play(*entries, rules=Rules(overflow="fallback"))
    overflowing.sent(0.0)
    assert overflowing.sent(0.0).alias == "b"


def test_a_key_that_a_person_may_have_mended_gets_a_chance_with_their_next_request() -> None:
    play = Play(entry("only"))
    end = play.fails(0.0, play.sent(0.0, Call(by_person=True)).attempt, AUTH)
    assert isinstance(end, Done)
    assert isinstance(play.ask(1.0), Done)
    assert play.sent(2.0, Call(by_person=True)).alias == "only"


def test_the_end_says_when_to_come_back() -> None:
    play = Play(entry("only"))
    end = play.fails(10.0, play.sent(10.0).attempt, after(3600.0))
    assert isinstance(end, Done)
    assert (end.outcome, end.by, end.again_at) == (Outcome.EXHAUSTED, "only", 3610.0)


# Repeats.


def probed_elsewhere() -> Play:
    """A core whose one entry another process probes, until a minute beyond the longest wait."""
    play = Play(entry("only"), rules=Rules(max_wait_s=120.0))
    failed = Health(epoch=1, openings=1, until=0.0, resort_at=0.0, failure=ERROR)
    play.core.absorb(1.0, {ONLY: failed}, {ONLY: 181.0}, {})
    return play


def test_while_another_process_probes_a_request_waits_for_what_comes_of_it() -> None:
    play = probed_elsewhere()
    assert play.ask(1.0) == Wait(
        request=RequestId(1), until=121.0, alias=Alias("only"), failure=ERROR
    )
    (sent,) = play.core.absorb(2.0, {}, {}, {})
    assert isinstance(sent, Send)
    assert sent.is_probe


def test_who_does_not_want_to_wait_is_told_when_the_probe_of_another_is_over() -> None:
    assert probed_elsewhere().ask(1.0, Call(on_limit="exit")) == Done(
        request=RequestId(1),
        outcome=Outcome.EXHAUSTED,
        failure=ERROR,
        by=Alias("only"),
        again_at=181.0,
    )


def test_an_empty_answer_is_asked_once_more_and_then_of_another() -> None:
    play = pair()
    first = play.sent(0.0)
    again = play.fails(0.1, first.attempt, EMPTY)
    assert isinstance(again, Send)
    assert (again.alias, again.why) == ("a", "repeat")
    other = play.fails(0.2, again.attempt, EMPTY)
    assert isinstance(other, Send)
    assert other.alias == "b"


def test_a_pass_over_five_dead_entries_still_reaches_the_sixth() -> None:
    play = Play(*(entry(f"e{number}") for number in range(6)))
    step: Step = play.sent(0.0)
    for _ in range(5):
        assert isinstance(step, Send)
        step = play.fails(0.0, step.attempt, ERROR)
    assert isinstance(step, Send)
    assert step.alias == "e5"


def test_a_request_that_is_too_long_goes_only_where_it_may_fit() -> None:
    entries = entry("a", window=8_000), entry("b", window=4_000), entry("c", window=100_000)
    play = Play(*entries)
    failure = Failure(kind=FailureKind.CONTEXT_TOO_LONG, status=400)
    step = play.fails(0.0, play.sent(0.0).attempt, failure)
    assert isinstance(step, Send)
    assert step.alias == "c"


# Staying together.


def turn(name: str) -> Call:
    return Call(affinity=name)


def test_a_turn_stays_where_it_began_and_is_charged_to_its_entry() -> None:
    play = Play(entry("a"), entry("b"), rules=Rules(mode="load_balance"))
    assert [play.answered(0.0, turn("t")) for _ in range(4)] == ["a"] * 4
    assert [play.answered(1.0) for _ in range(4)] == ["b"] * 4


def test_after_a_failover_the_turn_stays_and_the_next_goes_back() -> None:
    play = pair(error_s=5.0)
    step = play.fails(0.0, play.sent(0.0, turn("t")).attempt, ERROR)
    assert isinstance(step, Send)
    play.answers(0.1, step.attempt)
    assert play.answered(6.0, turn("t")) == "b"
    assert play.answered(6.0, turn("u")) == "a"


def test_a_turn_waits_two_seconds_for_its_own_entry_and_then_moves() -> None:
    play = Play(entry("a", max_concurrent=1), entry("b"))
    assert play.answered(0.0, turn("t")) == "a"
    play.sent(1.0)
    assert isinstance(play.ask(1.0, turn("t")), Wait)
    assert play.core.next_due() == 3.0
    moved = play.tick(3.0)[-1]
    assert isinstance(moved, Send)
    assert moved.alias == "b"


# Limits and hedges.


def test_a_limit_that_is_used_up_diverts_before_the_refusal() -> None:
    play = pair()
    step = play.sent(0.0)
    spent = Limits(requests=Limit(limit=10, remaining=0, reset_s=20.0))
    play.core.limits_seen(0.0, step.attempt, spent)
    play.answers(0.1, step.attempt)
    assert play.answered(1.0) == "b"
    assert play.answered(20.0) == "a"


def test_a_hedge_asks_another_and_never_one_with_a_price_unless_asked() -> None:
    free, priced = entry("b"), entry("b", price=Price(input=1.0, output=1.0))
    for second, rules, alias in (
        (free, Rules(), "b"),
        (priced, Rules(), None),
        (priced, Rules(hedge_priced=True), "b"),
    ):
        play = Play(entry("a"), second, rules=rules)
        step = play.core.hedge(1.0, play.sent(0.0).request)
        assert (step.alias if step else None) == alias


def test_a_quicker_hedge_leaves_the_slower_attempt_without_a_trace() -> None:
    play = Play(entry("a", max_concurrent=1), entry("b"))
    first = play.sent(0.0)
    second = play.core.hedge(1.0, first.request)
    assert second
    play.core.dropped(1.5, first.attempt)
    play.answers(2.0, second.attempt)
    assert play.core.at_rest
    assert play.answered(3.0) == "a"


def test_a_reload_keeps_what_is_under_way_and_what_is_known() -> None:
    play = pair()
    under_way = play.fails(0.0, play.sent(0.0).attempt, after(60.0))
    assert isinstance(under_way, Send)
    assert under_way.alias == "b"
    play.core.set_pool(1.5, Pool(entries=(entry("a"), entry("c"))))
    play.answers(2.0, under_way.attempt)
    assert play.core.at_rest
    assert play.answered(3.0) == "c"
    assert play.answered(61.0) == "a"


def named(*order: str, unable: tuple[str, ...] = ()) -> Call:
    return Call(order=tuple(map(Alias, order)), unable={Alias(each): "?" for each in unable})


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        pytest.param(Rules(mode="failover"), ["spare"] * 3, id="in the order written"),
        pytest.param(Rules(mode="single"), ["spare"] * 3, id="also beside a lone model"),
        pytest.param(
            Rules(mode="load_balance", strategy="round_robin"),
            ["spare", "a", "spare"],
            id="by turns",
        ),
    ],
)
def test_a_request_that_names_an_order_asks_by_that(rules: Rules, expected: list[str]) -> None:
    play = Play(entry("a"), entry("b"), entry("spare", by_name=True), rules=rules)
    call = named("spare", "a", unable=("b",))
    assert [play.answered(float(n), call) for n in range(3)] == expected


def test_of_each_account_the_first_of_an_order_shares_and_the_rest_stands_behind_it() -> None:
    play = Play(
        entry("one-x", key="one"),
        entry("one-y", key="one"),
        entry("two-x", key="two"),
        rules=Rules(mode="load_balance", strategy="round_robin"),
    )
    call = named("one-x", "one-y", "two-x")
    assert [play.answered(float(n), call) for n in range(4)] == ["one-x", "two-x"] * 2
    step = play.sent(4.0, call)
    assert step.alias == "one-x"
    following = play.fails(4.0, step.attempt, ERROR)
    assert isinstance(following, Send)
    assert following.alias in ("one-y", "two-x")


def test_an_entry_that_is_asked_by_name_alone_takes_no_share_and_changes_none() -> None:
    rules = Rules(mode="load_balance")
    pool = (entry("a", weight=70), entry("b", weight=30))
    beside = entry("spare", by_name=True, weight=1)
    assert Pool(entries=(*pool, beside), rules=rules).signature == (
        Pool(entries=pool, rules=rules).signature
    )
    play = Play(*pool, beside, rules=rules)
    call = Call(unable={Alias("spare"): "is asked by name alone"})
    asked = [play.answered(float(n), call) for n in range(10)]
    assert (asked.count("a"), asked.count("b")) == (7, 3)


def test_no_request_asks_an_entry_more_often_than_its_provider_allows() -> None:
    play = Play(entry("only", most_asked=2), rules=Rules(error_s=0.1, max_wait_s=1000.0))
    first = play.sent(0.0)
    wait = play.fails(0.0, first.attempt, ERROR)
    assert isinstance(wait, Wait)
    assert wait.until is not None
    (second,) = play.core.tick(wait.until)
    assert isinstance(second, Send)
    end = play.fails(wait.until, second.attempt, ERROR)
    assert isinstance(end, Done)
