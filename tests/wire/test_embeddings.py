"""Embeddings: what is sent for them, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Backend, ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import EmbeddingRequest
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.codec import HttpCall
from vibe.wire.embeddings import Embeddings, decode_embeddings, encode_embeddings
from vibe.wire.presets import MISTRAL, PLAIN

REQUEST: Final = EmbeddingRequest(inputs=("a", "b"), dimensions=2)


def target(backend: Backend, quirks: Quirks = PLAIN) -> Target:
    return Target(provider=ProviderName("p"), model="m", backend=backend, quirks=quirks)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(
            target("generic"),
            HttpCall(
                path="/embeddings",
                body=b'{"model":"m","input":["a","b"],"dimensions":2}',
                stream=False,
            ),
            id="generic",
        ),
        pytest.param(
            target("mistral", MISTRAL),
            HttpCall(
                path="/embeddings",
                body=b'{"model":"m","input":["a","b"],"output_dimension":2}',
                stream=False,
            ),
            id="mistral",
        ),
        pytest.param(
            target("azure"),
            HttpCall(
                path="/openai/deployments/m/embeddings",
                body=b'{"model":"m","input":["a","b"],"dimensions":2}',
                auth="api-key",
                stream=False,
            ),
            id="azure",
        ),
    ],
)
def test_inputs_are_sent_in_the_dialect_of_the_target(at: Target, expected: HttpCall) -> None:
    assert encode_embeddings(REQUEST, at) == expected


@pytest.mark.parametrize(
    ("vendor", "expected"),
    [
        (
            "openai",
            Embeddings(
                vectors=((0.0057293195, -0.012727811), (-0.037104916, -0.05178114)),
                model="text-embedding-3-small",
                usage=Usage(input=12),
            ),
        ),
        (
            "mistral",
            Embeddings(
                vectors=((-0.01, 0.02), (0.03, 0.0)),
                model="mistral-embed",
                usage=Usage(input=12, output=0),
            ),
        ),
        (
            "llamacpp",
            Embeddings(
                vectors=(
                    (-0.037051282823085785, 0.0029779872857034206),
                    (0.13100233674049377, 0.009239672683179379),
                ),
                model="m",
                usage=Usage(input=3),
            ),
        ),
    ],
)
def test_an_answer_has_a_vector_for_each_input(vendor: str, expected: Embeddings) -> None:
    body = (Path(__file__).parent / vendor / "embeddings.json").read_bytes()
    assert decode_embeddings(body, inputs=2) == expected


def test_vectors_come_in_the_order_of_the_inputs() -> None:
    body = b'{"data":[{"index":1,"embedding":[2]},{"index":0,"embedding":[1]}]}'
    assert decode_embeddings(body, inputs=2) == Embeddings(vectors=((1.0,), (2.0,)))


def test_what_stands_beside_the_vectors_does_not_break_them() -> None:
    body = (
        b'{"data":[{"index":0,"embedding":[1]}],"model":7,"error":{},"usage":{"prompt_tokens":"3"}}'
    )
    assert decode_embeddings(body, inputs=1) == Embeddings(
        vectors=((1.0,),), model="7", usage=Usage(input=3)
    )


BROKEN: Final = FailureKind.BROKEN_STREAM


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"", Failure(kind=BROKEN, detail="an answer that is not JSON"), id="nothing"),
        pytest.param(
            b'{"data":[{"index":0,"embedding":"AAAA"}]}',
            Failure(
                kind=BROKEN,
                detail="an answer of another form: Expected `array`, got `str` - "
                "at `$.data[0].embedding`",
            ),
            id="a vector of another form",
        ),
        pytest.param(
            b'{"data":[{"index":0,"embedding":[1]}]}',
            Failure(kind=BROKEN, detail="1 embeddings for 2 inputs"),
            id="too few",
        ),
        pytest.param(
            b'{"data":[{"index":0,"embedding":[1]},{"index":0,"embedding":[1]}]}',
            Failure(kind=BROKEN, detail="1 embeddings for 2 inputs"),
            id="one twice",
        ),
        pytest.param(
            b"[" * 100,
            Failure(kind=BROKEN, detail="the answer is nested too deeply"),
            id="too deep",
        ),
        pytest.param(
            b'{"error":{"message":"The server is overloaded","code":503}}',
            Failure(
                kind=BROKEN,
                inner=FailureKind.OVERLOADED,
                detail="The server is overloaded",
                status=503,
            ),
            id="an error with status 200",
        ),
    ],
)
def test_what_is_no_answer_is_told(body: bytes, expected: Failure) -> None:
    assert decode_embeddings(body, inputs=2) == expected
