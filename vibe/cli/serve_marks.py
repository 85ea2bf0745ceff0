"""What of a configuration counts for a gateway, as marks: the same where it is the same.

A mark is keyed with the gateway's token, so that nothing can be read or guessed from it, not even
of a header or a key. What only says where to listen, and what to print, has none.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from vibe.assemble import lines_of
from vibe.config.load import Loaded
from vibe.secret import Secret

_SECTIONS: Final = ("active_model", "providers", "models", "multiplexer")
_OF_THE_GATEWAY: Final = ("models", "on_broken_stream", "max_body_mb", "max_requests")


def marks_of(loaded: Loaded, token: Secret) -> dict[str, str]:
    """By section, and for each key that there is."""
    secret = token.reveal().encode()
    return {
        name: hmac.digest(secret, msgspec.json.encode(value, order="deterministic"), "sha256").hex()
        for name, value in _counts(loaded)
    }


def differing(wanted: Mapping[str, str], there: Mapping[str, str]) -> tuple[str, ...]:
    """What of `wanted` is otherwise there. A key that is missing here is not wanted."""
    return tuple(name for name, mark in wanted.items() if there.get(name) != mark)


def _counts(loaded: Loaded) -> Iterator[tuple[str, Any]]:
    settings = loaded.settings
    for name in _SECTIONS:
        yield name, getattr(settings, name)
    yield "gateway", [getattr(settings.gateway, name) for name in _OF_THE_GATEWAY]
    for line in lines_of(loaded):
        if line.provider.key:
            yield f"the key of {line.provider.name}", line.provider.key.reveal()
