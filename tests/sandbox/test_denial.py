"""What a failure that the sandbox caused is told as; and that others are not put down to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sandbox.sandboxes import Session
from vibe.sandbox.denial import denial
from vibe.sandbox.ground import Ground
from vibe.sandbox.placeholder import Placeholder

FOLDER = Path("/home/you/shop")
GROUND = Ground(
    folder=FOLDER,
    kept=(FOLDER / ".git/config", FOLDER / ".env"),
    pinned=(FOLDER / ".git",),
    absent=(Placeholder(path=FOLDER / "AGENTS.md"),),
    masked=(Path("/home/you/.ssh"), Path("/home/you/.netrc")),
)
END = "; run it outside of the sandbox if it has to."
ABSENT = (
    f'There is no "{FOLDER}/AGENTS.md": the sandbox puts something empty in its place while a '
    f"command runs, so that none can make it{END}"
)
ELSEWHERE = f'The sandbox lets commands write only below "{FOLDER}" and its own /tmp{END}'
NO_NETWORK = (
    "The sandbox has no network; run it outside of the sandbox if it has to, or set "
    "network = true in [sandbox]."
)
MAYBE = (
    f'The sandbox may have refused this: it lets commands write only below "{FOLDER}" and its own '
    f"/tmp, and use no sockets{END}"  # noqa: S108  a sentence
)

# By bubblewrap, by landlock.
OUTPUTS: dict[str, tuple[str, str | None, str | None]] = {
    "nothing": ("", None, None),
    "a test that fails": ("E  AssertionError: 1 != 2", None, None),
    "bash": ("bash: line 1: /etc/x: Read-only file system", ELSEWHERE, ELSEWHERE),
    "Python": ("OSError: [Errno 30] Read-only file system: '/etc/x'", ELSEWHERE, ELSEWHERE),
    "Node": ("Error: EROFS: read-only file system, open '/x'", ELSEWHERE, ELSEWHERE),
    "Go": (
        "failed to initialize build cache at /root/.cache/go-build: mkdir /root/.cache: "
        "read-only file system", ELSEWHERE, ELSEWHERE,
    ),
    "a lack of rights": ("bash: line 1: /etc/x: Permission denied", None, MAYBE),
    "a mount": ("mount: /x: Operation not permitted", None, MAYBE),
    "git's configuration": (
        "error: could not write config file .git/config: Device or resource busy",
        f'The sandbox keeps "{FOLDER}/.git/config" as it is{END}',
        f'The sandbox keeps "{FOLDER}/.git/config" as it is{END}',
    ),
    "what is to stay absent": (
        "bash: line 1: AGENTS.md: Is a directory",
        ABSENT, ABSENT,
    ),
    "another of its name": ("cat: docs/AGENTS.md: Is a directory", None, None),
    "a longer name": ("cat: AGENTS.md.bak: Is a directory", None, None),
    "variables": (
        "./.env: Read-only file system",
        f'The sandbox keeps "{FOLDER}/.env" as it is{END}',
        f'The sandbox keeps "{FOLDER}/.env" as it is{END}',
    ),
    "a key": (
        "cat: /home/you/.ssh/id: Permission denied",
        f'The sandbox hides "/home/you/.ssh"{END}',
        f'The sandbox hides "/home/you/.ssh"{END}',
    ),
    "curl": ("curl: (6) Could not resolve host: example.com", NO_NETWORK, NO_NETWORK),
    "pip": ("[Errno -3] Temporary failure in name resolution", NO_NETWORK, NO_NETWORK),
    "npm": ("npm ERR! getaddrinfo EAI_AGAIN registry.example", NO_NETWORK, NO_NETWORK),
    "an address": ("connect: Network is unreachable", NO_NETWORK, NO_NETWORK),
    "git over https": (
        "fatal: unable to access 'https://x/': Could not resolve host: x", NO_NETWORK, NO_NETWORK
    ),
}  # fmt: skip


@pytest.mark.parametrize(("output", "by_bwrap", "by_landlock"), OUTPUTS.values(), ids=OUTPUTS)
def test_it_is_told(output: str, by_bwrap: str | None, by_landlock: str | None) -> None:
    assert (
        denial(output, GROUND, is_namespaced=True, network=False),
        denial(output, GROUND, is_namespaced=False, network=False),
    ) == (by_bwrap, by_landlock)


def test_with_a_network_its_trouble_is_its_own() -> None:
    output = "curl: (6) Could not resolve host: example.com"
    assert denial(output, GROUND, is_namespaced=True, network=True) is None


REAL = {
    "outside": "echo x > /usr/vibe-was-here",
    "a key": 'cat "$HOME/.ssh/id_ed25519"',
    "the network": "$PYTHON -c 'import socket; socket.create_connection((\"192.0.2.1\", 1), 5)'",
}


@pytest.mark.parametrize("script", REAL.values(), ids=REAL)
def test_what_the_kernel_refuses_is_told(sandboxed: Session, script: str) -> None:
    ran = sandboxed.run(script)
    assert ran.code != 0
    assert ran.denial is not None


def test_what_succeeds_is_no_denial(sandboxed: Session) -> None:
    assert sandboxed.run("echo 'Read-only file system'").denial is None
