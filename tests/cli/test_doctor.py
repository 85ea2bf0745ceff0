"""`vibe doctor`: whatever is amiss is told with what mends it; what is broken exits with 1."""

from __future__ import annotations

import io
import json
import os
import socket
from pathlib import Path
from typing import cast

import pytest

from tests.config.test_rows import GOOD, KEY
from tests.drive import Outcome, vibe
from vibe.cli.doctor_sandbox import SHORT
from vibe.sandbox import probe
from vibe.sandbox.guarantees import WORDS

PATH = {"PATH": os.defpath}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".config/vibe").mkdir(parents=True)
    return tmp_path


def configured(home: Path, text: str = GOOD) -> None:
    file = home / ".config/vibe/config.toml"
    file.write_text(text)
    file.chmod(0o600)


def found(outcome: Outcome) -> dict[str, dict[str, object]]:
    told = json.loads(outcome.out)
    assert told["ok"] == (outcome.code == 0)
    return {check["name"]: check for check in told["checks"]}


def states(home: Path, env: dict[str, str]) -> dict[str, object]:
    checks = found(vibe("doctor", "--json", home=home, env=env))
    return {name: check["state"] for name, check in checks.items()}


def test_a_sound_configuration_with_its_key_is_good(home: Path) -> None:
    configured(home)
    told = states(home, {**PATH, **KEY})
    told.pop("ripgrep")
    told.pop("sandbox")
    assert told == dict.fromkeys(
        [
            "Python", "terminal", "clipboard", "configuration", "mistral", "state folder",
            "pool memory", "git",
        ],
        "good",
    )  # fmt: skip


def test_no_key_is_ever_shown(home: Path) -> None:
    configured(home)
    told = vibe("doctor", home=home, env={**PATH, **KEY})
    assert "● mistral " in told.out
    assert "MISTRAL_API_KEY is set" in told.out
    assert KEY["MISTRAL_API_KEY"] not in told.out + told.err


def test_without_a_file_the_keys_at_hand_are_told(home: Path) -> None:
    checks = found(
        vibe("doctor", "--json", home=home, env={**PATH, "GROQ_API_KEY": "gsk-12345678"})
    )
    assert (checks["keys"]["fact"], checks["configuration"]["remedy"]) == (
        "GROQ_API_KEY",
        "vibe config init",
    )


# What is amiss: the state and the remedy of which check.
AMISS: dict[str, tuple[str, dict[str, str], str, tuple[str, str]]] = {
    "a mistake": (GOOD.replace("failover", "failovr"), KEY, "configuration",
                  ("bad", "vibe config validate")),
    "a strange key": (f"colour = 1\n{GOOD}", KEY, "configuration",
                      ("fair", "vibe config validate")),
    "no key": (GOOD, {}, "mistral", ("bad", "export MISTRAL_API_KEY=…")),
    "a key that nobody needs": (
        GOOD + '[[providers]]\nname = "other"\napi_base = "https://o.example/v1"\n'
        'api_key_env_var = "OTHER_API_KEY"\n[[models]]\nname = "o"\nprovider = "other"\n',
        KEY, "other", ("fair", "export OTHER_API_KEY=…"),
    ),
    "no active model": (GOOD.split("[multiplexer]")[0].replace('active_model = "strong"', ""), KEY,
                        "configuration", ("bad", "vibe config validate")),
    "no sandbox wanted": (f'{GOOD}\n[sandbox]\nmode = "off"\n', KEY, "sandbox",
                          ("fair", "vibe config set sandbox.mode auto")),
}  # fmt: skip


@pytest.mark.parametrize(("text", "env", "name", "expected"), AMISS.values(), ids=AMISS)
def test_what_is_amiss_is_told_with_its_remedy(
    home: Path, text: str, env: dict[str, str], name: str, expected: tuple[str, str]
) -> None:
    configured(home, text)
    outcome = vibe("doctor", "--json", home=home, env={**PATH, **env})
    check = found(outcome)[name]
    assert ((check["state"], check["remedy"]), outcome.code) == (expected, expected[0] == "bad")
    remedy = expected[1]
    assert f"→ {remedy}" in vibe("doctor", home=home, env={**PATH, **env}).out


def test_programs_that_are_not_there_are_told(home: Path) -> None:
    checks = found(vibe("doctor", "--json", home=home, env={"PATH": "/nonexistent"}))
    assert [(checks[name]["state"], checks[name]["fact"]) for name in ("git", "ripgrep")] == [
        ("fair", "not found: nothing tells what changed"),
        ("fair", "not found: searching is slower"),
    ]


def test_a_state_folder_that_cannot_be_is_bad(home: Path) -> None:
    (home / ".local").write_text("no folder")
    outcome = vibe("doctor", "--json", home=home, env={**PATH, "XDG_STATE_HOME": "/proc/state"})
    assert (found(outcome)["state folder"]["state"], outcome.code) == ("bad", 1)


def test_a_damaged_memory_of_the_pool_is_told(home: Path) -> None:
    (home / ".local/state/vibe/pool.db").mkdir(parents=True)
    assert states(home, PATH)["pool memory"] == "fair"


def test_a_sandbox_that_was_asked_for_and_is_not_there_is_bad(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_PROGRAMS", "/nonexistent")
    configured(home, f'{GOOD}\n[sandbox]\nmode = "bwrap"\n')
    outcome = vibe("doctor", "--json", home=home, env={**PATH, **KEY})
    check = found(outcome)["sandbox"]
    assert (check["state"], check["remedy"], outcome.code) == (
        "bad",
        "install bubblewrap, as by: sudo apt-get install bubblewrap",
        1,
    )


def test_without_bubblewrap_what_is_lost_is_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe, "_PROGRAMS", "/nonexistent")
    check = found(vibe("doctor", "--json", home=home, env=PATH))["sandbox"]
    facts = cast("dict[str, list[str]]", check["facts"])
    assert (check["state"], "protected" in facts["lacks"]) == ("fair", True)
    assert sorted([*facts["holds"], *facts["lacks"]]) == sorted(WORDS)


def test_every_guarantee_has_a_short_name() -> None:
    assert list(SHORT) == list(WORDS)


def test_a_terminal_is_told(home: Path) -> None:
    class Screen(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    from vibe.cli.main import run
    from vibe.world import World

    out = Screen(io.BytesIO(), encoding="utf-8")
    world = World(
        env={"HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        cwd=home, uid=os.getuid(), platform="linux",
        stdin=io.StringIO(), stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    run(["doctor"], world)
    out.seek(0)
    line = next(line for line in out.read().splitlines() if "terminal" in line)
    assert "xterm-256color, " in line
    assert line.endswith("UTF-8, true colour")


def test_nobody_is_called(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket.socket, "connect_ex", refused)
    configured(home)
    assert vibe("doctor", home=home, env={**PATH, **KEY}).code == 0


def test_it_fits_on_a_screen(home: Path) -> None:
    configured(home)
    lines = vibe("doctor", home=home, env={**PATH, **KEY}).out.splitlines()
    assert (len(lines) <= 24, max(map(len, lines)) <= 80) == (True, True)
