"""`vibe models`: what is configured, and with --probe what the providers say of it."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from tests.cli.serving import ENV, KEY, configured, serving
from tests.drive import Outcome, vibe
from vibe.domain.model import Backend
from vibe.testing.dialects import DIALECTS
from vibe.testing.fault import Fault
from vibe.testing.faults import Play, play
from vibe.testing.reply import json_reply
from vibe.testing.script import says

HELLO = says("Hello!")
NOWHERE = "http://127.0.0.1:9/v1"
LOCAL = """
[[providers]]
name = "local"
api_base = "http://127.0.0.1:9/v1"
backend = "generic"

[[models]]
name = "qwen"
provider = "local"
alias = "small"
context_window = 8192
"""


def listing(body: object) -> Play:
    """This in the place of the list of models."""
    data = msgspec.json.encode(body)
    return Play(fault=Fault(name="", says="", act=lambda _: json_reply(data)))


def test_the_table_tells_what_is_configured(tmp_path: Path) -> None:
    configured(tmp_path, NOWHERE, models=LOCAL)
    assert vibe("models", home=tmp_path, env=ENV) == Outcome(
        code=0,
        out="ALIAS   MODEL       PROVIDER  DIALECT  KEY\n"
        "strong  test-model  acme      generic  ● set\n"
        "small   qwen        local     generic  – none needed\n",
        err="",
    )


def test_a_missing_key_is_told_and_is_no_error(tmp_path: Path) -> None:
    configured(tmp_path, NOWHERE)
    outcome = vibe("models", home=tmp_path)
    assert outcome.code == 0
    assert "! TEST_API_KEY is not set" in outcome.out


def test_without_a_configuration_the_first_step_is_told(tmp_path: Path) -> None:
    assert vibe("models", home=tmp_path) == Outcome(
        code=0, out="", err="no models are configured; begin with: vibe config init\n"
    )


def test_json_has_the_promised_keys(tmp_path: Path) -> None:
    configured(tmp_path, NOWHERE, models=LOCAL)
    outcome = vibe("models", "--json", home=tmp_path, env=ENV)
    assert (outcome.code, outcome.err) == (0, "")
    assert json.loads(outcome.out) == [
        {
            "alias": "strong",
            "model": "test-model",
            "provider": "acme",
            "backend": "generic",
            "key": "set",
            "context_window": None,
        },
        {
            "alias": "small",
            "model": "qwen",
            "provider": "local",
            "backend": "generic",
            "key": "none needed",
            "context_window": 8192,
        },
    ]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_model_that_is_there_answers(dialect: Backend, tmp_path: Path) -> None:
    version = 'api_version = "2024-10-21"' if dialect == "azure" else ""
    with serving(HELLO, dialect=dialect) as server:
        configured(tmp_path, server.api_base, backend=dialect, more=version)
        outcome = vibe("models", "--probe", home=tmp_path, env=ENV)
        assert [received.method for received in server.requests] == ["GET"]
    # Azure lists models, and not the deployments that are asked for.
    answers = "● reached" if dialect == "azure" else "● yes"
    assert outcome.out.splitlines()[1].endswith(answers)
    assert (outcome.code, outcome.err) == (0, "")


PROBES = {
    "good": (None, KEY, 0, "● yes", ""),
    "bad key": (None, "another-key", 1, "○ auth", "acme: Incorrect API key provided."),
    "no credit": (play("payment_required"), KEY, 1, "○ no credit", "acme: "),
    "limited": (play("rate_limit"), KEY, 1, "○ rate limited", "acme: "),
    "down": (play("server_error"), KEY, 1, "○ server", "acme: "),
    "unreachable": (play("refused"), KEY, 1, "○ unreachable", "acme: nothing listens at the"),
    "cut": (play("close_in_body"), KEY, 1, "○ broken stream", "acme: the connection was closed"),
    "silent": (play("stall_before_headers"), KEY, 1, "○ stalled", "acme: no answer began in time"),
    "page": (play("page_as_answer"), KEY, 1, "○ server", "acme: the list of models is not"),
    "not a list": (listing(["a", "b"]), KEY, 1, "○ server", "acme: the list of models is not"),
    "no names": (listing({"data": [{}, {"id": ""}]}), KEY, 0, "● reached", ""),
    "other models": (listing({"data": [{"id": "x"}]}), KEY, 1, "! no such model there", ""),
}


@pytest.mark.parametrize("case", PROBES)
def test_a_probe_tells_what_is_wrong(case: str, tmp_path: Path) -> None:
    faults, key, code, answers, err = PROBES[case]
    with serving(HELLO, faults=faults, key=key) as server:
        configured(tmp_path, server.api_base, more="first_token_timeout_s = 0.3")
        outcome = vibe("models", "--probe", home=tmp_path, env=ENV)
    assert outcome.code == code
    assert outcome.out.splitlines()[1].endswith(f"● set  {answers}")
    assert outcome.err.startswith(err)
    assert bool(outcome.err) == bool(err)
    assert KEY not in outcome.out + outcome.err


def test_one_provider_that_fails_does_not_hide_the_others(tmp_path: Path) -> None:
    with serving(HELLO) as server:
        configured(tmp_path, server.api_base, models=LOCAL)
        outcome = vibe("models", "--probe", home=tmp_path, env=ENV)
        unused = vibe("models", "--probe", "--json", home=tmp_path, env=ENV)
    assert [line.rpartition("  ")[2] for line in outcome.out.splitlines()] == [
        "ANSWERS",
        "● yes",
        "○ unreachable",
    ]
    assert outcome.err == (
        "local: nothing listens at the address\n"
        "  help: check the network, the api_base and whether the server runs\n"
    )
    # The one that fails is in nobody's use.
    assert (outcome.code, unused.code) == (0, 0)


def test_a_probe_that_takes_long_says_whom_it_waits_for(tmp_path: Path) -> None:
    with serving(HELLO, faults=play("stall_before_headers")) as server:
        configured(tmp_path, server.api_base, more="first_token_timeout_s = 1.5", models=LOCAL)
        outcome = vibe("models", "--probe", "--json", home=tmp_path, env=ENV)
    assert outcome.err == "waiting for acme: 15 s at most\n"
    told = [(each["alias"], each["failure"]) for each in json.loads(outcome.out)]
    assert told == [("strong", "stalled"), ("small", "unreachable")]


def test_a_probe_as_json_tells_the_same(tmp_path: Path) -> None:
    with serving(
        HELLO, faults=listing({"data": [{"id": "test-model", "max_model_len": 4096}]})
    ) as (server):
        configured(tmp_path, server.api_base, models=LOCAL)
        outcome = vibe("models", "--probe", "--json", home=tmp_path, env=ENV)
    probed = [
        {key: each[key] for key in ("alias", "context_window", "reachable", "offered", "failure")}
        for each in json.loads(outcome.out)
    ]
    assert probed == [
        {
            "alias": "strong",
            "context_window": 4096,
            "reachable": True,
            "offered": True,
            "failure": None,
        },
        {
            "alias": "small",
            "context_window": 8192,
            "reachable": False,
            "offered": None,
            "failure": "unreachable",
        },
    ]


def test_certificates_that_cannot_be_loaded_are_a_usage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "missing.pem"))
    configured(tmp_path, "https://127.0.0.1:9/v1")
    outcome = vibe("models", "--probe", home=tmp_path, env=ENV)
    assert (outcome.code, outcome.out) == (2, "")
    assert "SSL_CERT_FILE" in outcome.err
