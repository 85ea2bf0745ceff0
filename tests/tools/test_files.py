"""Reading and writing a file through an opened folder: what is refused, and what is left behind.

Refusals are real: full and read-only file systems in a mount namespace of their own, a bound on the
size of files, a child without privileges, a child that dies at the rename.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Generator
from contextlib import suppress
from pathlib import Path

import pytest

from vibe.errors import ToolError
from vibe.tools.files import MOST_BYTES, Change, File, opened, read_file, restore, write_file

NOBODY = 65534

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


def read(path: Path) -> File:
    with opened(path) as place:
        file = read_file(place)
    assert file is not None
    return file


def write(path: Path, content: bytes, *, before: File | None, mode: int | None = None) -> Change:
    with opened(path) as place:
        return write_file(place, content, before=before, mode=mode)


def tree(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_file_is_read_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"\xff\x00\r\n")
    path.chmod(0o640)

    file = read(path)

    assert (file.content, file.mode) == (b"\xff\x00\r\n", 0o640)


def test_where_there_is_no_file_none_is_read(tmp_path: Path) -> None:
    with opened(tmp_path / "a.py") as place:
        assert read_file(place) is None


def a_link(path: Path) -> None:
    (path.parent / "secret").write_bytes(b"secret")
    path.symlink_to("secret")


def a_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))


def a_giant(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(MOST_BYTES + 1)


NO_FILES: dict[str, tuple[Callable[[Path], None], str]] = {
    "folder": (Path.mkdir, "it is a folder"),
    "link": (a_link, "it is a symbolic link"),
    "broken link": (lambda path: path.symlink_to("gone"), "it is a symbolic link"),
    "pipe": (os.mkfifo, "it is a pipe"),
    "socket": (a_socket, "it is a socket"),
    "giant": (a_giant, "it is larger than 16 MB; use a command"),
}


@pytest.mark.parametrize(("place", "reason"), NO_FILES.values(), ids=NO_FILES)
def test_what_is_no_file_or_a_giant_is_not_read(
    tmp_path: Path, place: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "a"
    place(path)

    with pytest.raises(ToolError) as caught:
        read(path)

    assert caught.value.message == f"{path} was not read: {reason}"


def test_a_device_is_not_read() -> None:
    with pytest.raises(ToolError, match=r"^/dev/zero was not read: it is a device$"):
        read(Path("/dev/zero"))


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755, 0o666], ids=oct)
def test_a_file_is_replaced_and_keeps_its_mode(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(mode)

    change = write(path, b"new", before=read(path))

    assert change == Change(path=str(path), before=b"old", after=b"new", mode=mode)
    assert (tree(tmp_path), mode_of(path)) == ({"a.py": b"new"}, mode)


@pytest.mark.parametrize(("umask", "asked", "given"), [(0o022, None, 0o644), (0o077, 0o755, 0o755)])
def test_a_new_file_gets_the_mode_that_was_asked_for_or_that_the_umask_leaves(
    tmp_path: Path, umask: int, asked: int | None, given: int
) -> None:
    path = tmp_path / "a.py"
    previous = os.umask(umask)
    try:
        change = write(path, b"new", before=None, mode=asked)
    finally:
        os.umask(previous)

    assert change == Change(path=str(path), before=None, after=b"new", mode=given)
    assert (tree(tmp_path), mode_of(path)) == ({"a.py": b"new"}, given)


@only_root
def test_the_owner_is_carried_over(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    os.chown(path, NOBODY, NOBODY - 1)

    write(path, b"new", before=read(path))

    status = path.stat()
    assert (path.read_bytes(), status.st_uid, status.st_gid) == (b"new", NOBODY, NOBODY - 1)


def test_a_hard_link_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    (tmp_path / "other").hardlink_to(path)

    write(path, b"new", before=read(path))

    assert tree(tmp_path) == {"a.py": b"new", "other": b"old"}


def test_a_folder_that_is_swapped_after_it_was_opened_wins_nothing(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        folder.mkdir()
        (folder / "a.py").write_bytes(folder.name.encode())

    with opened(inside / "a.py") as place:
        inside.rename(tmp_path / "moved")
        inside.symlink_to(outside)
        file = read_file(place)
        write_file(place, b"new", before=file)

    assert file is not None
    assert file.content == b"inside"
    assert tree(tmp_path / "moved") == {"a.py": b"new"}
    assert tree(outside) == {"a.py": b"outside"}


@pytest.mark.parametrize("below", ["a.py", "deep/a.py", "deep/er/a.py"])
def test_a_link_anywhere_in_the_path_is_not_gone_through(tmp_path: Path, below: str) -> None:
    (tmp_path / "folder/deep/er").mkdir(parents=True)
    (tmp_path / "link").symlink_to("folder")
    path = tmp_path / "link" / below

    with pytest.raises(ToolError) as caught, opened(path):
        pass

    assert caught.value.message == (
        f"{path} was not opened: a part of its path is a symbolic link, or no folder"
    )


@pytest.mark.parametrize("path", ["a.py", "folder/a.py", "/home/../etc/passwd"])
def test_only_a_real_path_is_opened(path: str) -> None:
    with pytest.raises(ToolError, match="its path is not a real one"), opened(Path(path)):
        pass


def test_descriptors_are_closed_whatever_comes(tmp_path: Path) -> None:
    def open_ones() -> int:
        return sum(1 for _ in Path("/dev/fd").iterdir())

    (tmp_path / "link").symlink_to(tmp_path)
    before = open_ones()
    for path in ("a.py", "gone/a.py", "link/a.py"):
        with suppress(ToolError), opened(tmp_path / path) as place:
            read_file(place)
    assert open_ones() == before


def test_folders_above_need_not_be_readable(open_folder: Path) -> None:
    below = open_folder / "below"
    below.mkdir()
    (below / "a.py").write_bytes(b"old")
    for folder in (below, below / "a.py"):
        os.chown(folder, *(NOBODY, NOBODY) if os.geteuid() == 0 else (-1, -1))
    open_folder.chmod(0o300)

    user = os.geteuid() or NOBODY
    child = subprocess.run(
        [sys.executable, "-c", ATTEMPT, str(below / "a.py"), str(user)],
        stdout=subprocess.PIPE,
        check=True,
    )

    assert json.loads(child.stdout) == ["", ["a.py"], "new"]


SWAP = """
import os, sys
inside, aside, outside = sys.argv[1:]
print(flush=True)
while True:
    os.rename(inside, aside)
    os.symlink(outside, inside)
    os.unlink(inside)
    os.rename(aside, inside)
"""


@pytest.mark.parametrize("below", ["a.py", "deep/a.py"], ids=["its folder", "one further up"])
def test_in_a_thousand_races_a_swapped_folder_wins_nothing(tmp_path: Path, below: str) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    for folder in (inside, outside):
        (folder / "deep").mkdir(parents=True)
        (folder / below).write_bytes(folder.name.encode())
    refused: set[str] = set()
    with subprocess.Popen(
        [sys.executable, "-c", SWAP, str(inside), str(tmp_path / "aside"), str(outside)],
        stdout=subprocess.PIPE,
    ) as swapping:
        assert swapping.stdout
        swapping.stdout.readline()
        for _ in range(1_000):
            try:
                with opened(inside / below) as place:
                    file = read_file(place)
                    assert file is not None
                    assert file.content == b"inside"
                    write_file(place, b"inside", before=file)
            except ToolError as error:
                refused.add(error.message.partition(": ")[2])
        swapping.kill()

    assert (outside / below).read_bytes() == b"outside"
    assert refused <= {
        "it does not exist",
        "a part of its path is a symbolic link, or no folder",
    }


def changed_in_place(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"and")


def replaced(path: Path) -> None:
    (path.parent / "b.py").write_bytes(b"and")
    (path.parent / "b.py").replace(path)


def replaced_by_a_link(path: Path) -> None:
    path.unlink()
    a_link(path)


MEANWHILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "changed in place": (changed_in_place, "it was changed by another program meanwhile"),
    "replaced": (replaced, "it was changed by another program meanwhile"),
    "a link": (replaced_by_a_link, "it was changed by another program meanwhile"),
    "removed": (Path.unlink, "it does not exist"),
}


@pytest.mark.parametrize(("meanwhile", "reason"), MEANWHILE.values(), ids=MEANWHILE)
def test_a_file_that_is_not_as_it_was_read_is_not_replaced(
    tmp_path: Path, meanwhile: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    before = read(path)
    meanwhile(path)
    expected = tree(tmp_path)

    with pytest.raises(ToolError, match=f"{path} was not changed: {reason}"):
        write(path, b"new", before=before)

    assert tree(tmp_path) == expected


def test_a_file_that_came_to_be_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"another's")

    with pytest.raises(ToolError, match="another program put a file there meanwhile"):
        write(path, b"new", before=None)

    assert tree(tmp_path) == {"a.py": b"another's"}


def test_a_file_that_may_grow_no_further_is_a_full_disk_and_keeps_its_content(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    before = read(path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    # The bound cuts the write short in the middle: the first part goes in, the rest is refused.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(ToolError) as caught:
            write(path, b"n" * 1001, before=before)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert caught.value.message == (
        f"{path} was not changed: the disk, or your share of it, is full"
    )
    assert tree(tmp_path) == {"a.py": b"old"}


ATTEMPT = """
import json, os, sys
from pathlib import Path
from vibe.errors import ToolError
from vibe.tools.files import opened, read_file, write_file

path, user = Path(sys.argv[1]), int(sys.argv[2])
if user != os.geteuid():
    os.setgroups([])
    os.setgid(user)
    os.setuid(user)
try:
    with opened(path) as place:
        write_file(place, b"new" * 50_000, before=read_file(place))
    told = ""
except ToolError as error:
    told = error.message
print(json.dumps([told, sorted(os.listdir(path.parent)), path.read_bytes().decode()[:3]]))
"""

MOUNTS = {
    "full": (
        'mount -t tmpfs -o size=64k none "$1"; printf old > "$1/a.py"',
        "the disk, or your share of it, is full",
    ),
    "read-only": (
        'printf old > "$1/a.py"; mount --bind "$1" "$1"; mount -o remount,bind,ro "$1"',
        "its file system is read-only",
    ),
    "mounted alone": (
        'printf old > "$1/a.py"; mount --bind "$1/a.py" "$1/a.py"',
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
    program = f'set -e; umask 077; {mount}; exec "$2" -c "$3" "$1/a.py" 0'

    child = subprocess.run(
        [*namespace, "sh", "-c", program, "sh", str(tmp_path), sys.executable, ATTEMPT],
        stdout=subprocess.PIPE,
        check=True,
    )

    told = f"{tmp_path}/a.py was not changed: {reason}"
    assert json.loads(child.stdout) == [told, ["a.py"], "old"]


@pytest.fixture
def open_folder() -> Generator[Path]:
    """A folder with an old file, both of the one who attempts; pytest's own is closed to others."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.py").write_bytes(b"old")
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.chown(folder / "a.py", NOBODY, NOBODY)
        yield folder
        folder.chmod(0o700)


@pytest.mark.parametrize(
    ("folder_mode", "file_mode", "reason"),
    [(0o500, 0o600, "permission denied"), (0o700, 0o400, "it is write-protected")],
    ids=["write-protected folder", "write-protected file"],
)
def test_write_protection_is_respected(
    open_folder: Path, folder_mode: int, file_mode: int, reason: str
) -> None:
    path = open_folder / "a.py"
    path.chmod(file_mode)
    open_folder.chmod(folder_mode)

    user = os.geteuid() or NOBODY
    child = subprocess.run(
        [sys.executable, "-c", ATTEMPT, str(path), str(user)], stdout=subprocess.PIPE, check=True
    )

    assert json.loads(child.stdout) == [f"{path} was not changed: {reason}", ["a.py"], "old"]


DIE_AT_THE_RENAME = """
import os, signal, sys
from pathlib import Path
from vibe.tools.files import opened, read_file, write_file

def die(event, _):
    if event == "os.rename":
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(die)
with opened(Path(sys.argv[1])) as place:
    write_file(place, b"new", before=read_file(place))
"""


def test_after_a_kill_before_the_rename_the_old_content_stands_and_the_rest_goes_in_time(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    child = subprocess.run([sys.executable, "-c", DIE_AT_THE_RENAME, str(path)], check=False)

    assert child.returncode == -signal.SIGKILL
    (left_over,) = (entry for entry in tmp_path.iterdir() if entry != path)
    assert tree(tmp_path) == {"a.py": b"old", left_over.name: b"new"}

    write(path, b"second", before=read(path))
    assert tree(tmp_path) == {"a.py": b"second", left_over.name: b"new"}

    two_hours_ago = left_over.stat().st_mtime - 7_200
    os.utime(left_over, (two_hours_ago, two_hours_ago))
    write(path, b"third", before=read(path))
    assert tree(tmp_path) == {"a.py": b"third"}


def test_a_change_is_undone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o755)
    change = write(path, b"new", before=read(path))

    with opened(path) as place:
        restore(place, change)

    assert (tree(tmp_path), mode_of(path)) == ({"a.py": b"old"}, 0o755)


def test_a_new_file_is_removed_again(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    change = write(path, b"new", before=None)

    with opened(path) as place:
        restore(place, change)

    assert tree(tmp_path) == {}


@pytest.mark.parametrize("before", [b"old", None], ids=["a change", "a new file"])
def test_what_was_changed_since_is_not_undone(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"the person's")
    change = Change(path=str(path), before=before, after=b"new", mode=0o644)

    with opened(path) as place, pytest.raises(ToolError, match="was not restored: it was changed"):
        restore(place, change)

    assert tree(tmp_path) == {"a.py": b"the person's"}
