"""Embeddings in the form of OpenAI's endpoint: a client's request in, the answer's body out.

In Mistral's the length of a vector has another name, and each answer an id.
"""

from __future__ import annotations

import sys
from array import array
from base64 import b64encode
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from vibe.domain.request import EmbeddingRequest
from vibe.errors import UsageError
from vibe.wire.complaint import decoded
from vibe.wire.embeddings import Embeddings

MOST_INPUTS: Final = 2_048  # OpenAI's own bound


class EmbeddingsWanted(Struct, frozen=True, kw_only=True):
    """`model` is the name by which one was asked for. `is_base64`: each vector as the bytes of its
    numbers, which is what OpenAI's SDK asks for unless told otherwise."""

    request: EmbeddingRequest
    model: str
    is_base64: bool = False


_Length: TypeAlias = Annotated[int, Meta(ge=1)]


class _Body(Struct):
    input: str | Annotated[list[str | int | list[int]], Meta(min_length=1, max_length=MOST_INPUTS)]
    model: str
    dimensions: _Length | None = None
    output_dimension: _Length | None = None
    encoding_format: Literal["float", "base64"] | None = None


_BODY: Final = msgspec.json.Decoder(_Body)


def read_embeddings_request(body: bytes) -> EmbeddingsWanted:
    """Raises `UsageError` where it is not of that form."""
    read = decoded(_BODY, body)
    given = [read.input] if isinstance(read.input, str) else read.input
    texts = tuple(each for each in given if isinstance(each, str))
    if len(texts) < len(given):
        raise UsageError(
            "input: tokens mean something to one model alone, and this gateway has several",
            hint="send texts",
        )
    return EmbeddingsWanted(
        request=EmbeddingRequest(inputs=texts, dimensions=read.dimensions or read.output_dimension),
        model=read.model,
        is_base64=read.encoding_format == "base64",
    )


def embeddings_body(
    wanted: EmbeddingsWanted, embeddings: Embeddings, *, id: str, model: str
) -> bytes:
    """`model` is what the client is told of who answered."""
    sent = embeddings.usage.input or 0
    shape = _base64 if wanted.is_base64 else list[float]
    return msgspec.json.encode(
        {
            "id": id,
            "object": "list",
            "data": [
                {"object": "embedding", "index": index, "embedding": shape(vector)}
                for index, vector in enumerate(embeddings.vectors)
            ],
            "model": model,
            "usage": {"prompt_tokens": sent, "total_tokens": sent},
        }
    )


def _base64(vector: tuple[float, ...]) -> str:
    """Of 32-bit floats, the lowest byte first, on whatever machine."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return b64encode(numbers.tobytes()).decode()
