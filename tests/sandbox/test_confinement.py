"""What a sandbox promises about the process itself: rights, terminal, limits, its end, its /tmp."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.sandbox.attacks import python
from tests.sandbox.sandboxes import Pipe, Session, User, account, over, session
from tests.sandbox.serve import Asked
from vibe.sandbox import probe
from vibe.sandbox.launch import PROCESSES

BOMBER = 65_533  # somebody who has nothing else to do

NESTING = {
    "by unshare": "unshare --user true",
    "by clone": python(
        "pid = libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0)\n"
        "if pid == 0: os._exit(0)\nsys.exit(pid < 0)"
    ),
    "by clone3": python(
        "a = (ctypes.c_uint64 * 11)(0x10000000, 0, 0, 0, 17)\n"
        "pid = libc.syscall(435, ctypes.byref(a), 88)\n"
        "if pid == 0: os._exit(0)\nsys.exit(pid < 0)"
    ),
    "joined": python("sys.exit(libc.setns(os.open('/proc/self/ns/user', 0), 0) < 0)"),
}


def test_there_are_no_capabilities_and_none_can_be_gained(sandboxed: Session) -> None:
    """Those of the bounding set are none where no program may gain them."""
    ran = sandboxed.run("grep -E '^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs)' /proc/self/status")
    found = dict(re.findall(r"^(\w+):\t(\w+)$", ran.output, re.MULTILINE))
    assert {name: int(value, 16) for name, value in found.items()} == {
        "CapInh": 0, "CapPrm": 0, "CapEff": 0, "CapAmb": 0, "NoNewPrivs": 1,
    }  # fmt: skip


@pytest.mark.parametrize("script", NESTING.values(), ids=NESTING)
def test_there_are_no_namespaces_within(sandboxed: Session, script: str) -> None:
    assert sandboxed.run(script).code == 1


def test_nothing_is_typed_into_a_terminal(sandboxed: Session) -> None:
    script = python("import fcntl\nfor each in b'date': fcntl.ioctl(5, 0x5412, bytes([each]))")
    ran = sandboxed.run(f"exec 5<&0; {script}", on_terminal=True)
    assert (ran.code, ran.output.splitlines()[-1].partition(":")[0]) == (1, "PermissionError")


def test_it_leads_a_session_without_a_terminal(sandboxed: Session) -> None:
    script = "read -r _ _ _ _ _ _ terminal _ < /proc/$$/stat; echo $terminal; echo x > /dev/tty"
    ran = sandboxed.run(script, on_terminal=True)
    assert (ran.code, ran.output.splitlines()[0]) == (1, "0")


def test_processes_and_dumps_are_limited(sandboxed: Session) -> None:
    ran = sandboxed.run("ulimit -c; ulimit -Hu")
    dumps, processes = ran.output.split()
    assert (dumps, int(processes) <= PROCESSES) == ("0", True)


def test_limits_cannot_be_raised(sandboxed: Session) -> None:
    assert sandboxed.run(f"ulimit -u {PROCESSES + 1}").code == 1


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["bwrap", "landlock"])
def test_a_fork_bomb_comes_to_an_end(backend: str) -> None:
    code = (
        "import signal\ncount = 0\ntry:\n    while count < 20_000:\n"
        "        if os.fork() == 0: signal.pause()\n        count += 1\n"
        "except OSError: pass\nprint(count)\nsys.stdout.flush()\n"
        "signal.signal(15, signal.SIG_IGN)\nos.killpg(0, 15)"
    )
    own = account("ordinary")
    if backend == "landlock" and os.geteuid() != 0:
        pytest.skip("sandbox: needs root")  # this one counts all processes of whoever runs it
    bomber = replace(own, uid=BOMBER) if os.geteuid() == 0 else own
    with session(backend, "ordinary", runner=bomber) as opened:
        ran = opened.run(python(code))
    assert PROCESSES // 2 < int(ran.output.split()[0]) <= PROCESSES


def test_the_folder_for_temporary_files_is_its_own_and_lasts(sandboxed: Session) -> None:
    scratch = Path(sandboxed.told.scratch)
    sandboxed.run('echo kept > "$TMPDIR/left"')
    assert (sandboxed.run('cat "$TMPDIR/left"').output, (scratch / "left").read_text()) == (
        "kept\n",
        "kept\n",
    )


def test_tmp_is_another_one(in_bwrap: Session) -> None:
    theirs = Path("/tmp") / f"vibe-test-{os.getpid()}"  # noqa: S108  that of everybody is meant
    theirs.write_text("theirs\n")
    try:
        ran = in_bwrap.run(f"cat {theirs}; echo x > {theirs}; cat {theirs} /var/tmp/{theirs.name}")
        assert (ran.output.splitlines()[-2:], theirs.read_text()) == (["x", "x"], "theirs\n")
    finally:
        theirs.unlink()


@pytest.mark.usefixtures("in_bwrap")
def test_beside_a_folder_in_tmp_nothing_can_be_written(tmp_path: Path) -> None:
    folder = tmp_path.resolve() / "project"
    folder.mkdir()
    with probe.opened("bwrap", network=False, home=tmp_path) as sandbox:
        script = "echo x > here; cat here; echo x > ../beside"
        with sandbox.wrapped(("bash", "-c", script), folder=folder) as command:
            ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        denial = sandbox.denial(ran.stderr, code=ran.returncode, folder=folder)
    assert (ran.returncode, ran.stdout, "Read-only file system" in ran.stderr) == (1, "x\n", True)
    assert denial is not None


def test_the_folder_for_temporary_files_goes_with_the_session(user: User) -> None:
    with session("landlock", user) as opened:
        opened.run("mkdir -p $TMPDIR/a && echo x > $TMPDIR/a/b && chmod 0 $TMPDIR/a/b")
        scratch = Path(opened.told.scratch)
        assert scratch.is_dir()
    assert not scratch.exists()


def test_the_next_session_takes_away_what_a_killed_one_left(user: User) -> None:
    with session("landlock", user) as opened:
        opened.run("mkdir $TMPDIR/a && echo x > $TMPDIR/a/b && chmod 555 $TMPDIR/a")
        scratch = Path(opened.told.scratch)
        opened.process.kill()
        opened.process.wait()
        with over(opened.ground, "landlock", opened.account) as second:
            assert (scratch.exists(), Path(second.told.scratch).exists()) == (False, True)


def test_what_it_left_running_ends_with_it(in_bwrap: Session) -> None:
    ran = in_bwrap.run("setsid sleep 77777 >/dev/null 2>&1 & echo started")
    assert (ran.output, running("77777")) == ("started\n", [])


@pytest.mark.parametrize("backend", ["bwrap", "landlock"])
def test_it_ends_with_vibe(backend: str, user: User) -> None:
    with session(backend, user) as opened, ExitStack() as ends:
        os.mkfifo(opened.ground.project / "pipe")
        opened.own()
        pipe = Pipe(opened.ground.project / "pipe", opened, ends)
        script = "exec 3>pipe; echo up >&3; " + ("setsid sleep 88888 & " * (backend == "bwrap"))
        opened.ask(Asked(script=f"{script}exec sleep 88888", folder=str(opened.ground.project)))
        assert pipe.heard() == "up\n"
        os.kill(opened.told.pid, signal.SIGKILL)
        assert pipe.is_left()
        assert running("88888") == []


def test_a_sandbox_that_cannot_be_had_runs_nothing(user: User) -> None:
    """The launcher, asked for a filter that is none."""
    launcher = Path(__file__).parents[2] / "vibe/sandbox/launch.py"
    words = (str(os.getpid()), "8191", "0", "ff" * 8, "/", "--", "sh", "-c", "echo ran")
    runner = account(user)
    process = runner.start(runner.python, "-I", "-S", str(launcher), *words, stdout=-1, stderr=-1)
    out, said = process.communicate()
    assert (process.returncode, out) == (126, b"")
    assert said.startswith(b"vibe: not run, since it could not be confined: ")


def running(argument: str) -> list[str]:
    found: list[str] = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = each.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[:2] == [b"sleep", argument.encode()]:
            found.append(each.parent.name)
    return found
