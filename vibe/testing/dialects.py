"""The five dialects as a provider speaks them: where it is asked, what was asked, what it answers.

Every dialect is served at its own addresses and nowhere else. Embeddings, the list of models and
the count of tokens are here as well; each is one JSON body. Nothing here fails on purpose.
"""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vibe.domain.message import System
from vibe.domain.model import Backend
from vibe.testing.chat_read import read_chat
from vibe.testing.chat_write import stream_chat, whole_chat
from vibe.testing.envelopes import Refused, mistral_details, plain
from vibe.testing.exchange import Answer, Asked, Purpose, Stream, digest, tokens_of
from vibe.testing.http1 import HttpRequest
from vibe.testing.messages_read import read_count, read_messages
from vibe.testing.messages_write import stream_messages, whole_messages
from vibe.testing.responses_read import read_responses
from vibe.testing.responses_write import stream_responses, whole_responses

DIALECTS: Final[tuple[Backend, ...]] = ("generic", "mistral", "anthropic", "responses", "azure")
MODELS: Final = ("test-model", "test-model-small")
DIMENSIONS: Final = 8

Route: TypeAlias = tuple[Literal["GET", "POST"], str, Purpose]

_DEPLOYMENT: Final = r"/openai/deployments/(?P<deployment>[^/]+)"
_ROUTES: Final[dict[Backend, tuple[Route, ...]]] = {
    "generic": (
        ("POST", "/v1/chat/completions", "answer"),
        ("POST", "/v1/embeddings", "embeddings"),
        ("GET", "/v1/models", "models"),
    ),
    "mistral": (
        ("POST", "/v1/chat/completions", "answer"),
        ("POST", "/v1/embeddings", "embeddings"),
        ("GET", "/v1/models", "models"),
    ),
    "anthropic": (
        ("POST", "/v1/messages", "answer"),
        ("POST", "/v1/messages/count_tokens", "count"),
        ("GET", "/v1/models", "models"),
    ),
    "responses": (
        ("POST", "/v1/responses", "answer"),
        ("POST", "/v1/embeddings", "embeddings"),
        ("GET", "/v1/models", "models"),
    ),
    "azure": (
        ("POST", f"{_DEPLOYMENT}/chat/completions", "answer"),
        ("POST", f"{_DEPLOYMENT}/embeddings", "embeddings"),
        ("GET", "/openai/models", "models"),
    ),
}


def api_base(dialect: Backend, origin: str) -> str:
    """What a configuration has to name as `api_base`."""
    return origin if dialect == "azure" else f"{origin}/v1"


def read(dialect: Backend, request: HttpRequest) -> Asked:
    """What is asked for; `Refused` where the vendor would not take it at all."""
    purpose, deployment = _purpose(dialect, request)
    try:
        asked = _read_body(dialect, purpose, request.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _unreadable(dialect, str(error)) from error
    if dialect == "anthropic" and not request.header("anthropic-version"):
        raise Refused("anthropic-version: header is required")
    if dialect == "anthropic" and any(isinstance(each, System) for each in asked.messages):
        _check_beta(request)
    return replace(asked, purpose=purpose, model=deployment or asked.model)


def _check_beta(request: HttpRequest) -> None:
    if "mid-conversation-system-" not in request.header("anthropic-beta"):
        raise Refused(
            'messages: Unexpected role "system". The Messages API accepts a top-level `system` '
            'parameter, not "system" as an input message role.'
        )


def stream_of(asked: Asked, answer: Answer) -> Stream:
    match asked.dialect:
        case "anthropic":
            return stream_messages(asked, answer)
        case "responses":
            return stream_responses(asked, answer)
        case "generic" | "mistral" | "azure":
            return stream_chat(asked, answer)


def whole_of(asked: Asked, answer: Answer) -> bytes:
    """The body of an answer that is not streamed, or of whatever else was asked for."""
    match asked.purpose:
        case "models":
            return _models(asked.dialect)
        case "embeddings":
            return _embeddings(asked)
        case "count":
            return msgspec.json.encode({"input_tokens": tokens_of(asked, answer).input})
        case "answer":
            return _whole_answer(asked, answer)


def _whole_answer(asked: Asked, answer: Answer) -> bytes:
    match asked.dialect:
        case "anthropic":
            return whole_messages(asked, answer)
        case "responses":
            return whole_responses(asked, answer)
        case "generic" | "mistral" | "azure":
            return whole_chat(asked, answer)


def _purpose(dialect: Backend, request: HttpRequest) -> tuple[Purpose, str]:
    """What the address is for, and the deployment that it names."""
    for method, pattern, purpose in _ROUTES[dialect]:
        found = re.fullmatch(pattern, request.path)
        if found and method == request.method:
            if dialect == "azure" and "api-version" not in dict(request.query):
                break
            return purpose, found.groupdict().get("deployment", "")
    message = f"Unknown request URL: {request.method} {request.path}"
    raise Refused(message, status=404)


class _EmbeddingsBody(Struct):
    input: str | list[str]
    model: str = ""


def _read_body(dialect: Backend, purpose: Purpose, body: bytes) -> Asked:
    match purpose:
        case "models":
            return Asked(dialect=dialect)
        case "embeddings":
            asked = msgspec.json.decode(body, type=_EmbeddingsBody)
            inputs = (asked.input,) if isinstance(asked.input, str) else tuple(asked.input)
            return Asked(dialect=dialect, model=asked.model, inputs=inputs)
        case "count":
            return read_count(body)
        case "answer" if dialect == "anthropic":
            return read_messages(body)
        case "answer" if dialect == "responses":
            return read_responses(body)
        case "answer":
            return read_chat(body, dialect)


def _unreadable(dialect: Backend, message: str) -> Refused:
    if dialect != "mistral":
        return Refused(message)
    unknown = re.search(r"unknown field `(\w+)`", message)
    if unknown is None:
        return Refused(message, status=422, body=mistral_details(("value_error", "body", message)))
    details = mistral_details(("extra_forbidden", unknown[1], "Extra inputs are not permitted"))
    return Refused(message, status=422, body=details)


def refusal_body(dialect: Backend, refused: Refused) -> bytes:
    return refused.body or plain(dialect, refused.message, status=refused.status)


def _models(dialect: Backend) -> bytes:
    if dialect == "anthropic":
        entries = [
            {
                "type": "model",
                "id": name,
                "display_name": name,
                "created_at": "2025-01-01T00:00:00Z",
            }
            for name in MODELS
        ]
        ends = {"first_id": MODELS[0], "last_id": MODELS[-1], "has_more": False}
        return msgspec.json.encode({"data": entries, **ends})
    more: dict[str, object] = {}
    if dialect == "mistral":
        able = {"completion_chat": True, "function_calling": True}
        more = {"type": "base", "capabilities": able, "max_context_length": 32_768}
    entries = [
        {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "vibe", **more}
        for name in MODELS
    ]
    return msgspec.json.encode({"object": "list", "data": entries})


def _embeddings(asked: Asked) -> bytes:
    """The same text gets the same vector, and another text another."""
    entries = [
        {"object": "embedding", "index": index, "embedding": _vector(text)}
        for index, text in enumerate(asked.inputs)
    ]
    tokens = sum(1 + len(text) // 4 for text in asked.inputs)
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    body = {"object": "list", "data": entries, "model": asked.model, "usage": usage}
    return msgspec.json.encode(body)


def _vector(text: str) -> list[float]:
    letters = digest(text)
    return [int(letters[at : at + 2], 16) / 256 for at in range(0, 2 * DIMENSIONS, 2)]
