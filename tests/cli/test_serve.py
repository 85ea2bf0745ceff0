"""`vibe serve` as a person sees it: what it says, what it keeps, how it ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli.gateways import Asking, Held, served
from tests.cli.pooled import pooled
from tests.cli.running import on_screen
from tests.cli.serving import KEY, configured, serving
from tests.drive import vibe
from vibe.testing.faults import at, play
from vibe.testing.script import says

SIZES = """
[gateway.models]
big = ["strong", "small"]
small = ["small"]
"""
JSON_LOG = '[gateway]\nlog = "json"\n'


def add(home: Path, more: str) -> None:
    file = home / ".config" / "vibe" / "config.toml"
    file.write_text(file.read_text() + more)


def test_it_begins_with_what_it_offers_and_where(tmp_path: Path) -> None:
    with pooled(tmp_path):
        add(tmp_path, SIZES)
        with served(tmp_path) as gateway:
            gateway.until("small (haiku)")
            assert gateway.end() == 0
    assert gateway.said == [
        f"vibe serve  {gateway.url}",
        f"the token stands in {gateway.token_file}",
        "",
        "[acme]  priority 1  ✓ healthy",
        "  pool: strong",
        "  big (opus): strong",
        "",
        "[other]  priority 2  ✓ healthy",
        "  pool: small",
        "  big (opus): small",
        "  small (haiku): small",
        "",
        "stopping",
    ]


def test_a_provider_without_its_key_is_told(tmp_path: Path) -> None:
    with pooled(tmp_path), served(tmp_path, env={"TEST_API_KEY": ""}) as gateway:
        gateway.until("[acme]  priority 1  – not usable: no key, or disabled")


@pytest.mark.parametrize(
    ("env", "is_coloured"),
    [
        pytest.param({}, False, id="no terminal"),
        pytest.param({"FORCE_COLOR": "1"}, True, id="wanted"),
        pytest.param({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="not wanted"),
    ],
)
def test_colours_are_where_they_are_wanted(
    tmp_path: Path, env: dict[str, str], is_coloured: bool
) -> None:
    with pooled(tmp_path), served(tmp_path, env=env) as gateway:
        gateway.ask()
        gateway.until("/v1/chat/completions")
    colours = {found for line in gateway.said for found in re.findall(r"\x1b\[([0-9;]*)m", line)}
    assert ({"35", "36"} <= colours) == is_coloured  # each provider's own
    assert bool(colours) == is_coloured


def test_on_a_terminal_ctrl_c_ends_it(tmp_path: Path) -> None:
    with pooled(tmp_path), on_screen("serve", "--port", "0", home=tmp_path) as screen:
        screen.until("[other]")
        screen.started.send_signal(signal.SIGINT)
        assert screen.end() == 0
    assert "\x1b" not in screen.text


def test_the_token_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    with pooled(tmp_path):
        tokens: list[str] = []
        for _ in range(2):
            with served(tmp_path) as gateway:
                tokens.append(gateway.token)
                assert stat.S_IMODE(gateway.token_file.stat().st_mode) == 0o600
                assert gateway.ask().status_code == 200
                assert gateway.client.get("/mux", headers={"authorization": ""}).status_code == 401
    assert tokens[0] == tokens[1]


def test_without_a_configuration_the_demo_model_answers(tmp_path: Path) -> None:
    with served(tmp_path) as gateway:
        answer = gateway.ask("gpt-5")
        assert (answer.status_code, answer.headers["x-vibe-model"]) == (200, "demo")
        assert "demo model" in answer.json()["choices"][0]["message"]["content"]
    assert gateway.said[0].startswith("warning: no model is configured")


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        outcome = vibe("serve", "--port", str(port), home=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        f"error: cannot listen on 127.0.0.1:{port}: another program does\n"
        "  help: use that one, stop it, or choose another port with --port\n"
    )


def test_an_extra_that_is_not_installed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    outcome = vibe("serve", home=tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "error: vibe serve needs uvicorn, not installed here\n  help: pip install 'vibe[serve]'\n"
    )


def test_a_configuration_with_mistakes_does_not_begin(tmp_path: Path) -> None:
    configured(tmp_path, "http://127.0.0.1:1/v1", more="priority = 'high'")
    outcome = vibe("serve", "--port", "0", home=tmp_path, env={"TEST_API_KEY": KEY})
    assert outcome.code == 2
    assert "priority" in outcome.err


# What it says of requests.

LINE = re.compile(
    r"\d\d:\d\d:\d\d  200  small  /v1/chat/completions  \d+\.\d\d s  \d+ → \d+ tok  "
    r"\$0\.\d+  my-id-7"
)


def test_each_request_and_each_fallback_has_a_line(tmp_path: Path) -> None:
    with pooled(tmp_path, at({1: play("rate_limit")})), served(tmp_path) as gateway:
        gateway.client.headers["x-request-id"] = "my-id-7"
        assert gateway.ask().headers["x-request-id"] == "my-id-7"
        switched = gateway.until("↷")
        line = gateway.until("/v1/chat/completions")
    assert re.fullmatch(r"\d\d:\d\d:\d\d  ↷  strong: 429 rate limited.* small.*my-id-7", switched)
    assert LINE.fullmatch(line), line


def test_what_is_no_request_has_a_line_with_its_id(tmp_path: Path) -> None:
    with pooled(tmp_path), served(tmp_path) as gateway:
        where = urlsplit(gateway.url)
        with socket.create_connection((where.hostname, where.port), timeout=30) as client:
            client.sendall(b"no HTTP at all")
            heard = b"".join(iter(lambda: client.recv(4096), b"")).decode()
        line = gateway.until("  400  ")
    name = re.search("x-request-id: (vibe-.*)\r\n", heard)
    assert name
    assert line[8:] == f"  400  -  this is not a request of HTTP/1.1  {name[1]}"


def test_as_json_each_line_is_an_object(tmp_path: Path) -> None:
    with pooled(tmp_path, at({1: play("rate_limit")})):
        add(tmp_path, JSON_LOG)
        with served(tmp_path) as gateway:
            ids = [gateway.ask().headers["x-request-id"]]
            ids.append(gateway.ask("\x9b\u202e\x07é").headers["x-request-id"])
            hostile = gateway.client.get("/a%00%0a%9b%e2%80%ae")
            ids.append(hostile.headers["x-request-id"])
            gateway.hang_up()
            assert gateway.end() == 0
    said = [json.loads(line) for line in gateway.said]
    assert all(line.isascii() and line.isprintable() for line in gateway.said)
    assert [each["event"] for each in said] == [
        "started", "fallback", "request", "request", "request", "notice", "notice",
    ]  # fmt: skip
    assert said[0]["url"] == gateway.url
    assert [each["request_id"] for each in said[1:5]] == [ids[0], *ids]
    fallback = {key: said[1][key] for key in ("kind", "from_alias", "to_alias")}
    assert fallback == {"kind": "failover", "from_alias": "strong", "to_alias": "small"}
    assert said[1]["failure"]["kind"] == "rate_limited"
    first = {key: said[2][key] for key in ("status", "end", "alias", "attempts", "asked")}
    assert first == {
        "status": 200, "end": "ok", "alias": "small", "attempts": 2, "asked": "auto",
    }  # fmt: skip
    assert said[2]["cost_uusd"] > 0
    assert (said[4]["status"], said[4]["end"]) == (404, "refused")


@pytest.mark.parametrize("log", ["", JSON_LOG], ids=["text", "json"])
def test_no_secret_is_said_or_kept(tmp_path: Path, log: str) -> None:
    echo = f"as if {KEY} were a model, or Bearer {KEY}"
    with serving(says(f"The key is {KEY}."), faults=at({2: play("unauthorized")})) as server:
        configured(tmp_path, server.api_base, more=f'headers = {{ "X-Key" = "{KEY}x" }}')
        add(tmp_path, log)
        with served(tmp_path, "--config", str(tmp_path / ".config/vibe/config.toml")) as gateway:
            told = [gateway.ask(echo), gateway.ask(), gateway.client.get(f"/v1/{KEY}")]
            told += [gateway.client.get(path) for path in ("/health", "/metrics", "/mux")]
            gateway.hang_up()
            token = gateway.token
            gateway.end()
    said = "\n".join(gateway.said)
    kept = b"".join(
        path.read_bytes()
        for path in (tmp_path / ".local").rglob("*")
        if path.is_file() and path.name != "gateway.token"
    )
    assert told[0].status_code == 200
    assert KEY not in said
    assert token not in said
    assert KEY.encode() not in kept
    assert token.encode() not in kept
    assert not any(KEY in each.text + str(each.headers) for each in told[1:])


# How it ends.


def test_what_is_under_way_finishes_before_the_end(tmp_path: Path) -> None:
    held = Held()
    with serving(held) as server:
        configured(tmp_path, server.api_base)
        with served(tmp_path) as gateway:
            asking = Asking(gateway)
            assert held.entered.wait(30)
            gateway.process.send_signal(signal.SIGTERM)
            gateway.until("stopping: 1 under way")
            held.may_answer.set()
            assert asking.answer().status_code == 200
            assert gateway.code() == 0
    assert " 200 " in gateway.said[-1]


def test_a_second_signal_does_not_wait(tmp_path: Path) -> None:
    held = Held()
    with serving(held) as server:
        configured(tmp_path, server.api_base)
        with served(tmp_path) as gateway:
            asking = Asking(gateway)
            assert held.entered.wait(30)
            gateway.process.send_signal(signal.SIGINT)
            gateway.until("stopping: 1 under way")
            assert gateway.end(signal.SIGINT) == 130
            asking.error()
            held.may_answer.set()
    assert "the client went away" not in gateway.said[-1]
    assert "the gateway stopped" in gateway.said[-1]
