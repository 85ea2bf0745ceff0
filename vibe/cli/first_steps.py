"""What bare `vibe` says before there is anything to chat with: what it found, and how to begin."""

from __future__ import annotations

from vibe.cli.context import Cli
from vibe.cli.terminal import Ink, Painted, joined
from vibe.config.discover import found_keys, found_servers
from vibe.config.load import Loaded
from vibe.errors import ExitCode


def first_steps(cli: Cli) -> ExitCode:
    """Print them; without a terminal there is no chat, and that is a usage error."""
    loaded = cli.load(allow_missing_keys=True)
    for line in _lines(cli, loaded):
        cli.terminal.talk(line)
    return ExitCode.USAGE


def _lines(cli: Cli, loaded: Loaded) -> list[Painted]:
    paint = cli.terminal.talk_paint
    file = str(cli.folders().config)
    lines = [
        joined([paint("vibe", "bold"), paint(" a coding assistant whose model is a pool")]),
        paint(""),
        paint("Found on this machine", "bold"),
    ]

    def row(mark: str, name: str, fact: str) -> None:
        ink: Ink = "green" if mark == "●" else "dim"
        lines.append(joined([paint(f"  {mark} ", ink), paint(f"{name:<16}{fact}")]))

    keys = found_keys(loaded.variables.environment, loaded.variables.dotenv)
    servers = found_servers(cli.world.connect)
    for key in keys:
        row("●", key.title, f"key in {key.variable}")
    for server in servers:
        row("●", server.title, f"listening on 127.0.0.1:{server.port}")
    if not keys:
        row("○", "keys", "none in the environment or .env, such as MISTRAL_API_KEY")
    if not servers:
        row("○", "local servers", "none on the usual ports (llama.cpp, Ollama, LM Studio, vLLM)")
    if loaded.files:
        errors = sum(problem.severity == "error" for problem in loaded.problems)
        state = "valid" if not errors else f"{errors} error{'s' if errors > 1 else ''}"
        row("●" if not errors else "!", "configuration", f"{file} ({state})")
    else:
        row("○", "configuration", f"none yet at {file}")
    lines += [paint(""), paint("First steps", "bold")]
    for command, purpose in _steps(loaded):
        lines.append(joined([paint(f"  {command:<28}", "blue"), paint(purpose)]))
    return lines


def _steps(loaded: Loaded) -> list[tuple[str, str]]:
    if not loaded.files:
        return [
            ('vibe -p "hello"', "ask the demo model, which needs no key and no network"),
            ("vibe config init", "write a first configuration from what was found"),
            ("vibe config validate", "check it: every problem with its line and its remedy"),
            ("vibe --help", "everything else"),
        ]
    return [
        ('vibe -p "hello"', "ask the active model"),
        ("vibe models --probe", "see whether each provider answers; spends no tokens"),
        ("vibe config validate", "check it: every problem with its line and its remedy"),
        ("vibe config show --origin", "what is in effect, and where each value comes from"),
        ("vibe config edit", "change it in your editor, checked on return"),
        ("vibe --help", "everything else"),
    ]
