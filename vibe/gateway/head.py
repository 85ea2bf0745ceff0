"""The head of a request as bytes: where it ends, and whether each of its lines is HTTP/1.1.

Pure, and stricter than the parser behind it: what two readers could take in two ways is refused
before either has seen it. It knows lines alone; what they mean is the matter of `guard.py`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote

from vibe.gateway.guard import LARGE_HEAD, LONG_PATH, Bounds
from vibe.gateway.refusal import Refusal

END: Final = b"\r\n\r\n"

_LINE: Final = re.compile(rb"([A-Z]{1,20}) ([!-~]+) HTTP/([0-9.]+)\r\n")
_PATH: Final = re.compile(rb"[A-Z]{1,20} (/[!\"$->@-~]{0,255})[ ?]")
_HEADERS: Final = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t -~\x80-\xff]*\r\n)*\r\n")
_NEVER: Final = re.compile(rb"(?<!\r)\n|\r[^\n]|\0")
_UPGRADE: Final = re.compile(rb"\r\nupgrade:[^\r]*", re.IGNORECASE)

_NO_HTTP = Refusal(status=400, code="no_http", sentence="this is not a request of HTTP/1.1")
_VERSION = Refusal(
    status=505, code="http_version", sentence="the gateway speaks HTTP/1.1, and no other version"
)
_NO_PATH = Refusal(
    status=400,
    code="no_path",
    sentence="a request names a path that begins with a slash: the gateway is no proxy",
)
_BAD_HEADER = Refusal(
    status=400, code="bad_header", sentence="a header is not as HTTP/1.1 writes headers"
)
_NO_UPGRADE = Refusal(
    status=426,
    code="no_upgrade",
    sentence="the gateway speaks no WebSocket: ask by plain HTTP requests",
    headers=((b"upgrade", b"HTTP/1.1"),),
)


def hopeless(part: bytes | bytearray, bounds: Bounds, *, since: int) -> Refusal | None:
    """Why nothing that follows `part` can make a head of it; it was looked at up to `since`."""
    if not part[:1].isupper() or _NEVER.search(part, max(0, since - 1)):
        return _NO_HTTP
    if len(part) > bounds.head_bytes:
        return LARGE_HEAD if b"\r\n" in part[: bounds.path_bytes] else LONG_PATH
    return None


def unsound(head: bytes, bounds: Bounds) -> Refusal | None:
    """Why this, which ends as a head does, is none that is taken."""
    if len(head) > bounds.head_bytes:
        return LARGE_HEAD
    line = _LINE.match(head)
    if line is None:
        return _NO_HTTP
    _, target, version = line.groups()
    if version not in (b"1.1", b"1.0"):
        return _VERSION
    if not target.startswith(b"/") or b"#" in target:
        return _NO_PATH
    if not _HEADERS.fullmatch(head, line.end()):
        return _BAD_HEADER
    upgrade = _UPGRADE.search(head)
    return _NO_UPGRADE if upgrade and b"websocket" in upgrade[0].lower() else None


def path_of(part: bytes | bytearray) -> str:
    """The path that was asked for, where it has come whole; of one that is long, nothing."""
    line = _PATH.match(part)
    return unquote(line[1].decode()) if line else ""


def without_upgrade(head: bytes) -> bytes:
    """An offer to speak something else is passed over, as RFC 9110 allows (7.8): Java's own client
    makes it with every request, and the parser would take the body for that other protocol."""
    return _UPGRADE.sub(b"", head)
