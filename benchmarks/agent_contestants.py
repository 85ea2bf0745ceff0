"""Which assistants are measured, and how each is set up: as its own documentation shows it.

Each has a home of its own, an address on this machine for its provider, and a key of no account.
What would look for updates or plugins, or report, is switched off. The others are installed where
`--others` says. Nothing here runs a task.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from vibe import __version__

KEY_VARIABLE: Final = "BENCH_KEY"
ENVIRONMENT: Final = {KEY_VARIABLE: "key-of-no-account", "PI_OFFLINE": "1", "PI_TELEMETRY": "0"}
PACKAGES: Final = {"codex": "@openai/codex", "pi": "@mariozechner/pi-coding-agent"}
CODEX_MODEL: Final = "gpt-5.5"

VIBE_CONFIG: Final = f"""\
active_model = "bench"
[[providers]]
name = "bench"
api_base = "BASE"
api_key_env_var = "{KEY_VARIABLE}"
backend = "generic"
[[models]]
alias = "bench"
name = "test-model"
provider = "bench"
"""
CODEX_CONFIG: Final = f"""\
model_provider = "bench"
check_for_update_on_startup = false
[analytics]
enabled = false
[features]
plugins = false
[model_providers.bench]
name = "bench"
base_url = "BASE"
env_key = "{KEY_VARIABLE}"
wire_api = "responses"
supports_websockets = false
"""
PI_PROVIDER: Final[dict[str, object]] = {
    "baseUrl": "BASE",
    "api": "openai-completions",
    "apiKey": KEY_VARIABLE,
    "models": [{"id": "test-model"}],
}
PI_MODELS: Final = msgspec.json.encode({"providers": {"bench": PI_PROVIDER}}).decode()


class Contestant(Struct, frozen=True, kw_only=True):
    """What is started is `command` with a prompt behind it; `continues` stands between the two to
    go on with the last session of the folder.

    `files` are put into its home, with the provider's address for BASE. `trouble` says why it
    cannot be measured, "" if it can. One that only `speaks` is given no task.
    """

    label: str
    version: str
    command: tuple[str, ...]
    continues: tuple[str, ...]
    dialect: str
    files: Mapping[str, str]
    trouble: str = ""
    speaks: bool = False


def vibe() -> Contestant:
    program = str(Path(sys.executable).with_name("vibe"))
    return Contestant(
        label="vibe",
        version=f"vibe {__version__}",
        command=(program, "-p", "--approve", "auto"),
        continues=("--continue",),
        dialect="generic",
        files={".config/vibe/config.toml": VIBE_CONFIG},
    )


def codex(others: Path, model: str = "") -> Contestant:
    """Its default model calls tools from programs that it writes. Plain calls, as the provider
    makes them, are for older ones."""
    program, version, trouble = installed(others, "codex")
    with_model = ("--model", model) if model else ()
    return Contestant(
        label=f"codex with {model}" if model else "codex with its default",
        version="" if model else f"codex {version}",
        command=(
            *(program, "exec", "--skip-git-repo-check", "--sandbox", "workspace-write"),
            *with_model,
        ),
        continues=("resume", "--last"),
        dialect="responses",
        files={".codex/config.toml": CODEX_CONFIG},
        trouble=trouble,
        speaks=not model,
    )


def pi(others: Path) -> Contestant:
    program, version, trouble = installed(others, "pi")
    return Contestant(
        label="pi",
        version=f"pi {version}",
        command=(program, "-p", "--provider", "bench", "--model", "test-model"),
        continues=("--continue",),
        dialect="generic",
        files={".pi/agent/models.json": PI_MODELS},
        trouble=trouble,
    )


def installed(folder: Path, name: str) -> tuple[str, str, str]:
    """The program, its version, and the trouble with it; it is installed unless it is there."""
    program = folder.resolve() / "node_modules" / ".bin" / name
    try:
        if not program.exists():
            install = ["npm", "install", "--silent", "--prefix", str(folder), PACKAGES[name]]
            subprocess.run(install, check=True)
        subprocess.run([program, "--version"], check=True, capture_output=True)
        told = program.parents[1] / PACKAGES[name] / "package.json"
        version = msgspec.json.decode(told.read_bytes())["version"]
    except (OSError, subprocess.CalledProcessError) as error:
        return str(program), "missing", f"it could not be had: {error}"
    return str(program), version, ""
