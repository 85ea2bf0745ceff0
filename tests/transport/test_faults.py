"""Every fault of the fault server, in every dialect, over real sockets: what vibe makes of it."""

from __future__ import annotations

import asyncio

import pytest
from msgspec import Struct

from tests.transport.asking import LONG, SHORT, Call, Told, provider, told_once
from vibe.domain.failure import (
    Again,
    Elsewhere,
    Failure,
    FailureKind,
    Rest,
    Scope,
    Verdict,
    verdict,
)
from vibe.domain.model import Backend
from vibe.testing.clock import FakeClock
from vibe.testing.dialects import DIALECTS, stream_of
from vibe.testing.exchange import Answer, Asked, call
from vibe.testing.fault import Fault
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import FAULTS, Play, play

FULL = Answer(
    thinking="Let me see.",
    text="Grüße an die Welt.",
    calls=(call("read", path="a.txt"), call("read", path="b.txt")),
)
WHOLE = Told(
    thinking="Let me see.",
    text="Grüße an die Welt.",
    calls=[
        Call(name="read", arguments='{"path":"a.txt"}', whole=True),
        Call(name="read", arguments='{"path":"b.txt"}', whole=True),
    ],
    ended="calls",
)

# Answers as far as the wire goes. Whoever runs the calls has to see that these cannot be run.
ODD_ANSWERS = {
    "arguments_cut": Told(
        calls=[Call(name="read", arguments='{"path":"a/long/na', whole=False)], ended="length"
    ),
    "arguments_invalid": Told(
        calls=[Call(name="read", arguments='{"path": oops}', whole=True)], ended="calls"
    ),
    "unknown_tool": Told(
        calls=[Call(name="no_such_tool", arguments="{}", whole=True)], ended="calls"
    ),
}


class Outcome(Struct, frozen=True, kw_only=True):
    """What the table of faults promises, and nothing of the words."""

    kind: FailureKind
    inner: FailureKind | None
    retry_after_s: float | None
    window: int | None
    lacks: bool


def outcome_of(failure: Failure | None) -> Outcome | None:
    if failure is None:
        return None
    return Outcome(
        kind=failure.kind,
        inner=failure.inner,
        retry_after_s=failure.retry_after_s,
        window=failure.window,
        lacks=failure.lacks,
    )


async def played(wanted: Play, dialect: Backend, *, stream: bool) -> Told:
    """What a client makes of the full answer while a fault is played. It never asks twice."""
    clock = FakeClock()
    patience = SHORT if wanted.fault.kind is FailureKind.STALLED else LONG
    async with FaultServer(lambda _: FULL, dialect=dialect, faults=wanted, clock=clock) as server:
        asked = provider(server.api_base, backend=dialect, key="k3y", patience=patience)
        found = await told_once(asked, stream=stream, clock=clock)
        await server.settled()
        assert len(server.requests) <= 1, wanted.fault.name
    return found


async def all_played(faults: list[Fault], dialect: Backend, *, stream: bool) -> dict[str, Told]:
    """Side by side, so that those that stall wait for one another."""
    runs = (played(play(fault.name), dialect, stream=stream) for fault in faults)
    found = await asyncio.gather(*runs)
    return {fault.name: each for fault, each in zip(faults, found, strict=True)}


def faults_of(dialect: Backend, *, stream: bool) -> list[Fault]:
    return [
        fault
        for fault in FAULTS.values()
        if dialect in fault.dialects and (stream or not fault.streamed_only)
    ]


STREAMED = pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
BY_DIALECT = pytest.mark.parametrize(
    ("dialect", "transport"),
    [
        *((dialect, "httpx") for dialect in DIALECTS),
        ("generic", "aiohttp"),
        ("anthropic", "aiohttp"),
        *(
            pytest.param(dialect, "aiohttp", marks=pytest.mark.slow)
            for dialect in DIALECTS
            if dialect not in {"generic", "anthropic"}
        ),
    ],
    indirect=["transport"],
)


@STREAMED
@pytest.mark.usefixtures("transport")
@BY_DIALECT
def test_a_fault_is_told_for_what_it_is(dialect: Backend, stream: bool) -> None:
    faults = [fault for fault in faults_of(dialect, stream=stream) if fault.kind]
    found = asyncio.run(all_played(faults, dialect, stream=stream))
    assert {name: outcome_of(each.failure) for name, each in found.items()} == {
        fault.name: Outcome(
            kind=fault.kind,
            inner=fault.inner,
            retry_after_s=fault.retry_after_s,
            window=fault.window,
            lacks=fault.lacks,
        )
        for fault in faults
        if fault.kind
    }
    for name, each in found.items():
        assert WHOLE.text.startswith(each.text), name
        assert WHOLE.thinking.startswith(each.thinking), name


@STREAMED
@pytest.mark.usefixtures("transport")
@BY_DIALECT
def test_a_harmless_fault_leaves_the_answer_whole(dialect: Backend, stream: bool) -> None:
    faults = [fault for fault in faults_of(dialect, stream=stream) if fault.harmless]
    found = asyncio.run(all_played(faults, dialect, stream=stream))
    assert found == dict.fromkeys((fault.name for fault in faults), WHOLE)


@STREAMED
@pytest.mark.usefixtures("transport")
@BY_DIALECT
def test_an_odd_answer_shows_what_is_wrong_with_it(dialect: Backend, stream: bool) -> None:
    faults = [
        fault
        for fault in faults_of(dialect, stream=stream)
        if fault.kind is None and not fault.harmless
    ]
    found = asyncio.run(all_played(faults, dialect, stream=stream))
    assert found == {fault.name: ODD_ANSWERS[fault.name] for fault in faults}


@pytest.mark.parametrize("fault", ["reset_in_body", "close_in_body", "no_terminator"])
@pytest.mark.usefixtures("transport")
@BY_DIALECT
def test_a_cut_after_any_event_is_no_answer(dialect: Backend, fault: str) -> None:
    cuts = range(stream_of(Asked(dialect=dialect, stream=True), FULL).whole_at)

    async def run() -> list[Told]:
        return await asyncio.gather(
            *(played(play(fault, at_event=cut), dialect, stream=True) for cut in cuts)
        )

    found = asyncio.run(run())
    kinds = [each.failure and each.failure.kind for each in found]
    assert kinds == [FailureKind.BROKEN_STREAM] * len(cuts)
    assert all(WHOLE.text.startswith(each.text) for each in found)


# The table of failures in the design of the providers, column by column: the same entry again,
# another entry, what is left alone and for how long. Not held against an entry is what the request
# itself was to blame for, or the person.
VERDICTS: dict[FailureKind, tuple[Again, Elsewhere, Scope, Rest]] = {
    FailureKind.BAD_REQUEST: ("once", "if_lacks", "nothing", "none"),
    FailureKind.CONTEXT_TOO_LONG: ("no", "larger_window", "nothing", "none"),
    FailureKind.REFUSED: ("no", "by_configuration", "nothing", "none"),
    FailureKind.AUTH: ("no", "yes", "key", "until_change"),
    FailureKind.NO_CREDIT: ("no", "yes", "key", "until_reset"),
    FailureKind.NOT_FOUND: ("no", "yes", "entry", "ten_minutes"),
    FailureKind.RATE_LIMITED: ("last_resort", "yes", "entry", "rate_limit"),
    FailureKind.OVERLOADED: ("last_resort", "yes", "entry", "error"),
    FailureKind.SERVER: ("last_resort", "yes", "entry", "error"),
    FailureKind.UNREACHABLE: ("last_resort", "yes", "origin", "error"),
    FailureKind.STALLED: ("last_resort_once", "yes", "entry", "second_time"),
    FailureKind.BROKEN_STREAM: ("last_resort", "seam", "entry", "by_inner"),
    FailureKind.EMPTY: ("once", "yes", "nothing", "none"),
    FailureKind.CANCELLED: ("no", "no", "nothing", "none"),
}
FORGIVEN = {
    FailureKind.BAD_REQUEST,
    FailureKind.CONTEXT_TOO_LONG,
    FailureKind.REFUSED,
    FailureKind.CANCELLED,
}


@pytest.mark.parametrize("kind", FailureKind)
def test_the_verdict_is_that_of_the_design(kind: FailureKind) -> None:
    again, elsewhere, scope, rest = VERDICTS[kind]
    assert verdict(kind) == Verdict(
        again=again, elsewhere=elsewhere, scope=scope, rest=rest, counts=kind not in FORGIVEN
    )
