"""Words as bash makes them, tried against bash itself: ours are the same, or said to be unknown."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vibe.agent.permissions.shell.bash import argv
from vibe.agent.permissions.shell.parse import parse
from vibe.agent.permissions.shell.words import Shape, Word, Words, word

HOME = "/home/dev"
ENV = {"HOME": HOME, "PATH": "/nowhere", "LC_ALL": "C.UTF-8"}
SIGNS = [
    *" \n'\"\\;&|#~*?[]{},.:=!$`<>()-@+%^",
    "''",
    '""',
    "\\\n",
    "&&",
    "||",
    "$(",
    "p",
    "a",
    "é",
]


@pytest.mark.parametrize(
    ("written", "text", "shape"),
    [
        pytest.param("ls", "ls", "plain", id="bare"),
        pytest.param("l's'", "ls", "plain", id="partly in single quotes"),
        pytest.param('"a b"', "a b", "plain", id="in double quotes"),
        pytest.param(r"a\ b", "a b", "plain", id="escaped"),
        pytest.param(r'"\"\$\`\\"', '"$`\\', "plain", id="escapes"),
        pytest.param(r'"\x"', r"\x", "plain", id="no escape"),
        pytest.param(r"\é", "é", "plain", id="escaped, more than one byte"),
        pytest.param("~", HOME, "plain", id="home"),
        pytest.param("~/x", f"{HOME}/x", "plain", id="below home"),
        pytest.param("'~/x'", "~/x", "plain", id="a quoted tilde"),
        pytest.param("HEAD~1", "HEAD~1", "plain", id="a tilde within"),
        pytest.param("HEAD@{1}", "HEAD@{1}", "plain", id="braces of git"),
        pytest.param("a#b", "a#b", "plain", id="no comment"),
        pytest.param("*.py", "*.py", "pattern", id="a pattern"),
        pytest.param("a'*'?", "a*?", "pattern", id="a pattern with a quoted sign"),
        pytest.param("'*'", "*", "plain", id="a quoted pattern"),
        pytest.param("~dev", "~dev", "unknown", id="another's home"),
        pytest.param('~"/x"', '~"/x"', "unknown", id="a tilde before quotes"),
        pytest.param("a=~/x", "a=~/x", "unknown", id="a tilde after ="),
        pytest.param("{a,b}", "{a,b}", "unknown", id="braces"),
        pytest.param("{'a',b}", "{'a',b}", "unknown", id="braces around quotes"),
        pytest.param("#a", "#a", "unknown", id="a comment"),
        pytest.param("$a", "$a", "unknown", id="a variable"),
        pytest.param('"$a"', '"$a"', "unknown", id="a variable in quotes"),
        pytest.param("$'a'", "$'a'", "unknown", id="a string with escapes"),
        pytest.param("a\\\nb", "a\\\nb", "unknown", id="a line that goes on"),
    ],
)
def test_a_word_is_what_bash_makes_of_it(written: str, text: str, shape: Shape) -> None:
    assert word(written.encode(), home=HOME) == Word(text=text, shape=shape)


def test_without_a_home_nobody_knows_where_it_is() -> None:
    assert word(b"~/x", home=None) == Word(text="~/x", shape="unknown")


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (folder := tmp_path_factory.mktemp("words") / "empty").mkdir()
    return folder


def handed_over(command: str, empty: Path) -> Counter[str]:
    """The arguments of each `p` in it, with a NUL after each, as bash calls it."""
    log = empty.with_name("log")
    log.write_bytes(b"")
    subprocess.run(
        argv(f"p() {{ printf '%s\\0' \"$@\" $'\\x01' >> {log}; }}\n{command}"),
        executable=shutil.which("bash"), cwd=empty, env=ENV, check=False, timeout=20,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    return Counter(log.read_bytes().decode().split("\x01\0")[:-1])


def written(words: Words) -> str:
    return "".join(f"{each.text}\0" for each in words)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.lists(st.sampled_from(SIGNS), max_size=6).map("".join), max_size=12))
@example(words=["'a'\"b\"\\c", "~", "~/x", "a\\", "b"])
@example(words=["{}", "@{a}", "a@{1}b{}", "{},", "{{}}", "@{a,b}"])
def test_plain_words_are_those_that_bash_hands_over(words: list[str], empty: Path) -> None:
    made = {each: word(each.encode(), home=HOME) for each in words if each}
    plain = [each for each in made if made[each].shape == "plain"]
    seen = handed_over(" ".join(["p", *plain]), empty)
    assert seen == Counter([written(tuple(made[each] for each in plain))])


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(command=st.lists(st.sampled_from(["p ", *SIGNS]), max_size=14).map("".join))
@example(command="p a;p b\np 'c\nd'|p e&&p f||p g")
@example(command="p a |\n p b &&\n\np c;\n")
@example(command="p #a\np b")
@example(command="p a#b;#c")
@example(command="p \\# '#' \"#\"")
def test_a_plain_command_is_to_bash_what_it_is_to_us(command: str, empty: Path) -> None:
    script = parse(f"p x;{command}", home=HOME)
    if script.trouble is not None or any(
        each.shape != "plain" for step in script.steps for each in step.words
    ):
        return
    expected = Counter(
        written(step.words[1:]) for step in script.steps if step.words[0].text == "p"
    )
    seen = handed_over(f"p x;{command}", empty)
    is_sure = all(  # a later one may not be reached, and of `]]` bash will not even begin a line
        step.joint in {";", "|"} and step.words[0].text == "p" for step in script.steps
    )
    assert seen == expected if is_sure else seen <= expected
