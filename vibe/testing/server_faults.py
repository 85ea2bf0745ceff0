"""Faults that are the vendor's own: overloaded, broken, or not even the vendor's word.

Bodies are those of the vendors' documents and of public reports.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vibe.domain.failure import FailureKind
from vibe.testing import envelopes
from vibe.testing.envelopes import anthropic, mistral, openai
from vibe.testing.fault import Fault
from vibe.testing.http_error import (
    Errors,
    HttpError,
    by_vendor,
    compatible,
    everywhere,
    http_fault,
    page,
)


def faults() -> Iterator[Fault]:
    yield from _errors()
    yield from _pages()
    yield from _overloads()


def _errors() -> Iterator[Fault]:
    sorry = "The server had an error while processing your request. Sorry about that!"
    yield _server(
        "server_error",
        "500",
        by_vendor(
            500,
            openai=openai(sorry, type="server_error"),
            azure=envelopes.azure("Internal server error", code="InternalServerError"),
            anthropic=anthropic("Internal server error", type="api_error"),
            mistral=mistral("Internal server error", type="internal_server_error", code="1000"),
        ),
    )
    for status, name in ((408, "timeout"), (409, "conflict"), (425, "too_early")):
        body = openai(f"{name.replace('_', ' ').capitalize()}.", type="server_error")
        yield _server(f"server_{name}", str(status), compatible(status, body))
    yield _server("server_silent", "500 without a body", everywhere(HttpError(500, b"")))
    passed_on = {
        "message": "Provider returned error",
        "code": 400,
        "metadata": {"raw": "upstream is gone", "provider_name": "Upstream"},
    }
    yield _server(
        "provider_error",
        "400 of OpenRouter, on behalf of one behind it",
        compatible(400, msgspec.json.encode({"error": passed_on})),
    )
    elsewhere = (("location", "https://login.example/?from=vibe"),)
    yield _server(
        "redirect",
        "307 to another origin, which must not be followed",
        everywhere(HttpError(307, b"", elsewhere)),
    )


def _pages() -> Iterator[Fault]:
    """What stands in front of the vendor answers in its place."""
    yield _server("bad_gateway", "502 as a page", page(502, "502 Bad Gateway"))
    yield _server("gateway_timeout", "504 as a page", page(504, "504 Gateway Time-out"))
    yield _server("web_server_down", "521 as a page", page(521, "521: Web server is down"))
    yield _server("page_as_answer", "200, and a page for an answer", page(200, "Sign in"))


def _overloads() -> Iterator[Fault]:
    busy = "The engine is currently overloaded, please try again later"
    yield _overloaded(
        "unavailable",
        "503",
        by_vendor(
            503,
            openai=openai(busy, type="server_error"),
            azure=envelopes.azure("The service is unavailable.", code="503"),
            anthropic=anthropic("Service unavailable", type="api_error"),
            mistral=mistral("Service unavailable.", code="3000"),
        ),
    )
    yield _overloaded("unavailable_page", "503 as a page", page(503, "503 Service Unavailable"))
    yield _overloaded(
        "overloaded",
        "529 of Anthropic",
        by_vendor(529, anthropic=anthropic("Overloaded", type="overloaded_error")),
    )
    capacity = mistral(
        "Service tier capacity exceeded for this model.",
        type="service_tier_capacity_exceeded",
        code="3505",
    )
    yield _overloaded(
        "overloaded_capacity",
        "429 of Mistral that means capacity, not a rate",
        by_vendor(429, mistral=capacity),
    )
    flex = "`flex` tier capacity exceeded, please try again later."
    yield _overloaded(
        "overloaded_flex",
        "498 of Groq",
        compatible(498, openai(flex, code="capacity_exceeded")),
    )
    queue = "server busy, please try again.  maximum pending requests exceeded"
    yield _overloaded(
        "overloaded_queue",
        "503 of Ollama: its queue is full",
        compatible(503, msgspec.json.encode({"error": queue})),
    )
    told = {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}}
    loading = HttpError(503, msgspec.json.encode(told))
    yield _overloaded(
        "loading",
        "503 of llama.cpp: it loads the model",
        {"generic": loading, "anthropic": loading, "responses": loading},
        retry_after_s=2.0,
    )


def _server(name: str, says: str, errors: Errors) -> Fault:
    return http_fault(name, says, errors, kind=FailureKind.SERVER)


def _overloaded(
    name: str, says: str, errors: Errors, *, retry_after_s: float | None = None
) -> Fault:
    return http_fault(name, says, errors, kind=FailureKind.OVERLOADED, retry_after_s=retry_after_s)
