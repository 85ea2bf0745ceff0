"""Which quirks an address gets, and what may change them."""

from __future__ import annotations

import pytest
from msgspec import structs

from vibe.config.known import LOCAL_SERVERS, PROVIDERS
from vibe.domain.model import Backend
from vibe.domain.quirks import Quirks
from vibe.wire.presets import (
    ANTHROPIC,
    COHERE,
    DEEPSEEK,
    GEMINI,
    GROQ,
    LLAMA_CPP,
    LM_STUDIO,
    MISTRAL,
    OLLAMA,
    OPENAI,
    OPENROUTER,
    PLAIN,
    RESPONSES,
    TOGETHER,
    VLLM,
    quirks_for,
)


@pytest.mark.parametrize(
    ("api_base", "expected"),
    [
        ("https://api.openai.com/v1", OPENAI),
        ("https://API.OpenAI.com/v1/", OPENAI),
        ("https://api.mistral.ai/v1", MISTRAL),
        ("https://codestral.mistral.ai/v1", MISTRAL),
        ("https://api.groq.com/openai/v1", GROQ),
        ("https://openrouter.ai/api/v1", OPENROUTER),
        ("https://generativelanguage.googleapis.com/v1beta/openai", GEMINI),
        ("https://api.together.xyz/v1", TOGETHER),
        ("https://api.deepseek.com", DEEPSEEK),
        ("https://api.cohere.ai/compatibility/v1", COHERE),
        ("http://localhost:11434/v1", OLLAMA),
        ("http://127.0.0.1:8080/v1", LLAMA_CPP),
        ("http://[::1]:8000/v1", VLLM),
        ("http://gpu.lan:1234/v1", LM_STUDIO),
        ("https://mine.openai.azure.com/openai/v1", PLAIN),
        ("https://gateway.example.com/v1", PLAIN),
        ("https://api.openai.com.example.com/v1", PLAIN),
        ("http://localhost:99999/v1", PLAIN),
        ("http://[", PLAIN),
        ("", PLAIN),
    ],
)
def test_an_address_tells_the_quirks_of_its_host(api_base: str, expected: Quirks) -> None:
    assert quirks_for(api_base, "generic") == expected


@pytest.mark.parametrize(
    ("backend", "expected"),
    [("mistral", MISTRAL), ("azure", PLAIN), ("anthropic", ANTHROPIC), ("responses", RESPONSES)],
)
def test_a_backend_of_its_own_stands_above_the_address(backend: Backend, expected: Quirks) -> None:
    assert quirks_for("http://localhost:11434/v1", backend) == expected


def test_every_provider_that_the_configuration_knows_has_a_preset() -> None:
    known = (*PROVIDERS, *LOCAL_SERVERS)
    plain = [one for one in known if quirks_for(one.api_base, one.backend) == PLAIN]
    assert plain == []


OPENAI_BASE = "https://api.openai.com/v1"
CLAUDE_BASE = "https://api.anthropic.com/v1"
REASONING = {"max_tokens_key": "max_completion_tokens", "sampling": False, "effort": True}
ADAPTIVE = {"prefill": False, "sampling": False, "effort": True}
GEMINI_BASE = "https://generativelanguage.googleapis.com/v1beta/openai"


@pytest.mark.parametrize(
    ("api_base", "backend", "model", "changed"),
    [
        (OPENAI_BASE, "generic", "o3-mini", REASONING),
        (OPENAI_BASE, "generic", "gpt-5", REASONING),
        (OPENAI_BASE, "generic", "gpt-5.6-sol", REASONING),
        (OPENAI_BASE, "generic", "gpt-10", REASONING),
        (OPENAI_BASE, "generic", "gpt-5-chat-latest", {}),
        (OPENAI_BASE, "generic", "gpt-4o", {}),
        (OPENAI_BASE, "generic", "omni-moderation", {}),
        ("https://mine.openai.azure.com", "azure", "gpt-5-mini", REASONING),
        ("https://gateway.example.com/v1", "generic", "o4-mini", REASONING),
        ("http://localhost:11434/v1", "generic", "gpt-oss:20b", {}),
        ("https://openrouter.ai/api/v1", "generic", "gpt-5", {}),
        (OPENAI_BASE, "responses", "gpt-5", {"sampling": False}),
        (CLAUDE_BASE, "anthropic", "claude-opus-4-7", ADAPTIVE),
        (CLAUDE_BASE, "anthropic", "claude-sonnet-5-20260901", ADAPTIVE),
        (CLAUDE_BASE, "anthropic", "claude-sonnet-4-20250514", {}),
        (CLAUDE_BASE, "anthropic", "claude-opus-4-6", {"prefill": False}),
        (CLAUDE_BASE, "anthropic", "claude-opus-4-5", {}),
        (GEMINI_BASE, "generic", "gemini-2.5-pro", {}),
        (CLAUDE_BASE, "anthropic", "claude-3-7-sonnet-latest", {}),
    ],
)
def test_some_models_have_ways_of_their_own(
    api_base: str, backend: Backend, model: str, changed: dict[str, object]
) -> None:
    plain = quirks_for(api_base, backend)
    assert quirks_for(api_base, backend, model=model) == structs.replace(plain, **changed)


def test_what_a_person_writes_stands_above_all() -> None:
    overrides = {"stream_options": True, "sampling": True}
    quirks = quirks_for(OPENAI_BASE, "generic", model="gpt-5", overrides=overrides)
    assert quirks == structs.replace(OPENAI, effort=True)
    assert quirks_for("https://api.mistral.ai/v1", "mistral", overrides={"seed_key": ""}) == (
        structs.replace(MISTRAL, seed_key="")
    )
