"""A configuration that changes while `vibe serve` runs: what counts then, and what stays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.gateways import READ, Asking, Held, Served, served
from tests.cli.serving import configured, serving
from vibe.testing.script import says

FRESH = """
[[providers]]
name = "other"
api_base = "{api_base}"

[[models]]
name = "fresh-model"
provider = "other"
alias = "fresh"
"""
HELLO = says("Hello!")


def config(home: Path) -> Path:
    return home / ".config" / "vibe" / "config.toml"


def test_what_is_under_way_ends_as_it_began_and_a_new_model_answers(tmp_path: Path) -> None:
    held = Held()
    with serving(held) as one, serving(HELLO, key="") as two:
        configured(tmp_path, one.api_base)
        with served(tmp_path) as gateway:
            asking = Asking(gateway, stream=True)
            assert held.entered.wait(30)
            # Its provider is another one now, so that its connections are, too.
            more = "timeout_s = 100.0"
            configured(
                tmp_path, one.api_base, more=more, models=FRESH.format(api_base=two.api_base)
            )
            gateway.hang_up()
            answer = gateway.ask("fresh")
            assert (answer.status_code, answer.headers["x-vibe-model"]) == (200, "fresh")
            listed = gateway.client.get("/v1/models").json()["data"]
            assert [each["id"] for each in listed] == ["auto", "strong", "fresh"]
            held.may_answer.set()
            assert "Here" in asking.answer().text
            assert gateway.ask().status_code == 200
            assert gateway.end() == 0


def test_a_file_that_is_changed_is_read(tmp_path: Path) -> None:
    with serving(HELLO) as one, serving(HELLO, key="") as two:
        configured(tmp_path, one.api_base)
        with served(tmp_path) as gateway:
            began = gateway.client.get("/v1/models").json()["data"][0]["created"]
            fresh = FRESH.format(api_base=two.api_base)
            new = config(tmp_path).with_suffix(".new")
            new.write_text(config(tmp_path).read_text() + fresh)
            new.chmod(0o600)
            new.replace(config(tmp_path))
            gateway.until(READ)
            assert gateway.ask("fresh").headers["x-vibe-model"] == "fresh"
            assert gateway.client.get("/v1/models/fresh").json()["created"] == began


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('active_model = "nobody"', "nobody", id="a name of nobody"),
        pytest.param("no TOML [", "line", id="no TOML"),
    ],
)
def test_a_configuration_that_cannot_be_used_changes_nothing(
    tmp_path: Path, text: str, said: str
) -> None:
    with serving(HELLO) as server:
        configured(tmp_path, server.api_base)
        before = config(tmp_path).read_text()
        with served(tmp_path) as gateway:
            config(tmp_path).write_text(text)
            assert "still counts" in gateway.until("warning: ")
            assert said in "\n".join(gateway.said)
            assert gateway.ask().status_code == 200
            config(tmp_path).write_text(before)
            gateway.until(READ)
            assert gateway.ask().status_code == 200


def test_what_needs_a_new_start_is_told(tmp_path: Path) -> None:
    with serving(HELLO) as server:
        configured(tmp_path, server.api_base)
        with served(tmp_path) as gateway:
            configured(tmp_path, server.api_base, pool="[gateway]\nport = 8999\nmax_body_mb = 1")
            gateway.until("host and port count from the next start")
            assert gateway.ask(odd="x" * 1_100_000).status_code == 413


def test_the_form_of_the_log_follows(tmp_path: Path) -> None:
    with serving(HELLO) as server:
        configured(tmp_path, server.api_base)
        with served(tmp_path) as gateway:
            configured(tmp_path, server.api_base, pool='[gateway]\nlog = "json"')
            assert gateway.until(READ).startswith("{")


def test_many_reloads_leave_nothing_open(tmp_path: Path) -> None:
    with serving(HELLO) as server:
        configured(tmp_path, server.api_base)
        with served(tmp_path) as gateway:

            def reload(number: int) -> None:
                configured(tmp_path, server.api_base, more=f"timeout_s = {number}.5")
                gateway.hang_up()
                assert gateway.ask().status_code == 200

            for number in range(1, 4):
                reload(number)
            before = gateway.files()
            for number in range(4, 24):
                reload(number)
            assert gateway.files() <= before + 2  # the last one's may not be closed yet


def test_checks_begin_and_end_with_a_reload(tmp_path: Path) -> None:
    quick = "[multiplexer]\nhealth_check_interval_s = 0.02"
    slow = "[multiplexer]\nhealth_check_interval_s = 3600"
    with serving(HELLO) as server:
        configured(tmp_path, server.api_base)
        with served(tmp_path) as gateway:
            assert server.requests == ()
            configured(tmp_path, server.api_base, pool=quick)
            gateway.hang_up()
            server.wait_for(3)
            for off in ("", slow):
                configured(tmp_path, server.api_base, pool=off)
                gateway.hang_up()
                gateway.client.get("/health")  # what was under way is over
                known = len(server.requests)
                for _ in range(100):  # which takes longer than many checks
                    gateway.client.get("/health")
                assert len(server.requests) <= known + 1
            configured(tmp_path, server.api_base, pool=quick)
            gateway.hang_up()
            server.wait_for(len(server.requests) + 3)
            assert gateway.end() == 0
        assert {request.path for request in server.requests} == {"/v1/models"}


# From no models to some, and back.

QUICK = "[multiplexer]\nhealth_check_interval_s = 0.02"


def until_it_is(gateway: Served, model: str) -> None:
    """What was read once may be read again, so that to be told of it is not enough."""
    while gateway.ask().headers["x-vibe-model"] != model:
        gateway.hang_up()


def test_models_that_come_take_the_place_of_the_demo(tmp_path: Path) -> None:
    with serving(HELLO) as server, served(tmp_path) as gateway:
        assert gateway.ask().headers["x-vibe-model"] == "demo"
        began = gateway.client.get("/v1/models").json()["data"][0]["created"]
        configured(tmp_path, server.api_base, pool=QUICK)
        server.wait_for(1)  # it is checked
        until_it_is(gateway, "strong")
        listed = gateway.client.get("/v1/models").json()["data"]
        assert [(each["id"], each["created"]) for each in listed] == [
            ("auto", began), ("strong", began),
        ]  # fmt: skip
        assert list(gateway.client.get("/health").json()["providers"]) == ["acme"]
        assert gateway.end() == 0


@pytest.mark.parametrize("is_gone", [True, False], ids=["gone", "nothing left"])
def test_when_the_last_model_goes_what_is_under_way_ends_as_it_began(
    tmp_path: Path, *, is_gone: bool
) -> None:
    held = Held()
    with serving(held) as server:
        configured(tmp_path, server.api_base)
        with served(tmp_path) as gateway:
            asking = Asking(gateway, stream=True)
            assert held.entered.wait(30)
            if is_gone:
                config(tmp_path).unlink()
            else:
                config(tmp_path).write_text("")
            gateway.until("warning: no model is configured")
            gateway.until(READ)
            assert gateway.ask("strong").headers["x-vibe-model"] == "demo"
            held.may_answer.set()
            answer = asking.answer()
            assert (answer.headers["x-vibe-model"], "Here" in answer.text) == ("strong", True)
            configured(tmp_path, server.api_base)
            until_it_is(gateway, "strong")
            assert gateway.end() == 0


def test_to_come_and_to_go_leaves_nothing_open(tmp_path: Path) -> None:
    with serving(HELLO) as server, served(tmp_path) as gateway:

        def come_and_go() -> None:
            configured(tmp_path, server.api_base)
            until_it_is(gateway, "strong")
            config(tmp_path).unlink()
            until_it_is(gateway, "demo")

        come_and_go()
        before = gateway.files()
        for _ in range(2):
            come_and_go()
        assert gateway.files() <= before + 2
