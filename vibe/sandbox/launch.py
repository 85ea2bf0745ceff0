"""A program of its own: confines itself by landlock and seccomp, then becomes the command.

    launch.py PARENT HANDLED SCOPED FILTER SCRATCH RIGHTS=PATH… -- COMMAND…

It starts anew before each command: so it imports nothing of vibe, and little else. If anything
cannot be held, it says so and runs nothing.
"""

from __future__ import annotations

import ctypes
import os
import resource
import stat
import sys

REFUSED = 126
NOT_FOUND = 127
PROCESSES = 4096
_FILE_RIGHTS = 0b1100000000000111  # execute, write, read, truncate, ioctl
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH = 1
_SET_PDEATHSIG, _SET_SECCOMP, _CAPBSET_DROP, _SET_NO_NEW_PRIVS, _AMBIENT = 1, 22, 24, 38, 47
_CLEAR_ALL, _FILTER = 4, 2
_CAPSET = {"x86_64": 126, "aarch64": 91}
_CAPABILITIES_3 = 0x20080522
_SIGKILL, _SIGPIPE, _SIGXFSZ = 9, 13, 25  # the module `signal` takes longer than all of this

_libc = ctypes.CDLL(None, use_errno=True)


class Ruleset(ctypes.Structure):
    _fields_ = (
        ("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64),
    )  # fmt: skip


class PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


class Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_char_p))


def confine(words: list[str]) -> list[str]:
    """The command that is to run now."""
    parent, handled, scoped, filter_, scratch, *rest = words
    at = rest.index("--")
    _die_with(int(parent))
    if os.getsid(0) != os.getpid():
        os.setsid()
    _limit()
    ruleset = _ruleset(int(handled), int(scoped), rest[:at])
    _drop_capabilities()
    _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0), "landlock")
    os.close(ruleset)
    _filter(bytes.fromhex(filter_))
    os.putenv("TMPDIR", scratch)
    return rest[at + 1 :]


def become(command: list[str]) -> None:
    for number in (_SIGPIPE, _SIGXFSZ):  # Python ignores them, and what is ignored stays so
        _libc.signal(number, None)
    os.execvp(command[0], command)  # noqa: S606  without a shell is how it is meant


def _die_with(parent: int) -> None:
    _prctl(_SET_PDEATHSIG, _SIGKILL)
    if os.getppid() != parent:
        raise OSError(0, "vibe has ended")


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _, most = resource.getrlimit(resource.RLIMIT_NPROC)
    most = PROCESSES if most == resource.RLIM_INFINITY else min(most, PROCESSES)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _ruleset(handled: int, scoped: int, grants: list[str]) -> int:
    asked = Ruleset(handled, 0, scoped)
    size = 8 if not scoped else ctypes.sizeof(asked)
    ruleset = _check(
        _libc.syscall(_CREATE_RULESET, ctypes.byref(asked), ctypes.c_size_t(size), 0), "landlock"
    )
    for grant in grants:
        rights, _, path = grant.partition("=")
        _grant(ruleset, path, int(rights) & handled)
    return ruleset


def _grant(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:  # it has gone, or lies where nobody may look: nothing is granted
        return
    mode = os.fstat(place).st_mode
    if stat.S_ISLNK(mode):  # it has become one since
        os.close(place)
        return
    if not stat.S_ISDIR(mode):
        rights &= _FILE_RIGHTS
    rule = PathBeneath(rights, place)
    _check(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0), path)
    os.close(place)


def _drop_capabilities() -> None:
    capability = 0
    while _libc.prctl(_CAPBSET_DROP, capability, 0, 0, 0) == 0:  # those of root; others may not
        capability += 1
    _libc.prctl(_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    number = _CAPSET[os.uname().machine]
    _check(_libc.syscall(number, ctypes.byref(header), ctypes.byref(nothing)), "capabilities")
    _prctl(_SET_NO_NEW_PRIVS, 1)


def _filter(steps: bytes) -> None:
    program = Program(len(steps) // 8, steps)
    _check(_libc.prctl(_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0), "seccomp")


def _prctl(option: int, value: int) -> None:
    _check(_libc.prctl(option, value, 0, 0, 0), f"prctl {option}")


def _check(returned: int, what: str) -> int:
    if returned < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
    return returned


def main(words: list[str]) -> int:
    try:
        command = confine(words)
    except OSError as error:
        sys.stderr.write(f"vibe: not run, since it could not be confined: {error}\n")
        return REFUSED
    try:
        become(command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
    return NOT_FOUND


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
