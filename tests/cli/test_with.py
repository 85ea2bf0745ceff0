"""`vibe with`: another program on the pool, which is itself again in everything but its address."""

from __future__ import annotations

import json
import os
import re
import select
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cli.on_terminal import on_terminal
from tests.cli.running import VIBE, process
from tests.cli.serving import ENV, KEY, configured, echo, serving
from tests.drive import Outcome, vibe
from vibe.cli.clients import CLIENTS, Pointed, Reached, environment, pointed
from vibe.cli.main import routed
from vibe.cli.serve_known import Known, announce, near, running
from vibe.secret import Secret

TOKEN = "sk-vibe-0123456789abcdef0123"  # noqa: S105  made up
AT = Reached(url="http://127.0.0.1:8082", token=Secret(TOKEN), models=("strong",))
ASKS = """
import json, os, urllib.request
body = {"model": "auto", "messages": [{"role": "user", "content": "Hello there"}]}
asked = urllib.request.Request(
    os.environ["OPENAI_BASE_URL"] + "/chat/completions",
    data=json.dumps(body).encode(),
    headers={
        "authorization": "Bearer " + os.environ["OPENAI_API_KEY"],
        "content-type": "application/json",
    },
)
print(json.load(urllib.request.urlopen(asked))["choices"][0]["message"]["content"])
"""
WAITS = 'echo "$OPENAI_BASE_URL"; read line'
SIGNALS = "grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Nobody listens where the model should be; most programs here do not ask."""
    configured(tmp_path, "http://127.0.0.1:9/v1")
    return tmp_path


def program(folder: Path, name: str) -> str:
    file = folder / name
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return str(file)


def ran(*args: str, home: Path, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    started = process("with", *args, home=home, env=env)
    out, err = started.communicate(timeout=60)
    return started.returncode, out, err


def gateway_of(home: Path) -> int:
    """The process that the log is of."""
    log = (home / ".local/state/vibe/vibe.log").read_text()
    return int(re.findall(r"vibe\[(\d+)\] vibe serve", log)[-1])


def test_the_programs_that_are_known_are_listed(home: Path) -> None:
    there = program(home, "codex")
    assert vibe("with", home=home, env={"PATH": str(home)}) == Outcome(
        code=0,
        out="CLIENT    WHERE\n"
        "claude    not installed: npm install -g @anthropic-ai/claude-code\n"
        f"codex     {there}\n"
        "opencode  not installed: npm install -g opencode-ai\n"
        "aider     not installed: pip install aider-chat\n"
        "llm       not installed: pip install llm\n",
        err="",
    )
    listed = json.loads(vibe("with", "--json", home=home, env={"PATH": str(home)}).out)
    assert listed[1] == {"name": "codex", "path": there, "install": "npm install -g @openai/codex"}


@pytest.mark.parametrize(
    ("name", "help_"),
    [
        pytest.param("claud", "did you mean: vibe with claude", id="a slip"),
        pytest.param(
            "llm", "install it (pip install llm), or put its folder into PATH", id="not installed"
        ),
        pytest.param(
            "frobnicate",
            "vibe with alone lists the programs that it knows; any other in PATH will do",
            id="unknown",
        ),
    ],
)
def test_a_program_that_is_not_here_is_told_with_a_remedy(
    name: str, help_: str, home: Path
) -> None:
    assert vibe("with", name, "-p", "hi", home=home, env={"PATH": str(home)}) == Outcome(
        code=2, out="", err=f'error: there is no program "{name}" here\n  help: {help_}\n'
    )


@pytest.mark.parametrize(
    ("args", "is_prompt"),
    [
        (["with", "claude", "-p", "hi"], False),
        (["--config", "with", "with", "claude", "-p", "hi"], False),
        (["--verbose", "with", "llm", "--print"], False),
        (["-p", "with", "care"], True),
        (["play", "with", "me", "-p"], True),
        (["--config", "x.toml", "-p", "with"], True),
    ],
    ids=str,
)
def test_what_follows_with_is_for_the_program(args: list[str], is_prompt: bool) -> None:
    assert routed(args) == (["prompt", *args] if is_prompt else args)


@pytest.mark.parametrize("name", [*CLIENTS, "python3"])
def test_no_token_is_an_argument(name: str) -> None:
    wanted = pointed(name, AT)
    assert TOKEN in "".join(wanted.variables.values())
    assert TOKEN not in "".join(wanted.flags)
    assert AT.url in "".join((*wanted.variables.values(), *wanted.flags))


def test_a_configuration_that_goes_along_names_the_models() -> None:
    content = json.loads(pointed("opencode", AT).variables["OPENCODE_CONFIG_CONTENT"])
    assert list(content["provider"]["vibe"]["models"]) == [
        "auto", "big", "middle", "small", "strong",
    ]  # fmt: skip
    assert TOKEN not in json.dumps(content)


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        pytest.param({"A": "1", "OLD": "2"}, {"A": "1", "NEW": "3"}, id="what leads elsewhere"),
        pytest.param({"NEW": "1"}, {"NEW": "3"}, id="what is set already"),
        pytest.param(
            {"https_proxy": "http://p", "NO_PROXY": "x.example"},
            {
                "https_proxy": "http://p",
                "NEW": "3",
                "NO_PROXY": "x.example,127.0.0.1,localhost",
                "no_proxy": "127.0.0.1,localhost",
            },
            id="a proxy",
        ),
    ],
)
def test_the_environment_is_changed_in_this_alone(
    env: dict[str, str], expected: dict[str, str]
) -> None:
    assert environment(env, Pointed(variables={"NEW": "3"}, without=("OLD",))) == expected


def test_the_program_gets_its_flags_before_its_arguments(home: Path) -> None:
    file = home / "codex"
    file.write_text('#!/bin/sh\nfor each; do echo "$each"; done\n')
    file.chmod(0o755)
    path = f"{home}:{os.environ['PATH']}"
    code, out, _ = ran("codex", "exec", "-p", "--", "a b", home=home, env={"PATH": path})
    first, provider, second, table, *rest = out.splitlines()
    assert (code, first, provider, second) == (0, "-c", 'model_provider="vibe"', "-c")
    assert re.fullmatch(
        r'model_providers\.vibe=\{ name = "vibe", base_url = "http://127\.0\.0\.1:\d+/v1", '
        r'env_key = "GATEWAY_TOKEN_OF_VIBE", wire_api = "responses" \}',
        table,
    )
    assert rest == ["exec", "-p", "--", "a b"]


def test_the_pool_answers_the_program(tmp_path: Path) -> None:
    with serving(echo) as server:
        configured(tmp_path, server.api_base)
        answered = ran("python3", "-c", ASKS, home=tmp_path)
    assert answered == (0, "Hello there\n", "")
    assert {path.name for path in tmp_path.iterdir()} == {".config", ".local"}
    log = (tmp_path / ".local/state/vibe/vibe.log").read_text()
    assert "/v1/chat/completions" in log
    assert KEY not in log


@pytest.mark.parametrize(
    ("script", "code"), [("exit 7", 7), ("kill -TERM $$", -signal.SIGTERM), ("exit 0", 0)]
)
def test_the_program_ends_as_by_itself(script: str, code: int, home: Path) -> None:
    assert ran("sh", "-c", f"echo out; echo err >&2; {script}", home=home) == (
        code, "out\n", "err\n",
    )  # fmt: skip


def test_the_program_is_the_process_that_was_started(home: Path) -> None:
    started = process("with", "sh", "-c", "echo $$", home=home)
    assert started.communicate(timeout=60)[0] == f"{started.pid}\n"


@pytest.mark.parametrize("before", ["", "trap '' INT;"], ids=["as usual", "in the background"])
def test_the_program_finds_signals_as_a_shell_leaves_them(before: str, home: Path) -> None:
    def told(words: str) -> str:
        env = {"HOME": str(home), "PATH": os.environ["PATH"], **ENV}
        line = ["sh", "-c", f'{before} exec {words} sh -c "$0"', SIGNALS]
        return subprocess.run(line, env=env, capture_output=True, text=True, check=True).stdout

    assert told(f"{VIBE} with") == told("env")


def test_ctrl_c_is_for_the_program(home: Path) -> None:
    waits = "trap 'echo caught; exit 3' INT; echo ready; while :; do sleep 0.05; done"
    with on_terminal((str(VIBE), "with", "sh", "-c", waits), home=home, env=ENV) as terminal:
        terminal.until("ready")
        terminal.press("\x03")
        terminal.until("caught")
        assert terminal.ended() == 3


@pytest.mark.parametrize("end", [None, signal.SIGTERM, signal.SIGKILL], ids=str)
def test_nothing_is_left_running(end: signal.Signals | None, home: Path) -> None:
    started = process("with", "sh", "-c", WAITS, home=home)
    assert started.stdout
    assert started.stdin
    assert started.stdout.readline().startswith("http://127.0.0.1:")
    gateway = os.pidfd_open(gateway_of(home))
    if end:
        started.send_signal(end)
    else:
        started.stdin.write("\n")
        started.stdin.flush()
    started.communicate(timeout=60)
    assert select.select([gateway], [], [], 60)[0] == [gateway]
    os.close(gateway)
    assert started.returncode == (-end if end else 0)


def test_a_gateway_that_runs_is_used(home: Path) -> None:
    serve = process("serve", "--port", "0", home=home)
    assert serve.stderr
    url = serve.stderr.readline().split()[-1]
    while serve.stderr.readline().strip():
        pass
    other = home / "other.toml"
    shutil.copy(home / ".config/vibe/config.toml", other)
    shown = ("sh", "-c", 'echo "$ANTHROPIC_BASE_URL $ANTHROPIC_API_KEY"')
    token = (home / ".local/state/vibe/gateway.token").read_text().strip()
    assert ran(*shown, home=home) == (0, f"{url} {token}\n", "")
    assert url not in ran("--config", str(other), *shown, home=home)[1]
    serve.terminate()
    serve.communicate(timeout=60)
    assert url not in ran(*shown, home=home)[1]


def test_a_gateway_is_known_until_it_ends(tmp_path: Path) -> None:
    file, known = tmp_path / "gateway.json", Known(url="http://127.0.0.1:8082", config="/c.toml")
    assert running(file) is None
    held = announce(file, known)
    assert held
    assert running(file) == known
    assert announce(file, known) is None
    held.close()
    assert running(file) is None
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_gateway_of_all_addresses_is_reached_on_this_machine() -> None:
    addresses = ("http://0.0.0.0:1", "http://[::]:1", "http://localhost:1")
    assert tuple(map(near, addresses)) == ("http://127.0.0.1:1", "http://[::1]:1", addresses[2])
