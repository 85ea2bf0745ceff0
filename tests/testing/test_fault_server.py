"""A provider in a box: its schedule, its key, its port, and what it serves beside answers."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import msgspec
import pytest

from tests.law import ROOT
from tests.testing.client import ask, ask_model
from tests.testing.told import Told, told
from vibe.domain.model import Backend
from vibe.testing.dialects import DIALECTS, api_base
from vibe.testing.exchange import Answer, Asked
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import FAULTS, Play, at, listing, play
from vibe.testing.script import NoRuleFits, Scripted, says


def test_faults_come_by_the_number_of_the_request_or_by_what_it_asks() -> None:
    def when_long(asked: Asked, _number: int) -> Play | None:
        return play("context") if len(asked.last_user_text) > 10 else None

    async def run() -> list[int]:
        async with FaultServer(says("Hi"), faults=at({2: play("server_error")})) as server:
            statuses = [(await ask_model(server.api_base, "generic")).status for _ in "abc"]
            await server.play(when_long)
            for text in ("short", "much too long"):
                statuses.append((await ask_model(server.api_base, "generic", text)).status)
            return statuses

    assert asyncio.run(run()) == [200, 500, 200, 200, 400]


def test_an_answer_goes_on_from_where_the_request_has_begun_it() -> None:
    async def run() -> Told:
        begun = [
            {"role": "user", "content": "Count."},
            {"role": "assistant", "content": "One, two,"},
        ]
        async with FaultServer(says("One, two, three."), dialect="anthropic") as server:
            origin = server.api_base.removesuffix("/v1")
            body = {"model": "m", "max_tokens": 9, "messages": begun}
            got = await ask(origin, "/v1/messages", body, anthropic_version="2023-06-01")
        return told("anthropic", got.body, stream=False)

    assert asyncio.run(run()).text == " three."


@pytest.mark.parametrize("name", ["crlf", "malformed_json", "in_band_vllm", "arguments_cut"])
def test_a_fault_of_streams_leaves_all_else_alone(name: str) -> None:
    async def run() -> tuple[bool, str]:
        async with FaultServer(says("Hi")) as server:
            due = await ask_model(server.api_base, "generic", stream=False)
            await server.play(play(name))
            got = await ask_model(server.api_base, "generic", stream=False)
        return got == due, server.requests[1].fault

    assert asyncio.run(run()) == (True, "")


def test_a_refused_port_is_refused_from_the_first_connection_on() -> None:
    async def run() -> int:
        async with FaultServer(says("Hi"), faults=play("refused")) as server:
            with pytest.raises(ConnectionRefusedError):
                await ask_model(server.api_base, "generic")
            await server.play(None)
            return (await ask_model(server.api_base, "generic")).status

    assert asyncio.run(run()) == 200


def test_a_provider_that_goes_down_resets_one_request_and_refuses_the_next() -> None:
    async def run() -> list[str]:
        async with FaultServer(says("Hi"), faults=at({2: play("refused")})) as server:
            ends = [(await ask_model(server.api_base, "generic")).end for _ in "ab"]
            with pytest.raises(ConnectionRefusedError):
                await ask_model(server.api_base, "generic")
            return ends

    assert asyncio.run(run()) == ["whole", "reset"]


@pytest.mark.parametrize(
    ("dialect", "header", "right"),
    [
        pytest.param("generic", "authorization", "Bearer k3y", id="generic"),
        pytest.param("mistral", "authorization", "Bearer k3y", id="mistral"),
        pytest.param("responses", "authorization", "Bearer k3y", id="responses"),
        pytest.param("anthropic", "x-api-key", "k3y", id="anthropic"),
        pytest.param("azure", "api-key", "k3y", id="azure"),
    ],
)
def test_a_provider_with_a_key_takes_it_in_its_own_header_and_no_other(
    dialect: Backend, header: str, right: str
) -> None:
    async def run() -> list[int]:
        statuses: list[int] = []
        async with FaultServer(says("Hi"), dialect=dialect, key="k3y") as server:
            origin = server.api_base.removesuffix(api_base(dialect, ""))
            for headers in ({header: right}, {header: f"{right}2"}, {"cookie": right}):
                given = {name.replace("-", "_"): value for name, value in headers.items()}
                given["anthropic_version"] = "2023-06-01"
                path = MODELS[dialect]
                statuses.append((await ask(origin, path, method="GET", **given)).status)
        return statuses

    assert asyncio.run(run()) == [200, 401, 401]


MODELS: dict[Backend, str] = {
    **dict.fromkeys(DIALECTS, "/v1/models"),
    "azure": "/openai/models?api-version=2024-10-21",
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_provider_lists_its_models(dialect: Backend) -> None:
    async def run() -> dict[str, Any]:
        async with FaultServer(says("Hi"), dialect=dialect) as server:
            origin = server.api_base.removesuffix(api_base(dialect, ""))
            path = MODELS[dialect]
            got = await ask(origin, path, method="GET", anthropic_version="2023-06-01")
        return msgspec.json.decode(got.body)

    assert [model["id"] for model in asyncio.run(run())["data"]] == [
        "test-model",
        "test-model-small",
    ]


def test_embeddings_are_the_same_for_the_same_text_and_others_for_another() -> None:
    async def run() -> list[list[float]]:
        async with FaultServer(says("Hi")) as server:
            origin = server.api_base.removesuffix("/v1")
            body = {"model": "m", "input": ["a", "b", "a"]}
            got = await ask(origin, "/v1/embeddings", body)
        return [each["embedding"] for each in msgspec.json.decode(got.body)["data"]]

    one, other, again = asyncio.run(run())
    assert (one == again, one == other, len(one)) == (True, False, 8)


def test_tokens_are_counted_where_the_vendor_counts_them() -> None:
    async def run() -> object:
        async with FaultServer(says("Hi"), dialect="anthropic") as server:
            origin = server.api_base.removesuffix("/v1")
            body = {"model": "m", "messages": [{"role": "user", "content": "x" * 400}]}
            path = "/v1/messages/count_tokens"
            got = await ask(origin, path, body, anthropic_version="2023-06-01")
        return msgspec.json.decode(got.body)

    assert asyncio.run(run()) == {"input_tokens": 113}


def test_a_script_that_has_no_answer_ends_the_test_with_what_was_asked() -> None:
    async def run() -> None:
        async with FaultServer(Scripted()) as server:
            await ask_model(server.api_base, "generic", "What now?")

    with pytest.raises(ExceptionGroup) as caught:
        asyncio.run(run())
    assert caught.group_contains(NoRuleFits, match="^'What now\\?', and nothing has brought")


def test_a_behaviour_is_asked_for_answers_alone() -> None:
    def never_asked(_: Asked) -> Answer:
        raise AssertionError

    async def run() -> int:
        async with FaultServer(never_asked) as server:
            origin = server.api_base.removesuffix("/v1")
            return (await ask(origin, "/v1/models", method="GET")).status

    assert asyncio.run(run()) == 200


def test_every_fault_is_listed_with_what_has_to_come_of_it() -> None:
    lines = listing().splitlines()
    assert [line.split()[0] for line in lines] == list(FAULTS)
    assert lines[1] == f"{'rate_limit_seconds':<26}{'rate_limited, 7 s':<32}retry-after: 7"
    assert all(re.fullmatch(r"[a-z]\w+ +\S.{28,}  \S.*|\S+ +\S.{30} \S.*", line) for line in lines)


def test_the_fakes_know_nothing_of_the_codecs_that_are_tested_against_them() -> None:
    files = sorted((ROOT / "vibe" / "testing").glob("*.py"))
    assert len(files) > 10
    assert [file.name for file in files if "vibe.wire" in file.read_text("utf-8")] == []
