"""Why there is no answer, in terms that a client can act on."""

from __future__ import annotations

import pytest

from tests.gateway.rig import gateway
from tests.mux.pools import Line
from vibe.domain.event import Outcome, Tried, Unanswered
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.gateway.faults import fault_of
from vibe.mux.entry import Rules
from vibe.testing.faults import play

K = FailureKind


def final(kind: FailureKind, inner: FailureKind | None = None) -> Unanswered:
    failure = Failure(kind=kind, inner=inner)
    tried = (Tried(Alias("a"), failure),)
    return Unanswered(outcome=Outcome.FAILED, failure=failure, by=Alias("a"), tried=tried)


def exhausted(*kinds: FailureKind) -> Unanswered:
    tried = tuple(Tried(Alias("a"), Failure(kind=kind)) for kind in kinds)
    return Unanswered(outcome=Outcome.EXHAUSTED, tried=tried, again_in_s=3.2)


@pytest.mark.parametrize(
    ("end", "resting", "expected"),
    [
        pytest.param(final(K.BAD_REQUEST), (), (400, "invalid"), id="a bad request"),
        pytest.param(final(K.CONTEXT_TOO_LONG), (), (400, "too_long"), id="too long"),
        pytest.param(final(K.REFUSED), (), (400, "refused"), id="refused"),
        pytest.param(final(K.NOT_FOUND), (), (404, "not_found"), id="no such model"),
        pytest.param(final(K.AUTH), (), (502, "failed"), id="a key that is no client's"),
        pytest.param(final(K.NO_CREDIT), (), (502, "failed"), id="no credit"),
        pytest.param(final(K.SERVER), (), (502, "failed"), id="a fault of its own"),
        pytest.param(final(K.EMPTY), (), (502, "failed"), id="no answer at all"),
        pytest.param(final(K.BROKEN_STREAM), (), (502, "failed"), id="cut"),
        pytest.param(
            final(K.BROKEN_STREAM, K.OVERLOADED), (), (503, "overloaded"), id="told in a stream"
        ),
        pytest.param(exhausted(K.RATE_LIMITED), (), (429, "rate_limited"), id="limited"),
        pytest.param(
            exhausted(K.RATE_LIMITED, K.SERVER), (), (503, "overloaded"), id="limited, and down"
        ),
        pytest.param(final(K.STALLED), (), (504, "timeout"), id="silent"),
        pytest.param(exhausted(K.STALLED), (), (504, "timeout"), id="silent, and rests"),
        pytest.param(exhausted(), ("stalled",), (503, "overloaded"), id="rest of silence"),
        pytest.param(exhausted(), ("rate_limited",), (429, "rate_limited"), id="rest of limits"),
        pytest.param(
            exhausted(), ("rate_limited", "auth"), (503, "overloaded"), id="rest of this and that"
        ),
        pytest.param(exhausted(), (None,), (503, "overloaded"), id="full"),
        pytest.param(exhausted(K.SERVER), ("rate_limited",), (503, "overloaded"), id="who was"),
        pytest.param(Unanswered(outcome=Outcome.DEADLINE), (), (504, "timeout"), id="too late"),
        pytest.param(Unanswered(outcome=Outcome.FAILED), (), (503, "overloaded"), id="nobody"),
    ],
)
def test_each_end_has_a_status_and_a_kind(
    end: Unanswered, resting: tuple[str | None, ...], expected: tuple[int, str]
) -> None:
    fault = fault_of(end, resting)
    assert (fault.status, fault.trouble) == expected
    assert fault.retry_after_s == end.again_in_s


@pytest.mark.parametrize("kind", FailureKind)
@pytest.mark.parametrize("outcome", Outcome)
def test_every_failure_is_an_error_of_the_server_or_of_the_client(
    kind: FailureKind, outcome: Outcome
) -> None:
    failure = Failure(kind=kind, detail="a\x1b[2J\u202eb")
    end = Unanswered(outcome=outcome, failure=failure, tried=(Tried(Alias("a"), failure),))
    fault = fault_of(end)
    assert 400 <= fault.status < 600
    assert fault.message.isprintable()


# Over real sockets: those who come while all rest are told so, and are not served by anybody.

SOON = Rules(error_s=60.0, rate_limit_s=60.0, max_wait_s=0.0)


@pytest.mark.parametrize(
    ("fault", "first", "then"),
    [
        ("rate_limit_long", (429, "7200"), (429, "7200")),
        ("unauthorized", (502, None), (502, None)),
        ("bad_parameter", (400, None), (400, None)),
    ],
)
async def test_who_comes_next_is_told_what_is_known(
    fault: str, first: tuple[int, str | None], then: tuple[int, str | None]
) -> None:
    async with gateway(Line(alias="alpha", faults=play(fault)), rules=SOON) as gate:
        told = [await gate.chat() for _ in range(2)]
        assert [(each.status_code, each.headers.get("retry-after")) for each in told] == [
            first,
            then,
        ]
