"""Faults that are the vendor's word against the request: key, address, form, content.

Bodies are those of the vendors' documents and of public reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from vibe.domain.failure import FailureKind
from vibe.testing import envelopes
from vibe.testing.envelopes import (
    anthropic,
    google,
    mistral,
    mistral_details,
    mistral_message,
    openai,
)
from vibe.testing.fault import Fault
from vibe.testing.http_error import Errors, by_vendor, compatible, http_fault, page

_BAD_KEY: Final = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}


def faults() -> Iterator[Fault]:
    yield from _keys()
    yield from _addresses()
    yield from _forms()
    yield from _conversations()
    yield from _contents()


def _keys() -> Iterator[Fault]:
    yield http_fault(
        "unauthorized",
        "401: the key is wrong",
        by_vendor(
            401,
            openai=openai("Incorrect API key provided: test****0000.", code="invalid_api_key"),
            azure=envelopes.azure(
                "Access denied due to invalid subscription key or wrong API endpoint.", code="401"
            ),
            anthropic=anthropic("invalid x-api-key", type="authentication_error"),
            mistral=mistral_message("Unauthorized"),
        ),
        kind=FailureKind.AUTH,
    )
    body = google("API key not valid.", code=400, status="INVALID_ARGUMENT", details=(_BAD_KEY,))
    yield http_fault(
        "unauthorized_google",
        "400 in Gemini's list: the key is wrong",
        compatible(400, body),
        kind=FailureKind.AUTH,
    )
    yield http_fault(
        "forbidden",
        "403: the key may not do this",
        by_vendor(
            403,
            openai=openai(
                "Country, region, or territory not supported",
                type="request_forbidden",
                code="unsupported_country_region_territory",
            ),
            azure=envelopes.azure(
                "Access denied due to Virtual Network/Firewall rules.", code="403"
            ),
            anthropic=anthropic(
                "Your API key does not have permission to use the specified resource.",
                type="permission_error",
            ),
            mistral=mistral_message("Forbidden"),
        ),
        kind=FailureKind.AUTH,
    )


def _addresses() -> Iterator[Fault]:
    yield http_fault(
        "not_found",
        "404, or Mistral's 400: there is no such model",
        by_vendor(
            404,
            openai=openai(
                "The model `test-model` does not exist or you do not have access to it.",
                code="model_not_found",
            ),
            azure=envelopes.azure(
                "The API deployment for this resource does not exist.", code="DeploymentNotFound"
            ),
            anthropic=anthropic("model: test-model", type="not_found_error"),
        )
        | by_vendor(
            400, mistral=mistral("Invalid model: test-model", type="invalid_model", code="1500")
        ),
        kind=FailureKind.NOT_FOUND,
    )
    yield http_fault(
        "not_pulled",
        "404 of Ollama: the model is not on the machine",
        compatible(404, _ollama('model "test-model" not found, try pulling it first')),
        kind=FailureKind.NOT_FOUND,
    )
    yield http_fault(
        "not_found_page",
        "404 as a page: the address is one of something else",
        page(404, "404 Not Found"),
        kind=FailureKind.NOT_FOUND,
    )


def _forms() -> Iterator[Fault]:
    extra = mistral_details(("extra_forbidden", "frobnicate", "Extra inputs are not permitted"))
    yield _bad_request(
        "bad_parameter",
        "400 or 422: a parameter is unknown",
        by_vendor(
            400,
            openai=openai("Unrecognized request argument supplied: frobnicate"),
            anthropic=anthropic("frobnicate: Extra inputs are not permitted"),
        )
        | by_vendor(422, mistral=extra),
    )
    yield _bad_request(
        "too_many_bytes",
        "413: the body is too large",
        by_vendor(
            413,
            openai=openai("Request body is too large"),
            anthropic=anthropic("Request exceeds the maximum size", type="request_too_large"),
        ),
    )
    yield _bad_request(
        "no_images",
        "400: the model sees no images",
        by_vendor(
            400,
            openai=openai("Invalid content type. image_url is only supported by certain models."),
        ),
        lacks=True,
    )
    yield _bad_request(
        "no_tools",
        "400 of Ollama: the model calls no tools",
        compatible(400, _ollama("registry.ollama.ai/library/m does not support tools")),
        lacks=True,
    )


def _conversations() -> Iterator[Fault]:
    """What a history brings about that came from another vendor."""
    yield _bad_request(
        "bad_call_id",
        "400: an id of a call has not the form that it must have",
        by_vendor(
            400,
            mistral=mistral(
                "Tool call id was call_0000 but must be a-z, A-Z, 0-9, with a length of 9.",
                type="invalid_function_call",
                code="3280",
            ),
            anthropic=anthropic(
                "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
            ),
        ),
    )
    yield _bad_request(
        "bad_order",
        "400: a call has no result",
        by_vendor(
            400,
            openai=openai(
                "An assistant message with 'tool_calls' must be followed by tool messages"
                " responding to each 'tool_call_id'. The following tool_call_ids did not have"
                " response messages: call_0000",
                param="messages.[2].role",
            ),
            anthropic=anthropic(
                "messages.2: `tool_use` ids were found without `tool_result` blocks immediately"
                " after: toolu_0000."
            ),
            mistral=mistral(
                "Not the same number of function calls and responses",
                type="invalid_request_message_order",
                code="3230",
            ),
        ),
    )
    yield _bad_request(
        "bad_signature",
        "400: the signature of a thought is another's",
        by_vendor(
            400,
            openai=openai(
                "The encrypted content gAAA...0000 could not be verified.",
                code="invalid_encrypted_content",
            ),
            anthropic=anthropic("messages.1.content.0: Invalid `signature` in `thinking` block"),
        ),
    )
    yield _bad_request(
        "bad_signature_google",
        "the same at Gemini, in a list",
        compatible(
            400, google("Corrupted thought signature.", code=400, status="INVALID_ARGUMENT")
        ),
    )


def _contents() -> Iterator[Fault]:
    yield http_fault(
        "refused_content",
        "400: the vendor does not want to answer this",
        by_vendor(
            400,
            openai=openai(
                "Invalid prompt: your prompt was flagged as potentially violating our usage"
                " policy.",
                code="invalid_prompt",
            ),
            azure=envelopes.azure(
                "The response was filtered due to the prompt triggering Azure OpenAI's content"
                " management policy.",
                code="content_filter",
                inner={"code": "ResponsibleAIPolicyViolation"},
            ),
            anthropic=anthropic("Output blocked by content filtering policy"),
        ),
        kind=FailureKind.REFUSED,
    )
    moderated = 'test-model requires moderation. Your input was flagged for "violence".'
    yield http_fault(
        "moderated",
        "403 of OpenRouter: the vendor does not want to answer this",
        compatible(403, openai(moderated, code=403)),
        kind=FailureKind.REFUSED,
    )


def _bad_request(name: str, says: str, errors: Errors, *, lacks: bool = False) -> Fault:
    return http_fault(name, says, errors, kind=FailureKind.BAD_REQUEST, lacks=lacks)


def _ollama(message: str) -> bytes:
    return msgspec.json.encode({"error": message})
