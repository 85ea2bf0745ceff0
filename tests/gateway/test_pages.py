"""Paths and methods: what can be read, what is refused in whose protocol, and that it is told."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from tests.gateway.rig import chat_body, gateway
from tests.mux.pools import Line
from vibe.mux.snapshot import MuxSnapshot


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", "/v1/messages", None, (405, "POST", "error")),
        ("PUT", "/v1/chat/completions", {}, (405, "POST", None)),
        ("GET", "/v1/messages/count_tokens", None, (405, "POST", "error")),
        ("POST", "/v1/models", {}, (405, "GET", None)),
        ("DELETE", "/health", None, (405, "GET", None)),
        ("GET", "/v1/nothing", None, (404, None, None)),
        ("POST", "/v1/messages", {}, (400, None, "error")),
        ("POST", "/v1/messages/count_tokens", {}, (400, None, "error")),
        ("POST", "/v1/responses", {}, (400, None, None)),
    ],
)
async def test_a_refusal_is_an_error_of_the_protocol_and_is_written_down(
    method: str, path: str, body: object, expected: tuple[int, str | None, str | None]
) -> None:
    async with gateway(Line(alias="alpha")) as gate:
        response = await gate.client.request(method, path, json=body)
        error = response.json()
        (record,) = gate.records
    allow = response.headers.get("allow")
    assert (response.status_code, allow, error.get("type")) == expected
    assert error["error"]["message"]
    assert (record.id, record.path) == (response.headers["x-request-id"], path)
    assert (record.status, record.end) == (response.status_code, "refused")


async def test_who_has_no_token_is_written_down_as_well() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        gate.client.headers["authorization"] = "Bearer nothing-of-the-kind"
        response = await gate.client.post("/v1/messages", json={})
        assert response.json()["type"] == "error"
        assert [(each.status, each.end) for each in gate.records] == [(401, "refused")]


@pytest.mark.parametrize(
    ("path", "status"),
    [("/", 200), ("/health", 200), ("/metrics", 200), ("/mux", 200), ("/v1/models", 200)],
)
async def test_head_is_get_without_its_body(path: str, status: int) -> None:
    async with gateway(Line(alias="alpha")) as gate:
        head, got = await gate.client.head(path), await gate.client.get(path)
        assert (head.status_code, got.status_code, head.content) == (status, status, b"")
        assert head.headers["content-type"] == got.headers["content-type"]
        assert gate.records == []


async def test_tokens_are_counted_without_asking_anybody() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        body = chat_body("claude-opus-4-1")
        response = await gate.client.post("/v1/messages/count_tokens", json=body)
        assert response.json()["input_tokens"] > 0
        assert gate.rig.reached() == {"alpha": 0}


async def test_one_connection_serves_one_request_after_another() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        told = [await gate.chat(stream=number > 1) for number in range(4)]
        streams = [each.extensions["network_stream"] for each in told]
        ports = {stream.get_extra_info("client_addr")[1] for stream in streams}
    assert len(ports) == 1
    assert not any("connection" in each.headers for each in told)


async def test_the_pool_is_told_as_the_snapshot_has_it() -> None:
    async with gateway(Line(alias="alpha")) as gate:
        await gate.chat()
        found = msgspec.json.decode((await gate.client.get("/mux")).content, type=MuxSnapshot)
        assert replace(found, at=0.0) == replace(gate.rig.mux.snapshot(), at=0.0)
