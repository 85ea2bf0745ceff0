"""Where LiteLLM would ask a model: its prefixes of names, and the accounts that they lead to."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from vibe.clean import quote
from vibe.config.importing.from_providers import LONG_ANSWERS
from vibe.config.importing.keys import Keys
from vibe.config.importing.plan import Plan, Settings, backend_at
from vibe.config.known import LM_STUDIO, OLLAMA, PROVIDERS
from vibe.domain.model import Backend

_OS_ENVIRON = re.compile(r"os\.environ/([A-Za-z_][A-Za-z0-9_]*)")
_BARE = re.compile(r"(?P<openai>gpt-|chatgpt-|o\d)|(?P<anthropic>claude-)")
_AZURE_VERSION = "2024-10-21"


class _Vendor(Struct, frozen=True, kw_only=True):
    """What a prefix means where an entry says no more. LiteLLM `adds_v1` to the address itself."""

    name: str
    base: str = ""
    variable: str = ""
    backend: Backend = "generic"
    adds_v1: bool = False


_KNOWN = {
    str(each.name): _Vendor(
        name=each.name,
        base=each.api_base,
        variable=each.variable,
        backend="generic" if each.backend == "responses" else each.backend,
        adds_v1=each.backend == "anthropic",
    )
    for each in PROVIDERS
}
_OLLAMA = _Vendor(name="ollama", base=OLLAMA.api_base, adds_v1=True)
_VENDORS: Final = {
    **_KNOWN,
    "azure": _Vendor(
        name="azure", base="${AZURE_API_BASE}", variable="AZURE_API_KEY", backend="azure"
    ),
    "cohere_chat": _KNOWN["cohere"],
    "custom_openai": _Vendor(name="custom"),
    "gemini": _KNOWN["google"],
    "hosted_vllm": _Vendor(name="vllm"),
    "litellm_proxy": _Vendor(name="litellm"),
    "lm_studio": _Vendor(name="lmstudio", base=LM_STUDIO.api_base),
    "ollama": _OLLAMA,
    "ollama_chat": _OLLAMA,
    "openai_like": _Vendor(name="custom"),
    "together_ai": _KNOWN["together"],
}


class Accounts:
    """The accounts so far: entries that differ in nothing but the model share one."""

    def __init__(self, plan: Plan, *, timeout_s: float | None) -> None:
        self._plan = plan
        self._timeout_s = timeout_s
        self._names: dict[str, str] = {}

    def place(self, params: Keys) -> tuple[str, str] | None:
        """The account that an entry is asked at, and the model's name there; None where vibe knows
        none."""
        base = text_of(params, "api_base") or text_of(params, "base_url") or ""
        line = params.line_of("model")
        written = self._plan.credentials.literal(text_of(params, "model") or "", line)
        prefix, _, name = written.partition("/")
        vendor = _VENDORS.get(prefix) if name else None
        if vendor is None:
            bare = _BARE.match(written)
            vendor = _KNOWN[str(bare.lastgroup)] if bare else _Vendor(name="custom")
            name = written
        base = base or vendor.base
        if not base:
            self._plan.notes.say(
                line,
                f"where vibe would ask {quote(written, limit=60)} is not known",
                "it is left out; add a provider by hand if it speaks one of vibe's dialects",
            )
            return None
        return self._named(vendor, self._settings(params, vendor, base), line), name

    def _named(self, vendor: _Vendor, settings: Settings, line: int) -> str:
        same = repr((vendor.name, settings))
        if same not in self._names:
            taken = [each["name"] for each in self._plan.providers]
            name, number = vendor.name, 2
            while name in taken:
                name, number = f"{vendor.name}-{number}", number + 1
            self._names[same] = self._plan.provider(name, line, settings)
        return self._names[same]

    def _settings(self, params: Keys, vendor: _Vendor, base: str) -> Settings:
        plan, key = self._plan, text_of(params, "api_key")
        variable = vendor.variable
        if key:
            variable = plan.credentials.variable(key, vendor.name, params.line_of("api_key"))
        version, backend = text_of(params, "api_version"), vendor.backend
        if backend == "azure":
            base = re.sub(r"/openai(?:/.*)?$", "", base)
            version = version or self._azure_version(params)
        elif backend == "generic":
            backend = backend_at(base)
        if vendor.adds_v1:
            base = base.rstrip("/").removesuffix("/v1") + "/v1"
        headers = params.table("extra_headers", "extra_headers")
        wanted = headers.all_texts() if headers else ()
        sent = plan.credentials.headers(
            ((name, _referring(text), line) for name, text, line in wanted), vendor.name
        )
        line = params.line_of("api_base")
        return {
            "api_base": plan.address(base, line, backend=backend, sends_key=bool(variable)),
            "api_key_env_var": variable,
            "backend": backend,
            "api_version": version if backend == "azure" else None,
            "timeout_s": self._timeout(params),
            "headers": sent or None,
        }

    def _azure_version(self, params: Keys) -> str:
        self._plan.notes.say(
            params.line, "azure has no api_version here", f"it is written as {_AZURE_VERSION}"
        )
        return _AZURE_VERSION

    def _timeout(self, params: Keys) -> float | None:
        line = params.line_of("timeout")
        own = self._plan.seconds(params.number("timeout"), line, "timeout")
        if own is not None:
            told = "timeout is written as timeout_s, which bounds the whole answer"
            self._plan.notes.say(line, told, LONG_ANSWERS)
        return self._timeout_s if own is None else own


def text_of(keys: Keys, name: str) -> str | None:
    """A text that may refer to variables, as vibe writes that; None for an empty one."""
    return _referring((keys.text(name) or "").strip()) or None


def _referring(text: str) -> str:
    return _OS_ENVIRON.sub(lambda found: f"${{{found[1]}}}", text)
