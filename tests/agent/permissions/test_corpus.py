"""Every command of `commands.txt` gets the verdicts that were written down for it."""

from __future__ import annotations

from collections import Counter

import pytest

from vibe.agent.permissions.commands import decide_command
from vibe.agent.permissions.shell.parse import MAX_BYTES
from vibe.agent.permissions.values import Decision

from .corpus import AROUND, MODES, Case, cases


@pytest.mark.parametrize("case", cases(), ids=lambda case: f"{case.kind}: {case.command[:60]!a}")
def test_a_command_gets_the_verdicts_written_down_for_it(case: Case) -> None:
    given = tuple(decide_command(case.command, mode=mode, around=AROUND).decision for mode in MODES)
    assert given == case.verdicts


def test_the_corpus_is_of_some_size() -> None:
    kinds = Counter(case.kind for case in cases())
    free = sum(case.verdicts[1] == "allow" for case in cases() if case.kind.startswith("everyday"))
    assert (kinds.total() >= 700, free >= 110, len(kinds) >= 18) == (True, True, True)


def test_no_command_stands_there_twice() -> None:
    commands = Counter(case.command for case in cases())
    assert [command for command, times in commands.items() if times > 1] == []


NESTED = 1_500


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("echo " + "x" * 3_000, "allow", id="a long word"),
        pytest.param("ls;" * 1_000, "allow", id="many commands"),
        pytest.param("true &&" * 1_000 + "ls", "allow", id="a long chain"),
        pytest.param("ls;" * 1_000 + "rm x", "ask", id="the last of many"),
        pytest.param("cd src;" * 500 + "ls", "ask", id="nobody knows where"),
        pytest.param("echo '" + "\n" * 3_000 + "'", "allow", id="many lines in quotes"),
        pytest.param("echo " + "x" * MAX_BYTES, "ask", id="too long"),
        pytest.param("(" * NESTED + "ls" + ")" * NESTED, "ask", id="shells in shells"),
        pytest.param("echo " + "$(" * NESTED + "ls" + ")" * NESTED, "ask", id="substitutions"),
        pytest.param("$(" * NESTED, "ask", id="nothing closed"),
        pytest.param('"$(' * NESTED, "ask", id="quotes in substitutions"),
        pytest.param("${a:-" * NESTED, "ask", id="expansions in expansions"),
        pytest.param("{ " * NESTED, "ask", id="blocks in blocks"),
        pytest.param("if " * NESTED, "ask", id="conditions in conditions"),
        pytest.param("time " * NESTED + "ls", "allow", id="wrappers in wrappers"),
        pytest.param("time " * NESTED + "rm x", "ask", id="wrappers in wrappers, writing"),
        pytest.param("cat <<A " * 500, "ask", id="here-documents"),
        pytest.param("a''" * NESTED, "ask", id="a word of many pieces"),
        pytest.param("l" + "''" * NESTED + "s", "allow", id="many pieces of nothing"),
        pytest.param("x" * 4_000 + "$", "ask", id="a word that fails at its end"),
    ],
)
def test_long_and_deep_commands_are_judged_like_short_ones(
    command: str, expected: Decision
) -> None:
    assert decide_command(command, mode="ask", around=AROUND).decision == expected
