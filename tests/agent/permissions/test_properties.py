"""What holds for all commands: nothing foreign, no unknown option, no change, is allowed."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vibe.agent.permissions.commands import decide_command
from vibe.agent.permissions.look import check_command
from vibe.agent.permissions.shell.parse import parse
from vibe.agent.permissions.shell.programs import READERS
from vibe.agent.permissions.shell.usage import kinds
from vibe.agent.permissions.shell.words import Words
from vibe.agent.permissions.shell.wrappers import WRAPPERS, core, name_of

from .canary import Canary, trapped
from .corpus import AROUND, MODES, cases

FREE = [case.command for case in cases() if case.verdicts[1] == "allow"]
QUOTED = re.compile(r"""'[^']*'|"(?:[^"\\$`]|\\.)*"|\\[^\n]|@\{\w+\}|\{\}""", re.DOTALL)
FOREIGN = re.compile(r"[^\w\s./~*?\[\],:=!@%+^|;&#-]|(?<!&)&(?!&)|\|&|(?<![^\s;|&])#")
SIGNS = [
    *"$`<>(){}#&|;!*?[]~=\"'\\\n\t ", "\r", "\x00", "\x1b", "\x85", "\u00a0", "\u200b", "\u202e",
    "$(", "<<", ">&2", "&&", "||", "|&", "<(", "((", "[[", "]]", "${", "$'",
]  # fmt: skip
COMMANDS = ["ls", "cat README.md", "echo a", "git status", "grep -n x src/app.py", "cd src", "true"]
INERT = {"echo", "true", "false", ":"}  # whatever their words


@settings(max_examples=500)
@given(command=st.lists(st.sampled_from([*COMMANDS, *SIGNS]), max_size=10).map("".join))
@example(command="ls $HOME")
@example(command="echo a#b 'c#' \\# \"#\"")
def test_nothing_is_allowed_that_is_more_than_words_and_joints(command: str) -> None:
    if decide_command(command, mode="ask", around=AROUND).decision == "allow":
        assert FOREIGN.search(QUOTED.sub("", command)) is None


@settings(max_examples=300)
@given(command=st.text(max_size=40))
def test_any_text_gets_a_decision_in_every_mode(command: str) -> None:
    given = [decide_command(command, mode=mode, around=AROUND).decision for mode in MODES]
    assert "allow" not in given or not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", command)


def simple(command: str) -> Words | None:
    """The words of a command that stands alone, without quotes, and has options that matter."""
    steps = parse(command, home=AROUND.home).steps
    words = core(steps[0].words)
    is_simple = len(steps) == 1 and command == " ".join(each.text for each in words)
    return words if is_simple and name_of(words) not in INERT else None


TABLES = {**WRAPPERS, **READERS}
OPTIONS = st.from_regex(r"--[a-z]{2,9}(-[a-z]{2,9})?(=[a-z]{1,3})?|-[A-Za-z]{1,4}", fullmatch=True)


@settings(max_examples=500)
@given(words=st.sampled_from([words for each in FREE if (words := simple(each))]), option=OPTIONS)
@example(words=simple("sort -t, -k2,2 data.csv") or (), option="--outp=x")
@example(words=simple("git diff --stat") or (), option="--outp=x")
@example(words=simple("xargs -n 1 basename") or (), option="-sA")
def test_an_option_that_the_table_does_not_know_is_never_allowed(words: Words, option: str) -> None:
    name = name_of(words) or ""
    known = kinds(TABLES[name].options if name in TABLES else "")
    letters = [f"-{each}" for each in option.lstrip("-")]
    is_long = option.startswith("--")
    if name in {"git", "find"}:
        option = f"--unknown{option}"
    elif option.partition("=")[0] in known or (not is_long and set(letters) & {*known}):
        return
    texts = [each.text for each in words]
    at = 2 if name == "git" and texts[1:] != ["--version"] else 1
    command = " ".join([*texts[:at], option, *texts[at:]])
    assert decide_command(command, mode="ask", around=AROUND).decision == "ask"


PROGRAMS = [
    "ls", "cat", "head", "tail", "wc", "nl", "sort", "uniq", "comm", "cut", "paste", "od", "xxd",
    "strings", "file", "stat", "find", "grep", "rg", "sed", "diff", "tree", "du", "jq", "date",
    "printf", "test", "git diff", "git log", "git show", "git status", "git branch", "git tag",
    "git grep", "git blame", "git stash list", "xargs", "env", "nice", "timeout 5", "command",
    "busybox", "busybox grep", "busybox diff", "time", "cd", "tee", "cp", "mv", "rm", "touch",
    "mkdir", "sh", "sha256sum", "fdfind",
]  # fmt: skip
ARGUMENTS = [
    "traps", "traps/*", "traps/link", "traps/up/outside", "traps/secret", "traps/same",
    "traps/pipe", "traps/[ls]*", "*/*", "*/*/outside",
    "README.md", "names.txt", "src", "src/app.py", "new.txt", ".env", "deploy", "..", ".", "-",
    "--", "*", "*.txt", "./*", "src/*.py", "-o", "-i", "-n", "-r", "-c", "-e", "-f", "-p", "-w",
    "-x", "-exec", "touch", "{}", "';'", "'w new.txt'", "1p", "-delete", "-fprint", "-name", "-C",
    "-R", "--output=new.txt", "--output", "--in-place", "--pre=touch", "--files0-from=names.txt",
    "--compress-program=touch", "--ext-diff", "-O", "-L", "-H", "-S", "-v", "-s", "-u", "-d", "-l",
    "x", "HEAD", "HEAD:src/app.py", "HEAD~1", "'%s'", "'%n'", "+%s", "-oX", "-a", "-m", "-k1", "-t",
    "2", "-N",
]  # fmt: skip
JOINTS = [" | ", " && ", "; ", " || "]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Canary:
    return trapped(tmp_path_factory.mktemp("home"))


def one_command() -> st.SearchStrategy[str]:
    arguments = st.lists(st.sampled_from(ARGUMENTS), max_size=4).map(" ".join)
    return st.builds("{} {}".format, st.sampled_from(PROGRAMS), arguments)


@pytest.mark.slow
@settings(max_examples=4_000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=one_command(), joint=st.sampled_from(JOINTS), second=st.none() | one_command())
@example(first="rg ..", joint="; ", second=None)
@example(first="xxd README.md -e", joint="; ", second=None)
@example(first="diff -N traps src", joint="; ", second=None)
@example(first="busybox grep -r . traps", joint="; ", second=None)
def test_whatever_is_allowed_changes_nothing_and_shows_no_secret(
    first: str, joint: str, second: str | None, project: Canary
) -> None:
    command = first if second is None else f"{first}{joint}{second}"
    if check_command(command, mode="ask", around=project.around).decision != "allow":
        return
    before = project.state()
    ran = project.run(command)
    assert project.state() == before
    assert b"canary" not in ran.stdout + ran.stderr
