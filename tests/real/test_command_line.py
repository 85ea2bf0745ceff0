"""The command line against llama.cpp, by a configuration file as a person writes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.drive import Outcome, vibe
from tests.real.tiny_model import CONTEXT_TOKENS
from vibe.assemble import Line

pytestmark = pytest.mark.real

CONFIG = """\
active_model = "local"

[[providers]]
name = "llama"
api_base = "{api_base}"
backend = "{backend}"

[[models]]
name = "tiny"
provider = "llama"
alias = "local"
"""


@pytest.fixture
def config(tmp_path: Path, line: Line) -> str:
    file = tmp_path / "config.toml"
    provider = line.provider
    file.write_text(CONFIG.format(api_base=provider.api_base, backend=provider.backend))
    return str(file)


def test_a_prompt_is_answered(tmp_path: Path, config: str) -> None:
    assert vibe("-p", "Hello.", "--config", config, home=tmp_path) == Outcome(
        code=0, out="Oslo is cold: 3 °C.\n", err=""
    )


def test_a_prompt_that_is_too_long_is_refused_with_a_remedy(tmp_path: Path, config: str) -> None:
    assert vibe("-p", "x" * 3000, "--config", config, home=tmp_path) == Outcome(
        code=1,
        out="",
        err="error: local: 400 context too long: request (3020 tokens) exceeds the available "
        "context size (2048 tokens), try increasing it\n"
        "  help: send less, or use a model with a larger window\n",
    )


def test_the_model_is_found_to_be_there(tmp_path: Path, config: str, line: Line) -> None:
    found = vibe("models", "--probe", "--json", "--config", config, home=tmp_path)
    assert (found.code, found.err) == (0, "")
    assert json.loads(found.out) == [
        {
            "alias": "local",
            "model": "tiny",
            "provider": "llama",
            "backend": line.provider.backend,
            "key": "none needed",
            "context_window": CONTEXT_TOKENS,
            "reachable": True,
            "offered": True,
            "failure": None,
            "detail": "",
        }
    ]
