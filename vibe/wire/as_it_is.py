"""A client's request that says what nobody here can say in other words, for an entry that speaks as
the client does: whether it is right is for that one's provider to judge.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

import msgspec
from msgspec import Struct

from vibe.domain.message import Text, User
from vibe.domain.request import Dialect, ModelRequest, Original
from vibe.wire.serving import Wanted

Headers: TypeAlias = tuple[tuple[str, str], ...]


class _Body(Struct):
    model: str = ""
    stream: bool | None = None


_PACKED: Final = re.compile(rb"[A-Za-z0-9+/=_-]{1000,}+")
_DECODER: Final = msgspec.json.Decoder(_Body)


def as_it_is(body: bytes, dialect: Dialect, headers: Headers) -> Wanted | None:
    """Its text, without what is packed as base64, stands for how large it is. None where not even
    the model's name can be read."""
    try:
        read = _DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    original = Original(dialect=dialect, body=body, headers=headers, is_all=True)
    said = User((Text(_PACKED.sub(b"", body).decode(errors="replace")),))
    is_streamed = bool(read.stream)
    request = ModelRequest(messages=(said,), stream=is_streamed, original=original)
    return Wanted(request=request, model=read.model, is_streamed=is_streamed)
