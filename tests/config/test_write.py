"""Changing a file that matters: what it holds, who may read it, what lies beside it afterwards.

Refusals are real: full and read-only file systems in a mount namespace of their own, a bound on the
size of files, a child without privileges. `change` runs between the read and the write, so that is
where the tests let the world move.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vibe.config.write import WriteError, rewrite

NOBODY = 65534

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def to(content: bytes) -> Callable[[bytes | None], bytes]:
    return lambda _: content


def plus(more: bytes) -> Callable[[bytes | None], bytes]:
    return lambda old: (old or b"") + more


def tree(folder: Path) -> dict[str, bytes | str]:
    """All there is below a folder: the bytes of files, the kind of everything else."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            found[name] = path.read_bytes()
        else:
            found[name] = "folder" if path.is_dir() else "other"
    return found


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_change_is_given_the_present_bytes_and_its_result_replaces_them(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")

    rewrite(path, plus(b"\x00\xff"))

    assert tree(tmp_path) == {"config.toml": b"\xef\xbb\xbfa = 1\r\n\x00\xff"}


def test_change_is_given_none_where_no_file_is(tmp_path: Path) -> None:
    seen: list[bytes | None] = []

    def change(old: bytes | None) -> bytes:
        seen.append(old)
        return b"new"

    rewrite(tmp_path / "config.toml", change)

    assert seen == [None]
    assert tree(tmp_path) == {"config.toml": b"new"}


def test_the_same_content_again_leaves_the_file_itself_in_place(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"same")
    before = path.stat()

    rewrite(path, to(b"same"))

    after = path.stat()
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


@pytest.mark.parametrize("error", [OSError(28, "from change"), KeyboardInterrupt()], ids=repr)
def test_what_change_raises_reaches_the_caller_and_nothing_happened(
    tmp_path: Path, error: BaseException
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"old")

    def change(_: bytes | None) -> bytes:
        raise error

    with pytest.raises(type(error)) as caught:
        rewrite(path, change)

    assert caught.value is error
    assert tree(tmp_path) == {"config.toml": b"old"}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o666], ids=oct)
def test_an_existing_file_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"old")
    path.chmod(mode)

    rewrite(path, to(b"new"), mode=0o604)

    assert (path.read_bytes(), mode_of(path)) == (b"new", mode)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077], ids=oct)
def test_a_new_file_gets_the_mode_that_was_asked_for(tmp_path: Path, umask: int) -> None:
    previous = os.umask(umask)
    try:
        rewrite(tmp_path / ".env", to(b"new"))
        rewrite(tmp_path / "shared", to(b"new"), mode=0o644)
    finally:
        os.umask(previous)

    assert (mode_of(tmp_path / ".env"), mode_of(tmp_path / "shared")) == (0o600, 0o644)


@only_root
def test_the_owner_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"old")
    os.chown(path, NOBODY, NOBODY - 1)

    rewrite(path, to(b"new"))

    status = path.stat()
    assert (path.read_bytes(), status.st_uid, status.st_gid) == (b"new", NOBODY, NOBODY - 1)


def test_all_missing_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    rewrite(tmp_path / "a" / "b" / "config.toml", to(b"new"))

    assert tree(tmp_path) == {"a": "folder", "a/b": "folder", "a/b/config.toml": b"new"}
    assert (mode_of(tmp_path / "a"), mode_of(tmp_path / "a" / "b")) == (0o700, 0o700)


def test_links_are_followed_and_stay(tmp_path: Path) -> None:
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "dotfiles" / "vibe.toml").write_bytes(b"old")
    (tmp_path / "config.toml").symlink_to("second")
    (tmp_path / "second").symlink_to("dotfiles/vibe.toml")

    rewrite(tmp_path / "config.toml", to(b"new"))

    assert tree(tmp_path) == {
        "config.toml": "-> second",
        "dotfiles": "folder",
        "dotfiles/vibe.toml": b"new",
        "second": "-> dotfiles/vibe.toml",
    }


def test_a_link_to_a_missing_file_makes_that_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").symlink_to("vibe.toml")

    rewrite(tmp_path / "config.toml", to(b"new"))

    assert tree(tmp_path) == {"config.toml": "-> vibe.toml", "vibe.toml": b"new"}


def link_in_a_circle(path: Path) -> None:
    path.symlink_to("other")
    (path.parent / "other").symlink_to(path.name)


def link_into_a_missing_folder(path: Path) -> None:
    path.symlink_to("gone/config.toml")


def folder_in_its_place(path: Path) -> None:
    path.mkdir()
    (path / "kept").write_bytes(b"kept")


OBSTACLES: dict[str, tuple[Callable[[Path], None], str]] = {
    "circle": (link_in_a_circle, "its symbolic links lead in a circle"),
    "broken link": (link_into_a_missing_folder, "the folder {}/gone does not exist"),
    "folder": (folder_in_its_place, "a folder stands in its place"),
    "fifo": (os.mkfifo, "it is not a regular file"),
    "device": (lambda path: path.symlink_to("/dev/null"), "it is not a regular file"),
}


@pytest.mark.parametrize(("place", "reason"), OBSTACLES.values(), ids=OBSTACLES)
def test_what_is_no_file_is_refused_and_left_alone(
    tmp_path: Path, place: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "config.toml"
    place(path)
    before = tree(tmp_path)

    with pytest.raises(WriteError) as caught:
        rewrite(path, to(b"new"))

    expected = f"cannot write {path}: {reason.format(tmp_path)}; nothing was changed"
    assert (caught.value.message, bool(caught.value.hint)) == (expected, True)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("below", ["config.toml", "a/b/config.toml"])
def test_a_file_or_broken_link_in_place_of_the_folder_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_bytes(b"kept")
    (tmp_path / "link").symlink_to("gone")
    before = tree(tmp_path)

    for name in ("file", "link"):
        with pytest.raises(WriteError, match=f"{tmp_path / name} is not a folder;"):
            rewrite(tmp_path / name / below, to(b"new"))

    assert tree(tmp_path) == before


def test_a_name_that_is_too_long_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(WriteError, match="File name too long; nothing was changed"):
        rewrite(tmp_path / ("n" * 250), to(b"new"))

    assert tree(tmp_path) == {}


def test_a_folder_removed_meanwhile_is_one_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    path = folder / "config.toml"

    def change(_: bytes | None) -> bytes:
        shutil.rmtree(folder)
        return b"new"

    with pytest.raises(WriteError, match=f"the folder {folder} does not exist"):
        rewrite(path, change)

    assert tree(tmp_path) == {}


def test_a_folder_put_in_place_of_the_file_meanwhile_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"

    def change(_: bytes | None) -> bytes:
        folder_in_its_place(path)
        return b"new"

    with pytest.raises(WriteError, match="a folder stands in its place"):
        rewrite(path, change)

    assert tree(tmp_path) == {"config.toml": "folder", "config.toml/kept": b"kept"}


def test_a_file_that_may_grow_no_further_is_a_full_disk_and_keeps_its_content(
    tmp_path: Path,
) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    # The bound cuts the write short in the middle: the first part goes in, the rest is refused.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(WriteError) as caught:
            rewrite(path, to(b"n" * 1001))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert caught.value.message == (
        f"cannot write {path}: the disk, or your share of it, is full; nothing was changed"
    )
    assert caught.value.hint == "free some space, then try again"
    assert tree(tmp_path) == {"config.toml": b"old"}


ATTEMPT = """
import json, os, sys
from pathlib import Path
from vibe.config.write import WriteError, rewrite

path, user = Path(sys.argv[1]), int(sys.argv[2])
if user != os.geteuid():
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
try:
    rewrite(path, lambda old: b"new" * 50_000)
    told = ""
except WriteError as error:
    told = error.message
names = sorted(os.listdir(path.parent))
print(json.dumps([told, names, path.read_bytes().decode()[:3], path.stat().st_mode & 0o777]))
"""

MOUNTS = {
    "full": (
        'mount -t tmpfs -o size=64k none "$1"; printf old > "$1/config.toml"',
        "the disk, or your share of it, is full",
    ),
    "read-only": (
        'printf old > "$1/config.toml"; mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"',
        "its file system is read-only",
    ),
    "mounted alone": (
        'printf old > "$1/config.toml"; mount --bind "$1/config.toml" "$1/config.toml"',
        "it is a mount of its own",
    ),
}


@pytest.mark.parametrize(("mount", "reason"), MOUNTS.values(), ids=MOUNTS)
def test_a_file_system_that_refuses_keeps_the_content(
    tmp_path: Path, mount: str, reason: str
) -> None:
    namespace = ["unshare", "--mount", "--map-root-user"]
    if shutil.which("unshare") is None or subprocess.run([*namespace, "true"]).returncode:
        pytest.skip("no mount namespaces here")
    program = f'set -e; umask 077; {mount}; exec "$2" -c "$3" "$1/config.toml" 0'

    child = subprocess.run(
        [*namespace, "sh", "-c", program, "sh", str(tmp_path), sys.executable, ATTEMPT],
        stdout=subprocess.PIPE,
        check=True,
    )

    told = f"cannot write {tmp_path}/config.toml: {reason}; nothing was changed"
    assert json.loads(child.stdout) == [told, ["config.toml"], "old", 0o600]


def attempt_without_privileges(path: Path) -> object:
    user = os.geteuid() or NOBODY
    child = subprocess.run(
        [sys.executable, "-c", ATTEMPT, str(path), str(user)], stdout=subprocess.PIPE, check=True
    )
    return json.loads(child.stdout)


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder with an old file, both of the one who attempts; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.toml").write_bytes(b"old")
        (folder / "config.toml").chmod(0o600)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.chown(folder / "config.toml", NOBODY, NOBODY)
        yield folder
        folder.chmod(0o700)


@pytest.mark.parametrize(
    ("folder_mode", "file_mode"),
    [(0o500, 0o600), (0o700, 0o400)],
    ids=["write-protected folder", "write-protected file"],
)
def test_write_protection_is_respected(open_folder: Path, folder_mode: int, file_mode: int) -> None:
    path = open_folder / "config.toml"
    path.chmod(file_mode)
    open_folder.chmod(folder_mode)

    told = f"cannot write {path}: permission denied; nothing was changed"
    assert attempt_without_privileges(path) == [told, ["config.toml"], "old", file_mode]


@only_root
def test_a_group_that_cannot_be_carried_over_takes_its_rights_along(open_folder: Path) -> None:
    path = open_folder / "config.toml"
    os.chown(path, NOBODY, 0)
    path.chmod(0o664)

    assert attempt_without_privileges(path) == ["", ["config.toml"], "new", 0o604]


def test_only_what_a_killed_writer_of_this_very_file_left_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".config.toml.0123456789abcdef.tmp").write_bytes(b"half")
    kept = {
        ".config.toml.swp": b"an editor's",
        ".config.toml.backup.tmp": b"a person's",
        ".config.toml.0123456789abcdef.tmp~": b"a copy of that",
        ".config.toml.bak.0123456789abcdef.tmp": b"of config.toml.bak",
        ".configStoml.0123456789abcdef.tmp": b"of configStoml",
    }
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)

    rewrite(tmp_path / "config.toml", to(b"new"))

    assert tree(tmp_path) == kept | {"config.toml": b"new"}


def test_a_leftover_that_cannot_be_removed_does_not_stop_the_write(tmp_path: Path) -> None:
    (tmp_path / ".config.toml.0123456789abcdef.tmp").mkdir()

    rewrite(tmp_path / "config.toml", to(b"new"))

    assert tree(tmp_path) == {
        ".config.toml.0123456789abcdef.tmp": "folder",
        "config.toml": b"new",
    }


def test_a_lock_that_is_never_released_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"

    def change(_: bytes | None) -> bytes:
        with pytest.raises(WriteError, match=f"another program holds {tmp_path} locked"):
            rewrite(path, to(b"intruder"), wait_s=0)
        return b"new"

    rewrite(path, change)

    assert tree(tmp_path) == {"config.toml": b"new"}


HOLD = """
import sys
from pathlib import Path
from vibe.config.write import rewrite

def change(old):
    print("locked", flush=True)
    sys.stdin.readline()
    return old + b" child"

rewrite(Path(sys.argv[1]), change)
"""


@contextmanager
def held_by_a_child(path: Path) -> Generator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"locked\n"
        yield child


def test_another_process_waits_and_then_sees_what_the_first_one_wrote(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"start")
    second = threading.Thread(target=rewrite, args=(path, plus(b" parent")), kwargs={"wait_s": 60})

    with held_by_a_child(path) as first:
        second.start()
        with pytest.raises(WriteError, match="another program"):
            rewrite(path, to(b"intruder"), wait_s=0)
        first.communicate(b"\n")
    second.join()

    assert tree(tmp_path) == {"config.toml": b"start child parent"}


def test_a_lock_dies_with_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(b"start")
    with held_by_a_child(path) as holder:
        holder.kill()

    rewrite(path, plus(b" survivor"), wait_s=0)

    assert tree(tmp_path) == {"config.toml": b"start survivor"}


def test_threads_that_count_in_one_file_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "counter"

    def count() -> None:
        for _ in range(20):
            rewrite(path, lambda old: b"%d" % (int(old or b"0") + 1), wait_s=60)

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert tree(tmp_path) == {"counter": b"60"}
