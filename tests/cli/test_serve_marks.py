"""Whether a `vibe serve` that runs would do: what counts of a configuration, and who is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.gateways import READ, Served, served
from tests.cli.running import process
from tests.cli.serving import KEY, configured
from vibe.cli.serve_known import Known, announce, running, tell
from vibe.cli.serve_marks import differing, marks_of
from vibe.config.load import Loaded, load_text
from vibe.config.variables import Variables
from vibe.secret import Secret

NOWHERE = "http://127.0.0.1:9/v1"
TOKEN = Secret("sk-vibe-0123456789abcdef0123")
TEXT = """
active_model = "strong"

[[providers]]
name = "acme"
api_base = "https://acme.example/v1"
api_key_env_var = "ACME_KEY"
headers = { X-Team = "canary-header-5521" }

[[models]]
name = "strong-1"
provider = "acme"
alias = "strong"
"""


def loaded(text: str = TEXT, key: str = KEY) -> Loaded:
    variables = Variables(environment={"ACME_KEY": key} if key else {})
    return load_text(text, name="config.toml", variables=variables, allow_missing_keys=True)


RUNS = marks_of(loaded(), TOKEN)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        pytest.param(loaded(), (), id="the same"),
        pytest.param(loaded(f"# as it was\n{TEXT}"), (), id="another word for it"),
        pytest.param(loaded(f'{TEXT}\n[ui]\ntheme = "light"'), (), id="what only a screen shows"),
        pytest.param(
            loaded(f'{TEXT}\n[gateway]\nport = 1\nlog = "json"'), (), id="where, not what"
        ),
        pytest.param(loaded(key=""), (), id="no key here"),
        pytest.param(loaded(key=f"{KEY}x"), ("the key of acme",), id="another key"),
        pytest.param(loaded(TEXT.replace("-5521", "-5522")), ("providers",), id="a header"),
        pytest.param(
            loaded(TEXT.replace('"strong"', '"weak"')), ("active_model", "models"), id="an alias"
        ),
        pytest.param(
            loaded(f"{TEXT}\n[multiplexer]\nmax_wait_ms = 1"), ("multiplexer",), id="the pool"
        ),
        pytest.param(
            loaded(f'{TEXT}\n[gateway.models]\nbig = ["strong"]'), ("gateway",), id="the names"
        ),
    ],
)
def test_another_is_what_would_be_answered_otherwise(
    wanted: Loaded, expected: tuple[str, ...]
) -> None:
    assert differing(marks_of(wanted, TOKEN), RUNS) == expected


def test_with_another_token_nothing_is_the_same() -> None:
    assert differing(RUNS, marks_of(loaded(), Secret("x" * 24))) == tuple(RUNS)


def test_what_is_told_anew_takes_the_place_of_the_old(tmp_path: Path) -> None:
    file = tmp_path / "gateway.json"
    long, short = (Known(url="http://a", config="/c", marks={"models": m}) for m in ("long", "s"))
    held = announce(file, long)
    assert held
    tell(held, short)
    assert running(file) == short
    held.close()


# With real processes.


@pytest.fixture
def home(tmp_path: Path) -> Path:
    configured(tmp_path, NOWHERE)
    return tmp_path


def reached(home: Path, **env: str) -> tuple[str, str]:
    """The address that a program gets, and what is said on the way to it."""
    started = process("with", "sh", "-c", 'echo "$ANTHROPIC_BASE_URL"', home=home, env=env)
    out, err = started.communicate(timeout=60)
    return out.strip(), err


def other(*names: str) -> str:
    return (
        f"warning: the vibe serve that runs has another configuration ({', '.join(names)}), "
        "so this program gets a gateway of its own\n"
    )


def is_used(gateway: Served, home: Path, **env: str) -> bool:
    url, said = reached(home, **env)
    assert (url == gateway.url) == (said == "")
    return url == gateway.url


def test_a_gateway_of_another_configuration_is_not_used(home: Path) -> None:
    with served(home) as gateway:
        assert reached(home) == (gateway.url, "")
        url, said = reached(home, VIBE_MULTIPLEXER__MAX_WAIT_MS="7", TEST_API_KEY=f"{KEY}x")
        assert said == other("multiplexer", "the key of acme")
        assert url not in ("", gateway.url)
        known = (home / ".local/state/vibe/gateway.json").read_text()
    assert KEY not in known


def test_after_a_reload_it_is_that_which_is_told(home: Path) -> None:
    with served(home, env={"VIBE_MULTIPLEXER__MAX_WAIT_MS": "7"}) as gateway:
        assert is_used(gateway, home, VIBE_MULTIPLEXER__MAX_WAIT_MS="7")
        assert not is_used(gateway, home)
        configured(home, NOWHERE, more="timeout_s = 99.0")
        gateway.until(READ)
        assert is_used(gateway, home, VIBE_MULTIPLEXER__MAX_WAIT_MS="7")
