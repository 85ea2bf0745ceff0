"""A first configuration on the disk, and the key that was pasted for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vibe.config.beginning import begin_with, keep_key, with_key
from vibe.config.dotenv import parse_dotenv
from vibe.config.known import OLLAMA, PROVIDERS, whose_key
from vibe.config.load import load_text
from vibe.config.starter import begun
from vibe.config.variables import Variables
from vibe.config.write import WriteError

KEY = "k-5Rw8canary0Qz"
MISTRAL, ANTHROPIC = PROVIDERS[:2]
KEYS = Variables(environment={each.variable: KEY for each in PROVIDERS})


@pytest.mark.parametrize(
    ("key", "names"),
    [
        pytest.param("sk-ant-api03-abc_DEF-1", ["anthropic"], id="anthropic"),
        pytest.param("sk-or-v1-0123456789abcdef", ["openrouter"], id="openrouter"),
        pytest.param("sk-proj-abc_DEF-123", ["openai"], id="openai"),
        pytest.param("sk-" + "a1B2" * 12, ["openai"], id="openai, an old one"),
        pytest.param("sk-" + "0a1b" * 8, ["deepseek"], id="deepseek"),
        pytest.param("gsk_abcDEF123", ["groq"], id="groq"),
        pytest.param("AIzaSyA-abc_123", ["google"], id="google"),
        pytest.param("tgp_v1_abc", ["together"], id="together"),
        pytest.param("A1b2" * 8, ["mistral"], id="mistral"),
        pytest.param("A1b2" * 10, ["cohere"], id="cohere"),
        pytest.param("whatever", [], id="nobody's"),
    ],
)
def test_a_key_tells_by_its_form_whose_it_is(key: str, names: list[str]) -> None:
    assert [each.name for each in whose_key(key)] == names


def test_several_make_a_pool_that_is_on() -> None:
    found = load_text(begun("", MISTRAL, ANTHROPIC, OLLAMA), name="c", variables=KEYS)
    assert found.problems == ()
    multiplexer = found.settings.multiplexer
    assert (multiplexer.enabled, multiplexer.mode) == (True, "failover")
    aliases = [MISTRAL.alias, ANTHROPIC.alias, OLLAMA.alias]
    assert [each.model for each in multiplexer.pool] == aliases


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('# mine\n[permissions]\nmode = "plan"\n', id="another table"),
        pytest.param(
            '[[providers]]\nname = "ollama"\napi_base = "http://127.0.0.1:11434/v1"\n',
            id="an account that is there already",
        ),
        pytest.param(
            '[[providers]]\nname = "acme"\napi_base = "http://127.0.0.1:9/v1"\n',
            id="another account",
        ),
    ],
)
def test_what_a_file_says_already_stays(text: str) -> None:
    more = begun(text, OLLAMA)
    assert [line for line in text.splitlines() if line not in more.splitlines()] == []
    found = load_text(more, name="c", variables=KEYS)
    assert (found.problems, found.settings.active_model) == ((), OLLAMA.alias)


def test_the_file_of_a_first_choice_is_the_persons_alone(tmp_path: Path) -> None:
    file = tmp_path / "vibe" / "config.toml"
    begin_with(file, MISTRAL)
    assert file.read_text() == begun("", MISTRAL)
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", f"A={KEY}\n", id="the first"),
        pytest.param("B=1", f"B=1\nA={KEY}\n", id="after one without a line end"),
        pytest.param("export A=old\nB=1\n", f"A={KEY}\nB=1\n", id="in the place of another"),
        pytest.param("AA=old\n", f"AA=old\nA={KEY}\n", id="of a name that only begins like it"),
    ],
)
def test_a_key_is_kept_under_its_name(before: str, after: str) -> None:
    assert with_key(before, "A", KEY) == after
    assert parse_dotenv(after, name=".env").values["A"] == KEY


def test_whoever_could_read_the_keys_cannot_any_more(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("B=1\n")
    file.chmod(0o644)
    keep_key(file, "A", KEY)
    assert (file.read_text(), file.stat().st_mode & 0o777) == (f"B=1\nA={KEY}\n", 0o600)


def test_a_pipe_in_the_place_of_the_file_stays_one(tmp_path: Path) -> None:
    os.mkfifo(file := tmp_path / ".env")
    with pytest.raises(WriteError) as caught:
        keep_key(file, "A", KEY)
    assert KEY not in str(caught.value)
