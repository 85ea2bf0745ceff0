"""Signatures of thinking that vibe gives to clients of Messages, and reads from them again.

A client keeps thinking with its signature, and sends both back. Where vibe translated an answer the
signature is its own: it says who thought, and holds the seal that this one gave, if any. It proves
nothing; whoever changes it changes no more than what is sent in their own name.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

import msgspec
from msgspec import Struct

from vibe.domain.message import Producer, Thinking
from vibe.domain.model import ProviderName

MARK: Final = "vibe1."


class _Seal(Struct):
    provider: str
    model: str
    seal: str


_DECODER: Final = msgspec.json.Decoder(_Seal)


def signature(producer: Producer, seal: str) -> str:
    held = msgspec.json.encode(_Seal(producer.provider, producer.model, seal))
    return MARK + urlsafe_b64encode(held).decode()


def thinking(text: str, signature: str) -> Thinking | None:
    """The thinking that this signature was made for; None if it is none of vibe's, or damaged."""
    if not signature.startswith(MARK):
        return None
    try:
        held = _DECODER.decode(urlsafe_b64decode(signature.removeprefix(MARK)))
    except (ValueError, RecursionError):
        return None
    producer = Producer(provider=ProviderName(held.provider), model=held.model)
    return Thinking(text=text, producer=producer, seal=held.seal)
