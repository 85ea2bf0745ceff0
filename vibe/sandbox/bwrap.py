"""A command line of bubblewrap: mounts made of the facts of a folder. Runs and looks at nothing.

The root is read-only. What is nearer to the root is mounted first, so that a folder comes to lie
on the /tmp that hides those of others, and what is kept of it on the folder. Above a folder in /tmp
nothing can be written, either: there it would be lost with that /tmp.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from vibe.sandbox.ground import Ground

PROCESSES: Final = 4096
HIDDEN: Final = (Path("/run"), Path("/var/run"))  # the sockets of services, and of the desktop
_TEMPORARY: Final = (Path("/tmp"), Path("/var/tmp"))  # noqa: S108  those of others are hidden
_SHOWN: Final = ("/run/current-system", "/run/booted-system", "/run/wrappers")  # NixOS is there
_NAMES_OF_HOSTS: Final = ("/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager")
_NAMESPACES: Final = (
    "--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try",
)  # fmt: skip
_CONFINED: Final = ("--die-with-parent", "--new-session", "--cap-drop", "ALL")
_VIEW: Final = Path("/dev/vibe")  # of the folder, with nothing kept in it
# What runs first in the sandbox. The limits are set inside, so that its processes alone are
# counted; dash and bash spell that apart. Then: bubblewrap follows links as they are outside, where
# nothing is hidden. If a link stood in the place of what is movable, something was mounted that
# the same name does not lead to inside.
_FIRST: Final = f"""\
ulimit -c 0; {{ ulimit -u {PROCESSES} || ulimit -p {PROCESSES}; }} 2>/dev/null
folder=$1; shift
while [ "$1" != -- ]; do
    if ! [ "$folder/$1" -ef "{_VIEW}/$1" ]; then
        echo "vibe: not run, since $1 was moved" >&2
        exit 126
    fi
    shift
done
shift; exec "$@"
"""

Mount: TypeAlias = tuple[Path, Sequence[str]]


def command_line(
    command: Sequence[str],
    ground: Ground,
    *,
    program: str,
    scratch: Path,
    only_reads: bool = False,
    network: bool = False,
    denies_nesting: bool = True,
) -> tuple[str, ...]:
    """`ground.absent` holds no more than what has a placeholder by now. `only_reads`: it may not
    write to the folder, either."""
    confined = (*_NAMESPACES, *(() if network else ("--unshare-net",)), *_CONFINED)
    mounts = [
        *_around(scratch, network=network),
        *_of(ground, "--ro-bind" if only_reads else "--bind"),
    ]
    above = tuple(_above(ground.folder))
    mounts += ((path, ("--tmpfs", str(path))) for path in above)
    ordered = sorted(mounts, key=lambda mount: len(mount[0].parts))
    return (
        program,
        *confined,
        *(("--disable-userns",) if denies_nesting else ()),
        *("--ro-bind", "/", "/"),
        *(word for _, words in ordered for word in words),
        *(word for path in above for word in ("--remount-ro", str(path))),
        *("--setenv", "TMPDIR", "/tmp"),  # noqa: S108  its own one
        "--",
        *("/bin/sh", "-c", _FIRST, "sh", str(ground.folder)),
        *(str(path.relative_to(ground.folder)) for path in ground.movable),
        "--",
        *command,
    )


def _around(scratch: Path, *, network: bool) -> Iterable[Mount]:
    yield Path("/dev"), ("--dev", "/dev")
    yield Path("/proc"), ("--proc", "/proc")
    for temporary in _TEMPORARY:
        yield temporary, ("--bind", str(scratch), str(temporary))
    for hidden in HIDDEN:
        if hidden.is_dir() and not hidden.is_symlink():
            yield hidden, ("--tmpfs", str(hidden))
    for shown in (*_SHOWN, *(_NAMES_OF_HOSTS if network else ())):
        yield Path(shown), ("--ro-bind-try", shown, shown)


def _above(folder: Path) -> Iterable[Path]:
    """What lies in a /tmp and is above the folder, which is mounted on it."""
    for temporary in _TEMPORARY:
        if folder.is_relative_to(temporary):
            yield from (each for each in folder.parents if each.parent == temporary)


def _of(ground: Ground, bind: str) -> Iterable[Mount]:
    yield ground.folder, (bind, str(ground.folder), str(ground.folder))
    for path in ground.pinned:
        yield path, ("--bind", str(path), str(path))
    for path in (*ground.kept, *(each.path for each in ground.absent), *ground.movable):
        yield path, ("--ro-bind", str(path), str(path))
    for path in ground.masked:
        yield _mask(path, path)
    if ground.movable:
        yield _VIEW, ("--ro-bind", str(ground.folder), str(_VIEW))
        for path in ground.masked:
            if path.is_relative_to(ground.folder):
                yield _mask(path, _VIEW / path.relative_to(ground.folder))


def _mask(path: Path, at: Path) -> Mount:
    name = str(at)
    if path.is_dir():
        return at, ("--perms", "0000", "--tmpfs", name, "--remount-ro", name)
    return at, ("--ro-bind", "/dev/null", name)  # on a mount without devices it cannot be opened
