"""A command that is to run outside of the sandbox: never without a person, and asked each time."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.agent.rig import ALLOW, assistant, house
from tests.agent.test_loop import results
from tests.mux.pools import Line
from vibe.agent.permissions.values import Mode
from vibe.domain.rule import Rules, rules
from vibe.domain.turn import ApprovalAsked
from vibe.testing.exchange import call
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked

COMMAND = "cat notes"
WHY = "the net\nis needed"
OUTSIDE = Line(
    alias="model",
    behaviour=Scripted(
        when_asked("do it", calls(call("bash", command=COMMAND, outside=WHY))),
        otherwise(says("Done.")),
    ),
)


@contextmanager
def refused(_: Sequence[str]) -> Generator[Sequence[str]]:
    yield ("false",)


async def test_the_person_sees_why_and_the_whole_command_and_then_it_runs(tmp_path: Path) -> None:
    where = house(tmp_path, notes="written\n")
    async with assistant(where, OUTSIDE, mode="auto", is_attended=True) as desk:
        desk.room.confined = refused
        events = await desk.turn("do it", ALLOW)
    (asked,) = (event for event in events if isinstance(event, ApprovalAsked))
    assert (asked.shown, asked.reason, asked.always) == (
        COMMAND,
        'it is to run outside of the sandbox: "the net\\nis needed"',
        (),
    )
    assert results(events)[0].startswith("written\n[exit code 0")


@pytest.mark.parametrize(
    ("mode", "allowed", "told"),
    [
        ("auto", Rules(), "nobody is here who could allow it (it is to run outside of the"),
        ("auto", rules(allow=["bash(cat *)"]), "nobody is here who could allow it"),
        ("auto", rules(deny=["bash(cat *)"]), "it is not allowed: "),
    ],
    ids=["unattended", "by a rule", "forbidden"],
)
async def test_no_mode_and_no_rule_allows_it(
    mode: Mode, allowed: Rules, told: str, tmp_path: Path
) -> None:
    where = house(tmp_path, notes="written\n")
    async with assistant(where, OUTSIDE, mode=mode, allowed=allowed) as desk:
        events = await desk.turn("do it")
    assert results(events)[0].startswith(told)
