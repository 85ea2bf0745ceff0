"""Nothing that a sandbox promises to hold can be undone by a command: each attempt has a canary."""

from __future__ import annotations

import os
import select
import socket
import subprocess
from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from msgspec import Struct

from tests.sandbox.attacks import BY_GUARANTEE
from tests.sandbox.sandboxes import CANARY, Session, session
from vibe.sandbox.guarantees import Guarantee

# Landlock can hold none of these.
BY_BWRAP_ALONE: frozenset[Guarantee] = frozenset({"metadata", "protected"})


def attacks(*, by_all: bool) -> list[object]:
    return [
        pytest.param(guarantee, script, id=f"{guarantee}: {name}")
        for guarantee, scripts in BY_GUARANTEE.items()
        for name, script in scripts.items()
        if (guarantee not in BY_BWRAP_ALONE) == by_all
    ]


class Surroundings(Struct):
    """What there is to attack besides files: a process, and what listens."""

    victim: subprocess.Popen[bytes]
    listening: tuple[socket.socket, ...]
    variables: dict[str, str]

    def reached(self) -> list[str]:
        return [repr(each) for each in self.listening if _has_heard(each)]

    def victim_as_it_is(self) -> tuple[object, ...]:
        """Its name, who traces it, how nice and how limited it is."""
        if not self._answers():
            return ("dead or stopped",)
        lines = Path(f"/proc/{self.victim.pid}/status").read_text().splitlines()
        told = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        nice = os.getpriority(os.PRIO_PROCESS, self.victim.pid)
        is_limited = (
            "open files            5 " in Path(f"/proc/{self.victim.pid}/limits").read_text()
        )
        return (told["Name"], told["TracerPid"], nice, is_limited)

    def _answers(self) -> bool:
        """It gives back what it is sent."""
        assert self.victim.stdin
        assert self.victim.stdout
        try:
            os.write(self.victim.stdin.fileno(), b"x")
        except BrokenPipeError:
            return False
        ready, _, _ = select.select([self.victim.stdout], [], [], 2)
        return bool(ready) and os.read(self.victim.stdout.fileno(), 1) == b"x"


def _has_heard(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_DGRAM:
            return bool(listener.recv(100))
        listener.accept()[0].close()
    except BlockingIOError:
        return False
    return True


@contextmanager
def surroundings(attacked: Session) -> Generator[Surroundings]:
    with ExitStack() as stack:

        def listen(family: int, kind: int, address: tuple[str, int] | str) -> socket.socket:
            listener = stack.enter_context(socket.socket(family, kind))
            listener.bind(address)
            if kind == socket.SOCK_STREAM:
                listener.listen()
            listener.setblocking(False)
            return listener

        tcp = listen(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0))  # noqa: S104  also by its address
        port = tcp.getsockname()[1]
        udp = listen(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", port))
        path = str(attacked.ground.elsewhere / "s")
        abstract = f"vibe-{os.getpid()}"
        named = listen(socket.AF_UNIX, socket.SOCK_STREAM, path)
        unnamed = listen(socket.AF_UNIX, socket.SOCK_STREAM, f"\0{abstract}")
        listening = [tcp, udp, named, unnamed]
        service = f"/run/vibe-test-{os.getpid()}.sock"
        with suppress(PermissionError):
            listening.append(listen(socket.AF_UNIX, socket.SOCK_STREAM, service))
            stack.callback(os.unlink, service)
            Path(service).chmod(0o777)
        attacked.own()
        pipe, start = subprocess.PIPE, attacked.account.start
        victim = start("cat", stdin=pipe, stdout=pipe, start_new_session=True)
        stack.enter_context(victim)
        stack.callback(victim.kill)
        yield Surroundings(
            victim=victim,
            listening=tuple(listening),
            variables={
                "ELSEWHERE": str(attacked.ground.elsewhere),
                "VICTIM": str(victim.pid),
                "VIBE": str(attacked.told.pid),
                "PORT": str(port),
                "ADDRESS": _address(),
                "SOCKET": path,
                "ABSTRACT": abstract,
                "SERVICE": service,
            },
        )


def fails(attacked: Session, guarantee: Guarantee, script: str) -> None:
    """Runs it, and looks at everything that there is."""
    holds = attacked.told.holds
    if attacked.told.backend == "off":
        holds = frozenset(BY_GUARANTEE)
    if guarantee not in holds:
        pytest.skip(f"sandbox: this kernel's {attacked.told.backend} cannot hold {guarantee}")
    ground = attacked.ground
    with surroundings(attacked) as around:
        before = (ground.outside(metadata="metadata" in holds), ground.protected())
        exports = "".join(f"export {name}={value}\n" for name, value in around.variables.items())
        ran = attacked.run(exports + script)
        after = (ground.outside(metadata="metadata" in holds), ground.protected())
        victim, reached = around.victim_as_it_is(), around.reached()
    assert after[0] == before[0], ran.output
    if "protected" in holds:
        assert after[1] == before[1], ran.output
    if "processes" in holds:
        assert victim == ("cat", "0", 0, False), ran.output
    assert reached == [], ran.output
    assert not any(word in ran.output for word in (CANARY, "SENT", "LEAKED")), ran.output


@pytest.mark.parametrize(("guarantee", "script"), attacks(by_all=True))
def test_both_backends_hold_against(sandboxed: Session, guarantee: Guarantee, script: str) -> None:
    fails(sandboxed, guarantee, script)


@pytest.mark.parametrize(("guarantee", "script"), attacks(by_all=False))
def test_bubblewrap_holds_against(in_bwrap: Session, guarantee: Guarantee, script: str) -> None:
    fails(in_bwrap, guarantee, script)


TRIED = {
    "outside": "by its path",
    "metadata": "its mode",
    "protected": "a hook",
    "masked": "by its path",
    "network": "by Python",
    "sockets": "by its path",
    "processes": "killed",
}


@pytest.fixture(scope="module")
def unconfined() -> Iterator[Session]:
    with session("off", "ordinary") as opened:
        yield opened


@pytest.mark.parametrize("guarantee", TRIED)
def test_without_a_sandbox_the_same_attack_succeeds(
    unconfined: Session, guarantee: Guarantee
) -> None:
    unconfined.furnish()
    with pytest.raises(AssertionError):
        fails(unconfined, guarantee, BY_GUARANTEE[guarantee][TRIED[guarantee]])


def _address() -> str:
    with suppress(OSError):
        return socket.gethostbyname(socket.gethostname())
    return "127.0.0.1"
