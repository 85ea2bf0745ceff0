"""The token of a gateway: made on its first start, kept in a file, asked of every request.

A token is compared as bytes, in constant time, and never logged or shown by anything here.
"""

from __future__ import annotations

import re
import secrets
import stat
from collections.abc import Callable, Iterable
from hmac import compare_digest
from pathlib import Path
from typing import Final

from vibe.config.write import rewrite
from vibe.errors import VibeError
from vibe.gateway.refusal import CHALLENGE, Refusal
from vibe.secret import Secret

_SHORTEST: Final = 24
_TOKEN: Final = re.compile(rb"[!-~]{%d,512}" % _SHORTEST)
_KEY_HEADERS: Final = frozenset({b"x-api-key", b"api-key"})

_HOW: Final = "send the gateway's token as a bearer token, or as `x-api-key`"
_MISSING: Final = Refusal(
    status=401, code="no_token", sentence=f"a token is needed: {_HOW}", headers=(CHALLENGE,)
)
_WRONG: Final = Refusal(
    status=401, code="wrong_token", sentence=f"this token is wrong: {_HOW}", headers=(CHALLENGE,)
)


def token_at(path: Path, *, tell: Callable[[str], None]) -> Secret:
    """What the file holds; on the first start a new token, which it holds from then on.

    Several gateways may start at once, and have the same. A file that others could read is made
    the owner's alone, and `tell` is told.
    """
    kept: list[bytes] = []

    def keep(old: bytes | None) -> bytes:
        new = old if old and old.strip() else new_token().reveal().encode() + b"\n"
        kept.append(new.strip())
        return new

    _close_to_others(path, tell)
    rewrite(path, keep)
    if not _TOKEN.fullmatch(kept[0]):
        raise VibeError(
            f"{path} holds no token: one is {_SHORTEST} or more printable ASCII characters",
            hint="delete the file; `vibe serve` then makes a new token",
        )
    return Secret(kept[0].decode())


def unauthorized(headers: Iterable[tuple[bytes, bytes]], token: Secret) -> Refusal | None:
    """Nothing where any of the tokens that came is the right one.

    Clients send a second one that they found in their environment, and mean a provider by it.
    """
    right = token.reveal().encode()
    came = False
    for name, value in headers:
        sent = _token_in(name, value)
        if sent is None:
            continue
        if compare_digest(sent, right):
            return None
        came = True
    return _WRONG if came else _MISSING


def _token_in(name: bytes, value: bytes) -> bytes | None:
    if name != b"authorization":
        return value if name in _KEY_HEADERS else None
    scheme, _, sent = value.partition(b" ")
    return sent.strip(b" ") if scheme.lower() == b"bearer" else None


def new_token() -> Secret:
    """In the form of a key, so that the log and whoever scans for secrets take it for one."""
    return Secret(f"sk-vibe-{secrets.token_urlsafe(32)}")


def _close_to_others(path: Path, tell: Callable[[str], None]) -> None:
    """Before the file is written, which keeps its mode. What cannot be seen, the writing tells."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError:
        return
    if not mode & 0o077:
        return
    try:
        path.chmod(0o600)
    except OSError as error:
        raise VibeError(
            f"{path} can be read by others, and is not yours to change",
            hint="have it deleted; `vibe serve` then makes a new token",
        ) from error
    tell(
        f"{path} could be read by others (mode {mode:04o}) and is now yours alone; "
        "delete it for a new token if somebody may have read it"
    )
