"""Clients of the OpenAI SDK's kind as endpoints: by their address, or asked themselves.

The clients here are of the SDK's form and nothing more: vibe does not depend on it.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.library.rig import HELLO, MESSAGES, pool
from vibe import Multiplexer
from vibe.domain.failure import FailureKind
from vibe.mux.errors import NoModelLeft, UpstreamError
from vibe.testing.fault_server import FaultServer
from vibe.testing.script import says

KEY = "k3y-of-the-client"


def with_address(server: FaultServer) -> SimpleNamespace:
    return SimpleNamespace(
        base_url=f"{server.api_base}/",
        api_key=KEY,
        default_headers={
            "X-Stainless-Lang": "python",
            "X-Team": "blue",
            "OpenAI-Project": object(),
        },
        default_query={},
    )


class Asked:
    """A client with no address to be seen. `says` what each call brings: chunks, or an error."""

    def __init__(self, *says: Any) -> None:
        self.says = list(says)
        self.calls: list[dict[str, Any]] = []
        self.options: dict[str, Any] = {}
        self.closed = 0

    @property
    def chat(self) -> SimpleNamespace:
        return SimpleNamespace(completions=SimpleNamespace(create=self.create))

    def with_options(self, **options: Any) -> Asked:
        self.options = options
        return self

    async def create(self, **parameters: Any) -> object:
        self.calls.append(parameters)
        said: object = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return self.chunks(*said) if isinstance(said, tuple) else said

    async def chunks(self, *said: Any) -> AsyncGenerator[Any, None]:
        try:
            for each in said:
                if isinstance(each, Exception):
                    raise each
                yield each
        finally:
            self.closed += 1


def chunk(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]}


WHOLE = (chunk(content="Hello "), chunk(content="to you."), chunk("stop"))


class Refusal(Exception):
    """As the SDK's errors of a status are."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status_code = status
        self.body = {"message": message}
        self.response = SimpleNamespace(
            headers={k.replace("_", "-"): v for k, v in headers.items()}
        )


async def ask(m: Multiplexer) -> tuple[str | None, str]:
    completion = await m.chat.completions.create(messages=MESSAGES)
    return completion.choices[0].message.content, completion.endpoint


async def test_a_client_with_an_address_is_asked_there() -> None:
    async with FaultServer(says(HELLO), key=KEY) as server, Multiplexer() as m:
        m.add_model(with_address(server), 3, "smol")
        assert await ask(m) == (HELLO, server.api_base.removeprefix("http://").partition("/")[0])
        [received] = server.requests
        headers = dict(received.headers)
        assert (headers["x-team"], "x-stainless-lang" in headers) == ("blue", False)
        m.add_model(base_url="http://127.0.0.1:9/v1", model="smol")
        assert m.snapshot.entries[0].want == 0.75


async def test_any_other_client_is_asked_itself() -> None:
    client = Asked(WHOLE)
    async with Multiplexer() as m:
        m.add_model(client, 1, "smol")
        assert await ask(m) == (HELLO, "client")
    [sent] = client.calls
    assert sent == {
        "model": "smol",
        "messages": MESSAGES,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert (client.options, client.closed) == ({"max_retries": 0}, 1)


async def test_a_client_that_answers_as_a_whole_is_understood() -> None:
    whole = {"choices": [{"message": {"content": HELLO}, "finish_reason": "stop"}]}
    async with Multiplexer() as m:
        m.add_model(Asked(whole), 1, "smol")
        assert await ask(m) == (HELLO, "client")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        pytest.param(
            Refusal(429, "Slow down.", retry_after="7"), FailureKind.RATE_LIMITED, id="429"
        ),
        pytest.param(Refusal(401, f"Wrong key {KEY}."), FailureKind.AUTH, id="401"),
        pytest.param(ConnectionError("gone"), FailureKind.UNREACHABLE, id="no connection"),
        pytest.param(TimeoutError(), FailureKind.STALLED, id="no answer in time"),
        pytest.param((chunk(content="Hello "),), FailureKind.BROKEN_STREAM, id="no end"),
        pytest.param(
            (chunk(content="Hello "), OSError("gone")), FailureKind.BROKEN_STREAM, id="cut"
        ),
    ],
)
async def test_what_a_client_raises_is_a_failure_like_any_other(
    said: object, kind: FailureKind
) -> None:
    async with Multiplexer(mode="failover") as m:
        m.add_model(Asked(said), 1, "smol")
        m.add_model(Asked(WHOLE), 1, "smol", name="other")
        assert await ask(m) == (HELLO, "other")
        resting = m.snapshot.entries[0].last_error
        assert resting is not None
        assert resting.kind == kind


async def test_the_word_of_a_clients_provider_is_obeyed_and_its_key_never_told() -> None:
    refusals = Refusal(429, "Slow down.", retry_after="7200"), Refusal(401, f"Wrong key {KEY}.")
    for refusal in refusals:
        client = Asked(refusal)
        client.api_key = KEY  # pyright: ignore[reportAttributeAccessIssue] - as a client has one
        async with Multiplexer() as m:
            m.add_model(client, 1, "smol")
            with pytest.raises(UpstreamError) as failed:
                await ask(m)
            assert KEY not in str(failed.value)
            waits = "try again in 2 h" in failed.value.message
            assert waits == isinstance(failed.value, NoModelLeft)


async def test_an_azure_client_is_asked_itself() -> None:
    async with pool() as rig:
        client = Asked(WHOLE)
        told = {"base_url": "https://x.openai.azure.com/openai/", "api_key": KEY}
        client.__dict__.update(told, default_query={"api-version": "2024-10-21"})
        rig.m.add_model(client, 1, "smol")
        assert await ask(rig.m) == (HELLO, "x.openai.azure.com")
