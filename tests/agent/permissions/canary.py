"""A project in a home, in which every change shows: files, modes, times, links."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from msgspec import Struct

from vibe.agent.permissions.look import surroundings
from vibe.agent.permissions.shell.bash import argv, cleaned
from vibe.agent.permissions.values import Surroundings

_FILES: Final = {
    "README.md": "# A project\nfoo\n",
    "names.txt": "bob\nann\nbob\n",
    "data.csv": "1,2,3\n4,5,6\n",
    "package.json": '{"version": "1.0", "scripts": {"test": "true"}}\n',
    "src/app.py": "def main():\n    # foo bar\n    return 1\n",
    "src/deep/x.py": "x = 1\n",
    "tests/test_app.py": "def test_x():\n    pass\n",
    "deploy/.env.production": "KEY=canary\n",
    ".env": "KEY=canary\n",
}


class Canary(Struct, frozen=True, kw_only=True):
    home: Path
    project: Path

    @property
    def around(self) -> Surroundings:
        return surroundings(self.project, home=self.home, unheld=frozenset())

    def state(self) -> dict[str, tuple[object, ...]]:
        """All that a command could have changed."""
        return {str(path): _state(path) for path in [self.home, *self.home.rglob("*")]}

    def run(self, command: str) -> subprocess.CompletedProcess[bytes]:
        given = {"HOME": str(self.home), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        return subprocess.run(
            argv(command),
            cwd=self.project,
            env=cleaned(given, secrets=()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=20,
        )


def canary(home: Path) -> Canary:
    project = home / "project"
    for name, text in _FILES.items():
        (file := project / name).parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    if shutil.which("git"):
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        for words in (["init", "-q", "-b", "main"], ["add", "src"], ["commit", "-qm", "first"]):
            subprocess.run(
                [*git, *words], cwd=project, check=True, env={"HOME": str(home)} | _path()
            )
        for name in ("src/app.py", "src/deep/x.py", ".git/index"):
            os.utime(project / name, (1e9, 1e9))  # git has reason to write its index anew
        (hook := project / ".git/hooks/post-index-change").write_text(f"#!/bin/sh\ntouch {home}/x")
        hook.chmod(0o755)
    else:
        (project / ".git").mkdir()
        (project / ".git/config").touch()
    return Canary(home=home, project=project)


def trapped(home: Path) -> Canary:
    """The same with names in it that lead to what is not read unasked."""
    made = canary(home)
    (home / "outside").write_text("canary\n")
    (traps := made.project / "traps").mkdir()
    (traps / "link").symlink_to("../../outside")
    (traps / "up").symlink_to("../..")
    (traps / "secret").symlink_to("../.env")
    (traps / "same").hardlink_to(home / "outside")
    os.mkfifo(traps / "pipe")
    (made.project / "src/gone").symlink_to("nowhere")
    (traps / ".gitignore").write_text("!.shown\n")
    (traps / ".shown").hardlink_to(home / "outside")
    return made


def _path() -> dict[str, str]:
    return {"PATH": os.environ["PATH"]}


def _state(path: Path) -> tuple[object, ...]:
    about = path.lstat()
    content = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    return about.st_mode, about.st_mtime_ns, about.st_ino, content
