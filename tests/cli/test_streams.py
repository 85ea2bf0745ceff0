"""Streams that are closed, full or read no longer, a folder that is gone, and Ctrl-C: no traceback.

Each is a real process: what the interpreter does at its end belongs to it.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_command_line import VIBE, process
from tests.config.test_rows import GOOD, KEY


@pytest.fixture
def home(tmp_path: Path) -> Path:
    file = tmp_path / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    file.chmod(0o600)
    return tmp_path


TELLING = pytest.mark.parametrize(
    "args",
    [
        pytest.param(("--version",), id="version"),
        pytest.param(("--help",), id="help"),
        pytest.param(("config", "show", "--origin"), id="small"),
        pytest.param(("config", "schema"), id="more-than-a-buffer"),
    ],
)


def started(*args: str, home: Path, stdout: int, **env: str) -> subprocess.CompletedProcess[str]:
    """A process whose stdout is the descriptor `stdout`."""
    return subprocess.run(
        [str(VIBE), *args],
        env={"HOME": str(home), "PATH": os.environ["PATH"], **KEY, **env},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("env", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
@TELLING
def test_a_reader_that_has_gone_ends_vibe_in_silence(
    args: tuple[str, ...], env: dict[str, str], home: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = started(*args, home=home, stdout=writer, **env)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
@pytest.mark.parametrize("env", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
@TELLING
def test_a_full_disk_behind_stdout_is_an_error(
    args: tuple[str, ...], env: dict[str, str], home: Path
) -> None:
    with Path("/dev/full").open("w") as full:
        done = started(*args, home=home, stdout=full.fileno(), **env)
    told = "error: the output cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, told)


def in_shell(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", script],
        env={"HOME": str(home), "PATH": f"{VIBE.parent}:{os.environ['PATH']}", **KEY},
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("vibe --version >&-", 1),
        ("vibe --help >&-", 1),
        ("vibe config show >&-", 1),
        ("vibe config set active_model small >&- 2>&-", 0),
        ("vibe --version 2>&-", 0),
        ("vibe config nonsense 2>&-", 2),
        ("vibe config nonsense <&- >&- 2>&-", 2),
        ("vibe config nonsense 2>/dev/full", 2),
        ("vibe config path <&-", 0),
    ],
)
def test_a_closed_stream_changes_no_exit_code_but_that_of_lost_data(
    command: str, code: int, home: Path
) -> None:
    done = in_shell(command, home)
    assert (done.returncode, done.stderr) == (code, "")


def test_problems_come_after_the_data_that_they_are_about(home: Path) -> None:
    file = home / ".config" / "vibe" / "config.toml"
    file.write_text(GOOD.replace("failover", "failovr"))
    done = in_shell("vibe config show 2>&1", home)
    assert done.returncode == 2
    assert done.stdout.index("is_fallback") < done.stdout.index("error[")


def test_what_the_encoding_of_stdout_lacks_is_replaced(tmp_path: Path) -> None:
    done = process("config", "path", home=tmp_path, env={
        "PYTHONIOENCODING": "ascii", "VIBE_CONFIG": "ü.toml", "PYTHONUTF8": "1",
    })  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{tmp_path}/?.toml\n", "")


@pytest.mark.parametrize(
    ("command", "code", "stderr"),
    [
        ("vibe config path", 2,
         "error: the folder that you are in is gone\n  help: cd to another one\n"),
        ("vibe --version", 0, ""),
    ],
    ids=["config", "version"],
)  # fmt: skip
def test_a_deleted_working_folder(command: str, code: int, stderr: str, home: Path) -> None:
    done = in_shell(f"mkdir gone && cd gone && rmdir ../gone && exec {command}", home)
    assert (done.returncode, done.stderr) == (code, stderr)


def test_ctrl_c_is_130_and_silent(home: Path) -> None:
    dotenv = home / ".config" / "vibe" / ".env"
    os.mkfifo(dotenv)
    vibe_waits = subprocess.Popen(
        [str(VIBE), "config", "validate"],
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with dotenv.open("wb"):  # returns when vibe has opened its end, and waits for us
        vibe_waits.send_signal(signal.SIGINT)
        assert (vibe_waits.communicate(), vibe_waits.returncode) == ((b"", b""), 130)
