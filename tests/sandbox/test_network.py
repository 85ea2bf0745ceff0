"""With a network that is allowed, and in a sandbox that a tool runs commands in."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.sandbox.attacks import SOCKETS, python
from tests.sandbox.sandboxes import User, session
from tests.sandbox.test_confinement import running
from vibe.domain.model import Confinement
from vibe.sandbox.probe import opened
from vibe.tools.process import Command, Finished, run

LOOP = python(
    "import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
    "socket.create_connection(s.getsockname()).send(b'x')\nprint(s.accept()[0].recv(1))"
)


@pytest.mark.parametrize("backend", ["bwrap", "landlock"])
def test_a_network_that_is_allowed_is_there(backend: str, user: User) -> None:
    with (
        session(backend, user, network=True) as sandboxed,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        port = server.getsockname()[1]
        ran = sandboxed.run(f"echo hello > /dev/tcp/127.0.0.1/{port} && echo sent")
        assert (ran.output, ran.unheld & {"network"}) == ("sent\n", set())
        with server.accept()[0] as reached:
            assert reached.recv(100) == b"hello\n"


@pytest.mark.parametrize("backend", ["bwrap", "landlock"])
def test_with_a_network_named_sockets_stay_out_of_reach(backend: str, user: User) -> None:
    with (
        session(backend, user, network=True) as sandboxed,
        socket.socket(socket.AF_UNIX) as server,
    ):
        path = str(sandboxed.ground.elsewhere / "s")
        server.bind(path)
        server.listen()
        server.setblocking(False)
        Path(path).chmod(0o777)
        ran = sandboxed.run(f"export SOCKET={path}\n{SOCKETS['by its path']}")
        assert ran.code == 1
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_program_talks_to_itself_without_a_network(user: User) -> None:
    with session("bwrap", user) as sandboxed:
        assert sandboxed.run(LOOP).output == "b'x'\n"


@pytest.mark.parametrize("mode", ["bwrap", "landlock"])
async def test_a_tool_that_runs_out_of_time_leaves_nothing(
    tmp_path: Path, mode: Confinement
) -> None:
    folder = tmp_path
    long = str(66600 + len(mode))  # another one may run the other test just now
    script = f"trap '' TERM; sleep {long} & sleep {long}; sleep {long}"
    with opened(mode, network=False, home=folder) as sandbox:
        if sandbox.backend == "off":
            pytest.skip(f"sandbox: {mode} does not work here")
        with sandbox.wrapped(("bash", "-c", script), folder=folder) as argv:
            env = {"PATH": os.defpath}
            finished = await run(Command(argv=argv, cwd=folder, env=env, timeout_s=0.3))
    assert isinstance(finished, Finished)
    assert (finished.timed_out, running(long), os.listdir(folder)) == (True, [], [])  # noqa: PTH208  in a coroutine
