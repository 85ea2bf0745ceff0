"""The pages that are made from the code: every key, every error code, the schema for editors.

`python -m vibe.config.reference docs/` writes configuration.md and errors.md. What a key or a code
means is said in schema.py and explanations.py; here stands only what no single key can say.
"""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias, cast

import msgspec
from msgspec import Struct

from vibe.config.codes import Code
from vibe.config.environment import variable_name
from vibe.config.explanations import explained
from vibe.config.failures_page import failures_section
from vibe.config.fields import Field, fields_of
from vibe.config.schema import Keys, Permissions, Settings
from vibe.domain.quirks import Quirks
from vibe.errors import ExitCode

Schema: TypeAlias = dict[str, object]

_MADE = "<!-- Made from the code: python -m vibe.config.reference docs/ -->"
_CONFIGURATION = """\
# Configuration

vibe reads `config.toml`. This page lists every key that the file may hold. [errors.md](errors.md)
lists everything that can be wrong with it.

## Where settings come from

The file is `~/.config/vibe/config.toml`, or `$XDG_CONFIG_HOME/vibe/config.toml` where that variable
is set. vibe runs on Linux and macOS; on Windows, in WSL. The option `--config PATH` and the
variable `VIBE_CONFIG` name another file. `vibe config path` tells which file
it is, and `vibe config init` writes a first one. Without a file, vibe runs on its defaults.

Settings come in layers. Each layer wins over those before it:

1. the defaults that this page tells,
2. your own `config.toml`,
3. the project's `.vibe/config.toml`, once you trust it,
4. variables that begin with `VIBE_`,
5. options of the command line.

Tables are merged key by key, providers by their `name`, models by their `alias`. Lists of rules add
up, so that no layer takes away what another forbids. The pool is taken whole from the last file
that has one, since its order has a meaning. `vibe config show --origin` tells of each value, and of
each rule, where it came from.

### Project files

A project's file could send your keys to another address, or allow what you would be asked about. So
vibe reads it only once you have run `vibe config trust` in that folder. Trust holds for the content
that the file has at that moment. After a change it is left out until you trust it again.

### Variables that set a key

Write `VIBE_`, then the path of the key in capitals, with `__` between its levels:
`VIBE_ACTIVE_MODEL`, `VIBE_MULTIPLEXER__MODE`. The items of a list are counted from 0, in the order
that they have when all files are merged. Single values can be set so, but no table and no list, nor
the texts of one: rules stand in files alone. A variable that is empty counts as not set.

### API keys and other secrets

`config.toml` names the variable that holds a key, never the key itself. vibe looks for the variable
in the environment, then in the file `.env` beside `config.toml`, which has one `NAME=value` a line.
Keep that file to yourself with `chmod 600 .env`. It may be a pipe, as password managers make one.

### References to variables

A text may refer to a variable as `${NAME}`, or as `${NAME:-default}` for when it is not set or
empty. vibe looks in the same two places. `$${NAME}` stands for the letters themselves. Names and
aliases are taken to the letter.

## How problems are told

`vibe config validate` tells everything that is wrong at once: file, line and column, a code, the
cause, and the corrected line where there is one. A key that nothing reads is told as well, with the
name that you may have meant. Errors exit with 2, warnings with 0, or with 1 under `--strict`.
`--json` prints the same for programs. vibe does not start with an error in its configuration.

`vibe config schema` prints a JSON Schema, with which editors complete and check the file as you
write it.
"""
_TABLES = """\
## The keys

The examples below, one after the other, are a whole file.
"""
_ERRORS = """\
# Error codes

Whatever vibe finds in a configuration, it tells as `FILE:LINE:COLUMN: error[CODE]: …`. This page
lists the codes, then [how providers fail](#when-a-provider-fails). The message names the very value
and line, and often shows the corrected line.

An *error* keeps vibe from starting, with exit code 2. A *warning* does not; under
`vibe config validate --strict` it exits with 1. A *note* changes nothing. The severity told here is
the usual one; a message can be milder or stricter where the case is.
"""
_GROUPS = {
    Code.FILE_MISSING: "The file",
    Code.TOML_STRING_OPEN: "Syntax",
    Code.TABLE_IS_LIST: "Tables and keys",
    Code.VALUE_TYPE: "Values",
    Code.ALIAS_DUPLICATE: "References",
    Code.URL_SCHEME: "Addresses and API keys",
    Code.UI_KEY_TWICE: "The chat",
    Code.GATEWAY_UNKNOWN_ALIAS: "The gateway",
    Code.PROJECT_UNTRUSTED: "Other layers",
}  # by the first code of each; the codes stand in the order of their groups
_EXIT_CODES = """\
## Exit codes

What every command of vibe tells its caller:

| code | meaning |
|---|---|
"""
_EXAMPLES = {
    "": """\
active_model = "devstral-2"
""",
    "providers[]": """\
[[providers]]
name = "mistral"
api_base = "https://api.mistral.ai/v1"
api_key_env_var = "MISTRAL_API_KEY"
backend = "mistral"
""",
    "providers[].quirks": """\
[providers.quirks]
stream_options = false
""",
    "models[]": """\
[[models]]
name = "mistral-vibe-cli-latest"
provider = "mistral"
alias = "devstral-2"
input_price = 0.4
output_price = 2.0

[[models]]
name = "devstral-small-latest"
provider = "mistral"
alias = "devstral-small"
input_price = 0.1
output_price = 0.3
""",
    "multiplexer": """\
[multiplexer]
enabled = true
mode = "failover"
""",
    "multiplexer.pool[]": """\
[[multiplexer.pool]]
model = "devstral-2"
max_concurrent = 3

[[multiplexer.pool]]
model = "devstral-small"
is_fallback = true
""",
    "permissions": """\
[permissions]
mode = "edits"
deny = ["bash(git push *)"]
ask = ["write(docs/**)"]
allow = ["bash(make *)"]
""",
    "sandbox": """\
[sandbox]
mode = "auto"
""",
    "gateway": """\
[gateway]
port = 8082
log = "json"
""",
    "gateway.models": """\
[gateway.models]
big = ["devstral-2"]
middle = ["devstral-2", "devstral-small"]
small = ["devstral-small"]
""",
    "ui": """\
[ui]
theme = "light"
""",
    "ui.keys": """\
[ui.keys]
mux = "f5, ctrl+x"
suspend = ""
""",
}
_QUIRKS = (
    "vibe knows the ways of Mistral, OpenAI, Anthropic, Groq, OpenRouter, Gemini, Together, "
    "DeepSeek, Cohere, Ollama, llama.cpp, vLLM and LM Studio by their address. For them, other "
    "values stand in the place of these defaults. A key that you write goes before both."
)
_RULES = (
    "[permissions.md](permissions.md#rules) tells how rules are written. The rules of a project's "
    "file that you trust add to your own."
)
_DERIVED = {"alias": "the `name`"}  # defaults that are made of another key


def configuration_page() -> str:
    """docs/configuration.md: every key with its type, range, default and meaning."""
    sections = (_table_section(dotted, table) for dotted, table in _tables(Settings))
    return "\n".join((_MADE, _CONFIGURATION, _TABLES, *sections))


def errors_page() -> str:
    """docs/errors.md: every error code, every way a provider fails, and the exit codes."""
    exits = "".join(f"| {code.value} | {code.meaning} |\n" for code in ExitCode)
    codes = (
        f"## {_GROUPS[code]}\n\n{_code_section(code)}" if code in _GROUPS else _code_section(code)
        for code in Code
    )
    return "\n".join((_MADE, _ERRORS, *codes, failures_section(), _EXIT_CODES + exits))


def json_schema() -> str:
    """What `vibe config schema` prints."""
    described = msgspec.json.schema(Settings)
    schema = _for_toml(described, cast("dict[str, Schema]", described["$defs"]))
    dialect = "https://json-schema.org/draft/2020-12/schema"
    whole = {"$schema": dialect, **schema, "title": "config.toml"}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def write_pages(folder: Path) -> None:
    (folder / "configuration.md").write_text(configuration_page(), encoding="utf-8")
    (folder / "errors.md").write_text(errors_page(), encoding="utf-8")


def _tables(table: type[Struct], dotted: str = "") -> Iterator[tuple[str, type[Struct]]]:
    """`table` and those below it, each with its path, in the order of the schema."""
    yield dotted, table
    for field in fields_of(table):
        if field.table is not None:
            inner = field.name + ("[]" if field.kind == "tables" else "")
            yield from _tables(field.table, f"{dotted}.{inner}".removeprefix("."))


def _table_section(dotted: str, table: type[Struct]) -> str:
    name = dotted.replace("[]", "")
    header = f"[[{name}]]" if dotted.endswith("[]") else f"[{name}]"
    title = f"`{header}`" if dotted else "The top of the file"
    about = _wrapped(table.__doc__ or "")
    if table is Quirks:
        about += "\n\n" + _wrapped(_QUIRKS)
    if table is Permissions:
        about += "\n\n" + _wrapped(_RULES)
    rows = "".join(_row(field) for field in fields_of(table))
    return f"""\
### {title}

{about}

| key | takes | default | meaning |
|---|---|---|---|
{rows}
```toml
{_EXAMPLES[dotted]}```
{_as_variable(dotted, table)}"""


def _as_variable(dotted: str, table: type[Struct]) -> str:
    """How a variable sets the first key of a table that one can set."""
    names = (each.name for each in fields_of(table) if each.table is None and each.kind != "list")
    name = next(names, None)
    if name is None:
        return ""
    variable = variable_name(f"{dotted}.{name}".removeprefix("."))
    counted = ", where 0 is the first of the list" if "[]" in dotted else ""
    return f"\nA key as a variable: `{variable}`{counted}.\n"


def _row(field: Field) -> str:
    return f"| `{field.name}` | {field.expected()} | {_default(field)} | {field.about} |\n"


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if field.name in _DERIVED:
        return _DERIVED[field.name]
    match field.default:
        case bool() | int() | float() | str():
            return f"`{json.dumps(field.default)}`"
        case () if field.kind == "list":
            return "`[]`"
        case _:
            return "not set"


def _code_section(code: Code) -> str:
    about = explained(code)
    told = _wrapped(f"*{about.severity}*: {about.cause}")
    return f"### {code}\n\n{told}\n\n{_wrapped(f'Remedy: {about.remedy}')}\n"


def _wrapped(text: str) -> str:
    """`text` in lines of at most 100 characters; what stands in backquotes is not broken."""
    held = re.sub(r"`[^`]*`", lambda code: code[0].replace(" ", "\0"), text)
    lines = textwrap.wrap(held, width=100, break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def _for_toml(schema: Schema, definitions: dict[str, Schema]) -> Schema:
    """`schema` without null, which TOML lacks, and without references: taplo skips their siblings.

    The default of a table goes as well, since each of its keys has its own.
    """
    name = str(schema.get("$ref", "")).removeprefix("#/$defs/")
    whole = {**definitions.get(name, {}), **schema}
    for alternative in cast("list[Schema]", whole.pop("anyOf", [])):
        if alternative != {"type": "null"}:
            whole |= alternative
    if "items" in whole:
        whole["items"] = _for_toml(cast("Schema", whole["items"]), definitions)
    if "properties" in whole:
        whole["properties"] = {
            key: _for_toml(_whole(key, inner), definitions)
            for key, inner in cast("dict[str, Schema]", whole["properties"]).items()
        }
    return {key: value for key, value in whole.items() if not _is_left_out(key, value)}


def _whole(key: str, schema: Schema) -> Schema:
    """The schema of a key, where msgspec's own does not tell everything."""
    if key in _DERIVED:
        return {**schema, "default": None}
    overrides = {"quirks": Quirks, "keys": Keys}.get(key)
    if overrides is None:
        return schema
    described = msgspec.json.schema(overrides)
    table = cast("dict[str, Schema]", described["$defs"])[overrides.__name__]
    properties = cast("dict[str, Schema]", table["properties"])
    without_defaults = {name: {**each, "default": None} for name, each in properties.items()}
    return {"description": schema["description"], **table, "properties": without_defaults}


def _is_left_out(key: str, value: object) -> bool:
    return (
        key in ("$ref", "$defs")
        or (key == "default" and (value is None or isinstance(value, dict)))
        or (key == "required" and not value)
    )


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]))
