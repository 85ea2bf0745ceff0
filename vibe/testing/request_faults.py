"""Faults that are the vendor's word against the request: key, address, form, content, length.

Bodies are those of the vendors' documents and of public reports.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgspec

from vibe.domain.failure import FailureKind
from vibe.testing.dialects import DIALECTS
from vibe.testing.envelopes import (
    anthropic,
    azure,
    google,
    mistral,
    mistral_details,
    mistral_message,
    openai,
)
from vibe.testing.fault import Fault
from vibe.testing.http_error import HttpError, http_fault, page

BAD: Final = FailureKind.BAD_REQUEST


def faults() -> Iterator[Fault]:
    yield from _keys()
    yield from _addresses()
    yield from _forms()
    yield from _capabilities()
    yield from _contents()


def _keys() -> Iterator[Fault]:
    wrong = openai("Incorrect API key provided: test****0000.", code="invalid_api_key")
    yield http_fault(
        "unauthorized",
        "401: the key is wrong",
        {
            "generic": HttpError(401, wrong),
            "responses": HttpError(401, wrong),
            "azure": HttpError(
                401,
                azure(
                    "Access denied due to invalid subscription key or wrong API endpoint.",
                    code="401",
                ),
            ),
            "anthropic": HttpError(
                401, anthropic("invalid x-api-key", type="authentication_error")
            ),
            "mistral": HttpError(401, mistral_message("Unauthorized")),
        },
        kind=FailureKind.AUTH,
    )
    body = google("API key not valid.", code=400, status="INVALID_ARGUMENT", details=(_BAD_KEY,))
    yield http_fault(
        "unauthorized_google",
        "400 in Gemini's list: the key is wrong",
        {"generic": HttpError(400, body)},
        kind=FailureKind.AUTH,
    )
    country = openai(
        "Country, region, or territory not supported",
        type="request_forbidden",
        code="unsupported_country_region_territory",
    )
    permission = anthropic(
        "Your API key does not have permission to use the specified resource.",
        type="permission_error",
    )
    yield http_fault(
        "forbidden",
        "403: the key may not do this",
        {
            "generic": HttpError(403, country),
            "responses": HttpError(403, country),
            "azure": HttpError(
                403, azure("Access denied due to Virtual Network/Firewall rules.", code="403")
            ),
            "anthropic": HttpError(403, permission),
            "mistral": HttpError(403, mistral_message("Forbidden")),
        },
        kind=FailureKind.AUTH,
    )


def _addresses() -> Iterator[Fault]:
    unknown = openai(
        "The model `test-model` does not exist or you do not have access to it.",
        code="model_not_found",
    )
    deployment = azure(
        "The API deployment for this resource does not exist.", code="DeploymentNotFound"
    )
    yield http_fault(
        "not_found",
        "404, or Mistral's 400: there is no such model",
        {
            "generic": HttpError(404, unknown),
            "responses": HttpError(404, unknown),
            "azure": HttpError(404, deployment),
            "anthropic": HttpError(404, anthropic("model: test-model", type="not_found_error")),
            "mistral": HttpError(
                400, mistral("Invalid model: test-model", type="invalid_model", code="1500")
            ),
        },
        kind=FailureKind.NOT_FOUND,
    )
    yield http_fault(
        "not_pulled",
        "404 of Ollama: the model is not on the machine",
        {"generic": HttpError(404, _ollama('model "test-model" not found, try pulling it first'))},
        kind=FailureKind.NOT_FOUND,
    )
    yield http_fault(
        "not_found_page",
        "404 as a page: the address is one of something else",
        dict.fromkeys(DIALECTS, page(404, "404 Not Found")),
        kind=FailureKind.NOT_FOUND,
    )


def _forms() -> Iterator[Fault]:
    unknown = openai("Unrecognized request argument supplied: frobnicate")
    extra = mistral_details(("extra_forbidden", "frobnicate", "Extra inputs are not permitted"))
    yield http_fault(
        "bad_parameter",
        "400 or 422: a parameter is unknown",
        {
            "generic": HttpError(400, unknown),
            "responses": HttpError(400, unknown),
            "azure": HttpError(400, unknown),
            "anthropic": HttpError(400, anthropic("frobnicate: Extra inputs are not permitted")),
            "mistral": HttpError(422, extra),
        },
        kind=BAD,
    )
    yield http_fault(
        "bad_call_id",
        "400: an id of a call has not the form that it must have",
        {
            "mistral": HttpError(
                400,
                mistral(
                    "Tool call id was call_0000 but must be a-z, A-Z, 0-9, with a length of 9.",
                    type="invalid_function_call",
                    code="3280",
                ),
            ),
            "anthropic": HttpError(
                400,
                anthropic(
                    "messages.1.content.0.tool_use.id: String should match pattern"
                    " '^[a-zA-Z0-9_-]+$'"
                ),
            ),
        },
        kind=BAD,
    )
    orphan = openai(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to"
        " each 'tool_call_id'. The following tool_call_ids did not have response messages:"
        " call_0000",
        param="messages.[2].role",
    )
    yield http_fault(
        "bad_order",
        "400: a call has no result",
        {
            "generic": HttpError(400, orphan),
            "azure": HttpError(400, orphan),
            "responses": HttpError(
                400, openai("No tool output found for function call call_0000.", param="input")
            ),
            "anthropic": HttpError(
                400,
                anthropic(
                    "messages.2: `tool_use` ids were found without `tool_result` blocks immediately"
                    " after: toolu_0000."
                ),
            ),
            "mistral": HttpError(
                400,
                mistral(
                    "Not the same number of function calls and responses",
                    type="invalid_request_message_order",
                    code="3230",
                ),
            ),
        },
        kind=BAD,
    )
    yield http_fault(
        "bad_signature",
        "400: the signature of a thought is another's",
        {
            "generic": HttpError(
                400,
                google("Corrupted thought signature.", code=400, status="INVALID_ARGUMENT"),
            ),
            "responses": HttpError(
                400,
                openai(
                    "The encrypted content gAAA...0000 could not be verified.",
                    code="invalid_encrypted_content",
                ),
            ),
            "anthropic": HttpError(
                400, anthropic("messages.1.content.0: Invalid `signature` in `thinking` block")
            ),
        },
        kind=BAD,
    )
    yield http_fault(
        "too_many_bytes",
        "413: the body is too large",
        {
            "anthropic": HttpError(
                413, anthropic("Request exceeds the maximum size", type="request_too_large")
            ),
            "generic": HttpError(413, openai("Request body is too large")),
        },
        kind=BAD,
    )


def _capabilities() -> Iterator[Fault]:
    images = openai("Invalid content type. image_url is only supported by certain models.")
    yield http_fault(
        "no_images",
        "400: the model sees no images",
        {"generic": HttpError(400, images), "azure": HttpError(400, images)},
        kind=BAD,
        lacks=True,
    )
    tools = _ollama("registry.ollama.ai/library/test-model does not support tools")
    yield http_fault(
        "no_tools",
        "400 of Ollama: the model calls no tools",
        {"generic": HttpError(400, tools)},
        kind=BAD,
        lacks=True,
    )


def _contents() -> Iterator[Fault]:
    flagged = openai(
        "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
        code="invalid_prompt",
    )
    policy = azure(
        "The response was filtered due to the prompt triggering Azure OpenAI's content management"
        " policy.",
        code="content_filter",
        inner={"code": "ResponsibleAIPolicyViolation"},
    )
    yield http_fault(
        "refused_content",
        "400: the vendor does not want to answer this",
        {
            "generic": HttpError(400, flagged),
            "responses": HttpError(400, flagged),
            "azure": HttpError(400, policy),
            "anthropic": HttpError(400, anthropic("Output blocked by content filtering policy")),
        },
        kind=FailureKind.REFUSED,
    )
    moderated = openai(
        'test-model requires moderation. Your input was flagged for "violence".', code=403
    )
    yield http_fault(
        "moderated",
        "403 of OpenRouter: the vendor does not want to answer this",
        {"generic": HttpError(403, moderated)},
        kind=FailureKind.REFUSED,
    )


_BAD_KEY: Final = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}


def _ollama(message: str) -> bytes:
    return msgspec.json.encode({"error": message})
