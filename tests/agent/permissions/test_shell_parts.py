"""The steps on the way to a decision: joints and folders, git's configuration, how it is run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vibe.agent.permissions.shell.bash import ADDED, argv, cleaned
from vibe.agent.permissions.shell.folders import Folders, walked
from vibe.agent.permissions.shell.git import runs_nothing
from vibe.agent.permissions.shell.parse import parse

from .corpus import GIT_CONFIG


def folders(command: str) -> list[Folders]:
    script = parse(command, home="/h")
    return [where for _, where in walked(script.steps, cwd="/p", home="/h")]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        pytest.param("cd a && x", [("/p",), ("/p/a",)], id="if it succeeds"),
        pytest.param("cd a; x", [("/p",), ("/p/a", "/p")], id="either way"),
        pytest.param("cd a\nx", [("/p",), ("/p/a", "/p")], id="on a line of its own"),
        pytest.param("cd a || x", [("/p",), ("/p",)], id="if it fails"),
        pytest.param("cd a && x || y", [("/p",), ("/p/a",), ("/p", "/p/a")], id="then or else"),
        pytest.param("cd a || cd b && x", [("/p",), ("/p",), ("/p/a", "/p/b")], id="one or other"),
        pytest.param("cd a | x; y", [("/p",), ("/p",), ("/p",)], id="in a pipe"),
        pytest.param("x | cd a && y", [("/p",), ("/p",), ("/p",)], id="at the end of a pipe"),
        pytest.param("cd && x", [("/p",), ("/h",)], id="home"),
        pytest.param("cd /a/b/.. && cd .. && x", [("/p",), ("/a",), ("/",)], id="up"),
        pytest.param("cd -- a && x", [("/p",), ("/p/a",)], id="after --"),
        pytest.param("cd - && x", [("/p",), (None,)], id="back"),
        pytest.param("cd a* && x", [("/p",), (None,)], id="a pattern"),
        pytest.param("cd - && cd b && x", [("/p",), (None,), (None,)], id="on from nowhere"),
        pytest.param("cd - && cd /b && x", [("/p",), (None,), ("/b",)], id="back on the map"),
    ],
)
def test_each_command_knows_where_it_may_run(command: str, expected: list[Folders]) -> None:
    assert folders(command) == expected


def test_too_many_folders_are_none_that_is_known() -> None:
    assert folders("cd a; cd b; cd c; cd d; x")[-1] == (None,)


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        pytest.param("", True, id="a usual one"),
        pytest.param("[user]\n\tname = A B ; c\n", True, id="a name"),
        pytest.param("; a comment\n# another\n\n", True, id="comments"),
        pytest.param("[core]\n\tfsmonitor = ./x\n", False, id="fsmonitor"),
        pytest.param("[core]\n\thooksPath = ./x\n", False, id="hooks"),
        pytest.param("[core] fsmonitor = ./x\n", False, id="on the line of the section"),
        pytest.param("[CORE]\n\tFsMonitor = ./x\n", False, id="in capitals"),
        pytest.param(
            "[core]\n\tbare = false \\\n\tfsmonitor = x\n", False, id="a line that goes on"
        ),
        pytest.param("[diff]\n\texternal = ./x\n", False, id="external diff"),
        pytest.param('[diff "a"]\n\ttextconv = ./x\n', False, id="textconv"),
        pytest.param("[diff.a]\n\ttextconv = ./x\n", False, id="textconv, the old way"),
        pytest.param('[filter "a"]\n\tclean = ./x\n', False, id="a filter"),
        pytest.param("[include]\n\tpath = ./x\n", False, id="another file"),
        pytest.param('[includeIf "gitdir:/"]\n\tpath = ./x\n', False, id="perhaps another file"),
        pytest.param("[extensions]\n\tworktreeConfig = true\n", False, id="one for each tree"),
        pytest.param(
            "[extensions]\n\tpartialClone = origin\n", False, id="objects over the network"
        ),
        pytest.param('[remote "a"]\n\tpromisor = true\n', False, id="a remote that is asked"),
        pytest.param("[pretty]\n\tx = %G?\n", False, id="a format that checks signatures"),
        pytest.param("[log]\n\tshowSignature = true\n", False, id="signatures"),
        pytest.param("[core]\n\tpager = ./x\n", False, id="a pager"),
        pytest.param("[alias]\n\tst = !x\n", False, id="an alias"),
        pytest.param("nonsense]\n", False, id="not understood"),
    ],
)
def test_a_configuration_of_git_runs_nothing_if_each_setting_is_known(
    added: str, expected: bool
) -> None:
    assert runs_nothing(GIT_CONFIG + added) is expected


def test_a_command_is_never_an_option_of_its_shell() -> None:
    ran = subprocess.run(argv("-x"), capture_output=True, check=False, text=True)
    assert "-x: command not found" in ran.stderr


def test_the_environment_keeps_what_does_no_harm() -> None:
    given = {
        "HOME": "/h", "LANG": "C", "TERM": "xterm", "MY_SETTING": "1", "SSH_AUTH_SOCK": "/s",
        "PATH": "/usr/bin::.:bin:/bin",
        "BASH_ENV": "x", "BASH_FUNC_ls%%": "() { rm x; }", "SHELLOPTS": "xtrace", "CDPATH": "/",
        "LD_PRELOAD": "x", "GIT_DIR": "x", "GIT_CONFIG_COUNT": "9", "PAGER": "x", "LESSOPEN": "|x",
        "PYTHONPATH": "x", "NODE_OPTIONS": "x", "RIPGREP_CONFIG_PATH": "x", "PERL5OPT": "x",
        "OPENAI_API_KEY": "x", "MY_TOKEN": "x", "DB_PASSWORD": "x", "CHOSEN": "x",
        "INNOCENT": "sk-aaaaaaaaaaaaaaaaaaaaaaaa",
    }  # fmt: skip
    assert cleaned(given, secrets={"CHOSEN"}) == {
        "HOME": "/h", "LANG": "C", "TERM": "xterm", "MY_SETTING": "1", "SSH_AUTH_SOCK": "/s",
        "PATH": "/usr/bin:/bin", **ADDED,
    }  # fmt: skip


def test_the_grammar_is_loaded_with_the_first_command() -> None:
    code = "import sys, vibe.agent.permissions.commands; print('tree_sitter' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert ran.stdout == "False\n"


@pytest.mark.parametrize("sign", ["\U0001d173", "é", "日", "\U000a0000", "\uffff"])
def test_no_character_takes_the_grammar_down(sign: str) -> None:
    for command in (f"{{{sign}", f"a{{{sign}}}", f"<<{sign}", f"${sign}", f"case {sign} in"):
        assert parse(command, home=None).steps is not None
