"""A server that answers something, though no model was asked: which rests that is the end of."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.mux.test_core import Play, entry, pair
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias

A = Alias("a")
K = FailureKind


def failure(kind: FailureKind, **more: object) -> Failure:
    return replace(Failure(kind=kind), **more)


@pytest.mark.parametrize(
    ("met", "is_over"),
    [
        pytest.param(failure(K.UNREACHABLE, cause="refused"), True, id="down"),
        pytest.param(failure(K.SERVER, status=500), True, id="failed"),
        pytest.param(failure(K.OVERLOADED, status=503), True, id="overloaded"),
        pytest.param(failure(K.BROKEN_STREAM), True, id="cut"),
        pytest.param(
            failure(K.OVERLOADED, status=503, retry_after_s=20.0), False, id="by its own word"
        ),
        pytest.param(failure(K.RATE_LIMITED, status=429), False, id="limited"),
        pytest.param(
            failure(K.BROKEN_STREAM, inner=K.RATE_LIMITED), False, id="limited in a stream"
        ),
        pytest.param(failure(K.AUTH, status=401), False, id="a key refused"),
        pytest.param(failure(K.NO_CREDIT, status=402), False, id="no credit"),
        pytest.param(failure(K.NOT_FOUND, status=404), False, id="no such model"),
    ],
)
def test_a_rest_that_is_the_servers_own_ends(met: Failure, is_over: bool) -> None:
    play = pair()
    play.fails(0.0, play.sent(0.0).attempt, met)
    assert play.answered(0.5) == "b"
    play.core.reached(1.0, A)
    assert play.answered(1.0) == ("a" if is_over else "b")


def test_the_providers_word_counts_until_its_time() -> None:
    play = pair(error_s=600.0)
    stated = failure(K.OVERLOADED, status=503, retry_after_s=20.0)
    play.fails(0.0, play.sent(0.0).attempt, stated)
    play.core.reached(19.0, A)
    assert play.core.board.standings[A].circuits[0].health.until == 20.0
    play.core.reached(20.0, A)
    assert play.core.board.standings[A].is_closed


def test_what_rests_beside_it_goes_on() -> None:
    """Two of one origin: it is down, and one of them is limited as well, for less long."""
    play = Play(entry("a", origin="same"), entry("b", origin="same"))
    play.fails(0.0, play.sent(0.0).attempt, failure(K.RATE_LIMITED, status=429))
    b = play.sent(1.0)
    assert b.alias == "b"
    play.fails(1.0, b.attempt, failure(K.UNREACHABLE, cause="refused"))
    play.core.reached(2.0, A)
    own, key, origin = play.core.board.standings[A].circuits[:3]
    assert (own.is_closed, key.is_closed, origin.is_closed) == (False, True, True)
    assert play.answered(2.0) == "b"
