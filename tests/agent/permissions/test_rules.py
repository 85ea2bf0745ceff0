"""Rules: which words they are about, which of them counts, and what "always" remembers."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.agent.permissions.commands import decide_command
from vibe.agent.permissions.rules import matches, written
from vibe.agent.permissions.shell.words import Word, word
from vibe.agent.permissions.values import Decision, Mode
from vibe.domain.rule import BadRule, rules

from .corpus import AROUND, ROOT


def words(text: str) -> tuple[Word, ...]:
    return tuple(word(each.encode(), home="/home/dev") for each in text.split())


@pytest.mark.parametrize(
    ("rule", "command", "expected"),
    [
        pytest.param("bash(git diff *)", "git diff", True, id="no further word"),
        pytest.param("bash(git diff *)", "git diff --stat x", True, id="further words"),
        pytest.param("bash(git diff *)", "git difftool", False, id="another word"),
        pytest.param("bash(git diff)", "git diff x", False, id="one word too many"),
        pytest.param("bash(git * x)", "git diff x", True, id="any one word"),
        pytest.param("bash(git * x)", "git x", False, id="no word for any one"),
        pytest.param("bash(git * x)", "git a b x", False, id="two words for any one"),
        pytest.param("bash(npm run test:*)", "npm run test:unit", True, id="within a word"),
        pytest.param("bash(npm run test:*)", "npm run build", False, id="another beginning"),
        pytest.param("bash(*)", "anything at all", True, id="all commands"),
        pytest.param("bash(rm '*')", "rm x", False, id="a quoted star is itself"),
        pytest.param("bash(rm '*')", "rm '*'", True, id="a quoted star for itself"),
        pytest.param("bash(rm a*)", "rm a*", False, id="a pattern is no one word"),
        pytest.param("bash(rm *)", "rm a*", True, id="a pattern among further words"),
        pytest.param("bash(a.c)", "abc", False, id="a dot is a dot"),
        pytest.param("bash(git show HEAD~1)", "git show HEAD~1", True, id="~ within a word"),
        pytest.param("bash(echo '~')", "echo '~'", True, id="a quoted ~ is itself"),
    ],
)
def test_a_rule_is_about_words(rule: str, command: str, expected: bool) -> None:
    (read,) = rules(allow=[rule]).allow
    assert matches(read, words(command)) is expected


@pytest.mark.parametrize(
    "rule",
    [
        "bash()",
        "bash( )",
        "bash(echo $HOME)",
        "bash(a; b)",
        "bash(cat ~/notes)",
        "bash(')",
        "bsh(x)",
        "read(",
        "read( a)",
        "",
    ],
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(BadRule):
        rules(deny=[rule])


@given(argv=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00"))).filter(any))
def test_a_remembered_rule_is_about_its_own_words_alone(argv: list[str]) -> None:
    (rule,) = rules(allow=[written(argv)]).allow
    same = tuple(Word(text=text) for text in argv)
    assert matches(rule, same)
    assert not matches(rule, (*same, Word(text="")))
    assert not matches(rule, tuple(Word(text=f"{text}x") for text in argv))


def given_rules(command: str, *, mode: Mode = "ask", **limits: str) -> Decision:
    read = rules(**{name: [f"bash({text})"] for name, text in limits.items()})
    return decide_command(command, mode=mode, around=AROUND, rules=read).decision


@pytest.mark.parametrize(
    "command",
    [
        "git push origin",
        "/usr/bin/git push",
        "./git push",
        "\\git push",
        "g'i't pu\\sh",
        "git -C x push",
        "git -c a=b --no-pager push",
        "env A=b git push",
        "sudo -u bob git push",
        "timeout 5 nice git push",
        "xargs git push",
        "find . -exec git push ;",
        "ls && git push",
        "echo $(git push)",
        "for x in a; do git push; done",
        "f() { git push; }; f",
        "A=b git push > log",
        "sh -c 'git push'",
        "bash -c 'ls; sh -c \"git push\"'",
        "eval 'git push'",
    ],
)
@pytest.mark.parametrize("mode", ["ask", "edits", "auto"])
def test_a_denied_command_is_found_wherever_it_stands(command: str, mode: Mode) -> None:
    denied = given_rules(command.replace("\\\\", "\\"), deny="git push *", allow="*", mode=mode)
    assert denied == "deny"


@pytest.mark.parametrize(
    "command", ["$GIT push", "git $WORD", "git pu*", "git {push,pull}", "git push 'unclosed"]
)
def test_what_may_be_a_denied_command_is_asked_about_in_every_mode(command: str) -> None:
    given = given_rules(command, deny="git push *", mode="auto")
    assert given in {"ask", "deny"}
    assert given_rules(command, deny="git merge x", mode="auto") in {"allow", "ask"}


@pytest.mark.parametrize(
    ("command", "limits", "expected"),
    [
        pytest.param("make", {"allow": "make"}, "allow", id="allowed"),
        pytest.param("make", {"allow": "make", "ask": "make"}, "ask", id="ask before allow"),
        pytest.param("make", {"allow": "make x", "deny": "*"}, "deny", id="deny before all"),
        pytest.param("ls", {"ask": "ls *"}, "ask", id="a read asked about"),
        pytest.param("ls", {"deny": "ls *"}, "deny", id="a read denied"),
        pytest.param("timeout 9 make x", {"allow": "make *"}, "allow", id="in a wrapper"),
        pytest.param("sudo make", {"allow": "make *"}, "ask", id="not as another person"),
        pytest.param("xargs make", {"allow": "make"}, "ask", id="not with unknown words"),
        pytest.param("./make", {"allow": "make *"}, "ask", id="not of another folder"),
        pytest.param("./run.sh x", {"allow": "./run.sh *"}, "allow", id="a script by its path"),
        pytest.param("make > log", {"allow": "*"}, "ask", id="not what is more than words"),
        pytest.param("make; rm x", {"allow": "make"}, "ask", id="each part by itself"),
        pytest.param("cat /etc/hosts", {"allow": "cat *"}, "allow", id="outside"),
        pytest.param("cd / && rm x", {"allow": "rm x"}, "ask", id="not in another folder"),
        pytest.param("cd src && rm x", {"allow": "rm x"}, "allow", id="in a folder inside"),
        pytest.param("cat .env", {"allow": "cat *"}, "ask", id="no secret by a pattern"),
        pytest.param("cat .env", {"allow": "cat .env"}, "allow", id="a secret by its name"),
        pytest.param("cd src && cat .env", {"allow": "cat .env"}, "ask", id="not another's name"),
        pytest.param("grep -r x .", {"allow": "grep *"}, "allow", id="a tree with secrets"),
        pytest.param("touch AGENTS.md", {"allow": "touch AGENTS.md"}, "ask", id="never protected"),
    ],
)
def test_deny_then_ask_then_allow(command: str, limits: dict[str, str], expected: Decision) -> None:
    assert given_rules(command, mode="ask", **limits) == expected


def test_no_rule_makes_plan_mode_write() -> None:
    assert given_rules("make", allow="*", mode="plan") == "deny"
    assert given_rules("cat /etc/hosts", allow="cat *", mode="plan") == "allow"


@pytest.mark.parametrize(
    ("command", "always"),
    [
        pytest.param("make all", ("bash(make all)",), id="these words"),
        pytest.param("pytest -x tests", ("bash(pytest *)",), id="a test run"),
        pytest.param("git commit -m 'a b'", ("bash(git commit *)",), id="a commit"),
        pytest.param("git push", ("bash(git push)",), id="not every push"),
        pytest.param("timeout 9 make", ("bash(make)",), id="inside a wrapper"),
        pytest.param("xargs rm", ("bash(xargs rm)",), id="not inside xargs"),
        pytest.param("sudo make", ("bash(sudo make)",), id="another person"),
        pytest.param("python -c 'a; b'", ("bash(python -c 'a; b')",), id="quoted"),
        pytest.param("rm x*", (None,), id="a pattern may find others"),
        pytest.param("rm 'x*'", ("bash(rm 'x*')",), id="a quoted pattern"),
        pytest.param("make && ls", ("bash(make)", None), id="each part that asks"),
        pytest.param("make > log", (None, None), id="more than words"),
        pytest.param("cat .env", ("bash(cat .env)",), id="a secret by its name"),
        pytest.param("git add .env", ("bash(git add .env)",), id="no more than the secret"),
        pytest.param("cd src && cat .env", (None, None), id="a secret elsewhere"),
        pytest.param("touch AGENTS.md", (None,), id="never what is protected"),
        pytest.param("cd / && make", (None, None), id="not in another folder"),
    ],
)
def test_always_remembers_no_more_than_was_shown(
    command: str, always: tuple[str | None, ...]
) -> None:
    parts = decide_command(command, mode="ask", around=AROUND).parts
    assert tuple(part.always for part in parts) == always


@pytest.mark.parametrize(
    "command", ["make all", "rm 'x*'", "cat .env", "./x 'it'\"'\"'s'", "pytest"]
)
def test_what_is_remembered_is_not_asked_again(command: str) -> None:
    (part,) = decide_command(command, mode="ask", around=AROUND).parts
    assert part.always
    again = decide_command(command, mode="ask", around=AROUND, rules=rules(allow=[part.always]))
    assert again.decision == "allow"


def test_a_decision_tells_all_as_json() -> None:
    decision = decide_command("ls src && pytest", mode="ask", around=AROUND)
    assert msgspec.json.decode(msgspec.json.encode(decision)) == {
        "decision": "ask",
        "reason": "pytest: it is not known to only read",
        "parts": [
            {
                "argv": ["ls", "src"],
                "decision": "allow",
                "reason": "ls only reads",
                "paths": [
                    {"path": f"{ROOT}/src", "use": "list", "is_pattern": False, "doubt": None}
                ],
                "always": None,
            },
            {
                "argv": ["pytest"],
                "decision": "ask",
                "reason": "pytest: it is not known to only read",
                "paths": [],
                "always": "bash(pytest *)",
            },
        ],
    }
