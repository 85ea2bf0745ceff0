"""What Tab offers in each shell, and that it offers nothing and says nothing where it cannot."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.test_command_line import process
from tests.config.test_rows import GOOD

SHELLS = {
    "bash": {"_VIBE_COMPLETE": "complete_bash"},
    "zsh": {"_VIBE_COMPLETE": "complete_zsh"},
    "fish": {"_VIBE_COMPLETE": "complete_fish", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}


def tab(line: str, home: Path, shell: str = "bash") -> subprocess.CompletedProcess[str]:
    """What happens when somebody who typed `line` presses Tab."""
    env = {
        **SHELLS[shell],
        "COMP_WORDS": line,
        "COMP_CWORD": str(line.count(" ")),
        "_TYPER_COMPLETE_ARGS": line,
    }
    return process(home=home, env=env)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(GOOD)
    file.chmod(0o600)
    return file


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("vibe con", ["config"]),
        ("vibe config val", ["validate"]),
        ("vibe config get multiplexer.mo", ["multiplexer.mode"]),
        ("vibe config set multiplexer.enabled ", ["true", "false"]),
        ("vibe config show --model st", ["strong"]),
    ],
)
def test_every_shell_is_offered(
    shell: str, line: str, offers: list[str], file: Path, tmp_path: Path
) -> None:
    done = tab(line, tmp_path, shell)
    for offer in offers:
        assert offer in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "offers"),
    [
        ("vibe config get multiplexer.pool[1].is", ["multiplexer.pool[1].is_fallback"]),
        ("vibe config set multiplexer.pool[1].max", ["multiplexer.pool[1].max_concurrent"]),
        ("vibe config set multiplexer.pool[strong].w", ["multiplexer.pool[strong].weight"]),
        ("vibe config set 'multiplexer.pool[sm", [
            "multiplexer.pool[small].model", "multiplexer.pool[small].weight",
            "multiplexer.pool[small].max_concurrent", "multiplexer.pool[small].is_fallback",
            "multiplexer.pool[small].priority",
        ]),
        ("vibe config get providers[mistral].ba", ["providers[mistral].backend"]),
        ("vibe config set multiplexer.mode f", ["failover"]),
        ("vibe config set active_model ", ["strong", "small"]),
        ("vibe config set models[0].provider ", ["mistral"]),
        ("vibe config set 'models[strong].provider' ", ["mistral"]),
        ("vibe config set multiplexer.pool[0].model ", ["strong", "small"]),
        ("vibe config set multiplexer.pool[strong].is_fallback ", ["true", "false"]),
        ("vibe config set multiplexer.max_wait_ms ", []),
        ("vibe config set no.such.key ", []),
        ("vibe config set models[nobody].name ", []),
        ("vibe config set [[[ ", []),
        ("vibe nonsense ", []),
    ],
)  # fmt: skip
def test_exactly_this_is_offered(line: str, offers: list[str], file: Path, tmp_path: Path) -> None:
    done = tab(line, tmp_path)
    assert (done.stdout.split(), done.stderr) == (offers, "")


@pytest.mark.parametrize(
    "line",
    [
        "vibe --config other.toml config show --model ",
        "vibe config show --config other.toml --model ",
    ],
    ids=["before-the-command", "after-it"],
)
def test_the_file_that_the_line_names_is_the_one(line: str, file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(GOOD.replace('"small"', '"other"'))
    assert tab(line, tmp_path).stdout.split() == ["strong", "other"]


def test_a_name_that_looks_like_a_number_is_offered_in_quotes(file: Path, tmp_path: Path) -> None:
    file.write_text(GOOD.replace('"small"', '"4"'))
    offered = tab("vibe config get models[", tmp_path).stdout.split()
    assert "models[1].provider" in offered
    assert 'models["4"].provider' in offered


def test_dotenv_is_not_read(file: Path, tmp_path: Path) -> None:
    os.mkfifo(file.with_name(".env"))
    pipe = os.open(file.with_name(".env"), os.O_RDWR | os.O_NONBLOCK)
    os.write(pipe, b"X=1")
    assert tab("vibe config show --model s", tmp_path).stdout.split() == ["strong", "small"]
    assert os.read(pipe, 100) == b"X=1"  # still there
    os.close(pipe)


@pytest.mark.parametrize(
    "content", [b"\xff\x00[[[", b"[[models]]\n[[providers]]", "x = 1".encode("utf-16"), b""]
)
def test_a_broken_file_offers_nothing_and_says_nothing(
    content: bytes, file: Path, tmp_path: Path
) -> None:
    file.write_bytes(content)
    done = tab("vibe config show --model s", tmp_path)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_a_pipe_in_place_of_the_file_offers_nothing_and_is_not_waited_for(
    file: Path, tmp_path: Path
) -> None:
    file.unlink()
    os.mkfifo(file)
    done = tab("vibe config show --model s", tmp_path)
    assert (done.stdout.strip(), done.stderr) == ("", "")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_completion_script_can_be_shown(shell: str, tmp_path: Path) -> None:
    done = process(home=tmp_path, env={"_VIBE_COMPLETE": f"source_{shell}"})
    assert (done.returncode, "_VIBE_COMPLETE" in done.stdout) == (0, True)
