"""`vibe config import`: where it writes, what it refuses, and what it never shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.drive import Outcome, vibe

GUIDE = """\
{
  "providers": [
    {
      "name": "openai",
      "api_key": "${OPENAI_API_KEY}",
      "base_url": "https://api.openai.com/v1",
      "models": { "big": ["gpt-4o"] }
    }
  ]
}
"""
MADE = """\
active_model = "openai/gpt-4o"

[[providers]]
name = "openai"
api_base = "https://api.openai.com/v1"
api_key_env_var = "OPENAI_API_KEY"
backend = "generic"

[[models]]
name = "gpt-4o"
provider = "openai"
alias = "openai/gpt-4o"

[multiplexer]
enabled = true
mode = "failover"

[[multiplexer.pool]]
model = "openai/gpt-4o"

[gateway.models]
big = ["openai/gpt-4o"]
"""
KEY = {"OPENAI_API_KEY": "k-5Rw8canary0Qz"}


def config_in(home: Path) -> Path:
    return home / ".config" / "vibe" / "config.toml"


def imported(home: Path, text: str | bytes, *options: str, name: str = "in.json") -> Outcome:
    (home / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return vibe("config", "import", name, *options, home=home, env=KEY)


def test_it_is_printed_and_nothing_is_written(tmp_path: Path) -> None:
    assert imported(tmp_path, GUIDE) == Outcome(code=0, out=MADE, err="")
    assert not config_in(tmp_path).exists()


def test_it_is_written_where_the_configuration_belongs(tmp_path: Path) -> None:
    file = config_in(tmp_path)
    assert imported(tmp_path, GUIDE, "--write") == Outcome(code=0, out="", err=f"wrote {file}\n")
    assert file.read_text("utf-8") == MADE
    assert file.stat().st_mode & 0o777 == 0o600
    assert vibe("config", "validate", "--strict", home=tmp_path, env=KEY).code == 0


def test_it_is_written_where_config_says(tmp_path: Path) -> None:
    imported(tmp_path, GUIDE, "--write", "--config", "team.toml")
    assert (tmp_path / "team.toml").read_text("utf-8") == MADE


def test_what_is_there_stays_unless_it_is_forced_and_then_beside_it(tmp_path: Path) -> None:
    file = config_in(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text("# mine\n")
    assert imported(tmp_path, GUIDE, "--write") == Outcome(
        code=2,
        out="",
        err=f"error: {file} exists already; nothing was changed\n"
        "  help: without --write it is printed; --force keeps the old one beside the new\n",
    )
    assert file.read_text("utf-8") == "# mine\n"
    for number, old in enumerate(("# mine\n", MADE), start=1):
        kept = file.with_name(f"config.toml.old{number}")
        outcome = imported(tmp_path, GUIDE, "--write", "--force")
        assert (outcome.code, outcome.out) == (0, "")
        assert outcome.err == f"kept the old one as {kept}\nwrote {file}\n"
        assert (file.read_text("utf-8"), kept.read_text("utf-8")) == (MADE, old)


def test_an_empty_file_is_nothing_to_keep(tmp_path: Path) -> None:
    file = config_in(tmp_path)
    file.parent.mkdir(parents=True)
    file.write_text("\n")
    assert imported(tmp_path, GUIDE, "--write").code == 0
    assert file.read_text("utf-8") == MADE


def test_the_environment_is_imported_without_its_values(tmp_path: Path) -> None:
    env = {
        "OPENAI_API_KEY": "sk-canary0123456789abcdef",
        "BIG_MODEL": "gpt-4o",
        "MIDDLE_MODEL": "gpt-4.1",
        "SMALL_MODEL": "gpt-4o-mini",
        "CUSTOM_HEADER_X_TEAM": "canary-of-the-team",
        "HOST": "my-laptop",
        "PORT": "9000",
        "EDITOR": "vi",
    }
    outcome = vibe("config", "import", "--env", home=tmp_path, env=env)
    assert outcome.code == 0
    assert 'middle = ["openai/gpt-4.1"]' in outcome.out
    assert "[gateway]\nport = 9000\n" in outcome.out
    assert 'X-TEAM = "${CUSTOM_HEADER_X_TEAM}"' in outcome.out
    assert "canary" not in outcome.out + outcome.err
    assert outcome.err == (
        "environment: note: HOST is no address\n  help: shells set it, too; it is left out\n"
    )


def test_an_environment_without_a_proxy_is_told(tmp_path: Path) -> None:
    assert vibe("config", "import", "--env", home=tmp_path) == Outcome(
        code=2,
        out="",
        err="error: environment: it sets none of the variables of such a proxy\n"
        "  help: it would be one such as OPENAI_API_KEY, OPENAI_BASE_URL or BIG_MODEL\n",
    )


def test_what_comes_out_unsound_is_printed_and_never_written(tmp_path: Path) -> None:
    text = GUIDE.replace("https://api.openai.com/v1", "${OPENAI_BASE_URL}")
    (tmp_path / "in.json").write_text(text)
    env = {**KEY, "OPENAI_BASE_URL": "file:///etc"}
    outcome = vibe("config", "import", "in.json", "--write", home=tmp_path, env=env)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"{config_in(tmp_path)}:5:12: error[url-scheme]: " in outcome.err
    assert not config_in(tmp_path).exists()
    assert vibe("config", "import", "in.json", home=tmp_path, env=env).out.startswith("active_")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(b"", "in.json:1: the file must be a table, not null", id="empty"),
        pytest.param(b"{}", "in.json:1: this is none of the configurations", id="nothing known"),
        pytest.param(b"[1, 2]", "in.json:1: the file must be a table, not a list", id="a list"),
        pytest.param(b'{"providers": 7}', "in.json:1: it names no provider", id="a number"),
        pytest.param(b'{"providers": [7]}', "in.json:1: a provider must be a table", id="no table"),
        pytest.param(b'{"providers": [{}]}', "in.json:1: a provider has no name", id="no name"),
        pytest.param(
            b'{"a": 1,\n"a": 2}', 'in.json:2: the key "a" stands twice, first in line 1', id="twice"
        ),
        pytest.param(b'{"a": NaN}', "in.json:1: a value is neither a number", id="nan"),
        pytest.param(b'{"a": 1e999}', "in.json:1: a number is too large", id="infinity"),
        pytest.param(b'{"a": ' + b"9" * 5000, "in.json:1: a number has more than", id="digits"),
        pytest.param(b'{"a":' * 9000, "in.json:1: brackets nest deeper than 64 levels", id="deep"),
        pytest.param(b"- " * 9000, "in.json:1: values nest deeper than 64 levels", id="deep yaml"),
        pytest.param(b'{"a": "x\x00"}', "in.json:1:9: invisible control character", id="nul"),
        pytest.param(b'{"a": "x\x1b]52;c;Zg==\x07"}', "in.json:1:9: invisible", id="escape"),
        pytest.param(b'{"a": "\xff"}', "in.json:1:8: not UTF-8: byte 0xFF", id="latin-1"),
        pytest.param(b'{"a": 1}\r{}', "in.json:1:9: a line ends in a bare carriage", id="cr"),
        pytest.param(b"[" * 10_000_000, "in.json: this file is larger than 1 MB", id="10 MB"),
        pytest.param(b"{" * 900_000, "in.json:1: a key in double quotes belongs", id="1 MB"),
        pytest.param(b"a: &x 1\nb: *x\n", "in.json:1: an anchor (&) cannot be read", id="anchor"),
        pytest.param(b"a: |\n  b\n", "in.json:1: a text over several lines (|)", id="block text"),
        pytest.param(b"a:\n\t- b\n", "in.json:2: a tab indents this line", id="tab"),
        pytest.param(b"a: 1\n b: 2\n", "in.json:2: this line goes on with a text", id="indented"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(text: bytes, expected: str, tmp_path: Path) -> None:
    outcome = imported(tmp_path, text, "--write")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {expected}")
    assert len(outcome.err.splitlines()) <= 2
    assert not config_in(tmp_path).exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param([], "name a FILE, or --env", id="neither"),
        pytest.param(["in.json", "--env"], "name a FILE, or --env", id="both"),
        pytest.param(["--env", "--force"], "--force goes with --write", id="force alone"),
        pytest.param(["absent.json"], "absent.json: there is no such file", id="no file"),
        pytest.param(["."], ".: this is a folder, not a file", id="a folder"),
        pytest.param(["/dev/zero"], "/dev/zero: this is a device, not a file", id="a device"),
    ],
)
def test_what_names_nothing_to_import_is_told(
    arguments: list[str], expected: str, tmp_path: Path
) -> None:
    outcome = vibe("config", "import", *arguments, home=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith(f"error: {expected}\n")


def test_what_a_file_says_in_its_names_cannot_act_on_the_terminal(tmp_path: Path) -> None:
    provider = json.loads(GUIDE)["providers"][0]
    hostile: dict[str, object] = {
        **provider,
        "name": "a\x1b[2J\u202e\nb",
        "\x9b31m": 1,
        "models": {"\x1b[H": 1},
    }
    outcome = imported(tmp_path, json.dumps({"providers": [hostile]}))
    assert outcome.code == 0  # `vibe` itself sees that no control came through
    assert 'name = "a\\\\nb"' in outcome.out
