"""The command line itself: help, versions, exit codes, suggestions, colours, changes, the log."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.test_rows import GOOD, KEY
from tests.drive import Outcome, Terminal, vibe
from vibe import __version__
from vibe.cli.main import run
from vibe.config.known import OLLAMA
from vibe.errors import ExitCode
from vibe.world import World

TWO_KEYS = {**KEY, "GROQ_API_KEY": "gsk-k3y-for-tests"}
VIBE = Path(sys.executable).with_name("vibe")


def process(
    *args: str, home: Path, env: dict[str, str] | None = None, python: bool = False
) -> subprocess.CompletedProcess[str]:
    """A real process, as a person starts it."""
    command = [sys.executable, "-m", "vibe"] if python else [str(VIBE)]
    return subprocess.run(
        [*command, *args],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **(env or {})},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    file.chmod(0o600)
    return tmp_path


@pytest.mark.parametrize("python", [False, True], ids=["script", "module"])
def test_version(tmp_path: Path, python: bool) -> None:
    done = process("--version", home=tmp_path, python=python)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"vibe {__version__}\n", "")


def test_version_after_another_option(tmp_path: Path) -> None:
    assert process("--verbose", "--version", home=tmp_path).stdout == f"vibe {__version__}\n"


def test_help_tells_every_exit_code(tmp_path: Path) -> None:
    done = process("--help", home=tmp_path)
    assert done.returncode == 0
    for code in ExitCode:
        assert f"{code.value}  {code.meaning}" in done.stdout


def test_every_command_has_help_with_its_purpose(tmp_path: Path) -> None:
    listed = process("config", "--help", home=tmp_path).stdout.partition("Commands:")[2]
    names = [line.split()[0] for line in listed.split("\n\n")[0].strip().splitlines()]
    assert names == [
        "path", "validate", "show", "get", "set", "init", "import", "edit", "schema", "trust"
    ]  # fmt: skip
    for name in names:
        done = process("config", name, "--help", home=tmp_path)
        assert done.returncode == 0
        assert f"Usage: vibe config {name}" in done.stdout
    assert "..." not in listed


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("confg",), "\n  help: did you mean: vibe config; to say it to a model: vibe -- confg\n"),
        (("validate",), "\n  help: did you mean: vibe config validate; to say"),
        (("modls",), "\n  help: did you mean: vibe models; to say"),
        (
            ("fix the failing test",),
            "error: the chat needs a terminal\n  help: without one: vibe -p",
        ),
        (("--", "validate"), "error: the chat needs a terminal\n"),
        (("hello", "--approve", "edits"), "error: the chat needs a terminal\n"),
        (("hello", "--modle", "x"), "--modle (Possible options: --model)\n  help: vibe --help\n"),
        (
            ("confg", "validate"),
            "\n  help: did you mean: vibe config; to say it to a model: vibe -- ",
        ),
        (("--plain",), "error: the chat needs a terminal\n"),
        (("--model", "x", "doctor"), "\n  help: vibe doctor --help lists its own\n"),
        (("config", "validat"), "'validate'?\n  help: vibe config --help\n"),
        (
            ("config", "validate", "--strct"),
            "(Possible options: --strict)\n  help: vibe config validate --help\n",
        ),
        (("--verbos",), "--verbos (Possible options: --verbose, --version)\n  help: vibe --help\n"),
        (("config", "get"), "'KEY'.\n  help: vibe config get --help\n"),
        (("-p", "--modle", "x"), "--modle (Possible options: --model)\n  help: vibe -p --help\n"),
        (("configu" * 999,), "error: the chat needs a terminal\n"),
    ],
    ids=[
        "command",
        "of-a-group",
        "second-command",
        "sentence",
        "surely-text",
        "option-after-text",
        "slip-after-text",
        "slip-of-two-words",
        "plain",
        "options-of-the-chat",
        "subcommand",
        "option",
        "root-option",
        "argument",
        "prompt-option",
        "endless",
    ],
)
def test_a_slip_is_a_usage_error_with_a_suggestion(
    args: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    outcome = vibe(*args, home=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("multiplexer.mod", "did you mean multiplexer.mode?"),
        ("multiplxer.mode", "did you mean multiplexer.mode?"),
        ("modles[strong].name", "did you mean models?"),
        ("models[strong].nmae", "did you mean models[0].name?"),
        ("multiplexer.nonsense", "vibe config schema describes every setting"),
        ("active_model.name", "vibe config schema describes every setting"),
    ],
    ids=["last-step", "first-step", "list", "in-an-item", "nonsense", "below-a-value"],
)
def test_a_wrong_step_of_a_key_is_compared_with_what_its_table_has(
    key: str, hint: str, home: Path
) -> None:
    outcome = vibe("config", "set", key, "1", home=home, env=KEY)
    told = f'error: there is no setting "{key}"\n  help: {hint}\n'
    assert outcome == Outcome(code=2, out="", err=told)


def test_a_table_is_not_a_setting(home: Path) -> None:
    outcome = vibe("config", "set", "multiplexer", "1", home=home, env=KEY)
    assert (outcome.code, "multiplexer is a table" in outcome.err) == (2, True)


def test_every_command_that_takes_something_has_examples(tmp_path: Path) -> None:
    for name in ("validate", "show", "get", "set", "init", "edit", "trust"):
        shown = vibe("config", name, "--help", home=tmp_path).out
        assert f"  vibe config {name}" in shown.partition("Examples:")[2], name


def test_hostile_arguments_do_not_reach_the_terminal(tmp_path: Path) -> None:
    hostile = "\x1b]52;c;Zm9v\x07\u202econfg\x9b31m"
    for args in ((hostile,), ("config", hostile), ("config", "get", hostile),
                 ("config", "validate", hostile), ("config", "set", hostile, hostile),
                 ("--config", hostile, "config", "show")):  # fmt: skip
        outcome = vibe(*args, home=tmp_path)  # drive.vibe looks for controls itself
        assert outcome.code == 2
        assert "\u202e" not in outcome.out + outcome.err


def test_colours_are_for_terminals_that_want_them(home: Path) -> None:
    file = home / ".config" / "vibe" / "config.toml"
    file.write_text(GOOD.replace("failover", "failovr"))

    def coloured(out: Terminal, **env: str) -> bool:
        world = World(
            env={"HOME": str(home), **KEY, **env}, cwd=home, uid=os.getuid(), platform="linux",
            stdin=Terminal(), stdout=out, stderr=Terminal(),
        )  # fmt: skip
        assert run(["config", "validate"], world) == 2
        return "\x1b[1;31merror" in out.getvalue()

    assert coloured(Terminal())
    assert not coloured(Terminal(), NO_COLOR="1")
    assert not coloured(Terminal(), TERM="dumb")
    assert "\x1b" not in vibe("config", "validate", home=home, env=KEY).out


def test_first_steps_tell_what_was_found(tmp_path: Path) -> None:
    outcome = vibe(home=tmp_path, env={"GROQ_API_KEY": "gsk-canary-canary-canary"})
    assert (outcome.code, outcome.out) == (2, "")
    assert "key in GROQ_API_KEY" in outcome.err
    assert "vibe config init" in outcome.err
    assert "canary" not in outcome.err


def test_first_steps_tell_of_a_server_that_listens(tmp_path: Path) -> None:
    err = io.StringIO()
    world = World(
        env={"HOME": str(tmp_path)}, cwd=tmp_path, uid=os.getuid(), platform="linux",
        stdin=io.StringIO(), stdout=io.StringIO(), stderr=err, connect=lambda _: (OLLAMA.port,),
    )  # fmt: skip
    assert run([], world) == 2
    assert f"{OLLAMA.title:<16}listening on 127.0.0.1:{OLLAMA.port}" in err.getvalue()


class Broken(Terminal):
    def write(self, s: str, /) -> int:
        raise ZeroDivisionError("sk-canary-0123456789abcdef")


def bug_told(*options: str, home: Path) -> str:
    err = Terminal()
    world = World(
        env={"HOME": str(home), **KEY, "NO_COLOR": "1"}, cwd=home, uid=os.getuid(),
        platform="linux", stdin=Terminal(), stdout=Broken(), stderr=err,
    )  # fmt: skip
    assert run([*options, "config", "path"], world) == 1
    return err.getvalue()


@pytest.mark.parametrize(
    ("options", "name"),
    [((), ".local/state/vibe/vibe.log"), (("--log-file", "my.log"), "my.log")],
    ids=["usual-log", "named-log"],
)
def test_a_bug_is_told_without_a_traceback_and_logged_with_one(
    options: tuple[str, ...], name: str, home: Path
) -> None:
    log = home / name
    assert bug_told(*options, home=home) == (
        "error: vibe has a bug and could not go on\n"
        f"  help: please report it with the last lines of {log}\n"
    )
    assert "ZeroDivisionError" in log.read_text()
    assert "canary" not in log.read_text()


def test_a_bug_without_a_log_names_none(home: Path) -> None:
    assert bug_told("--log-file", ".config", home=home).endswith(
        "error: vibe has a bug and could not go on\n  help: please report it, and what you did\n"
    )


def test_tables_have_a_json_form(home: Path) -> None:
    for args in (("path",), ("show",), ("show", "--origin"), ("get", "multiplexer"),
                 ("validate",)):  # fmt: skip
        outcome = vibe("config", *args, "--json", home=home, env=KEY)
        assert outcome.code == 0
        json.loads(outcome.out)


@pytest.mark.parametrize(
    ("answers", "alias"),
    [("\n", "mistral"), ("2\n", "groq"), ("0\nthree\n 2 \n", "groq")],
    ids=["enter", "second", "until-it-is-one"],
)
def test_init_asks_which_of_several_to_begin_with(answers: str, alias: str, tmp_path: Path) -> None:
    outcome = vibe("config", "init", home=tmp_path, env=TWO_KEYS, stdin=Terminal(answers))
    assert outcome.code == 0, outcome.err
    text = (tmp_path / ".config" / "vibe" / "config.toml").read_text()
    assert f'name = "{alias}"' in text


def test_init_takes_all_that_was_found_as_a_pool(tmp_path: Path) -> None:
    outcome = vibe("config", "init", home=tmp_path, env=TWO_KEYS, stdin=Terminal("3\n"))
    assert "  3  all of these, as a pool\n" in outcome.err
    validated = vibe("config", "validate", home=tmp_path, env=TWO_KEYS)
    assert "failover over a pool of 2: 2 primaries" in validated.out


def test_ctrl_d_at_the_question_of_init_writes_nothing(tmp_path: Path) -> None:
    outcome = vibe("config", "init", home=tmp_path, env=TWO_KEYS, stdin=Terminal(""))
    assert outcome.code == 130
    assert outcome.err.endswith("Begin with which? [1] \nerror: nothing was written\n")
    assert not (tmp_path / ".config").exists()


def test_set_says_when_a_variable_goes_before_it(home: Path) -> None:
    env = {**KEY, "VIBE_MULTIPLEXER__MODE": "failover"}
    outcome = vibe("config", "set", "multiplexer.mode", "load_balance", home=home, env=env)
    file = home / ".config" / "vibe" / "config.toml"
    assert outcome == Outcome(
        code=0,
        out="",
        err=f"set multiplexer.mode in {file}\n"
        "but VIBE_MULTIPLEXER__MODE goes before that file, so it has no effect\n",
    )
    assert 'mode = "load_balance"' in file.read_text()


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ('active_model = "strong"', "active_model", "small"),
        ('[[multiplexer.pool]]\nmodel = "small"', "multiplexer.pool[small].weight", "3"),
    ],
    ids=["the-value", "the-list-around-it"],
)
def test_set_says_when_the_project_goes_before_it(
    text: str, key: str, value: str, home: Path
) -> None:
    project = home / "work" / ".vibe" / "config.toml"
    project.parent.mkdir(parents=True)
    project.write_text(f"{text}\n")
    assert vibe("config", "trust", home=home, env=KEY, cwd=home / "work").code == 0
    outcome = vibe("config", "set", key, value, home=home, env=KEY, cwd=home / "work")
    assert f"\nbut {project} goes before that file, so it has no effect\n" in outcome.err


def test_the_log_file_counts_from_the_working_folder(home: Path) -> None:
    cwd = home / "work"
    cwd.mkdir()
    args = ("--log-file", "run.log", "config", "set", "active_model", "small")
    assert vibe(*args, home=home, env=KEY, cwd=cwd).code == 0
    assert "set active_model in" in (cwd / "run.log").read_text()


def test_a_log_file_that_cannot_be_written_is_told_once(home: Path) -> None:
    args = ("--log-file", ".config", "config", "set", "active_model", "small")
    outcome = vibe(*args, home=home, env=KEY)
    warning = f"warning: the log is off: cannot write {home / '.config'} (Is a directory)\n"
    assert (outcome.code, outcome.err.count(warning)) == (0, 1)


def test_a_log_that_nobody_asked_for_may_fail_in_silence(home: Path) -> None:
    (home / ".local").write_text("no folder")
    outcome = vibe("config", "set", "active_model", "small", home=home, env=KEY)
    file = home / ".config" / "vibe" / "config.toml"
    assert outcome == Outcome(code=0, out="", err=f"set active_model in {file}\n")
