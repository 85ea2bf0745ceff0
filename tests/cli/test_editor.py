"""`vibe config edit` with editors of the test's making."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.config.test_rows import GOOD, KEY
from tests.drive import Outcome, Terminal, vibe

BAD = GOOD.replace('mode = "failover"', 'mode = "failovr"')
BAD_LINE = 1 + GOOD[: GOOD.index("mode =")].count("\n")
SCRIPT = """\
#!/bin/sh
echo "$*" >> "$0.calls"
for file; do :; done
saved="$0.$(($(wc -l < "$0.calls")))"
if [ -f "$saved" ]; then cat "$saved" > "$file"; fi
"""


class Editor:
    """A program called `name`: each time it runs it saves the next of `texts`, then does `end`."""

    def __init__(self, folder: Path, *texts: str, name: str = "vim", end: str = "exit 0") -> None:
        self.program = folder / name
        self.program.write_text(f"{SCRIPT}{end}\n")
        self.program.chmod(0o700)
        for number, text in enumerate(texts, start=1):
            self.program.with_name(f"{name}.{number}").write_text(text)

    @property
    def calls(self) -> list[str]:
        calls = self.program.with_name(f"{self.program.name}.calls")
        return calls.read_text().splitlines() if calls.exists() else []


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    file.chmod(0o600)
    return file


def edit(home: Path, answers: str | None = None, **env: str) -> Outcome:
    """At a terminal if there are `answers`."""
    stdin = None if answers is None else Terminal(answers)
    known = {**KEY, "PATH": os.environ["PATH"], **env}
    return vibe("config", "edit", home=home, stdin=stdin, env=known)


def test_the_editor_gets_the_file_and_what_it_saved_is_checked(file: Path, tmp_path: Path) -> None:
    text = GOOD.replace('mode = "failover"', 'mode = "load_balance"')
    editor = Editor(tmp_path, text)
    assert edit(tmp_path, EDITOR=str(editor.program)) == Outcome(
        code=0, out="", err=f"{file}: no problems\n"
    )
    assert (editor.calls, file.read_text()) == ([str(file)], text)


@pytest.mark.parametrize(
    ("variables", "called"),
    [
        pytest.param({"VISUAL": "{0}/visual", "EDITOR": "{0}/editor"}, "visual", id="visual-first"),
        pytest.param({"VISUAL": "", "EDITOR": "{0}/editor"}, "editor", id="empty-is-not-set"),
        pytest.param({"PATH": "{0}:/bin:/usr/bin"}, "vi", id="vi-by-default"),
    ],
)
def test_which_editor(variables: dict[str, str], called: str, file: Path, tmp_path: Path) -> None:
    editors = {name: Editor(tmp_path, name=name) for name in ("visual", "editor", "vi")}
    env = {name: value.format(tmp_path) for name, value in variables.items()}
    assert edit(tmp_path, **env).code == 0
    assert [name for name, editor in editors.items() if editor.calls] == [called]


def test_the_editor_may_have_options_and_blanks_in_its_name(file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, name="my editor")
    assert edit(tmp_path, EDITOR=f"'{editor.program}' --wait -c 'set x'").code == 0
    assert editor.calls == [f"--wait -c set x {file}"]


@pytest.mark.parametrize(
    ("env", "told"),
    [
        ({"EDITOR": "bad 'quote"},
         "error: $EDITOR cannot be read as a command: no closing quotation\n"
         "  help: quote it as in a shell, or name the editor alone: EDITOR=nano\n"),
        ({"VISUAL": "ends in \\"},
         "error: $VISUAL cannot be read as a command: no escaped character\n"
         "  help: quote it as in a shell, or name the editor alone: VISUAL=nano\n"),
        ({"EDITOR": "   "},
         "error: $EDITOR is blank\n  help: name an editor in it: EDITOR=nano\n"),
        ({"EDITOR": "/no/such/editor"},
         "error: the editor /no/such/editor cannot be started: No such file or directory\n"
         "  help: name one that can in $EDITOR\n"),
        ({"EDITOR": "/"},
         "error: the editor / cannot be started: Permission denied\n"
         "  help: name one that can in $EDITOR\n"),
    ],
    ids=["open-quote", "open-escape", "blank", "missing", "folder"],
)  # fmt: skip
def test_what_is_no_editor_is_a_usage_error(
    env: dict[str, str], told: str, file: Path, tmp_path: Path
) -> None:
    assert edit(tmp_path, **env) == Outcome(code=2, out="", err=told)


@pytest.mark.parametrize(
    ("end", "how"), [("exit 3", "with exit code 3"), ("kill -9 $$", "by signal 9")]
)
def test_an_editor_that_fails_is_a_failure(end: str, how: str, file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, BAD, end=end)
    assert edit(tmp_path, "y\n", EDITOR=str(editor.program)) == Outcome(
        code=1, out="", err=f"error: the editor {editor.program} ended {how}; "
        "the file was not checked\n",
    )  # fmt: skip
    assert len(editor.calls) == 1


def test_without_a_file_no_editor_is_started(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    file = tmp_path / ".config" / "vibe" / "config.toml"
    assert edit(tmp_path, EDITOR=str(editor.program)) == Outcome(
        code=2,
        out="",
        err=f"error: there is no {file} yet\n  help: write one first: vibe config init\n",
    )
    assert (editor.calls, file.exists()) == ([], False)


def test_ctrl_c_is_the_editors(file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, end="kill -INT $PPID")
    assert edit(tmp_path, EDITOR=str(editor.program)).code == 0


@pytest.mark.parametrize("answer", ["", "\n", "y\n", "YES\n", "n\n", "what?\n"])
def test_going_back_to_the_first_error(answer: str, file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, BAD, GOOD)
    outcome = edit(tmp_path, answer, EDITOR=str(editor.program))
    assert f"{file}: 1 error\nOpen it again at line {BAD_LINE}? [Y/n] " in outcome.err
    if answer.strip().lower() in ("y", "yes") or answer == "\n":
        assert editor.calls == [str(file), f"+{BAD_LINE} {file}"]
        assert (outcome.code, file.read_text()) == (0, GOOD)
    else:
        assert editor.calls == [str(file)]
        assert (outcome.code, file.read_text()) == (2, BAD)


def test_one_may_go_back_again_and_again(file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, BAD, f"\n{BAD}", GOOD)
    outcome = edit(tmp_path, "\n\n", EDITOR=str(editor.program))
    assert outcome.code == 0
    assert editor.calls == [str(file), f"+{BAD_LINE} {file}", f"+{BAD_LINE + 1} {file}"]


def test_an_editor_that_may_not_know_of_lines_gets_none(file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, BAD, GOOD, name="code")
    assert edit(tmp_path, "\n", EDITOR=str(editor.program)).code == 0
    assert editor.calls == [str(file), str(file)]


def test_the_line_of_another_file_is_not_gone_to(file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, GOOD, GOOD)
    env = {"EDITOR": str(editor.program), "VIBE_MULTIPLEXER__MODE": "failovr"}
    outcome = edit(tmp_path, "\n", **env)
    assert (outcome.code, editor.calls) == (2, [str(file), str(file)])
    assert re.findall(r"Open it again.*?\? ", outcome.err) == ["Open it again? "] * 2


def test_nobody_is_asked_where_nobody_can_answer(file: Path, tmp_path: Path) -> None:
    editor = Editor(tmp_path, BAD)
    outcome = edit(tmp_path, EDITOR=str(editor.program))
    assert (outcome.code, "Open it again" in outcome.err) == (2, False)
    assert len(editor.calls) == 1
