"""The reference pages and the JSON Schema: complete, and of one mind with what vibe accepts.

`complaints` checks as much of JSON Schema as the schema uses; an unknown keyword fails the test.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from vibe.config.codes import Code
from vibe.config.environment import overlay
from vibe.config.explanations import explained
from vibe.config.fields import dotted_keys
from vibe.config.known import LOCAL_SERVERS, PROVIDERS
from vibe.config.load import load_text
from vibe.config.reference import configuration_page, errors_page, json_schema
from vibe.config.schema import Settings
from vibe.config.starter import starter
from vibe.config.variables import Variables
from vibe.errors import ExitCode

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.toml"))
VARIABLES = Variables(environment={"MISTRAL_API_KEY": "k-5Rw8canary0Qz"})
SCHEMA: dict[str, Any] = json.loads(json_schema())
TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}
RULES: dict[str, Callable[[Any, Any], bool]] = {
    "type": lambda value, kind: type(value) in TYPES[kind],
    "enum": lambda value, choices: value in choices,
    "minimum": lambda value, bound: value >= bound,
    "exclusiveMinimum": lambda value, bound: value > bound,
    "maximum": lambda value, bound: value <= bound,
    "required": lambda value, keys: value.keys() >= set(keys),
}
NESTED = {"items", "properties", "additionalProperties"}
NOTES = {"$schema", "title", "description", "default"}


def complaints(schema: dict[str, Any], value: Any, at: str = "file") -> list[str]:
    """Where `value` does not conform to `schema`."""
    assert schema.keys() <= RULES.keys() | NESTED | NOTES
    for keyword, holds in RULES.items():
        if keyword in schema and not holds(value, schema[keyword]):
            return [f"{at}: {keyword} {schema[keyword]}"]
    found: list[str] = []
    for key, inner in parts(value):
        place = f"{at}.{key}"
        rule = schema.get("items") or schema.get("properties", {}).get(key)
        if rule is None and not schema["additionalProperties"]:
            found.append(f"{place}: unknown")
        else:
            found += complaints(rule or schema["additionalProperties"], inner, place)
    return found


def parts(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, dict):
        yield from cast("dict[str, Any]", value).items()
    elif isinstance(value, list):
        yield from enumerate(cast("list[Any]", value))


def keys_of(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """The keys that `schema` describes, in dotted form."""
    for name, inner in schema["properties"].items():
        dotted = f"{path}.{name}".removeprefix(".")
        if "properties" in inner.get("items", {}):
            yield from keys_of(inner["items"], f"{dotted}[]")
        elif "properties" in inner:
            yield from keys_of(inner, dotted)
        else:
            yield dotted


def test_the_eight_documented_set_ups_are_among_the_examples() -> None:
    assert len(EXAMPLES) >= 8


@pytest.mark.parametrize(
    "text",
    [
        *(pytest.param(each.read_text("utf-8"), id=each.stem) for each in EXAMPLES),
        *(pytest.param(starter(each), id=each.name) for each in (*PROVIDERS, *LOCAL_SERVERS)),
    ],
)
def test_what_vibe_documents_and_writes_conforms_to_the_schema(text: str) -> None:
    assert complaints(SCHEMA, tomllib.loads(text)) == []


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("mutliplexer = {}", "file.mutliplexer: unknown"),
        ("active_model = 1", "file.active_model: type string"),
        ("[[providers]]\nname = 'a'", "file.providers.0: required ['name', 'api_base']"),
        ("[providers]\nname = 'a'", "file.providers: type array"),
        ("[[multiplexer]]", "file.multiplexer: type object"),
        ("[multiplexer]\nenabled = 'yes'", "file.multiplexer.enabled: type boolean"),
        (
            "[multiplexer]\nmode = 'round_robin'",
            "file.multiplexer.mode: enum ['failover', 'load_balance', 'single']",
        ),
        ("[multiplexer]\nmax_wait_ms = -1", "file.multiplexer.max_wait_ms: minimum 0"),
        (
            "[multiplexer]\nmax_wait_ms = 86400001",
            "file.multiplexer.max_wait_ms: maximum 86400000",
        ),
        ("[multiplexer]\nmax_wait_ms = 1.5", "file.multiplexer.max_wait_ms: type integer"),
        (
            "[multiplexer]\nhealth_check_interval_s = 0",
            "file.multiplexer.health_check_interval_s: exclusiveMinimum 0",
        ),
        (
            "[[providers]]\nname = 'a'\napi_base = 'https://a.b/v1'\nheaders = { X = 1 }",
            "file.providers.0.headers.X: type string",
        ),
        ("[permissions]\ndeny = 'bash'", "file.permissions.deny: type array"),
        ("[permissions]\ndeny = [1]", "file.permissions.deny.0: type string"),
        (
            "[[models]]\nname = 'a'\nprovider = 'b'\ntemperature = 3",
            "file.models.0.temperature: maximum 2",
        ),
    ],
    ids=lambda text: text.splitlines()[-1],
)
def test_what_the_schema_refuses_vibe_complains_of_too(text: str, complaint: str) -> None:
    assert complaints(SCHEMA, tomllib.loads(text)) == [complaint]
    assert load_text(text, name="config.toml", variables=VARIABLES).problems != ()


def test_the_schema_describes_every_key_and_nothing_else() -> None:
    assert list(keys_of(SCHEMA)) == [dotted for dotted, _ in dotted_keys(Settings)]


def test_the_schema_says_what_each_key_means_and_holds_when_left_out() -> None:
    multiplexer = SCHEMA["properties"]["multiplexer"]["properties"]
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert [multiplexer[key] for key in ("max_wait_ms", "hedge_after_ms")] == [
        {
            "description": "How long a request waits when no entry can be used.",
            "type": "integer",
            "minimum": 0,
            "maximum": 86_400_000,
            "default": 120_000,
        },
        {
            "description": "Ask a second entry when the first is silent so long; off if left out.",
            "type": "integer",
            "minimum": 0,
            "maximum": 86_400_000,
        },
    ]


def test_the_schema_has_neither_null_nor_references() -> None:
    assert "null" not in json_schema()
    assert "$ref" not in json_schema()


def test_the_configuration_page_has_a_row_for_every_key() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", configuration_page(), re.MULTILINE)
    names = [dotted.rpartition(".")[2] for dotted, _ in dotted_keys(Settings)]
    tables = ["providers", "quirks", "models", "multiplexer", "pool", "permissions", "sandbox"]
    tables += ["ui", "keys", "gateway", "models"]
    assert sorted(rows) == sorted([*names, *tables])


def test_the_examples_of_the_configuration_page_are_a_whole_file() -> None:
    blocks = re.findall(r"```toml\n(.*?)```", configuration_page(), re.DOTALL)
    found = load_text("\n".join(blocks), name="config.toml", variables=VARIABLES)
    assert found.problems == ()
    assert [entry.model for entry in found.settings.multiplexer.pool] == [
        "devstral-2",
        "devstral-small",
    ]


def test_the_variables_of_the_configuration_page_set_something() -> None:
    names = re.findall(r"^A key as a variable: `(\w+)`", configuration_page(), re.MULTILINE)
    assert names == [
        "VIBE_ACTIVE_MODEL",
        "VIBE_PROVIDERS__0__NAME",
        "VIBE_PROVIDERS__0__QUIRKS__STREAM_OPTIONS",
        "VIBE_MODELS__0__NAME",
        "VIBE_MULTIPLEXER__ENABLED",
        "VIBE_MULTIPLEXER__POOL__0__MODEL",
        "VIBE_PERMISSIONS__MODE",
        "VIBE_SANDBOX__MODE",
        "VIBE_UI__THEME",
        "VIBE_UI__KEYS__SEND",
        "VIBE_GATEWAY__HOST",
    ]
    modes = {"VIBE_PERMISSIONS__MODE": "plan", "VIBE_SANDBOX__MODE": "off"}
    modes |= {"VIBE_UI__THEME": "light", "VIBE_UI__KEYS__SEND": "enter"}
    values = {**dict.fromkeys(names, "true"), **modes}
    assert overlay(values).problems == ()


def test_the_errors_page_explains_every_code_in_its_group() -> None:
    page = errors_page()
    told = re.findall(r"^### (\S+)\n\n\*(\w+)\*: ", page, re.MULTILINE)
    assert told == [(code.value, explained(code).severity) for code in Code]
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == [
        "The file",
        "Syntax",
        "Tables and keys",
        "Values",
        "References",
        "Addresses and API keys",
        "The chat",
        "The gateway",
        "Other layers",
        "When a provider fails",
        "Exit codes",
    ]


def test_the_errors_page_lists_every_exit_code() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", errors_page(), re.MULTILINE)
    assert rows == [(str(code.value), code.meaning) for code in ExitCode]


def test_prose_is_wrapped() -> None:
    lines = [*configuration_page().splitlines(), *errors_page().splitlines()]
    assert [line for line in lines if len(line) > 100 and not line.startswith("|")] == []


def test_the_pages_are_written_by_one_command(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "vibe.config.reference", str(tmp_path)], check=True)
    assert {file.name: file.read_text("utf-8") for file in tmp_path.iterdir()} == {
        "configuration.md": configuration_page(),
        "errors.md": errors_page(),
    }
