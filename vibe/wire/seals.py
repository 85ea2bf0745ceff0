"""What a client keeps of a model's thought and sends back: who thought it, and that one's own seal.

One opaque text, the same in every protocol. It proves nothing: whoever forges one sends to a model
what he could have sent without it.
"""

from __future__ import annotations

from base64 import b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from msgspec import Struct

from vibe.domain.message import Producer, Thinking
from vibe.domain.model import ProviderName

MARK: Final = "vibe1."


class _Held(Struct, frozen=True):
    provider: str
    model: str
    seal: str


_HELD: Final = msgspec.json.Decoder(_Held)


def sealed(thinking: Thinking) -> str:
    """Also of a thought that its producer did not seal: that it is his has to be known as well."""
    by = thinking.producer
    held = msgspec.json.encode(_Held(by.provider, by.model, thinking.seal))
    return MARK + urlsafe_b64encode(held).decode()


def unsealed(text: str) -> tuple[Producer, str] | None:
    """Who thought it, and his own seal; None for whatever else a client may send."""
    if not text.startswith(MARK):
        return None
    try:
        held = _HELD.decode(b64decode(text.removeprefix(MARK), altchars="-_", validate=True))
    except (ValueError, RecursionError):
        return None
    return Producer(provider=ProviderName(held.provider), model=held.model), held.seal
