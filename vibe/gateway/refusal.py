"""What the protection says to a request that it does not let pass.

A sentence names what is wrong and what to do, and never repeats a byte that the client sent.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

ID_PREFIX: Final = "vibe-"
CHALLENGE: Final = (b"www-authenticate", b'Bearer realm="vibe"')


class Refusal(Struct, frozen=True, kw_only=True):
    """An answer in place of the application's; `code` is one word for programs."""

    status: int
    code: str
    sentence: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


Told: TypeAlias = Callable[[str, Refusal, str], bytes]  # path, refusal, id: the body of the answer


def plain(path: str, refusal: Refusal, request_id: str) -> bytes:
    """The body of a refusal where no protocol of a client asks for another form."""
    error = {"message": refusal.sentence, "type": refusal.code, "request_id": request_id}
    return json.dumps({"error": error}, ensure_ascii=False).encode()


def new_request_id() -> str:
    """By its beginning, a gateway of vibe is known to another."""
    return f"{ID_PREFIX}{secrets.token_hex(8)}"
