"""The pool of a `vibe serve` that runs, as it tells it itself; nothing of it is changed."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import msgspec

from vibe.cli.serve_known import running
from vibe.mux.snapshot import MuxSnapshot
from vibe.secret import Secret

if TYPE_CHECKING:
    from vibe.cli.context import Cli

PATIENCE_S: Final = 1.0


def gateway_pool(cli: Cli) -> MuxSnapshot | None:
    """None where none runs, or none answers at once."""
    folders = cli.folders()
    known = running(folders.gateway)
    if known is None:
        return None
    try:
        token = Secret(folders.gateway_token.read_text().strip())
        return _asked(known.url, token)
    except (OSError, HTTPException, UnicodeError, msgspec.MsgspecError):
        return None


def _asked(url: str, token: Secret) -> MuxSnapshot | None:
    address = urlsplit(url)
    # No proxy of the environment has a way to this machine.
    with closing(
        HTTPConnection(address.hostname or "", address.port, timeout=PATIENCE_S)
    ) as connection:
        connection.request("GET", "/mux", headers={"x-api-key": token.reveal()})
        reply = connection.getresponse()
        body = reply.read()
    return msgspec.json.decode(body, type=MuxSnapshot) if reply.status == 200 else None
