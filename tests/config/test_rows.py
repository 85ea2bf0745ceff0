"""Every way to get config.toml wrong: what is said, where, and that doing as told mends it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeAlias

import pytest
from msgspec import Struct

from tests.drive import corrected, vibe
from vibe.config.codes import Code

GOOD = """\
active_model = "strong"

[[providers]]
name = "mistral"
api_base = "https://api.mistral.ai/v1"
api_key_env_var = "MISTRAL_API_KEY"
backend = "mistral"

[[models]]
name = "mistral-vibe-cli-latest"
provider = "mistral"
alias = "strong"
input_price = 0.4

[[models]]
name = "devstral-small-latest"
provider = "mistral"
alias = "small"

[multiplexer]
enabled = true
mode = "failover"

[[multiplexer.pool]]
model = "strong"
weight = 70

[[multiplexer.pool]]
model = "small"
is_fallback = true
"""
KEY = {"MISTRAL_API_KEY": "k3y-for-tests"}


Told: TypeAlias = tuple[str, int | None, int | None]


class Row(Struct, frozen=True, kw_only=True):
    """`new` stands where `old` stood in GOOD; `told` is all that may be said, and where."""

    id: str
    old: str
    new: str
    told: tuple[Told, ...]
    says: tuple[str, ...]
    severity: str
    env: dict[str, str]

    @property
    def text(self) -> str:
        assert self.old in GOOD, self.old
        return GOOD.replace(self.old, self.new, 1)


def row(
    id: str,
    old: str,
    new: str,
    code: str,
    at: tuple[int, int] | None,
    *says: str,
    severity: str = "error",
    env: dict[str, str] = KEY,
    also: tuple[Told, ...] = (),
) -> Row:
    line, column = at or (None, None)
    told = tuple(sorted([(code, line, column), *also], key=lambda each: each[1] or 0))
    return Row(id=id, old=old, new=new, told=told, says=says, severity=severity, env=env)


MODE = 'mode = "failover"'
ENABLED = "enabled = true"
WEIGHT = "weight = 70"
BASE = '"https://api.mistral.ai/v1"'
PRICE = "input_price = 0.4"
BACKEND = 'backend = "mistral"'
OFF = GOOD.replace("enabled = true", "enabled = false")
THIRD = """
[[models]]
name = "mistral-tiny"
provider = "mistral"
alias = "NEW"

[multiplexer]
"""
ACTIVE = 'active_model = "strong"'

FALLBACK = "is_fallback = true\n"


def gateway(setting: str) -> str:
    return f"{FALLBACK}\n[gateway]\n{setting}\n"


def rules(setting: str) -> str:
    return f"{ACTIVE}\npermissions.{setting}"


ROWS = [
    # characters
    row("bare-cr", "[multiplexer]\n", "[multiplexer]\r", "text-line-ends", (20, 14)),
    row("latin-1", ACTIVE, ACTIVE + "  # caf\udce9", "text-encoding", (1, 31), "0xE9"),
    row("nul", ACTIVE, 'active_model = "str\0ong"', "text-control", (1, 20), "U+0000"),
    row("esc", ACTIVE, 'active_model = "str\x1bong"', "text-control", (1, 20), "U+001B"),
    row("escaped-esc", 'alias = "small"', 'alias = "small\\u001b"', "value-control", (18, 9)),
    # syntax
    row("open-string", 'backend = "mistral"', 'backend = "mistral', "toml-string-open", (7, 11)),
    row("open-long-string", BASE, '"""https://api.mistral.ai/v1', "toml-string-open", (5, 12)),
    row("open-array", WEIGHT, "weight = [70", "toml-bracket-open", (26, 10),
        also=(("value-type", 26, 10),)),
    row("open-table", BACKEND, 'headers = { X-Team = "a"', "toml-bracket-open", (7, 11)),
    row("extra", MODE, MODE + " enabled", "toml-extra", (22, 8)),
    row("bad-bare-word", WEIGHT, "???", "toml-invalid", (26, 1)),
    row("open-header", "[multiplexer]", "[multiplexer", "toml-header", (20, 1)),
    row("half-list-header", "[[models]]", "[[models]", "toml-header", (9, 1)),
    row("duplicate-key", MODE, MODE + '\nmode = "single"', "toml-duplicate", (23, 1), "line 22"),
    row("duplicate-table", "[[multiplexer.pool]]", "[multiplexer]\nmax_wait_ms = 5000\n\n"
        "[[multiplexer.pool]]", "toml-duplicate", (24, 1), "line 20"),
    row("smart-quotes", MODE, "mode = “failover”", "toml-smart-quotes", (22, 8)),
    row("windows-path", "backend = ", 'api_version = "C:\\Users"\nbackend = ', "toml-escape",
        (7, 15)),
    row("json-line", ACTIVE, '"active_model": "strong",', "toml-json", (1, 1)),
    row("yaml-line", ACTIVE, "active_model: strong", "toml-yaml", (1, 1)),
    row("deep", WEIGHT, "weight = " + "[" * 100 + "]" * 100, "toml-too-deep", (26, 73),
        ),
    row("huge", WEIGHT, "weight = " + "9" * 5000, "toml-number", (26, 10)),
    row("no-value", WEIGHT, "weight =", "toml-no-value", (26, 9)),
    row("no-equals", WEIGHT, "weight 70", "toml-no-equals", (26, 7)),
    row("comma", WEIGHT, "weight = 70,", "toml-number", (26, 10)),
    row("null", WEIGHT, "weight = null", "toml-no-value", (26, 10), "leave the key out"),
    # tables
    row("one-provider", "[[providers]]", "[providers]", "table-is-list", (3, 1),
        "providers is a list: write [[providers]]"),
    row("two-models", "[[models]]", "[models]", "table-is-list", (9, 1)),
    row("many-multiplexers", "[multiplexer]", "[[multiplexer]]", "table-is-one", (20, 1),
        "multiplexer is one table: write [multiplexer]"),
    # types and ranges
    row("unquoted-mode", MODE, "mode = failover", "toml-quotes", (22, 8)),
    row("True", ENABLED, "enabled = True", "toml-boolean", (21, 11)),
    row("yes", ENABLED, "enabled = yes", "toml-boolean", (21, 11)),
    row("quoted-true", ENABLED, 'enabled = "true"', "value-type", (21, 11), "true or false"),
    row("weight-text", WEIGHT, 'weight = "70"', "value-type", (26, 10), 'the text "70"'),
    row("weight-percent", WEIGHT, "weight = 70%", "toml-number", (26, 10)),
    row("weight-half", WEIGHT, "weight = 0.5", "value-type", (26, 10), "0.5", "ratio"),
    row("weight-negative", WEIGHT, "weight = -1", "value-range", (26, 10), "-1"),
    row("weight-nan", WEIGHT, "weight = nan", "value-type", (26, 10), "nan"),
    row("weight-true", WEIGHT, "weight = true", "value-type", (26, 10), "not true"),
    row("weight-date", WEIGHT, "weight = 1979-05-27", "value-type", (26, 10), "a date"),
    row("all-weights-0", MODE + "\n\n[[multiplexer.pool]]\n" + 'model = "strong"\n' + WEIGHT,
        'mode = "load_balance"\n\n[[multiplexer.pool]]\n' + 'model = "strong"\nweight = 0',
        "pool-no-weight", (26, 10), "no traffic could be routed"),
    row("pool-empty", GOOD[GOOD.index("\n[[multiplexer.pool]]") :], "", "pool-empty", (20, 1),
        "no traffic could be routed", "pool is empty; add"),
    row("only-fallbacks", WEIGHT, "is_fallback = true", "pool-no-primary", (26, 15),
        "at least one non-fallback model"),
    # references
    row("unknown-alias", '\nmodel = "strong"', '\nmodel = "strng"', "pool-unknown-alias", (25, 9),
        "unknown model alias", '"strong"', "known aliases"),
    row("model-name", '\nmodel = "strong"', '\nmodel = "mistral-vibe-cli-latest"',
        "pool-unknown-alias", (25, 9), "unknown model alias", 'its alias is "strong"'),
    row("active-unknown", ACTIVE, 'active_model = "stronk"', "active-unknown-alias", (1, 16),
        "unknown model alias"),
    row("pool-twice", 'model = "small"', 'model = "strong"', "pool-duplicate", (29, 9),
        "line 25"),
    row("alias-twice", "\n[multiplexer]\n", THIRD.replace("NEW", "STRONG"), "alias-duplicate",
        (23, 9), "line 12"),
    row("alias-unicode", "\n[multiplexer]\n", THIRD.replace("NEW", "ｓtrong"), "alias-duplicate",
        (23, 9), "line 12"),
    row("alias-by-name-twice", "\n[multiplexer]\n",
        THIRD.replace('alias = "NEW"', "").replace("mistral-tiny", "strong"), "alias-duplicate",
        (21, 8), "line 12"),
    row("alias-reserved-in-use", GOOD[GOOD.index('alias = "small"') :],
        GOOD[GOOD.index('alias = "small"') :].replace('"small"', '"auto"'), "alias-reserved",
        (18, 9)),
    row("provider-twice", "\n[[models]]", '\n[[providers]]\nname = "Mistral"\n'
        'api_base = "http://127.0.0.1:8080/v1"\n\n[[models]]', "provider-duplicate", (10, 8),
        "line 4"),
    row("provider-unknown", 'provider = "mistral"', 'provider = "mistrl"', "provider-unknown",
        (11, 12), '"mistral"', "line 4"),
    row("unknown-key", WEIGHT, "wieght = 70", "key-unknown", (26, 1), '"weight"',
        severity="warning"),
    row("unsafe-key", 'backend = "mistral"', "verify_ssl = false", "key-unsafe", (7, 1)),
    row("key-itself", 'backend = "mistral"', 'api_key = "sk-canary-0123456789abcdef"',
        "key-unsafe", (7, 1), "value hidden"),
    row("misplaced", MODE, MODE + '\nactive_model = "strong"', "key-misplaced", (23, 1),
        "active_model belongs to the top of the file; here it is inside [multiplexer]",
        ),
    row("top-under-table", MODE, "weight = 3\n" + MODE, "key-misplaced", (22, 1),
             "[[multiplexer.pool]]"),
    row("round-robin", MODE, 'mode = "round_robin"', "mode-unknown", (22, 8), "single",
        "failover", "load_balance", 'strategy = "round_robin"'),
    row("mode-typo", MODE, 'mode = "failovr"', "mode-unknown", (22, 8)),
    row("sandbox-mode", ACTIVE, f'{ACTIVE}\nsandbox.mode = "bwarp"', "value-choice", (2, 16),
        'mode must be one of "auto", "bwrap", "landlock", "off"', 'did you mean "bwrap"?'),
    row("sandbox-network", ACTIVE, f'{ACTIVE}\nsandbox.network = "yes"', "value-type", (2, 19),
        "network must be true or false"),
    row("sandbox-typo", ACTIVE, f"{ACTIVE}\nsandbox.netwrok = false", "key-unknown", (2, 1),
        'did you mean "network"?'),
    row("rule-tool", ACTIVE, rules('deny = ["bash(make)", "bsh(git push *)"]'), "rule-invalid",
        (2, 35), '"bsh(git push *)" is no rule', "write TOOL(…)"),
    row("rule-case", ACTIVE, rules('allow = ["Bash(git diff *)"]'), "rule-invalid", (2, 22)),
    row("rule-bracket", ACTIVE, rules('ask = ["write(docs/**"]'), "rule-invalid", (2, 20)),
    row("rule-blank", ACTIVE, rules('ask = ["write( docs )"]'), "rule-invalid", (2, 20)),
    row("rule-shell", ACTIVE, rules('deny = ["bash(make > log)"]'), "rule-invalid", (2, 21),
        "not made of plain words"),
    row("rule-home", ACTIVE, rules('deny = ["bash(cat ~/notes)"]'), "rule-invalid", (2, 21)),
    row("rule-nothing", ACTIVE, rules('deny = ["bash()"]'), "rule-invalid", (2, 21)),
    row("rule-alone", ACTIVE, rules('deny = ["git push"]'), "rule-invalid", (2, 21)),
    row("rule-number", ACTIVE, rules("deny = [7]"), "value-type", (2, 21),
        "an item of deny must be a text in quotes, not 7"),
    row("rule-list", ACTIVE, rules("deny = ['bash', ['read']]"), "value-type", (2, 29), "a list"),
    row("rule-variable", ACTIVE, rules('deny = ["read(${NOWHERE})"]'), "variable-unset", (2, 21)),
    row("rule-esc", ACTIVE, rules('deny = ["bash(a\\u001b)"]'), "value-control", (2, 21)),
    row("rules-text", ACTIVE, rules('deny = "bash(make)"'), "value-type", (2, 20),
        "deny must be a list of rules", '["bash(make)"]'),
    row("rules-text-bad", ACTIVE, rules('deny = "make"'), "value-type", (2, 20)),
    row("rules-table", ACTIVE, rules('deny = { bash = "make" }'), "value-type", (2, 20)),
    row("rules-headers", FALLBACK, f'{FALLBACK}\n[[permissions.deny]]\nbash = "make"\n',
        "value-type", (32, 1), "an item of deny must be a text in quotes, not a table"),
    row("rules-mode", ACTIVE, rules('mode = "atuo"'), "value-choice", (2, 20), '"auto"'),
    row("rules-typo", ACTIVE, rules('dney = ["bash"]'), "key-unknown", (2, 1), '"deny"'),
    row("rules-misplaced", MODE, f'{MODE}\ndeny = ["bash"]', "key-misplaced", (23, 1),
        "deny belongs to [permissions]; here it stands in [multiplexer]"),
    row("unknown-alias-far", '\nmodel = "strong"', '\nmodel = "third"', "pool-unknown-alias",
        (25, 9), "known aliases"),
    row("active-outside", GOOD[GOOD.index('model = "strong"\n' + WEIGHT) :], 'model = "small"\n',
        "active-not-in-pool", (1, 16), "will not be used unless chosen", severity="warning"),
    row("active-missing", GOOD, OFF.removeprefix(ACTIVE + "\n"), "active-missing", None),
    row("active-commented", GOOD, f"# {OFF}", "active-missing", None, "line 1"),
    row("active-unknown-alone", GOOD, OFF.replace("strong", "stronk", 1), "active-unknown-alias",
        (1, 16), "did you mean"),
    row("provider-off", BACKEND, BACKEND + "\nenabled = false", "provider-disabled", (26, 9),
        severity="warning", also=(("provider-disabled", 30, 9),)),
    row("required-name", 'name = "mistral"\n', "", "key-required", (3, 1), "has no name"),
    row("required-provider", 'provider = "mistral"\n', "", "key-required", (9, 1)),
    row("required-base", f"api_base = {BASE}\n", "", "key-required", (3, 1), "has no api_base"),
    row("misspelt-base", "api_base", "api_bse", "key-unknown", (5, 1), '"api_base"'),
    row("misspelt-name", 'name = "mistral"', 'nme = "mistral"', "key-unknown", (4, 1)),
    row("misspelt-provider", 'provider = "mistral"', 'provder = "mistral"', "key-unknown", (11, 1)),
    row("another-base", BACKEND, 'data_base = "prod"', "key-unsafe", (7, 1)),
    row("empty-base", BASE, '""', "value-empty", (5, 12)),
    row("empty-name", 'name = "mistral"', 'name = ""', "value-empty", (4, 8)),
    row("blank-alias", 'alias = "small"', 'alias = " small"', "value-empty", (18, 9)),
    row("tab-in-alias", 'alias = "small"', 'alias = "sm\\tall"', "value-control", (18, 9)),
    row("empty-active", ACTIVE, 'active_model = ""', "value-empty", (1, 16)),
    row("backend-unknown", BACKEND, 'backend = "mistrl"', "value-choice", (7, 11), '"mistral"'),
    row("azure", BACKEND, 'backend = "azure"', "api-version-missing", (7, 11)),
    row("variable-as-reference", '"MISTRAL_API_KEY"', '"${MISTRAL_API_KEY}"', "variable-syntax",
        (6, 19)),
    # keys
    row("key-unset", "", "", "api-key-missing", (6, 19), "Missing API key", "MISTRAL_API_KEY",
        '"mistral"', "line 25", env={}),
    row("key-empty", "", "", "api-key-missing", (6, 19), "Missing API key", "is empty",
        env={"MISTRAL_API_KEY": ""}),
    row("key-blank", "", "", "api-key-missing", (6, 19), "Missing API key",
        env={"MISTRAL_API_KEY": "  "}),
    row("key-newline", "", "", "api-key-missing", (6, 19), "Missing API key", "line break",
        env={"MISTRAL_API_KEY": "canary-key-1\n"}),
    row("key-quotes", "", "", "api-key-missing", (6, 19), "Missing API key", "quotes",
        env={"MISTRAL_API_KEY": '"canary-key-1"'}),
    row("key-placeholder", "", "", "api-key-missing", (6, 19), "Missing API key", "placeholder",
        env={"MISTRAL_API_KEY": "your-mistral-api-key"}),
    row("key-pasted", '"MISTRAL_API_KEY"', '"sk-canary-0123456789abcdef"', "api-key-pasted",
        (6, 19), "this looks like a key, not a variable name; value hidden"),
    row("key-pasted-plain", '"MISTRAL_API_KEY"', '"Zk3canary9QpLmN0xYvB7"', "api-key-pasted",
        (6, 19), "value hidden"),
    # addresses
    row("url-user", BASE, '"https://me:canary@api.mistral.ai/v1"', "url-credentials", (5, 12),
        "value hidden"),
    row("url-no-scheme", BASE, '"api.mistral.ai/v1"', "url-scheme", (5, 12)),
    row("url-localhost", BASE, '"localhost:8080/v1"', "url-scheme", (5, 12),
        "http://localhost:8080/v1"),
    row("url-htp", BASE, '"htp://api.mistral.ai/v1"', "url-scheme", (5, 12)),
    row("url-blank", BASE, '"https://api. mistral.ai/v1"', "url-invalid", (5, 12)),
    row("url-port-0", BASE, '"https://api.mistral.ai:0/v1"', "url-port", (5, 12)),
    row("url-port-big", BASE, '"https://api.mistral.ai:99999/v1"', "url-port", (5, 12)),
    row("url-file", BASE, '"file:///etc/passwd"', "url-scheme", (5, 12)),
    row("url-query", BASE, '"https://api.mistral.ai/v1?key=1"', "url-query", (5, 12)),
    row("url-endpoint", BASE, '"https://api.mistral.ai/v1/chat/completions"', "url-endpoint",
        (5, 12)),
    row("url-no-version", BASE, '"https://api.mistral.ai"', "url-no-version", (5, 12), "/v1",
        severity="warning"),
    row("url-plain", BASE, '"http://llm.example.com/v1"', "url-unencrypted", (5, 12),
        "the key would be sent unencrypted", severity="warning"),
    # durations, slots, prices, headers, variables
    row("ms-as-s", MODE, MODE + "\nrate_limit_disable_duration_ms = 60", "duration-short",
        (23, 34), "60 ms is very short; did you mean 60000 (60 s)?", severity="warning"),
    row("ms-negative", MODE, MODE + "\nmax_wait_ms = -5", "value-range", (23, 15),
        "from 0 to 86,400,000"),
    row("ms-huge", MODE, MODE + "\nmax_wait_ms = 1000000000000", "value-range", (23, 15)),
    row("ms-text", MODE, MODE + '\nmax_wait_ms = "60s"', "value-type", (23, 15)),
    row("ms-unit", MODE, MODE + "\nmax_wait_ms = 60s", "toml-number", (23, 15)),
    row("no-slots", WEIGHT, "max_concurrent = 0", "value-range", (26, 18), "unlimited"),
    row("price-negative", PRICE, "input_price = -1", "value-range", (13, 15)),
    row("price-nan", PRICE, "input_price = nan", "value-range", (13, 15)),
    row("header-crlf", 'backend = "mistral"', 'headers = { X-Team = "a\\r\\nEvil: 1" }',
        "header-invalid", (7, 22)),
    row("variable-unset", BASE, '"https://${NOWHERE}/v1"', "variable-unset", (5, 12), "NOWHERE",
        "$${"),
    row("variable-broken", BASE, '"https://${/v1"', "variable-syntax", (5, 12)),
    # the chat
    row("ui-key", BACKEND, BACKEND + '\n[ui.keys]\nmux = "ctrl+pgeup"', "value-choice", (9, 7),
        'did you mean "ctrl+pageup"?'),
    row("ui-action", BACKEND, BACKEND + '\n[ui.keys]\nmix = "f5"', "key-unknown", (9, 1),
        'did you mean "mux"?', severity="warning"),
    row("ui-twice", BACKEND, BACKEND + '\n[ui.keys]\nmux = "f5"\nmodel = "f5"', "ui-key-twice",
        (10, 9), "is given to mux already, in line 9", severity="warning"),
    # the gateway
    row("gateway-alias", FALLBACK, gateway('models.big = ["auto", "small", "strnog"]'),
        "gateway-unknown-alias", (33, 32), "unknown model alias", 'did you mean "strong"'),
    row("gateway-model-name", FALLBACK, gateway('models.small = ["devstral-small-latest"]'),
        "gateway-unknown-alias", (33, 17), 'its alias is "small" (line 18)'),
    row("gateway-auto", FALLBACK, gateway('models.small = ["small", "Auto"]'),
        "gateway-unknown-alias", (33, 26), 'did you mean "auto"?'),
    row("gateway-twice", FALLBACK, gateway('models.big = ["small", "strong", "small"]'),
        "gateway-model-twice", (33, 34), "already among the big models, in line 33",
        severity="warning"),
    row("gateway-host-url", FALLBACK, gateway('host = "http://127.0.0.1:8082/"'), "gateway-host",
        (33, 8), "the port is a key of its own"),
    row("gateway-host-port", FALLBACK, gateway('host = "[::1]:8082"'), "gateway-host", (33, 8)),
    row("gateway-host-empty", FALLBACK, gateway('host = ""'), "gateway-host", (33, 8)),
    row("gateway-host-all", FALLBACK, gateway('host = "*"'), "gateway-host", (33, 8),
        "from everywhere"),
    row("gateway-host-digits", FALLBACK, gateway('host = "127.0.0.256"'), "gateway-host", (33, 8)),
    row("gateway-open", FALLBACK, gateway('host = "0.0.0.0"'), "gateway-open", (33, 8),
        "it still needs the token", severity="note"),
    row("gateway-open-name", FALLBACK, gateway('host = "gpu-box"'), "gateway-open", (33, 8),
        severity="note"),
    row("gateway-allowed-port", FALLBACK, gateway('allowed_hosts = ["me.example:8082"]'),
        "gateway-allowed-host", (33, 18), "no scheme, port or *"),
    row("gateway-allowed-url", FALLBACK, gateway('allowed_hosts = ["a", "https://me.example/v1"]'),
        "gateway-allowed-host", (33, 23)),
    row("gateway-allowed-all", FALLBACK, gateway('allowed_hosts = ["me.example", "*"]'),
        "gateway-allowed-host", (33, 32)),
    row("gateway-allowed-pattern", FALLBACK, gateway('allowed_hosts = ["*.example", "b"]'),
        "gateway-allowed-host", (33, 18)),
    row("gateway-origin-path", FALLBACK, gateway('allowed_origins = ["https://me.example/"]'),
        "gateway-origin", (33, 20), "scheme://host"),
    row("gateway-origin-bare", FALLBACK, gateway('allowed_origins = ["localhost:3000"]'),
        "gateway-origin", (33, 20)),
    row("gateway-origin-case", FALLBACK, gateway('allowed_origins = ["https://Me.Example:443"]'),
        "gateway-origin", (33, 20)),
    row("gateway-origin-all", FALLBACK, gateway('allowed_origins = ["*"]'), "gateway-origin",
        (33, 20), "any web page"),
    row("gateway-origin-null", FALLBACK, gateway('allowed_origins = ["null", "https://a.b"]'),
        "gateway-origin", (33, 20), "any web page"),
    row("gateway-origin-blank", FALLBACK, gateway('allowed_origins = ["a b"]'), "gateway-origin",
        (33, 20), "is no origin"),
    row("ui-taken", BACKEND, BACKEND + '\n[ui.keys]\nmux = "f3"', "ui-key-taken", (9, 7),
        'model = ""', severity="warning"),
]  # fmt: skip


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_bytes(text.encode("utf-8", "surrogateescape"))
    return file


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_mistake_is_named_with_its_place_and_nothing_else_is(row: Row, tmp_path: Path) -> None:
    file = write(tmp_path, row.text)
    machine = vibe("config", "validate", "--json", str(file), home=tmp_path, env=row.env)
    found = json.loads(machine.out)
    assert tuple((each["code"], each["line"], each["column"]) for each in found) == row.told
    assert {each["severity"] for each in found} == {row.severity}
    assert machine.code == (2 if row.severity == "error" else 0)
    told = vibe("config", "validate", str(file), home=tmp_path, env=row.env)
    for code, line, column in row.told:
        place = f"{file}:{line}:{column}" if line else str(file)
        assert f"{place}: {row.severity}[{code}]: " in told.out
    for words in row.says:
        assert words in told.out
    assert "canary" not in told.out + told.err + machine.out + machine.err


# Nobody but the person can know what was meant; what to do is said in words.
NO_FIX = frozenset(
    {
        "url-file", "deep", "required-base", "empty-name", "empty-active", "variable-unset",
        "variable-broken", "variable-cycle", "key-unset", "key-empty",
        "key-blank", "key-newline", "key-quotes", "key-placeholder", "empty-base",
        "rule-shell", "rule-home", "rule-nothing", "rule-alone", "rule-number", "rule-list",
        "rule-variable", "rules-text-bad", "rules-table", "rules-headers",
    }
)  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_doing_as_printed_mends_it(row: Row, tmp_path: Path) -> None:
    file = write(tmp_path, row.text)
    told = vibe("config", "validate", str(file), home=tmp_path, env=row.env)
    assert ("   fix: " in told.out) == (row.id not in NO_FIX), told.out
    if row.id in NO_FIX:
        assert "  help: " in told.out
        return
    text = file.read_bytes().decode("utf-8", "surrogateescape")
    write(tmp_path, corrected(text, told.out))
    again = vibe("config", "validate", "--strict", str(file), home=tmp_path, env=row.env)
    assert (again.code, again.out.count("\n")) == (0, 1), told.out + again.out


@pytest.mark.parametrize("name", ["key-unset", "key-empty", "key-placeholder"])
def test_setting_the_variable_as_told_mends_a_missing_key(name: str, tmp_path: Path) -> None:
    row = next(row for row in ROWS if row.id == name)
    file = write(tmp_path, row.text)
    told = vibe("config", "validate", str(file), home=tmp_path, env=row.env)
    assert "   run: export MISTRAL_API_KEY=…" in told.out
    assert vibe("config", "validate", "--strict", str(file), home=tmp_path, env=KEY).code == 0


# Told of files, of the environment and of other layers, where there is no line to change.
ELSEWHERE = frozenset(
    {
        Code.FILE_MISSING, Code.FILE_EMPTY, Code.FILE_BOM, Code.FILE_TOO_LARGE,
        Code.FILE_NOT_REGULAR, Code.FILE_LINK_LOOP, Code.FILE_UNREADABLE, Code.FILE_FOREIGN_OWNER,
        Code.FILE_WRITABLE_BY_ALL, Code.DOTENV_INVALID, Code.DOTENV_EXPOSED,
        Code.PROJECT_UNTRUSTED, Code.ENVIRONMENT_UNKNOWN, Code.VARIABLE_CYCLE,
    }
)  # fmt: skip


def test_every_code_has_a_row() -> None:
    told = {code for row in ROWS for code, _, _ in row.told}
    assert told == {code.value for code in Code} - {code.value for code in ELSEWHERE}


def test_the_sound_file_is_told_in_one_line(tmp_path: Path) -> None:
    file = write(tmp_path, GOOD)
    outcome = vibe("config", "validate", str(file), home=tmp_path, env=KEY)
    assert outcome.code == 0
    assert outcome.out == (
        f"{file}: valid: 1 provider, 2 models, failover over a pool of 2: 1 primary, 1 fallback\n"
    )
