"""Values of a caller's or a client's, which may be anything, as JSON."""

from __future__ import annotations

from typing import Protocol

import msgspec


class _Dumps(Protocol):
    def model_dump(self, *, exclude_none: bool) -> object: ...


def json_of(value: object) -> bytes:
    """Raises what msgspec raises where there is no such form."""
    return msgspec.json.encode(value, enc_hook=_plain)


def _plain(value: _Dumps) -> object:
    """The OpenAI SDK's own values are pydantic models."""
    if not hasattr(value, "model_dump"):
        raise TypeError(f"a {type(value).__name__} has no form there")
    return value.model_dump(exclude_none=True)
