"""What people do all day works in the sandbox as it does outside."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.sandbox.sandboxes import Session

NO_CONFIGURATION = {"PATH": os.defpath, "GIT_CONFIG_NOSYSTEM": "1", "HOME": "/nonexistent"}

WORKS = {
    "the folder can be written": ("echo new > new.txt && cat new.txt", "new\n"),
    "and what is in it": ("echo more >> notes.txt && cat notes.txt", "notes\nmore\n"),
    "files move": ("mkdir d && mv notes.txt d/n && ls d", "n\n"),
    "links inside": ("ln -s notes.txt l && cat l && ln notes.txt h && cat h", "notes\nnotes\n"),
    "modes change": ("echo 'echo ran' > s && chmod +x s && bash ./s", "ran\n"),
    "the system is there to read": ("test -r /etc/passwd && test -x /usr/bin/env", 0),
    "exit codes come back": ("exit 7", 7),
    "a pipe ends early": ("yes | head -1", "y\n"),
    "there is a temporary folder": ('f=$(mktemp) && echo t > "$f" && cat "$f"', "t\n"),
    "devices": ("head -c 2 /dev/zero | wc -c && echo x > /dev/null", "2\n"),
    "the standard streams have names": ("echo b | cat /dev/stdin > /dev/stdout", "b\n"),
    "processes among themselves": ("sleep 60 & kill $! && wait $!; echo $?", "143\n"),
    "substitution": ("cat <(echo a) <(echo b)", "a\nb\n"),
    "pairs of sockets": (
        "$PYTHON -c 'import socket; a, b = socket.socketpair(); a.send(b\"x\"); print(b.recv(1))'",
        "b'x'\n",
    ),
    "threads": (
        "$PYTHON -c 'import threading as t; x = t.Thread(target=print); x.start(); x.join()'",
        "\n",
    ),
    "git writes what is its own": ("echo x > .git/index && mkdir .git/objects/ab", 0),
}  # fmt: skip


@pytest.mark.parametrize(("script", "expected"), WORKS.values(), ids=WORKS)
def test_work_goes_on(sandboxed: Session, script: str, expected: str | int) -> None:
    ran = sandboxed.run(script)
    code, output = (expected, "") if isinstance(expected, int) else (0, expected)
    assert (ran.code, ran.output, ran.denial) == (code, output, None)


def test_git_commits(sandboxed: Session) -> None:
    project = sandboxed.ground.project / "fresh"
    git = ("git", "-C", str(project), "-c", "user.name=n", "-c", "user.email=e@e")
    subprocess.run(["git", "init", "-q", str(project)], check=True, env=NO_CONFIGURATION)
    subprocess.run(
        [*git, "commit", "-qm", "one", "--allow-empty"], check=True, env=NO_CONFIGURATION
    )
    sandboxed.own()
    script = (
        "echo x > f && git add -A && git -c user.name=n -c user.email=e@e commit -qm two && "
        "git stash list && git gc -q && git fsck && git status --short && git log --format=%s"
    )
    ran = sandboxed.run(script, folder=project)
    assert (ran.code, ran.output, ran.denial) == (0, "two\none\n", None)
    assert sorted(each.name for each in project.iterdir()) == [".git", "f"]
    assert not (project / ".git/commondir").exists()
