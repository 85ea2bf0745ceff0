"""Azure's dialect: chat completions at the path of a deployment."""

from __future__ import annotations

from typing import Final

import pytest
from msgspec import structs

from tests.wire.golden import heard, load
from vibe.domain.failure import FailureKind
from vibe.domain.message import Text, User
from vibe.domain.model import ProviderName
from vibe.domain.request import ModelRequest
from vibe.domain.target import Target
from vibe.wire.azure import Azure
from vibe.wire.codec import Codec, HttpCall, Reply

CODEC: Final[Codec] = Azure()
TARGET: Final = Target(
    provider=ProviderName("azure"), model="gpt-4o", backend="azure", api_version="2024-10-21"
)
REQUEST: Final = ModelRequest(messages=(User((Text("Hi"),)),), stream=False)


def test_the_deployment_is_in_the_path_and_the_version_in_the_query() -> None:
    assert CODEC.encode(REQUEST, TARGET) == HttpCall(
        path="/openai/deployments/gpt-4o/chat/completions",
        query=(("api-version", "2024-10-21"),),
        auth="api-key",
        body=b'{"model":"gpt-4o","messages":[{"role":"user","content":"Hi"}],"stream":false}',
        stream=False,
    )


def test_a_deployment_keeps_its_place_in_the_path_whatever_it_is_called() -> None:
    odd = structs.replace(TARGET, model="a/b ?", api_version=None)
    call = CODEC.encode(REQUEST, odd)
    assert (call.path, call.query) == ("/openai/deployments/a%2Fb%20%3F/chat/completions", ())


@pytest.mark.parametrize("case", ["prompt_filter", "content_filter", "body_text"])
def test_an_answer_is_read_beside_its_filter_results(case: str) -> None:
    golden = load("azure", case)
    assert heard(CODEC.decoder(TARGET, stream=True), golden.sent) == golden.expected


def test_a_refusal_of_the_filter_is_told() -> None:
    body = (
        b'{"error":{"message":"The response was filtered due to the prompt triggering Azure '
        b'OpenAI\'s content management policy.","type":null,"param":"prompt","code":'
        b'"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}'
    )
    assert CODEC.failure(Reply(status=400, body=body), now=0.0).kind == FailureKind.REFUSED
