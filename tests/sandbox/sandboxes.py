"""Sandboxes for tests: each backend, as root and as an ordinary user, over a home made up for it.

A home with secrets, a repository in it, and another folder beside: what a command must not change
or read is there to be looked at afterwards.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from select import select
from tempfile import mkdtemp
from typing import IO, Literal, TypeAlias

import msgspec
import pytest
from msgspec import Struct

from tests.law import ROOT
from tests.sandbox.serve import Asked, Ran, Told

User: TypeAlias = Literal["root", "ordinary"]
CANARY = "c4nary-0f-the-s4ndbox"
ORDINARY = 65_534
PATIENCE_S = 60
PLACE = ROOT / ".pytest_cache"
MODULES = (ROOT, Path(msgspec.__file__).parents[1])

SECRETS = (
    ".ssh/id_ed25519", ".aws/credentials", ".gnupg/key", ".netrc", ".docker/config.json",
    ".kube/config", ".config/vibe/config.toml", ".local/state/vibe/pool.db", ".config/gh/hosts.yml",
)  # fmt: skip
PROTECTED = (
    ".git/hooks/pre-commit", ".git/config", ".git/config.worktree", ".git/commondir", ".env",
    ".env.local", ".envrc", "AGENTS.md", ".vibe/config.toml", ".mcp.json", ".vscode/tasks.json",
    ".idea/workspace.xml", "below/.env", "below/.git/config", "below/.git/hooks",
)  # fmt: skip


class Ground(Struct, frozen=True):
    """`project` lies in `home`; both in `base`, with a folder `elsewhere`."""

    base: Path

    @property
    def home(self) -> Path:
        return self.base / "home"

    @property
    def project(self) -> Path:
        return self.home / "project"

    @property
    def elsewhere(self) -> Path:
        return self.base / "elsewhere"

    def outside(self, *, metadata: bool) -> dict[str, tuple[object, ...]]:
        """All that is not in the project, to be compared."""
        return {
            str(path): facts(path, metadata=metadata)
            for path in sorted(self.base.rglob("*"))
            if self.project not in (path, *path.parents)
        }

    def protected(self) -> dict[str, tuple[object, ...]]:
        """What a command must leave as it is, or absent."""
        return {name: facts(self.project / name) for name in PROTECTED}


def facts(path: Path, *, metadata: bool = True) -> tuple[object, ...]:
    try:
        status = path.lstat()
    except OSError:
        return ()
    mode = status.st_mode
    content = path.read_bytes() if stat.S_ISREG(mode) else None
    if stat.S_ISLNK(mode):
        content = str(path.readlink()).encode()
    if not metadata:
        return (stat.S_IFMT(mode), content)
    return (mode, status.st_uid, status.st_nlink if stat.S_ISREG(mode) else 0, content)


def furnish(ground: Ground) -> None:
    """Anew, as it is before each test."""
    for top in (ground.home, ground.elsewhere):
        shutil.rmtree(top, ignore_errors=True)
    files = {
        **{ground.home / name: CANARY for name in SECRETS},
        ground.home / ".bashrc": "# mine\n",
        ground.elsewhere / "canary": "alive\n",
        ground.elsewhere / "deep/canary": "alive\n",
        ground.project / "notes.txt": "notes\n",
        ground.project / ".env.local": "A=1\n",
        ground.project / "below/.env": "B=1\n",
        ground.project / "below/.git/config": "",
        ground.project / ".git/config": "[core]\n\trepositoryformatversion = 0\n",
        ground.project / ".git/HEAD": "ref: refs/heads/main\n",
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for folder in (".git/hooks", ".git/objects", ".git/refs", "below/.git/hooks"):
        (ground.project / folder).mkdir()


class Account(Struct, frozen=True, kw_only=True):
    """Who runs something, and by which Python; its own where nobody else is meant."""

    uid: int
    python: str

    def start(
        self,
        *command: str,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        start_new_session: bool = False,
    ) -> subprocess.Popen[bytes]:
        is_other = self.uid != os.geteuid()
        paths = os.pathsep.join(map(str, MODULES))
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={"PATH": os.defpath, "PYTHONPATH": paths, "KEY_OF_VIBE": CANARY},
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=start_new_session,
            user=self.uid if is_other else None,
            group=self.uid if is_other else None,
            extra_groups=() if is_other else None,
        )


def account(user: User) -> Account:
    """Skips the test where there is none such: the Python of the tests may be for root alone."""
    if user == "root" or os.geteuid() != 0:
        if user == "root" and os.geteuid() != 0:
            pytest.skip("sandbox: needs root")
        return Account(uid=os.geteuid(), python=sys.executable)
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with (
            suppress(OSError),
            Account(uid=ORDINARY, python=python).start(
                python, "-c", "import msgspec, vibe, tests", stderr=subprocess.DEVNULL
            ) as trial,
        ):
            if trial.wait() == 0:
                return Account(uid=ORDINARY, python=python)
    pytest.skip("sandbox: no Python here that an ordinary user may run")


class Session:
    """A process that runs commands in one sandbox."""

    def __init__(
        self, ground: Ground, told: Told, process: subprocess.Popen[bytes], account: Account
    ) -> None:
        self.ground = ground
        self.told = told
        self.process = process
        self.account = account

    def furnish(self) -> None:
        furnish(self.ground)
        self.own()

    def own(self) -> None:
        """Everything belongs to who runs the commands."""
        if self.account.uid != os.geteuid():
            for path in [self.ground.base, *self.ground.base.rglob("*")]:
                os.chown(path, self.account.uid, self.account.uid, follow_symlinks=False)

    def run(
        self,
        script: str,
        *,
        folder: Path | None = None,
        on_terminal: bool = False,
        only_reads: bool = False,
    ) -> Ran:
        asked = Asked(
            script=script,
            folder=str(folder or self.ground.project),
            on_terminal=on_terminal,
            only_reads=only_reads,
        )
        self.ask(asked)
        return self.answered()

    def answered(self) -> Ran:
        return msgspec.json.decode(_line(self.process.stdout), type=Ran)

    def ask(self, asked: Asked) -> None:
        assert self.process.stdin
        self.process.stdin.write(msgspec.json.encode(asked) + b"\n")
        self.process.stdin.flush()


def _line(stream: IO[bytes] | None) -> bytes:
    assert stream
    line = stream.readline()
    assert line, "the process that runs commands has ended"
    return line


class Pipe:
    """Between a test and a command of a session; to open neither end waits for the other.

    A command that was refused, or killed for taking too long, opens nothing: that is told then.
    """

    def __init__(self, path: Path, session: Session, opened: ExitStack) -> None:
        self._path = path
        self._session = session
        self._opened = opened
        self._reader = self._open(os.O_RDONLY)

    def heard(self) -> str:
        answers = self._session.process.stdout
        assert answers
        ready, _, _ = select([self._reader, answers], [], [], PATIENCE_S)
        assert ready, "nothing is heard of the command"
        assert self._reader in ready, f"the command has ended: {self._session.answered()}"
        return os.read(self._reader, 100).decode()

    def say(self, text: str) -> None:
        """It is there for whoever opens the pipe later, since the end to write stays open."""
        os.write(self._open(os.O_WRONLY), text.encode())

    def is_left(self) -> bool:
        """Whether all who could write into it have gone, or go soon."""
        ready, _, _ = select([self._reader], [], [], PATIENCE_S)
        return bool(ready) and os.read(self._reader, 100) == b""

    def _open(self, end: int) -> int:
        descriptor = os.open(self._path, end | os.O_NONBLOCK)
        self._opened.callback(os.close, descriptor)
        return descriptor


@contextmanager
def session(
    mode: str, user: User, *, network: bool = False, runner: Account | None = None
) -> Generator[Session]:
    """Skips the test that needs it where it cannot be had."""
    runner = runner or account(user)
    PLACE.mkdir(exist_ok=True)
    base = Path(mkdtemp(prefix="sandbox-", dir=PLACE))
    base.chmod(0o755)
    try:
        with over(Ground(base), mode, runner, network=network) as opened:
            opened.furnish()
            yield opened
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextmanager
def over(
    ground: Ground, mode: str, runner: Account, *, network: bool = False
) -> Generator[Session]:
    """One of several over the same ground."""
    words = (runner.python, "-m", "tests.sandbox.serve", mode, "network" if network else "none")
    pipe = subprocess.PIPE
    with runner.start(*words, str(ground.home), stdin=pipe, stdout=pipe) as process:
        told = msgspec.json.decode(_line(process.stdout), type=Told)
        if told.backend != mode:
            reason = (told.warning or "").partition("(")[2].rstrip(")")
            pytest.skip(f"sandbox: {reason}")
        yield Session(ground, told, process, runner)
        if process.stdin:
            process.stdin.close()
        process.wait(timeout=30)
