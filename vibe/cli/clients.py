"""What points each program at a gateway: variables, and flags where a variable does not do.

Data alone: nothing here reads an environment or starts anything. The token stands in variables,
never in a flag, since everybody on a machine can read the arguments of its programs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from msgspec import Struct

from vibe.gateway.naming import SIZES
from vibe.secret import Secret

# Of its own, so that no program that the client runs takes the token for a key of a provider.
_TOKEN: Final = "GATEWAY_TOKEN_OF_VIBE"  # noqa: S105  the name of a variable
_HERE: Final = "127.0.0.1,localhost"


class Reached(Struct, frozen=True, kw_only=True):
    """A gateway: its address without a path, its token, and the models that can be named."""

    url: str
    token: Secret
    models: tuple[str, ...] = ()


class Pointed(Struct, frozen=True, kw_only=True):
    """`without` are variables that would lead elsewhere; `flags` come before the person's own."""

    variables: Mapping[str, str]
    without: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Client(Struct, frozen=True, kw_only=True):
    """`install` is how people usually get it."""

    install: str
    pointed: Callable[[Reached], Pointed]


def _claude(at: Reached) -> Pointed:
    return Pointed(
        variables={"ANTHROPIC_BASE_URL": at.url, "ANTHROPIC_AUTH_TOKEN": at.token.reveal()},
        without=(
            "ANTHROPIC_API_KEY",
            "CLAUDE_CODE_OAUTH_TOKEN",
            "CLAUDE_CODE_USE_BEDROCK",
            "CLAUDE_CODE_USE_FOUNDRY",
            "CLAUDE_CODE_USE_VERTEX",
        ),
    )


def _codex(at: Reached) -> Pointed:
    """It has no variable for the address; a built-in provider cannot be given another one."""
    own = {"name": "vibe", "base_url": f"{at.url}/v1", "env_key": _TOKEN, "wire_api": "responses"}
    table = ", ".join(f"{key} = {json.dumps(value)}" for key, value in own.items())
    return Pointed(
        variables={_TOKEN: at.token.reveal()},
        flags=("-c", 'model_provider="vibe"', "-c", f"model_providers.vibe={{ {table} }}"),
    )


def _opencode(at: Reached) -> Pointed:
    provider = {
        "npm": "@ai-sdk/openai-compatible",
        "name": "vibe",
        "options": {"baseURL": f"{at.url}/v1", "apiKey": f"{{env:{_TOKEN}}}"},
        "models": {name: {"name": name} for name in ("auto", *SIZES, *at.models)},
    }
    config = {
        "model": "vibe/auto",
        "small_model": "vibe/small",
        "provider": {"vibe": provider},
    }
    return Pointed(
        variables={_TOKEN: at.token.reveal(), "OPENCODE_CONFIG_CONTENT": json.dumps(config)}
    )


def _aider(at: Reached) -> Pointed:
    """By variables of its own, which count before those of a project's `.env`."""
    return Pointed(
        variables={
            "AIDER_MODEL": "openai/auto",
            "AIDER_WEAK_MODEL": "openai/small",
            "AIDER_OPENAI_API_BASE": f"{at.url}/v1",
            "AIDER_OPENAI_API_KEY": at.token.reveal(),
            "AIDER_SHOW_MODEL_WARNINGS": "false",
        }
    )


def _openai(at: Reached) -> Pointed:
    return Pointed(
        variables={"OPENAI_BASE_URL": f"{at.url}/v1", "OPENAI_API_KEY": at.token.reveal()}
    )


def _any(at: Reached) -> Pointed:
    """What programs over the SDKs of OpenAI and Anthropic, or over LiteLLM, understand."""
    return Pointed(
        variables={
            **_openai(at).variables,
            "OPENAI_API_BASE": f"{at.url}/v1",
            "ANTHROPIC_BASE_URL": at.url,
            "ANTHROPIC_API_KEY": at.token.reveal(),
        },
        without=("ANTHROPIC_AUTH_TOKEN",),
    )


CLIENTS: Final[Mapping[str, Client]] = {
    "claude": Client(install="npm install -g @anthropic-ai/claude-code", pointed=_claude),
    "codex": Client(install="npm install -g @openai/codex", pointed=_codex),
    "opencode": Client(install="npm install -g opencode-ai", pointed=_opencode),
    "aider": Client(install="pip install aider-chat", pointed=_aider),
    "llm": Client(install="pip install llm", pointed=_openai),
}


def pointed(name: str, at: Reached) -> Pointed:
    """For the program of this name, be it one that is known or not."""
    return CLIENTS[name].pointed(at) if name in CLIENTS else _any(at)


def environment(env: Mapping[str, str], wanted: Pointed) -> dict[str, str]:
    """`env` for the one program. Where a proxy leads out, it must not be asked for this machine."""
    kept = {name: value for name, value in env.items() if name not in wanted.without}
    found = {**kept, **wanted.variables}
    if any(name.lower().endswith("_proxy") for name in kept):
        for name in ("NO_PROXY", "no_proxy"):
            found[name] = f"{kept[name]},{_HERE}" if kept.get(name) else _HERE
    return found
