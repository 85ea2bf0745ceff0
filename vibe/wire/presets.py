"""The quirks of the providers that are known, by the host or port of their address.

Pure data and one look-up. What a person writes into the `quirks` of a provider goes over a preset.
Where a fact is not documented, the cautious value stands: a parameter that is not sent breaks
nothing. Mistral's and OpenAI's were checked against their published schemas, the others against
what their documents say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct, structs

from vibe.domain.model import Backend
from vibe.domain.quirks import Quirks

PLAIN: Final = Quirks()  # Azure, and whoever is not known
OPENAI: Final = Quirks(max_tokens_key="max_completion_tokens", documents=True, cache_key=True)
MISTRAL: Final = Quirks(
    stream_options=False,
    call_ids="alnum9",
    required_word="any",
    tool_names=True,
    user_after_tool=False,
    mid_system=False,
    prefix_flag=True,
    thinking="chunks",
    seed_key="random_seed",
    effort=True,
    cache_key=True,
    max_temperature=1.5,
    dimensions_key="output_dimension",
)
GROQ: Final = Quirks(max_tokens_key="max_completion_tokens", effort=True)
OPENROUTER: Final = Quirks(thinking="reasoning", effort=True, documents=True)
GEMINI: Final = Quirks(
    tool_names=True,  # without them "function_response.name: Name cannot be empty"
    # What Google documents for calls that no Gemini made.
    # Gemini's own word for a call that it did not make itself.
    foreign_seal='{"google":{"thought_signature":"skip_thought_signature_validator"}}',
    parallel_calls=False,
    seed_key="",
    effort=True,
    image_urls=False,
)
TOGETHER: Final = Quirks(parallel_calls=False)
DEEPSEEK: Final = Quirks(
    thinking="reasoning_content",
    thinking_required=True,
    parallel_calls=False,
    seed_key="",
    json_schema=False,
    images=False,
    image_urls=False,
)
COHERE: Final = Quirks(stream_options=False, parallel_calls=False, max_temperature=1.0)

# A model's own template, which servers on one's own machine use, often refuses a system message
# that is not the first.
OLLAMA: Final = Quirks(
    mid_system=False,
    thinking="reasoning",
    parallel_calls=False,
    effort=True,
    image_urls=False,
    truncates_silently=True,
)
LLAMA_CPP: Final = Quirks(
    max_tokens_required=True, mid_system=False, prefill=True, thinking="reasoning_content"
)
VLLM: Final = Quirks(mid_system=False, thinking="reasoning_content")
LM_STUDIO: Final = Quirks(mid_system=False, image_urls=False)

ANTHROPIC: Final = Quirks(
    max_tokens_required=True,
    call_ids="anthropic",
    mid_system=False,
    prefill=True,
    documents=True,
    max_temperature=1.0,
)
RESPONSES: Final = Quirks(documents=True, cache_key=True)

_BY_HOST: Final = {
    "api.openai.com": OPENAI,
    "api.mistral.ai": MISTRAL,
    "codestral.mistral.ai": MISTRAL,
    "api.groq.com": GROQ,
    "openrouter.ai": OPENROUTER,
    "generativelanguage.googleapis.com": GEMINI,
    "api.together.xyz": TOGETHER,
    "api.together.ai": TOGETHER,
    "api.deepseek.com": DEEPSEEK,
    "api.cohere.ai": COHERE,
    "api.cohere.com": COHERE,
}
_BY_SUFFIX: Final = {
    ".openai.azure.com": PLAIN,
    ".services.ai.azure.com": PLAIN,
    ".cognitiveservices.azure.com": PLAIN,
}
_BY_PORT: Final = {11434: OLLAMA, 8080: LLAMA_CPP, 8000: VLLM, 1234: LM_STUDIO}
_BY_BACKEND: Final[Mapping[Backend, Quirks]] = {
    "mistral": MISTRAL,
    "azure": PLAIN,
    "anthropic": ANTHROPIC,
    "responses": RESPONSES,
}


class _OwnWays(Struct, frozen=True):
    """Models that differ from the others of their provider."""

    presets: tuple[Quirks, ...]
    models: re.Pattern[str]
    quirks: Mapping[str, object]


_REASONING_GPT: Final = re.compile(r"o\d|gpt-(?:[5-9]|\d\d)(?!.*-chat)")
_CLAUDE_SINCE_4_6: Final = re.compile(r"claude-[a-z]+-(?:4-(?:[6-9]|\d\d)|[5-9]|\d\d)(?!\d)")
_CLAUDE_SINCE_4_7: Final = re.compile(r"claude-[a-z]+-(?:4-(?:[7-9]|\d\d)|[5-9]|\d\d)(?!\d)")
_BY_MODEL: Final = (
    _OwnWays(
        (OPENAI, PLAIN),
        _REASONING_GPT,
        {"max_tokens_key": "max_completion_tokens", "sampling": False, "effort": True},
    ),
    _OwnWays((RESPONSES,), _REASONING_GPT, {"sampling": False}),
    _OwnWays((ANTHROPIC,), _CLAUDE_SINCE_4_6, {"prefill": False}),
    _OwnWays((ANTHROPIC,), _CLAUDE_SINCE_4_7, {"sampling": False, "effort": True}),
)


def quirks_for(
    api_base: str,
    backend: Backend,
    *,
    model: str = "",
    overrides: Mapping[str, object] | None = None,
) -> Quirks:
    """The quirks of a provider's model; `overrides` are fields of `Quirks`, already checked."""
    preset = _BY_BACKEND.get(backend) or _by_address(api_base)
    quirks = preset
    for own in _BY_MODEL:
        if preset in own.presets and own.models.match(model):
            quirks = structs.replace(quirks, **own.quirks)
    return structs.replace(quirks, **(overrides or {}))


def _by_address(api_base: str) -> Quirks:
    try:
        address = urlsplit(api_base)
        host, port = address.hostname or "", address.port
    except ValueError:  # not an address, which the configuration reports
        return PLAIN
    for suffix, quirks in _BY_SUFFIX.items():
        if host.endswith(suffix):
            return quirks
    return _BY_HOST.get(host) or _BY_PORT.get(port or 0) or PLAIN
