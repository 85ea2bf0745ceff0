"""What this machine offers without a configuration: keys in variables, servers on local ports.

No value of a key leaves this file, and nothing is sent to a port: that it accepts a connection is
all that can be known here. Which models a server has is for its API to say.
"""

from __future__ import annotations

import errno
import selectors
import socket
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from typing import TypeAlias, cast

from vibe.config.checks.keys import key_trouble
from vibe.config.known import LOCAL_SERVERS, PROVIDERS, KnownProvider, LocalServer
from vibe.config.variables import Variables

Connect: TypeAlias = Callable[[Iterable[int]], Collection[int]]

_TURNS = 6
_TURN_S = 0.05  # all turns together are the 0.3 seconds that `accepting` may take
_UNDER_WAY = (errno.EINPROGRESS, errno.EWOULDBLOCK)


def found_keys(env: Mapping[str, str], dotenv: Mapping[str, str]) -> tuple[KnownProvider, ...]:
    """The known providers whose variable holds what may be a key, and no example's placeholder."""
    variables = Variables(environment=env, dotenv=dotenv)
    return tuple(each for each in PROVIDERS if key_trouble(each.variable, variables) is None)


def accepting(ports: Iterable[int]) -> frozenset[int]:
    """Those of `ports` on this machine that accept a connection within 0.3 seconds."""
    reached: set[int] = set()
    with ExitStack() as attempts, selectors.DefaultSelector() as waiting:
        for port in ports:
            attempt = attempts.enter_context(socket.socket())
            attempt.setblocking(False)
            outcome = attempt.connect_ex(("127.0.0.1", port))
            if outcome == 0:
                reached.add(port)
            elif outcome in _UNDER_WAY:
                waiting.register(attempt, selectors.EVENT_WRITE, port)
        for _ in range(_TURNS):
            if not waiting.get_map():
                break
            for key, _events in waiting.select(_TURN_S):
                attempt = cast("socket.socket", key.fileobj)
                waiting.unregister(attempt)
                if attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                    reached.add(cast("int", key.data))
    return frozenset(reached)


def found_servers(connect: Connect = accepting) -> tuple[LocalServer, ...]:
    """The known local servers on whose port `connect` finds somebody."""
    reached = connect(server.port for server in LOCAL_SERVERS)
    return tuple(server for server in LOCAL_SERVERS if server.port in reached)
