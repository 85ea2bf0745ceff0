"""`vibe permissions …`: what would be decided, what is allowed for good, and taking it back."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.config.test_rows import GOOD
from tests.drive import Outcome, vibe
from vibe.agent.permissions.grants import grant

NOON = 1_795_000_000.0
UNKNOWN = "a: it is not known to only read"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    project = tmp_path.resolve() / "home" / "shop"
    (project / "src").mkdir(parents=True)
    (project / ".env").write_text("KEY=x")
    return project.parent


def permissions(home: Path, *args: str) -> Outcome:
    path = {"PATH": f"/usr/bin:/bin:{home}/shop/bin"}
    outcome = vibe("permissions", *args, home=home, cwd=home / "shop", env=path)
    timeless = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b", "2026-01-01 00:00", outcome.out)
    return Outcome(code=outcome.code, out=timeless, err=outcome.err)


def store(home: Path) -> Path:
    return home / ".local/state/vibe/grants.json"


def granted(home: Path, *rules: str) -> None:
    grant(store(home), rules, folder=home / "shop", at=NOON)


def test_the_verdict_stands_in_the_first_line_and_each_part_below(home: Path) -> None:
    assert permissions(home, "check", "ls src && pytest -x") == Outcome(
        code=1,
        out=(
            "ask: pytest: it is not known to only read\n"
            "  allow: ls src\n"
            "    ls only reads\n"
            "  ask: pytest -x\n"
            "    pytest: it is not known to only read\n"
            "    always: bash(pytest *)\n"
        ),
        err="",
    )


@pytest.mark.parametrize(
    ("args", "code", "first"),
    [
        pytest.param(["--", "ls", "-la", "src"], 0, "allow: ls only reads", id="words"),
        pytest.param(["--", "ls", "a;b"], 0, "allow: ls only reads", id="words are quoted"),
        pytest.param(["ls src; ls"], 0, "allow: ls only reads", id="a line"),
        pytest.param(["cat .env"], 1, 'ask: "HOME/shop/.env" may hold secrets', id="a secret"),
        pytest.param(["ls /"], 1, 'ask: it reads "/", outside the folder', id="far"),
        pytest.param(
            ["ls\x07"],
            1,
            "deny: it has a character that controls or hides text, U+0007",
            id="a bell",
        ),
        pytest.param([""], 1, "deny: there is no command in it", id="nothing"),
        pytest.param(
            ["--mode", "plan", "a"], 1, f"deny: plan mode only reads; {UNKNOWN}", id="plan"
        ),
        pytest.param(["--mode", "auto", "a"], 1, f"ask: {UNKNOWN}", id="no sandbox"),
        pytest.param(
            ["--mode", "auto", "--sandbox", "a"], 0, "allow: it runs inside the sandbox", id="one"
        ),
        pytest.param(
            ["--allow", "bash(a *)", "a b"], 0, "allow: the rule bash(a *) allows it", id="allow"
        ),
        pytest.param(
            ["--ask", "bash(ls)", "ls"], 1, "ask: the rule bash(ls) is or may be about it", id="ask"
        ),
        pytest.param(
            ["--deny", "read(b)", "cat b/c"], 1, "deny: the rule read(b) denies it", id="deny"
        ),
    ],
)
def test_a_command_is_judged_as_the_options_say(
    home: Path, args: list[str], code: int, first: str
) -> None:
    outcome = permissions(home, "check", *args)
    told = outcome.out.replace(str(home), "HOME").split("\n")[0]
    assert (outcome.code, told, outcome.err) == (code, first, "")


def configured(home: Path, text: str, *, project: str = "") -> None:
    own = home / ".config/vibe/config.toml"
    own.parent.mkdir(parents=True)
    own.write_text(text)
    if project:
        (home / "shop/.vibe").mkdir()
        (home / "shop/.vibe/config.toml").write_text(project)


RULES = """\
[permissions]
mode = "plan"
deny = ["bash(git push *)"]
ask = ["read(todo.md)"]
allow = ["bash(a *)"]
"""
OF_PROJECT = """\
permissions.mode = "edits"
permissions.allow = [
  "bash(b *)",
  "bash(git *)",
]
permissions.deny = ["bash(a x)"]
"""


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param(["b x"], "allow: the rule bash(b *) of PROJECT:3 allows it", id="project"),
        pytest.param(["a y"], "allow: the rule bash(a *) of OWN:5 allows it", id="own"),
        pytest.param(["a x"], "deny: the rule bash(a x) of PROJECT:6 denies it", id="both"),
        pytest.param(["git push"], "deny: the rule bash(git push *) of OWN:3 denies it", id="deny"),
        pytest.param(
            ["cat todo.md"], "ask: the rule read(todo.md) of OWN:4 is or may be about it", id="ask"
        ),
        pytest.param(
            ["--deny", "bash(b)", "b"], "deny: the rule bash(b) denies it", id="an option too"
        ),
        pytest.param(["c"], "ask: c: it is not known to only read", id="mode"),
        pytest.param(
            ["--mode", "plan", "c"],
            "deny: plan mode only reads; c: it is not known to only read",
            id="another mode",
        ),
    ],
)
def test_the_rules_of_the_configuration_are_heard_and_named(
    home: Path, args: list[str], told: str
) -> None:
    configured(home, RULES, project=OF_PROJECT)
    assert vibe("config", "trust", home=home, cwd=home / "shop").code == 0
    outcome = permissions(home, "check", *args)
    said = outcome.out.replace(f"{home}/shop/.vibe/config.toml", "PROJECT")
    said = said.replace(f"{home}/.config/vibe/config.toml", "OWN")
    assert (said.split("\n")[0], outcome.err) == (told, "")


def test_the_rules_of_a_project_that_is_not_trusted_are_not_heard(home: Path) -> None:
    configured(home, "", project='permissions.allow = ["bash"]\npermissions.mode = "auto"')
    assert permissions(home, "check", "a").out.startswith(f"ask: {UNKNOWN}\n")


def test_nothing_is_decided_by_half_of_the_rules(home: Path) -> None:
    configured(home, 'permissions.deny = ["bash(git push *)", "bsh(ls)"]\n')
    outcome = permissions(home, "check", "ls")
    assert (outcome.code, outcome.out) == (2, "")
    assert 'error[rule-invalid]: "bsh(ls)" is no rule' in outcome.err


def test_without_a_key_the_rules_are_heard_all_the_same(home: Path) -> None:
    configured(home, GOOD.replace("enabled = true", "enabled = false") + RULES)
    outcome = permissions(home, "check", "git push")
    assert (outcome.out.startswith("deny: the rule bash(git push *) of "), outcome.err) == (
        True,
        "",
    )


def test_the_same_as_json(home: Path) -> None:
    outcome = permissions(home, "check", "--json", "--", "git", "push")
    assert (outcome.code, json.loads(outcome.out)) == (
        1,
        {
            "decision": "ask",
            "reason": 'git: "push" is not known to only read',
            "parts": [
                {
                    "argv": ["git", "push"],
                    "decision": "ask",
                    "reason": 'git: "push" is not known to only read',
                    "paths": [],
                    "always": "bash(git push)",
                }
            ],
        },
    )


def test_a_program_of_the_folder_itself_is_seen(home: Path) -> None:
    (home / "shop/bin").mkdir()
    (home / "shop/bin/ls").touch()
    told = permissions(home, "check", "ls").out.split("\n")[0]
    assert told == "ask: ls: what would start is a program of the folder itself"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        pytest.param(["check"], "Missing argument", id="no command"),
        pytest.param(["check", "--mode", "x", "ls"], "'x' is not one of", id="no mode"),
        pytest.param(["check", "--deny", "bsh(x)", "ls"], '"bsh(x)" is no rule', id="no rule"),
        pytest.param(["forget", "1"], "there is no grant 1", id="no grant"),
    ],
)
def test_what_cannot_be_is_told(home: Path, args: list[str], said: str) -> None:
    outcome = permissions(home, *args)
    assert (outcome.code, outcome.out, said in outcome.err) == (2, "", True)


def test_nothing_is_allowed_for_good_at_first(home: Path) -> None:
    told = "nothing is allowed for good\n"
    assert permissions(home, "list") == Outcome(code=0, out="", err=told)
    assert permissions(home, "list", "--json") == Outcome(code=0, out="[]\n", err="")


def test_what_is_allowed_for_good_is_listed_and_taken_back(home: Path) -> None:
    granted(home, "bash(make)", "write(docs/a.md)")
    listed = permissions(home, "list")
    assert listed == Outcome(
        code=0,
        out=(
            "N  SINCE             RULE              FOLDER\n"
            f"1  2026-01-01 00:00  bash(make)        {home}/shop\n"
            f"2  2026-01-01 00:00  write(docs/a.md)  {home}/shop\n"
        ),
        err="take one back: vibe permissions forget N\n",
    )
    assert json.loads(permissions(home, "list", "--json").out)[1] == {
        "number": 2, "folder": f"{home}/shop", "rule": "write(docs/a.md)", "at": NOON,
    }  # fmt: skip
    assert permissions(home, "check", "make").code == 0
    told = f"asks again: bash(make) in {home}/shop\n"
    assert permissions(home, "forget", "1") == Outcome(code=0, out="", err=told)
    assert permissions(home, "check", "make").code == 1
    assert "bash(make)" not in permissions(home, "list").out


def test_of_damaged_grants_one_notice_is_given(home: Path) -> None:
    granted(home, "bash(make)")
    os.truncate(store(home), 9)
    why = "counts for nothing, it is damaged: what it allowed is asked again"
    told = f"warning: {store(home)} {why}\n"
    assert permissions(home, "list") == Outcome(code=0, out="", err=told)
    checked = permissions(home, "check", "make")
    assert (checked.code, checked.err) == (1, told)


def test_no_key_of_the_person_is_shown(home: Path) -> None:
    key = "k3y-0f-the-pers0n-0123456789"
    env = {"SOME_API_KEY": key}
    outcome = vibe("permissions", "check", f"curl -H {key} x", home=home, cwd=home, env=env)
    assert key not in outcome.out + outcome.err
