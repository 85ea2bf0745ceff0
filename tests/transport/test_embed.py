"""Embeddings from a provider: the vectors, or why there are none."""

from __future__ import annotations

import asyncio

import pytest

from tests.transport.asking import provider, upstream
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.request import EmbeddingRequest
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.testing.reply import JSON, Reply, Stop
from vibe.testing.server import Server
from vibe.wire.embeddings import Embeddings

pytestmark = pytest.mark.usefixtures("transport")

KEY = "sk-canary-0123456789abcdef"
VECTOR = b'{"data":[{"index":0,"embedding":[0.5]}],"model":"e","usage":{"prompt_tokens":2}}'
REFUSED = b'{"error":{"message":"Incorrect API key provided: %b"}}' % KEY.encode()


async def embedded(reply: Reply) -> tuple[Embeddings | Failure, tuple[tuple[str, bytes], ...]]:
    async with Server(lambda _: reply) as server:
        asked = provider(f"{server.origin}/v1", key=KEY)
        target = Target(provider=asked.name, model="e", backend=asked.backend)
        async with upstream(asked) as opened:
            found = await opened.embed(EmbeddingRequest(inputs=("a",)), target)
        return found, tuple((request.path, request.body) for request in server.requests)


def test_a_vector_comes_for_each_input() -> None:
    found = asyncio.run(embedded(Reply(headers=JSON, steps=(VECTOR,))))
    assert found == (
        Embeddings(vectors=((0.5,),), model="e", usage=Usage(input=2)),
        (("/v1/embeddings", b'{"model":"e","input":["a"]}'),),
    )


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        pytest.param(
            Reply(status=401, headers=JSON, steps=(REFUSED,)), FailureKind.AUTH, id="refused"
        ),
        pytest.param(
            Reply(headers=JSON, steps=(b"{}",)), FailureKind.BROKEN_STREAM, id="no vectors"
        ),
        pytest.param(
            Reply(headers=JSON, steps=(VECTOR[:20], Stop.HANG_UP), length=99),
            FailureKind.BROKEN_STREAM,
            id="cut",
        ),
    ],
)
def test_what_fails_is_told_without_the_key(reply: Reply, kind: FailureKind) -> None:
    found, _ = asyncio.run(embedded(reply))
    assert isinstance(found, Failure)
    assert found.kind is kind
    assert KEY not in found.detail
