"""The command line itself: help, versions, exit codes, suggestions, colours, completion."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.test_rows import GOOD, KEY
from tests.drive import Terminal, vibe
from vibe import __version__
from vibe.assemble import World
from vibe.cli.main import run
from vibe.errors import ExitCode

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
        "path", "validate", "show", "get", "set", "init", "edit", "schema", "trust"
    ]  # fmt: skip
    for name in names:
        done = process("config", name, "--help", home=tmp_path)
        assert done.returncode == 0
        assert f"Usage: vibe config {name}" in done.stdout
    assert "..." not in listed


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("confg",), "did you mean: vibe config"),
        (("fix the failing test",), "vibe --help"),
        (("config", "validat"), "'validate'"),
        (("config", "validate", "--strct"), "--strict"),
        (("--verbos",), "--verbose"),
        (("config", "get"), "key"),
    ],
    ids=["command", "sentence", "subcommand", "option", "root-option", "argument"],
)
def test_a_slip_is_a_usage_error_with_a_suggestion(
    args: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    outcome = vibe(*args, home=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert says in outcome.err


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


def test_a_reader_that_goes_away_is_no_traceback(home: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", f"'{VIBE}' config show --origin | head -1"],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **KEY},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith("active_model")
    assert done.stderr == ""


def test_first_steps_tell_what_was_found(tmp_path: Path) -> None:
    outcome = vibe(home=tmp_path, env={"GROQ_API_KEY": "gsk-canary-canary-canary"})
    assert (outcome.code, outcome.out) == (2, "")
    assert "key in GROQ_API_KEY" in outcome.err
    assert "vibe config init" in outcome.err
    assert "canary" not in outcome.err


def test_first_steps_at_a_terminal_are_no_error(tmp_path: Path) -> None:
    world = World(
        env={"HOME": str(tmp_path)}, cwd=tmp_path, uid=os.getuid(), platform="linux",
        stdin=Terminal(), stdout=Terminal(), stderr=Terminal(),
    )  # fmt: skip
    assert run([], world) == 0


def test_a_bug_is_told_without_a_traceback_and_logged_with_one(home: Path) -> None:
    class Broken(Terminal):
        def write(self, s: str, /) -> int:
            raise ZeroDivisionError("sk-canary-0123456789abcdef")

    err = Terminal()
    world = World(
        env={"HOME": str(home), **KEY, "NO_COLOR": "1"}, cwd=home, uid=os.getuid(),
        platform="linux", stdin=Terminal(), stdout=Broken(), stderr=err,
    )  # fmt: skip
    assert run(["config", "path"], world) == 1
    log = home / ".local" / "state" / "vibe" / "vibe.log"
    assert err.getvalue() == (
        "error: vibe has a bug and could not go on\n"
        f"  help: please report it with the last lines of {log}\n"
    )
    assert "ZeroDivisionError" in log.read_text()
    assert "canary" not in log.read_text()


COMPLETIONS = {
    "bash": {"_VIBE_COMPLETE": "complete_bash"},
    "zsh": {"_VIBE_COMPLETE": "complete_zsh"},
    "fish": {"_VIBE_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}


@pytest.mark.parametrize("shell", COMPLETIONS)
@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("vibe con", ["config"]),
        ("vibe config val", ["validate"]),
        ("vibe config get multiplexer.mo", ["multiplexer.mode"]),
        ("vibe config get multiplexer.pool[1].is", ["multiplexer.pool[1].is_fallback"]),
        ("vibe config set multiplexer.mode f", ["failover"]),
        ("vibe config set multiplexer.enabled ", ["true", "false"]),
        ("vibe config set active_model s", ["strong", "small"]),
        ("vibe config show --model st", ["strong"]),
    ],
)
def test_completion_offers(shell: str, line: str, offers: list[str], home: Path) -> None:
    words = line.split(" ")
    env = {
        **COMPLETIONS[shell],
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
        "_TYPER_COMPLETE_ARGS": line,
    }
    done = process(home=home, env=env)
    for offer in offers:
        assert offer in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_can_be_shown(shell: str, tmp_path: Path) -> None:
    done = process("--show-completion", shell, home=tmp_path)
    if done.returncode:  # the shell is taken from the parent process by older options
        done = process(home=tmp_path, env={"_VIBE_COMPLETE": f"source_{shell}"})
    assert "_VIBE_COMPLETE" in done.stdout


def test_completion_of_a_broken_file_offers_nothing_and_says_nothing(home: Path) -> None:
    (home / ".config" / "vibe" / "config.toml").write_bytes(b"\xff\x00[[[")
    env = {"_VIBE_COMPLETE": "complete_bash", "COMP_WORDS": "vibe config show --model s",
           "COMP_CWORD": "4"}  # fmt: skip
    done = process(home=home, env=env)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_tables_have_a_json_form(home: Path) -> None:
    for args in (("path",), ("show",), ("show", "--origin"), ("get", "multiplexer"),
                 ("validate",)):  # fmt: skip
        outcome = vibe("config", *args, "--json", home=home, env=KEY)
        assert outcome.code == 0
        json.loads(outcome.out)
