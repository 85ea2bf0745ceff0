"""What an imported configuration becomes: accounts, models, a pool, and who answers for which size.

Makes names unique and renders the whole as TOML. Knows nothing of the formats that it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TypeAlias

from vibe.clean import quote
from vibe.config.checks.addresses import judge
from vibe.config.checks.subject import RESERVED, folded
from vibe.config.edit import as_toml
from vibe.config.explanations import explained
from vibe.config.importing.credentials import REFERENCE, Credentials, is_followable
from vibe.config.importing.keys import LEFT_OUT, Notes
from vibe.config.importing.tree import Unreadable
from vibe.config.known import PROVIDERS
from vibe.config.schema import DAY_MS
from vibe.domain.model import Backend

Settings: TypeAlias = dict[str, object]

_HOST = re.compile(r"https?://([^/:?#@]+)")


class Plan:
    """Filled by one importer. `pool` has at most one entry for each alias; `sizes` too."""

    def __init__(self, *, notes: Notes, credentials: Credentials) -> None:
        self.notes = notes
        self.credentials = credentials
        self.providers: list[Settings] = []
        self.models: list[Settings] = []
        self.multiplexer: Settings = {}
        self.pool: list[Settings] = []
        self.gateway: Settings = {}
        self.sizes: dict[str, list[str]] = {}
        self._aliases: dict[tuple[str, str], str] = {}
        self._taken: set[str] = {RESERVED}

    def provider(self, wanted: str, line: int, settings: Settings) -> str:
        """Add an account under a name that no other has."""
        name = _unique(wanted, {folded(str(each["name"])) for each in self.providers})
        if name != wanted:
            self.notes.say(
                line, f"{quote(wanted)} is the name of two providers", f"this one is {quote(name)}"
            )
        self.providers.append({"name": name, **_without_none(settings)})
        return name

    def model(self, provider: str, name: str, *, alias: str = "", settings: Settings) -> str:
        """Add a model of an account, once, and return its alias."""
        if (provider, name) not in self._aliases:
            alias = _unique(alias or f"{provider}/{name}", self._taken)
            self._taken.add(folded(alias))
            self._aliases[provider, name] = alias
            self.models.append(
                {"name": name, "provider": provider, "alias": alias, **_without_none(settings)}
            )
        return self._aliases[provider, name]

    def address(self, text: str, line: int, *, backend: Backend, sends_key: bool) -> str:
        """`text` as `api_base`, with what vibe would refuse corrected and noted."""
        text = text.strip().rstrip("/")
        if "${" in text and is_followable(text):
            return text
        for flaw in judge(text, backend=backend, sends_key=sends_key):
            if explained(flaw.code).severity != "error":
                continue
            if flaw.corrected is None or not _is_sound(flaw.corrected, backend):
                raise Unreadable(line, flaw.message, hint=flaw.help)
            self.notes.say(line, flaw.message, f"it is written as {quote(flaw.corrected)}")
            return flaw.corrected
        return text

    def seconds(self, value: float | None, line: int, what: str) -> float | None:
        """`value` where vibe takes it for a time; what is none is noted."""
        if value is None or 0 < value <= DAY_MS / 1000:
            return value
        self.notes.say(line, f"{what} is not between 0 and {DAY_MS // 1000} seconds", LEFT_OUT)
        return None

    def within(
        self, value: int | None, line: int, what: str, *, least: int, most: int
    ) -> int | None:
        """`value` moved to the nearest that vibe takes."""
        if value is None or least <= value <= most:
            return value
        nearest = min(max(value, least), most)
        self.notes.say(line, f"{what} goes from {least} to {most}", f"it is written as {nearest}")
        return nearest

    def toml(self) -> str:
        first = self.pool[0]["model"] if self.pool else self._first_model()
        if first is None:
            return as_toml({"providers": self.providers})
        whole: Settings = {
            "active_model": first,
            "providers": self.providers,
            "models": self.models,
        }
        if self.pool:
            whole["multiplexer"] = {**self.multiplexer, "pool": self.pool}
        sizes: Mapping[str, object] = {size: each for size, each in self.sizes.items() if each}
        if self.gateway or sizes:
            whole["gateway"] = {**self.gateway, **({"models": sizes} if sizes else {})}
        return as_toml(whole).replace("[gateway]\n\n[gateway.models]", "[gateway.models]")

    def variables(self) -> tuple[str, ...]:
        """Those that have to be set before the configuration works."""
        found: list[str] = []
        for provider in self.providers:
            if variable := provider.get("api_key_env_var"):
                found.append(str(variable))
            texts = [str(provider.get(name)) for name in ("api_base", "api_version", "headers")]
            found += [
                name for text in texts for name, default in REFERENCE.findall(text) if not default
            ]
        return tuple(dict.fromkeys(found))

    def _first_model(self) -> object:
        off = {each["name"] for each in self.providers if each.get("enabled") is False}
        return next((each["alias"] for each in self.models if each["provider"] not in off), None)


def backend_at(base: str) -> Backend:
    """The dialect that is spoken there, where everybody knows."""
    host = _HOST.match(base)
    for known in PROVIDERS:
        theirs = _HOST.match(known.api_base)
        if host and theirs and host[1].lower() == theirs[1] and known.backend != "responses":
            return known.backend
    return "generic"


def milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def _is_sound(base: str, backend: Backend) -> bool:
    flaws = judge(base, backend=backend, sends_key=False)
    return not any(explained(flaw.code).severity == "error" for flaw in flaws)


def _unique(wanted: str, taken: set[str]) -> str:
    name, number = wanted, 2
    while folded(name) in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


def _without_none(settings: Settings) -> Settings:
    return {name: value for name, value in settings.items() if value is not None}
