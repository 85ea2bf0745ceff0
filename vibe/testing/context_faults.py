"""Faults of a request that is too long for the model, in the words of everyone who has some.

The words are those of the vendors' documents and of public reports.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from vibe.domain.failure import FailureKind
from vibe.testing.envelopes import anthropic, google, mistral, openai
from vibe.testing.fault import Fault
from vibe.testing.http_error import Errors, by_vendor, compatible, http_fault


def faults() -> Iterator[Fault]:
    yield from _of_the_dialects()
    yield from _of_local_servers()
    yield from _of_others()


def _of_the_dialects() -> Iterator[Fault]:
    yield _too_long(
        "context",
        "the vendor's own words, with the window",
        by_vendor(
            400,
            openai=openai(
                "This model's maximum context length is 4097 tokens. However, you requested 4120"
                " tokens (3120 in the messages, 1000 in the completion). Please reduce the length"
                " of the messages or completion.",
                code="context_length_exceeded",
                param="messages",
            ),
            anthropic=anthropic("prompt is too long: 5360 tokens > 4097 maximum"),
            mistral=mistral(
                "Prompt contains 40960 tokens and 0 draft tokens, too large for model with 4097"
                " maximum context length",
                code="3051",
                status=400,
            ),
        ),
        window=4097,
    )
    window = openai(
        "Your input exceeds the context window of this model. Please adjust your input and try"
        " again.",
        code="context_length_exceeded",
        param="input",
    )
    yield _too_long("context_window", "“exceeds the context window”", by_vendor(400, openai=window))
    both = anthropic(
        "input length and `max_tokens` exceed context limit: 143653 + 64000 > 200000, decrease"
        " input length or `max_tokens` and try again"
    )
    yield _too_long(
        "context_with_answer",
        "only together with the answer is it too long",
        by_vendor(400, anthropic=both),
        window=200_000,
    )


def _of_local_servers() -> Iterator[Fault]:
    numbers: dict[str, object] = {
        "code": 400,
        "message": "request (4390 tokens) exceeds the available context size (4096 tokens), try"
        " increasing it",
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 4390,
        "n_ctx": 4096,
    }
    yield _too_long(
        "context_llamacpp",
        "llama.cpp, with the numbers in fields",
        compatible(400, msgspec.json.encode({"error": numbers})),
        window=4096,
    )
    full = {"code": 500, "message": "Context size has been exceeded.", "type": "server_error"}
    yield _too_long(
        "context_llamacpp_500",
        "llama.cpp, as an error of the server",
        compatible(500, msgspec.json.encode({"error": full})),
    )
    vllm: dict[str, object] = {
        "object": "error",
        "message": "This model's maximum context length is 16384 tokens. However, you requested"
        " 122946 tokens (112946 in the messages, 10000 in the completion).",
        "type": "BadRequestError",
        "param": None,
        "code": 400,
    }
    yield _too_long(
        "context_vllm", "vLLM", compatible(400, msgspec.json.encode(vllm)), window=16_384
    )
    ollama = msgspec.json.encode({"error": "the input length exceeds the context length"})
    yield _too_long("context_ollama", "Ollama", compatible(400, ollama))
    yield _words(
        "context_lmstudio",
        "LM Studio",
        "Trying to keep the first 15857 tokens when context the overflows. However, the model is"
        " loaded with context length of only 4096 tokens, which is not enough.",
        window=4096,
    )


def _of_others() -> Iterator[Fault]:
    counted = (
        "The input token count (1236488) exceeds the maximum number of tokens allowed (1048576)."
    )
    yield _too_long(
        "context_google",
        "Gemini, in a list",
        compatible(400, google(counted, code=400, status="INVALID_ARGUMENT")),
        window=1_048_576,
    )
    yield _words("context_groq", "Groq", "Please reduce the length of the messages or completion.")
    minute = (
        "Request too large for model `test-model` in organization `org_0000` on tokens per minute"
        " (TPM): Limit 12000, Requested 14137, please reduce your message size and try again."
    )
    yield _too_long(
        "context_minute",
        "Groq: one request is more than a minute's allowance",
        compatible(413, openai(minute, type="tokens", code="rate_limit_exceeded")),
        window=12_000,
    )
    yield _words(
        "context_openrouter",
        "OpenRouter",
        "This endpoint's maximum context length is 32768 tokens. However, you requested about 42832"
        " tokens (42832 of text input).",
        window=32_768,
    )
    yield _words(
        "context_xai",
        "xAI",
        "This model's maximum prompt length is 131072 but the request contains 136973 tokens.",
        window=131_072,
    )
    yield _words(
        "context_together",
        "Together, with 422",
        "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 80125"
        " `inputs` tokens and 4096 `max_new_tokens`",
        window=4097,
        status=422,
    )
    yield _words(
        "context_length_of_model",
        "“longer than the model's context length”",
        "The input (40000 tokens) is longer than the model's context length (32768 tokens).",
        window=32_768,
    )


def _too_long(name: str, says: str, errors: Errors, *, window: int | None = None) -> Fault:
    return http_fault(
        name, f"too long: {says}", errors, kind=FailureKind.CONTEXT_TOO_LONG, window=window
    )


def _words(
    name: str, says: str, message: str, *, window: int | None = None, status: int = 400
) -> Fault:
    return _too_long(name, says, compatible(status, openai(message)), window=window)
