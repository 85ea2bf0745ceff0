"""Whether the head of a request may come in: by which name, from which page, of what size and kind.

Pure: a `Head` against `Rules` gives a `Refusal` or nothing. Who is asking is the matter of
`auth.py`; whether the bytes are HTTP at all was that of `head.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from msgspec import Struct

from vibe.config.schema import Gateway
from vibe.gateway.refusal import Refusal

_OWN_NAMES: Final = ("127.0.0.1", "localhost", "::1")
_HOST: Final = re.compile(rb"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?")
_LENGTH: Final = re.compile(rb"[0-9]{1,15}")
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_FROM_HERE: Final = frozenset({b"none", b"same-origin"})
# Two of one of these are read by some as the first, by others as the second.
_ALONE: Final = frozenset(
    {
        b"access-control-request-method",
        b"api-key",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"host",
        b"origin",
        b"sec-fetch-site",
        b"transfer-encoding",
        b"x-api-key",
    }
)


class Bounds(Struct, frozen=True, kw_only=True):
    """How large a request may be."""

    path_bytes: int = 4096
    head_bytes: int = 32 * 1024
    headers: int = 100
    body_bytes: int = 32 * 1024 * 1024


class Rules(Struct, frozen=True, kw_only=True):
    """All in lower case. A name of `hosts` counts with the own `port`, one of `named` with any."""

    port: int
    hosts: frozenset[bytes] = frozenset()
    named: frozenset[bytes] = frozenset()
    origins: frozenset[bytes] = frozenset()
    bounds: Bounds = Bounds()


class Head(Struct, frozen=True, kw_only=True):
    """What ASGI tells of a request: `target` is path and query as they came, names of headers are
    in lower case, `local` is the address at which the connection came in."""

    method: str
    target: bytes
    headers: Sequence[tuple[bytes, bytes]]
    local: str = ""


def rules_of(gateway: Gateway, *, port: int) -> Rules:
    """What the configuration allows a gateway that listens on `port`."""
    return Rules(
        port=port,
        hosts=_names((*_OWN_NAMES, gateway.host)),
        named=_names(gateway.allowed_hosts),
        origins=frozenset(_origin(each) for each in gateway.allowed_origins) - {b"null"},
        bounds=Bounds(body_bytes=gateway.max_body_mb * 1024 * 1024),
    )


def refused(head: Head, rules: Rules) -> Refusal | None:
    """The first reason not to let it in."""
    told: dict[bytes, bytes] = {}
    for name, value in head.headers:
        if name in _ALONE and name in told:
            return _REPEATED
        told[name] = value
    return (
        _size(head, rules.bounds)
        or _host(told.get(b"host"), head, rules)
        or _page(told, rules)
        or _framing(told, rules.bounds)
        or _content(head.method, told)
    )


def allowed_origin(headers: Iterable[tuple[bytes, bytes]], rules: Rules) -> bytes | None:
    """The origin that a web page names, if it may ask."""
    origin = next((value for name, value in headers if name == b"origin"), None)
    return origin if origin is not None and origin.lower() in rules.origins else None


def _size(head: Head, bounds: Bounds) -> Refusal | None:
    if len(head.target) > bounds.path_bytes:
        return LONG_PATH
    if len(head.headers) > bounds.headers:
        return MANY_HEADERS
    if sum(len(name) + len(value) + 4 for name, value in head.headers) > bounds.head_bytes:
        return LARGE_HEAD
    return None


def _host(host: bytes | None, head: Head, rules: Rules) -> Refusal | None:
    parts = _HOST.fullmatch(host.lower()) if host is not None else None
    if parts is None:
        return _NO_HOST
    name, port = parts[1], int(parts[2] or 80)
    if name in rules.named:
        return None
    # An address cannot be rebound, as a name can: who writes that of this very socket means us.
    is_own = name in rules.hosts or name == _name(head.local)
    return None if is_own and port == rules.port else _OTHER_HOST


def _page(told: Mapping[bytes, bytes], rules: Rules) -> Refusal | None:
    origin = told.get(b"origin")
    if origin is not None:
        return None if origin.lower() in rules.origins else _OTHER_ORIGIN
    # A page's script names its origin but for plain GETs, and those only a browser betrays.
    return None if told.get(b"sec-fetch-site", b"none") in _FROM_HERE else _OTHER_ORIGIN


def _framing(told: Mapping[bytes, bytes], bounds: Bounds) -> Refusal | None:
    length, coding = told.get(b"content-length"), told.get(b"transfer-encoding")
    if coding is not None:
        if length is not None:
            return _TWO_LENGTHS
        return None if coding.lower() == b"chunked" else _CODING
    if length is None:
        return None
    if not _LENGTH.fullmatch(length):
        return _NO_LENGTH
    return LARGE_BODY if int(length) > bounds.body_bytes else None


def _content(method: str, told: Mapping[bytes, bytes]) -> Refusal | None:
    if told.get(b"content-length", b"0").strip(b"0") == b"" and b"transfer-encoding" not in told:
        return None
    if method not in _WITH_BODY:
        return _NEEDLESS_BODY
    if told.get(b"content-encoding", b"identity").lower() != b"identity":
        return _COMPRESSED
    kind, _, _ = told.get(b"content-type", b"").partition(b";")
    return None if kind.strip().lower() == b"application/json" else _NO_JSON


def _names(hosts: Iterable[str]) -> frozenset[bytes]:
    return frozenset(_name(host) for host in hosts)


def _name(host: str) -> bytes:
    """As it stands in a Host header. Brackets are for addresses with colons alone."""
    bare = host.strip("[]").lower()
    return (f"[{bare}]" if ":" in bare else bare).encode()


def _origin(page: str) -> bytes:
    return page.lower().rstrip("/").encode()


_REPEATED = Refusal(
    status=400, code="repeated_header", sentence="a header that may be there once is there twice"
)
LONG_PATH = Refusal(status=414, code="path_too_long", sentence="the path is too long")
MANY_HEADERS = Refusal(status=431, code="too_many_headers", sentence="there are too many headers")
LARGE_HEAD = Refusal(status=431, code="headers_too_large", sentence="the headers are too large")
LARGE_BODY = Refusal(
    status=413,
    code="body_too_large",
    sentence="the request is too large: [gateway] max_body_mb says how large one may be",
)
_NO_HOST = Refusal(status=400, code="no_host", sentence="a request needs one sound Host header")
_OTHER_HOST = Refusal(
    status=403,
    code="wrong_host",
    sentence="the gateway is not called that: use the address that `vibe serve` has told, "
    "or list the name in [gateway] allowed_hosts",
)
_OTHER_ORIGIN = Refusal(
    status=403,
    code="wrong_origin",
    sentence="web pages may not ask, but for those that [gateway] allowed_origins lists",
)
_TWO_LENGTHS = Refusal(
    status=400, code="two_lengths", sentence="Content-Length and Transfer-Encoding exclude another"
)
_NO_LENGTH = Refusal(status=400, code="no_length", sentence="Content-Length is not a number")
_CODING = Refusal(
    status=501, code="transfer_coding", sentence="the only Transfer-Encoding here is chunked"
)
_NEEDLESS_BODY = Refusal(
    status=400, code="needless_body", sentence="a request of this method has no body here"
)
_COMPRESSED = Refusal(
    status=415, code="compressed", sentence="bodies are taken as they are, not compressed"
)
_NO_JSON = Refusal(
    status=415, code="not_json", sentence="a body has to be JSON: Content-Type: application/json"
)
