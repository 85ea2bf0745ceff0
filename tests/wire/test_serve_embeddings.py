"""Embeddings for a client: what it asks for, and the body that OpenAI's SDK reads."""

from __future__ import annotations

import struct
from base64 import b64decode
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.domain.request import EmbeddingRequest
from vibe.domain.usage import Usage
from vibe.errors import UsageError
from vibe.wire.embeddings import Embeddings, decode_embeddings
from vibe.wire.serve_embeddings import (
    EmbeddingsWanted,
    embeddings_body,
    read_embeddings_request,
)

WANTED = EmbeddingsWanted(request=EmbeddingRequest(inputs=("a",)), model="m")
IN_BASE64 = EmbeddingsWanted(request=EmbeddingRequest(inputs=("a",)), model="m", is_base64=True)


def read(**body: Any) -> EmbeddingsWanted:
    return read_embeddings_request(msgspec.json.encode({"model": "m", **body}))


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        ({"input": "a"}, WANTED),
        ({"input": ["a"], "encoding_format": "float", "user": "u"}, WANTED),
        ({"input": "a", "encoding_format": "base64"}, IN_BASE64),
        (
            {"input": ["a", ""], "dimensions": 2},
            EmbeddingsWanted(request=EmbeddingRequest(inputs=("a", ""), dimensions=2), model="m"),
        ),
        (
            {"input": ["a"], "output_dimension": 2},
            EmbeddingsWanted(request=EmbeddingRequest(inputs=("a",), dimensions=2), model="m"),
        ),
    ],
)
def test_a_request_is_read(members: dict[str, Any], expected: EmbeddingsWanted) -> None:
    assert read(**members) == expected


TOKENS = "input: tokens mean something to one model alone, and this gateway has several"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "the request: object missing required field input"),
        ({"input": 7}, "input: expected str | array, got int"),
        ({"input": []}, "input: expected array of length >= 1"),
        ({"input": ["a"] * 2049}, "input: expected array of length <= 2048"),
        ({"input": [None]}, "input[0]: expected int | str | array, got null"),
        ({"input": [1, 2]}, TOKENS),
        ({"input": [[1, 2], [3]]}, TOKENS),
        ({"input": ["a", 1]}, TOKENS),
        ({"input": "a", "dimensions": 0}, "dimensions: expected int >= 1"),
        ({"input": "a", "encoding_format": "hex"}, "encoding_format: invalid enum value 'hex'"),
    ],
)
def test_what_has_a_wrong_form_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read(**members)
    assert refused.value.message == message


def test_the_answer_is_read_as_what_it_was() -> None:
    embeddings = Embeddings(vectors=((0.1, -2.0), (0.0, 3.5)), model="m", usage=Usage(input=3))
    body = embeddings_body(WANTED, embeddings, id="i", model="m")
    assert decode_embeddings(body, inputs=2) == embeddings


def test_a_vector_in_base64_is_its_32_bit_numbers_the_lowest_byte_first() -> None:
    embeddings = Embeddings(vectors=((0.5, -2.0),))
    assert msgspec.json.decode(embeddings_body(IN_BASE64, embeddings, id="i", model="x")) == {
        "id": "i",
        "object": "list",
        "data": [{"object": "embedding", "index": 0, "embedding": "AAAAPwAAAMA="}],
        "model": "x",
        "usage": {"prompt_tokens": 0, "total_tokens": 0},
    }


@given(st.lists(st.floats(width=32, allow_nan=False)))
def test_any_vector_comes_out_of_base64(vector: list[float]) -> None:
    body = embeddings_body(IN_BASE64, Embeddings(vectors=(tuple(vector),)), id="i", model="m")
    data = b64decode(msgspec.json.decode(body)["data"][0]["embedding"])
    assert [*struct.unpack(f"<{len(vector)}f", data)] == vector


def test_a_number_too_large_for_32_bits_is_no_error() -> None:
    body = embeddings_body(IN_BASE64, Embeddings(vectors=((1e300,),)), id="i", model="m")
    assert b"AACAfw==" in body  # infinity
