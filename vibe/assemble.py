"""Where the parts are put together: what this process was given, and the values made of it.

The environment is read here and nowhere else; everybody else is handed what he needs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from msgspec import Struct

from vibe.secret import names_a_secret

if TYPE_CHECKING:
    from vibe.config import schema
    from vibe.config.discover import Connect
    from vibe.config.load import Loaded
    from vibe.domain.model import Alias
    from vibe.domain.provider import Patience, Provider
    from vibe.domain.target import Target


def _accepting(ports: Iterable[int]) -> Collection[int]:
    from vibe.config.discover import accepting  # few commands knock anywhere

    return accepting(ports)


_THINKS_S = 300.0
_LOADS_S = 600.0


class World(Struct, frozen=True, kw_only=True):
    """What a process finds around itself. Tests make one; nothing else reaches outside."""

    env: Mapping[str, str]
    cwd: Path
    uid: int
    platform: str
    stdin: TextIO
    stdout: TextIO
    stderr: TextIO
    connect: Connect = _accepting

    def __repr__(self) -> str:
        return f"<World of {len(self.env)} variables in {str(self.cwd)!r}>"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []

    @property
    def home(self) -> Path:
        from vibe.config.paths import home_folder

        return home_folder(self.env)

    def secrets(self) -> tuple[str, ...]:
        """The values of those variables that sound as if they held one."""
        return secrets_among(self.env)


def secrets_among(variables: Mapping[str, str]) -> tuple[str, ...]:
    """The values of those that sound like secrets; a path that exists is none, but leads to one.

    Its shape cannot tell: a key in base64 may begin with a slash, too.
    """
    return tuple(
        value for name, value in variables.items() if names_a_secret(name) and not _exists(value)
    )


def _exists(path: str) -> bool:
    return path.startswith("/") and path.isprintable() and os.access(path, os.F_OK)


def world_of_this_process() -> World:
    return World(
        env=dict(os.environ),
        cwd=Path.cwd(),
        uid=os.getuid(),
        platform=sys.platform,
        stdin=sys.stdin,
        stdout=sys.stdout,
        stderr=sys.stderr,
    )


class Line(Struct, frozen=True, kw_only=True):
    """One configured model, ready to be asked; `key_trouble` says why it cannot be, if so."""

    alias: Alias
    provider: Provider
    target: Target
    key_trouble: str | None = None


def lines_of(loaded: Loaded) -> tuple[Line, ...]:
    """Every model whose provider is configured, in the order of the file."""
    providers = {provider.name: provider for provider in loaded.settings.providers}
    return tuple(
        _line(model, providers[model.provider], loaded)
        for model in loaded.settings.models
        if model.provider in providers
    )


def _line(model: schema.Model, provider: schema.Provider, loaded: Loaded) -> Line:
    from vibe.config.checks.keys import key_trouble
    from vibe.domain.provider import Provider
    from vibe.domain.target import Target
    from vibe.secret import Secret
    from vibe.wire.presets import quirks_for

    variable = provider.api_key_env_var
    trouble = key_trouble(variable, loaded.variables) if variable else None
    key = loaded.variables.get(variable) if variable and trouble is None else None
    quirks = quirks_for(
        provider.api_base, provider.backend, model=model.name, overrides=provider.quirks
    )
    return Line(
        alias=model.alias,
        provider=Provider(
            name=provider.name,
            api_base=provider.api_base,
            backend=provider.backend,
            key=Secret(key) if key else None,
            headers=tuple((name, Secret(value)) for name, value in provider.headers.items()),
            api_version=provider.api_version,
            patience=_patience(model, provider),
        ),
        target=Target(
            provider=provider.name,
            model=model.name,
            backend=provider.backend,
            quirks=quirks,
            api_version=provider.api_version,
            max_output_tokens=model.max_output_tokens,
            context_window=model.context_window,
            temperature=model.temperature,
            thinks=model.thinking,
            calls_tools=model.supports_tools,
            sees_images=model.supports_images,
            prefills=model.supports_prefill,
        ),
        key_trouble=f"{variable} {trouble}" if trouble else None,
    )


def _patience(model: schema.Model, provider: schema.Provider) -> Patience:
    """As configured, else as long as such a model usually takes: one on this machine may load."""
    from vibe.config.checks.addresses import is_on_this_machine
    from vibe.domain.provider import Patience

    usual = Patience()
    first_token_s = usual.first_token_s
    if model.thinking:
        first_token_s = _THINKS_S
    if is_on_this_machine(provider.api_base):
        first_token_s = _LOADS_S
    return Patience(
        first_token_s=provider.first_token_timeout_s or first_token_s,
        idle_s=provider.idle_timeout_s or usual.idle_s,
        total_s=provider.timeout_s,
    )
