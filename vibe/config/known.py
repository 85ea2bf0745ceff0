"""Providers and local servers that vibe knows without a configuration.

Model names age. Those below were on offer in November 2026, and where a provider has a name that
moves on with its models, it is that name. Prices stand here only where the documentation's own
examples have them; one that is wrong would be worse than one that is not known.
"""

from __future__ import annotations

import re
from typing import ClassVar

from msgspec import Struct

from vibe.domain.model import Alias, Backend, ProviderName


class KnownProvider(Struct, frozen=True, kw_only=True):
    """A provider whose key is usually in the variable `variable`, and a model to start with.

    `key_form` is the shape of its keys: enough to guess by, never to refuse one.
    """

    name: ProviderName
    title: str
    variable: str
    key_form: str
    api_base: str
    backend: Backend = "generic"
    model: str
    alias: Alias
    input_price: float | None = None
    output_price: float | None = None


class LocalServer(Struct, frozen=True, kw_only=True):
    """A program that serves models on this machine, usually on `port`, without key or price."""

    variable: ClassVar[str] = ""
    backend: ClassVar[Backend] = "generic"
    input_price: ClassVar[float] = 0.0
    output_price: ClassVar[float] = 0.0

    name: ProviderName
    title: str
    port: int
    model: str
    alias: Alias

    @property
    def api_base(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


PROVIDERS = (
    KnownProvider(
        name=ProviderName("mistral"),
        title="Mistral",
        variable="MISTRAL_API_KEY",
        key_form=r"[A-Za-z0-9]{32}",
        api_base="https://api.mistral.ai/v1",
        backend="mistral",
        model="mistral-vibe-cli-latest",
        alias=Alias("devstral-2"),
        input_price=0.4,
        output_price=2.0,
    ),
    KnownProvider(
        name=ProviderName("anthropic"),
        title="Anthropic",
        variable="ANTHROPIC_API_KEY",
        key_form=r"sk-ant-[\w-]+",
        api_base="https://api.anthropic.com/v1",
        backend="anthropic",
        model="claude-sonnet-5-5",
        alias=Alias("sonnet"),
    ),
    KnownProvider(
        name=ProviderName("openai"),
        title="OpenAI",
        variable="OPENAI_API_KEY",
        key_form=r"sk-(?:(?:proj|svcacct|admin)-[\w-]+|[A-Za-z0-9]{40,})",
        api_base="https://api.openai.com/v1",
        # GPT-6 (September 2026) calls tools in chat completions only when it does not reason.
        backend="responses",
        model="gpt-6-luna",
        alias=Alias("gpt"),
    ),
    KnownProvider(
        name=ProviderName("groq"),
        title="Groq",
        variable="GROQ_API_KEY",
        key_form=r"gsk_\w+",
        api_base="https://api.groq.com/openai/v1",
        model="openai/gpt-oss-120b",
        alias=Alias("gpt-oss-groq"),
    ),
    KnownProvider(
        name=ProviderName("together"),
        title="Together AI",
        variable="TOGETHER_API_KEY",
        key_form=r"tgp_v1_[\w-]+|[0-9a-f]{64}",
        api_base="https://api.together.xyz/v1",
        model="openai/gpt-oss-120b",
        alias=Alias("gpt-oss-together"),
    ),
    KnownProvider(
        name=ProviderName("cohere"),
        title="Cohere",
        variable="COHERE_API_KEY",
        key_form=r"[A-Za-z0-9]{40}",
        api_base="https://api.cohere.ai/compatibility/v1",
        model="command-a-03-2025",
        alias=Alias("command-a"),
    ),
    KnownProvider(
        name=ProviderName("google"),
        title="Google",
        variable="GOOGLE_API_KEY",
        key_form=r"(?:AIza|AQ\.)[\w-]+",
        api_base="https://generativelanguage.googleapis.com/v1beta/openai",
        model="gemini-flash-latest",
        alias=Alias("gemini-flash"),
    ),
    KnownProvider(
        name=ProviderName("openrouter"),
        title="OpenRouter",
        variable="OPENROUTER_API_KEY",
        key_form=r"sk-or-[\w-]+",
        api_base="https://openrouter.ai/api/v1",
        model="openrouter/auto",
        alias=Alias("openrouter"),
    ),
    KnownProvider(
        name=ProviderName("deepseek"),
        title="DeepSeek",
        variable="DEEPSEEK_API_KEY",
        key_form=r"sk-[0-9a-f]{32}",
        api_base="https://api.deepseek.com/v1",
        model="deepseek-flash",
        alias=Alias("deepseek"),
    ),
)

# llama.cpp answers under any name with the model that it was started with; the others do not.
LLAMACPP = LocalServer(
    name=ProviderName("llamacpp"),
    title="llama.cpp",
    port=8080,
    model="gpt-oss-20b",
    alias=Alias("local-llamacpp"),
)
OLLAMA = LocalServer(
    name=ProviderName("ollama"),
    title="Ollama",
    port=11434,
    model="gpt-oss:20b",
    alias=Alias("local-ollama"),
)
LM_STUDIO = LocalServer(
    name=ProviderName("lmstudio"),
    title="LM Studio",
    port=1234,
    model="openai/gpt-oss-20b",
    alias=Alias("local-lmstudio"),
)
VLLM = LocalServer(
    name=ProviderName("vllm"),
    title="vLLM",
    port=8000,
    model="openai/gpt-oss-20b",
    alias=Alias("local-vllm"),
)
LOCAL_SERVERS = (LLAMACPP, OLLAMA, LM_STUDIO, VLLM)


def usual_variable(provider: str) -> str:
    """The variable that a key for a provider of this name is most likely in."""
    for known in PROVIDERS:
        if known.name == provider.strip("\"'"):
            return known.variable
    return (re.sub(r"\W+", "_", provider).strip("_").upper() or "PROVIDER") + "_API_KEY"


def whose_key(key: str) -> tuple[KnownProvider, ...]:
    """Those whose keys look like that: the one that it is of, or nobody knows."""
    return tuple(each for each in PROVIDERS if re.fullmatch(each.key_form, key))
