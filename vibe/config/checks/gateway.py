"""What `vibe serve` is told: who answers for which size, and who may reach it from where.

Whether the address can be bound, and whether a request is let in, is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

from vibe.clean import quote
from vibe.config.checks.aliases import is_unknown, unknown_alias
from vibe.config.checks.subject import RESERVED, Subject
from vibe.config.codes import Code
from vibe.config.malformed import quoted
from vibe.config.problem import Problem, problem

if TYPE_CHECKING:
    from vibe.config.scan import Path

_LABEL = r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)"
_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_AROUND = re.compile(  # what people write around a host: a scheme, brackets, a port, a path
    r"\s*(?:[A-Za-z][A-Za-z0-9+.-]*:/+)?(?:\[([^\]]*)\]|([^\s:/?#\[\]]*))(?::\d*)?(?:[/?#].*)?\s*"
)
_ORIGIN = re.compile(
    rf"[a-z][a-z0-9+.-]*://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::\d{{1,5}})?"
)
_PARTS = re.compile(r"\s*(?:([A-Za-z][A-Za-z0-9+.-]*):/+)?([^\s/?#]*)(?:[/?#].*)?\s*")


def check_gateway(subject: Subject) -> Iterator[Problem]:
    yield from _sizes(subject)
    yield from _host(subject)
    gateway = subject.settings.gateway
    for name, texts in (
        ("allowed_hosts", gateway.allowed_hosts),
        ("allowed_origins", gateway.allowed_origins),
    ):
        path: Path = ("gateway", name)
        for index, text in enumerate(texts) if subject.holds(path) else ():
            at = (*path, index)
            found = (
                _allowed_host(subject, at, text)
                if name == "allowed_hosts"
                else _allowed_origin(subject, at, text)
            )
            if found is not None:
                yield found


def _sizes(subject: Subject) -> Iterator[Problem]:
    sizes = subject.settings.gateway.models
    for size, aliases in (("big", sizes.big), ("middle", sizes.middle), ("small", sizes.small)):
        path: Path = ("gateway", "models", size)
        first: dict[str, Path] = {}
        for index, alias in enumerate(aliases) if subject.holds(path) else ():
            at = (*path, index)
            earlier = first.setdefault(alias, at)
            if earlier != at:
                yield problem(
                    Code.GATEWAY_MODEL_TWICE,
                    subject.spot(at),
                    f"{quote(alias)} is already among the {size} models, in "
                    + subject.line(earlier),
                    help="each model is asked once for a request: leave one of them out",
                    edits=subject.without_item(at),
                )
            elif alias != RESERVED and is_unknown(subject, alias):
                yield unknown_alias(
                    subject,
                    at,
                    alias,
                    Code.GATEWAY_UNKNOWN_ALIAS,
                    free=[e for e in (*subject.sound_aliases, RESERVED) if e not in aliases],
                )


def _host(subject: Subject) -> Iterator[Problem]:
    path: Path = ("gateway", "host")
    host = subject.settings.gateway.host
    if not subject.holds(path):
        return
    if not _is_host(host):
        meant = _host_in(host)
        yield problem(
            Code.GATEWAY_HOST,
            subject.spot(path),
            f"host must be an address or a name of this machine, not {quote(host)}",
            help='"127.0.0.1" is reached from this machine alone, "0.0.0.0" from everywhere; '
            "the port is a key of its own",
            edits=subject.rewritten(path, quoted(meant or "127.0.0.1")),
        )
    elif not _is_loopback(host):
        yield problem(
            Code.GATEWAY_OPEN,
            subject.spot(path),
            f"whatever reaches {quote(host)} over the network can talk to the gateway; it still "
            "needs the token",
            help='"127.0.0.1" is reached from this machine alone',
            edits=subject.rewritten(path, quoted("127.0.0.1")),
        )


def _allowed_host(subject: Subject, path: Path, text: str) -> Problem | None:
    if _is_host(text):
        return None
    meant = _host_in(text)
    return problem(
        Code.GATEWAY_ALLOWED_HOST,
        subject.spot(path),
        f"{quote(text)} is no host",
        help="write the name or the address alone, with no scheme, port or *; one name an item",
        edits=subject.rewritten(path, quoted(meant)) if meant else subject.without_item(path),
    )


def _allowed_origin(subject: Subject, path: Path, text: str) -> Problem | None:
    meant = _origin_in(text)
    if meant == text:
        return None
    everyone = text.strip() in ("*", "null")
    return problem(
        Code.GATEWAY_ORIGIN,
        subject.spot(path),
        f"{quote(text)} would let any web page ask" if everyone else f"{quote(text)} is no origin",
        help="name the pages that may, one by one, as https://chat.example.com"
        if everyone
        else "an origin is scheme://host or scheme://host:port, as https://chat.example.com",
        edits=subject.rewritten(path, quoted(meant)) if meant else subject.without_item(path),
    )


def _is_host(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        # Digits and dots alone are an address that went wrong, not a name.
        return _NAME.fullmatch(text) is not None and not re.fullmatch(r"[0-9.]+", text)
    return True


def _host_in(text: str) -> str | None:
    """The host that `text` holds besides what does not belong there."""
    found = _AROUND.fullmatch(text)
    host = (found[1] or found[2] or "") if found else ""
    return host if _is_host(host) else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".localhost")


def _origin_in(text: str) -> str | None:
    """`text` as a browser would write it: small letters, and no port that goes without saying."""
    found = _PARTS.fullmatch(text)
    if found is None:
        return None
    host = found[2].lower()
    default = "http" if _is_loopback(_host_in(host) or "") else "https"
    scheme = (found[1] or default).lower()
    host = host.removesuffix({"http": ":80", "https": ":443"}.get(scheme, ":"))
    origin = f"{scheme}://{host}"
    return origin if _ORIGIN.fullmatch(origin) and host != "null" else None
