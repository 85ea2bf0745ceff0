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


@pytest.mark.parametrize("bound", ["by its whole name", "by its name in the folder"])
def test_a_socket_in_the_folder_is_out_of_reach(
    bound: str, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with session("bwrap", user) as sandboxed, socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(sandboxed.ground.project)
        Path("below/deep").mkdir()
        path = Path("below/deep/s")
        server.bind(str(path.absolute() if bound == "by its whole name" else path))
        server.listen()
        server.setblocking(False)
        path.chmod(0o777)
        sandboxed.own()
        for place in (sandboxed.ground.project, "/dev/vibe"):
            for only_reads in (False, True):
                script = f"export SOCKET={place}/{path}\n{SOCKETS['by its path']}"
                assert sandboxed.run(script, only_reads=only_reads).code == 1
        with pytest.raises(BlockingIOError):
            server.accept()


def test_a_socket_where_nobody_may_look_is_no_trouble(user: User) -> None:
    with session("bwrap", user) as sandboxed, socket.socket(socket.AF_UNIX) as server:
        closed = sandboxed.ground.elsewhere / "closed"
        closed.mkdir()
        server.bind(str(closed / "s"))
        closed.chmod(0o700)  # of who runs the tests
        assert sandboxed.run("echo ran").output == "ran\n"


def test_what_commands_bind_in_the_folder_themselves_can_be_used(user: User) -> None:
    code = (
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.bind('s')\ns.listen()\n"
        "socket.socket(socket.AF_UNIX).connect('s')\nprint('reached')"
    )
    for network in (False, True):
        with session("bwrap", user, network=network) as sandboxed:
            assert sandboxed.run(python(code)).output == "reached\n"


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
