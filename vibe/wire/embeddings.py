"""Embeddings in the form of OpenAI's endpoint, which all who offer them have taken over."""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Struct

from vibe.domain.failure import Failure
from vibe.domain.request import EmbeddingRequest
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.wire.azure import at_deployment
from vibe.wire.chat_form import usage_of
from vibe.wire.codec import HttpCall
from vibe.wire.depth import is_too_deep
from vibe.wire.failures import broken, in_band_failure
from vibe.wire.loose import label


class Embeddings(Struct, frozen=True, kw_only=True):
    """One vector an input, in the order of the inputs."""

    vectors: tuple[tuple[float, ...], ...]
    model: str = ""
    usage: Usage = Usage()


class _Body(Struct, omit_defaults=True):
    model: str
    input: tuple[str, ...]
    dimensions: int | None = None
    output_dimension: int | None = None


class _Vector(Struct):
    embedding: tuple[float, ...]
    index: int


class _Answer(Struct):
    data: list[_Vector] = []
    model: object = None
    usage: object = None
    error: object = None


_ANSWER: Final = msgspec.json.Decoder(_Answer)


def encode_embeddings(request: EmbeddingRequest, target: Target) -> HttpCall:
    body = _Body(target.model, request.inputs)
    if target.quirks.dimensions_key == "dimensions":
        body.dimensions = request.dimensions
    else:
        body.output_dimension = request.dimensions
    call = HttpCall(path="/embeddings", body=msgspec.json.encode(body), stream=False)
    return at_deployment(call, target) if target.backend == "azure" else call


def decode_embeddings(body: bytes, *, inputs: int) -> Embeddings | Failure:
    """What a successful status came with; it has to hold a vector for each of the inputs."""
    if is_too_deep(body):
        return broken("the answer is nested too deeply")
    try:
        answer = _ANSWER.decode(body)
    except msgspec.ValidationError as error:
        return broken(f"an answer of another form: {error}")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return broken("an answer that is not JSON")
    if answer.error:
        return in_band_failure(body)
    vectors = {vector.index: vector.embedding for vector in answer.data}
    if sorted(vectors) != list(range(inputs)):
        return broken(f"{len(vectors)} embeddings for {inputs} inputs")
    return Embeddings(
        vectors=tuple(vectors[index] for index in range(inputs)),
        model=label(answer.model),
        usage=usage_of(answer.usage) or Usage(),
    )
