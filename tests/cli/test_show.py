"""`vibe config show` is TOML that says what is in effect, and nothing that is not."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from tests.config.seeds import EXAMPLES, KEYS
from tests.config.test_rows import GOOD, KEY
from tests.drive import vibe
from vibe.config.load import load_text
from vibe.config.schema import Settings
from vibe.config.variables import Variables

ENV = {**KEY, **dict.fromkeys(KEYS, "k3y-for-tests"), "LITERALLY": "${X}"}


def with_file(home: Path, text: str) -> Path:
    file = home / ".config" / "vibe" / "config.toml"
    file.parent.mkdir(parents=True)
    file.write_text(text)
    file.chmod(0o600)
    return file


def shown(home: Path, *options: str, env: dict[str, str] = ENV) -> str:
    return vibe("config", "show", *options, home=home, env=env).out


def told(value: object) -> Any:
    """`value` as TOML can say it, with the headers hidden."""
    if isinstance(value, list | tuple):
        return [told(each) for each in cast("tuple[object, ...]", value)]
    if not isinstance(value, dict):
        return value
    return {
        name: dict.fromkeys(each, "***") if name == "headers" else told(each)
        for name, each in cast("dict[str, Any]", value).items()
        if each not in (None, {}, [], ())
    }


def expected(text: str) -> Any:
    loaded = load_text(text, name="config.toml", variables=Variables(environment=ENV))
    return told(msgspec.to_builtins(loaded.require()))


CONFIGURATIONS = {
    "nothing": "",
    "pool": GOOD,
    **EXAMPLES,
    "strings": GOOD.replace("devstral-small-latest", r"a\\b\"c'd \u00e9 \U0001F600 # [x]"),
    "hidden characters": GOOD.replace("devstral-small-latest", r"a\u200bb\u00adc\u2060\ufeff"),
    "tab": GOOD.replace("api_base", 'api_version = "a\\tb"\napi_base'),
    "dollars": GOOD.replace("api_base", 'api_version = "$${X} ${LITERALLY}"\napi_base'),
    "headers": GOOD.replace(
        "api_base",
        'headers = { X-Team = "shop", X-Api-Key = "k3y-of-the-team", '
        '"X.Team" = "a", "x_1" = "b", "!#$%&\'*+^`|~" = "c" }\n'
        "api_base",
    ),
    "quirks": GOOD.replace(
        "[[models]]",
        '[providers.quirks]\nprefill = true\nmax_tokens_key = "max_tokens"\n\n[[models]]',
        1,
    ),
    "rules": GOOD
    + """
[permissions]
mode = "edits"
deny = ["bash(git push *)", "bash(rm '*' \\"a\\\\\\" b\\")"]
allow = ["write(docs/**)"]
""",
    "numbers": GOOD.replace(
        "input_price = 0.4",
        "input_price = 1e-7\noutput_price = 1e3\ntemperature = 2\ncontext_window = 1_000_000",
    ),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_what_is_shown_is_toml_equal_to_the_settings(name: str, tmp_path: Path) -> None:
    with_file(tmp_path, CONFIGURATIONS[name])
    wanted = expected(CONFIGURATIONS[name])
    as_json = json.loads(shown(tmp_path, "--json"))
    assert [
        told(tomllib.loads(shown(tmp_path))),
        told(tomllib.loads(shown(tmp_path, "--origin"))),
        told(as_json),
    ] == [wanted] * 3


def test_no_configuration_is_shown_as_the_defaults(tmp_path: Path) -> None:
    assert told(tomllib.loads(shown(tmp_path))) == told(msgspec.to_builtins(Settings()))


@pytest.mark.parametrize(
    ("old", "new", "gone"),
    [
        ('name = "mistral"\n', "", 'name = ""'),
        ('model = "small"', "", 'model = ""'),
        ('name = "devstral-small-latest"\n', "", 'name = ""'),
        ('name = "devstral-small-latest"\nprovider = "mistral"\nalias = "small"', "", 'alias = ""'),
        ('mode = "failover"', 'mode = "fallover"', 'mode = "fallover"'),
        ("weight = 70", "weight = -1", "weight = -1"),
    ],
    ids=["provider", "entry", "model", "empty model", "bad mode", "bad weight"],
)
def test_what_is_missing_or_refused_is_left_out(
    old: str, new: str, gone: str, tmp_path: Path
) -> None:
    with_file(tmp_path, GOOD.replace(old, new, 1))
    outcome = vibe("config", "show", "--origin", home=tmp_path, env=ENV)
    assert (outcome.code, gone in outcome.out) == (2, False)
    tomllib.loads(outcome.out)


def test_a_value_of_dotenv_is_no_secret_by_standing_there(tmp_path: Path) -> None:
    file = with_file(tmp_path, GOOD)
    file.with_name(".env").write_text("MODE=failover\nPLACE=api.mistral.ai\n")
    file.with_name(".env").chmod(0o600)
    mode = vibe("config", "get", "multiplexer.mode", home=tmp_path, env=ENV)
    assert (mode.out, told(tomllib.loads(shown(tmp_path)))) == ("failover\n", expected(GOOD))
