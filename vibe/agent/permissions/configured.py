"""The rules of a configuration that was found sound, each with the file and line it stands in."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from vibe.config.load import Loaded
from vibe.domain.rule import Rule, Rules, rule


def rules_of(loaded: Loaded) -> Rules:
    permissions = loaded.settings.permissions
    return Rules(
        deny=tuple(_placed(loaded, "deny", permissions.deny)),
        ask=tuple(_placed(loaded, "ask", permissions.ask)),
        allow=tuple(_placed(loaded, "allow", permissions.allow)),
    )


def _placed(loaded: Loaded, kind: str, texts: tuple[str, ...]) -> Iterator[Rule]:
    for index, text in enumerate(texts):
        spot = loaded.origins["permissions", kind, index].spot()
        yield replace(rule(text), place=f"{spot.file}:{spot.line}")
