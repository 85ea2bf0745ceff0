"""GET /health: the state of each provider, in the form of the multi-provider guide."""

from __future__ import annotations

from itertools import count

import pytest
from msgspec.structs import replace

from tests.gateway.rig import Gate, gateway
from tests.mux.pools import Line
from vibe.domain.model import Alias, ProviderName
from vibe.gateway.health import Health, ProviderHealth, health
from vibe.mux.entry import Rules
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.mux.stats import LastError
from vibe.testing.faults import play
from vibe.testing.script import says

WELL = EntrySnapshot(
    alias=Alias("a"),
    provider=ProviderName("acme"),
    model="m",
    is_fallback=False,
    state="closed",
    can_answer=True,
    busy=0,
    weight=1,
)
NEVER = replace(WELL, alias=Alias("never"))
RESTS = replace(WELL, state="open", failed_in_a_row=5)
TRIED = replace(WELL, state="half_open", failed_in_a_row=5)
KEYLESS = replace(WELL, trouble="no key")
OUT = replace(WELL, taken_out=True)
ANSWERED = replace(WELL, last_ok_at=7.0)


def told(*entries: EntrySnapshot) -> MuxSnapshot:
    return MuxSnapshot(
        at=0.0,
        mode="failover",
        available=1,
        total=1,
        requests=0,
        under_way=0,
        waiting=0,
        failovers=0,
        seams=0,
        entries=entries,
    )


def elsewhere(entry: EntrySnapshot, provider: str) -> EntrySnapshot:
    return replace(entry, provider=ProviderName(provider))


@pytest.mark.parametrize(
    ("entries", "is_reached", "expected"),
    [
        pytest.param((WELL,), True, "healthy", id="well"),
        pytest.param((RESTS, WELL), True, "healthy", id="one of its models is well"),
        pytest.param((RESTS,), True, "circuit_open", id="rests"),
        pytest.param((RESTS, TRIED), True, "half_open", id="one may be tried again"),
        pytest.param((KEYLESS,), True, "unavailable", id="no key"),
        pytest.param((OUT,), True, "unavailable", id="taken out by hand"),
        pytest.param((KEYLESS, RESTS), True, "circuit_open", id="what has no key says nothing"),
        pytest.param((NEVER,), False, "unreachable", id="never answered, not even a check"),
        pytest.param((NEVER, ANSWERED), False, "healthy", id="has answered since the check"),
        pytest.param((RESTS,), False, "circuit_open", id="rests, which says more"),
    ],
)
def test_a_provider_is_as_well_as_the_best_of_its_models(
    entries: tuple[EntrySnapshot, ...], is_reached: bool, expected: str
) -> None:
    unreachable = frozenset[ProviderName]() if is_reached else frozenset({WELL.provider})
    assert health(told(*entries), {}, unreachable).providers[WELL.provider].status == expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        pytest.param((WELL, WELL), "healthy", id="all are well"),
        pytest.param((WELL, RESTS), "degraded", id="one rests"),
        pytest.param((TRIED,), "degraded", id="nobody knows yet"),
        pytest.param((RESTS, TRIED), "degraded", id="somebody may be tried"),
        pytest.param((RESTS, RESTS), "unhealthy", id="all rest"),
        pytest.param((WELL, KEYLESS), "healthy", id="what is switched off is no worse than meant"),
        pytest.param((RESTS, KEYLESS), "unhealthy", id="nobody is left"),
        pytest.param((KEYLESS,), "unhealthy", id="nobody can be used"),
        pytest.param((), "unhealthy", id="nobody is there"),
    ],
)
def test_all_together(states: tuple[EntrySnapshot, ...], expected: str) -> None:
    entries = (
        elsewhere(entry, str(number)) for number, entry in zip(count(), states, strict=False)
    )
    assert health(told(*entries), {}).status == expected


def test_providers_stand_in_the_order_of_their_priorities_with_their_latest_times() -> None:
    first = replace(
        elsewhere(WELL, "late"),
        last_ok_at=8.0,
        failed_in_a_row=1,
        last_error=LastError(kind="server", detail="", status=500, at=3.0),
    )
    second = replace(first, last_ok_at=9.0, failed_in_a_row=4)
    found = health(told(first, second, WELL), {ProviderName("late"): 2, ProviderName("acme"): 1})
    assert list(found.providers) == ["acme", "late"]
    assert found == Health(
        status="healthy",
        providers={
            ProviderName("acme"): ProviderHealth(
                status="healthy", priority=1, failure_count=0, last_success=None, last_failure=None
            ),
            ProviderName("late"): ProviderHealth(
                status="healthy", priority=2, failure_count=4, last_success=9.0, last_failure=3.0
            ),
        },
    )


# Over real sockets.

BREAKER = Rules(error_s=60.0, failure_threshold=5, max_wait_s=0.0)


async def shown(gate: Gate) -> tuple[int, str, dict[str, str]]:
    response = await gate.client.get("/health")
    found = response.json()
    states = {name: each["status"] for name, each in found["providers"].items()}
    return response.status_code, found["status"], states


async def test_it_has_the_very_form_of_the_guide_and_nothing_else() -> None:
    lines = (Line(alias="alpha", faults=play("server_error")), Line(alias="beta"))
    async with gateway(*lines, rules=Rules(error_s=60.0)) as gate:
        await gate.chat()
        found = (await gate.client.get("/health")).json()
    alpha, beta = found["providers"]["alpha"], found["providers"]["beta"]
    assert found.keys() == {"status", "providers"}
    assert alpha.pop("last_failure") <= beta.pop("last_success")
    assert found == {
        "status": "degraded",
        "providers": {
            "alpha": {
                "status": "circuit_open",
                "priority": 1,
                "failure_count": 1,
                "last_success": None,
            },
            "beta": {"status": "healthy", "priority": 1, "failure_count": 0, "last_failure": None},
        },
    }


async def test_the_breaker_opens_at_its_threshold_and_closes_on_recovery() -> None:
    line = Line(alias="only", faults=play("server_error"), behaviour=says("Back again."))
    async with gateway(line, rules=BREAKER) as gate:
        states: list[tuple[int, int, str]] = []
        while not states or states[-1][2] == "healthy":
            assert (await gate.chat()).status_code == 503
            found = (await gate.client.get("/health")).json()["providers"]["only"]
            reached = gate.rig.reached()["only"]
            states.append((reached, found["failure_count"], found["status"]))
        assert states[-1] == (5, 5, "circuit_open")
        assert await shown(gate) == (503, "unhealthy", {"only": "circuit_open"})
        await gate.rig.servers["only"].play(None)
        gate.rig.mux.hurry()  # its rest is over
        assert await shown(gate) == (200, "degraded", {"only": "half_open"})
        assert (await gate.chat()).status_code == 200
        assert await shown(gate) == (200, "healthy", {"only": "healthy"})


async def test_it_is_open_to_this_machine_and_no_other_path_is() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        gate.client.headers.pop("authorization")
        told = [
            (await gate.client.get(path)).status_code
            for path in ("/health", "/metrics", "/mux", "/v1/models", "/")
        ]
        assert told == [200, 401, 401, 401, 401]
        assert (await gate.client.head("/")).status_code == 200
