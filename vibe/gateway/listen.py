"""The sockets of a gateway, and whether it can run at all: both told in a sentence where not.

No request is read here.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Final

from vibe.errors import UsageError, VibeError
from vibe.gateway.refusal import ID_PREFIX

_BACKLOG: Final = 1024
_KNOCK_S: Final = 0.5
_NOT_HERE: Final = frozenset({errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT})


def require_server() -> None:
    """Before anything of the server is imported."""
    missing = [name for name in ("uvicorn", "httptools") if find_spec(name) is None]
    if missing:
        raise UsageError(
            f"vibe serve needs {' and '.join(missing)}, not installed here",
            hint="pip install 'vibe[serve]'",
        )


def listening(host: str, port: int) -> tuple[socket.socket, ...]:
    """One socket for each address of `host`, all with one port; 0 is any that is free."""
    opened: list[socket.socket] = []
    refused: OSError | None = None
    try:
        for address in _addresses(host, port):
            try:
                opened.append(_bound(address, port or (port_of(opened) if opened else 0)))
            except OSError as error:
                if error.errno not in _NOT_HERE:
                    raise
                refused = error
        if refused and not opened:
            raise refused
    except OSError as error:
        for each in opened:
            each.close()
        raise _trouble(error, host, port) from error
    return tuple(opened)


def port_of(sockets: Sequence[socket.socket]) -> int:
    return sockets[0].getsockname()[1]


def url_of(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(sockets: Sequence[socket.socket]) -> bool:
    """Whether only this machine can reach it."""
    return all(ip_address(each.getsockname()[0]).is_loopback for each in sockets)


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except ValueError as error:  # what is no name at all, as its codec says
        raise socket.gaierror(str(error)) from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _bound(address: tuple[socket.AddressFamily, str], port: int) -> socket.socket:
    family, host = address
    # Named, since asyncio sends without delay only on what it can tell to be TCP.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
        # From here on nobody else gets the port, and whoever connects waits for the server.
        bound.listen(_BACKLOG)
        bound.setblocking(False)
    except OSError:
        bound.close()
        raise
    return bound


def _trouble(error: OSError, host: str, port: int) -> VibeError:
    place = url_of(host, port).removeprefix("http://")
    if isinstance(error, socket.gaierror):
        return UsageError(
            f"cannot listen on {host}: it is no address of this machine, nor a name of one",
            hint="set [gateway] host to 127.0.0.1, or use --host",
        )
    match error.errno:
        case errno.EADDRINUSE:
            whom = "another vibe serve" if _is_vibe(host, port) else "another program"
            return UsageError(
                f"cannot listen on {place}: {whom} does",
                hint="use that one, stop it, or choose another port with --port",
            )
        case errno.EACCES | errno.EPERM:
            return UsageError(
                f"cannot listen on {place}: ports below 1024 are for the administrator",
                hint="choose a higher port with --port",
            )
        case errno.EADDRNOTAVAIL:
            return UsageError(
                f"cannot listen on {place}: this machine does not have that address",
                hint="set [gateway] host to 127.0.0.1, or use --host",
            )
        case _:
            reason = os.strerror(error.errno) if error.errno else str(error)
            return VibeError(f"cannot listen on {place}: {reason}")


def _is_vibe(host: str, port: int) -> bool:
    """By the id that it gives to a request; asked for nothing, and not for long."""
    question = f"HEAD / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    with suppress(OSError):
        with socket.create_connection((host.strip("[]"), port), timeout=_KNOCK_S) as asked:
            asked.sendall(question.encode())
            head = asked.recv(4096)
        return f"x-request-id: {ID_PREFIX}".encode() in head.lower()
    return False
