"""The filter of system calls for where no namespaces are to be had, as the bytes of its program.

It keeps a command from sockets and user namespaces, from typing into terminals, from the limits
and priorities of others, and from the ways around a filter: calls of another architecture,
io_uring. What it refuses fails as not permitted, or as not there where programs then know another
way.
"""

from __future__ import annotations

import platform
import struct
from collections.abc import Iterable, Mapping
from errno import ENOSYS, EPERM
from socket import AF_INET, AF_INET6
from typing import Final

from msgspec import Struct

_AF_NETLINK: Final = 16  # by which a program learns its addresses; not every Python knows it
_CLONE_NEWUSER: Final = 0x10000000
_TIOCSTI: Final = 0x5412
_TIOCLINUX: Final = 0x541C

# Operations of the kernel's little machine, and where in the data of a call its parts are.
_LOAD: Final = 0x20
_EQUALS: Final = 0x15
_AT_LEAST: Final = 0x35
_HAS_BITS: Final = 0x45
_RETURN: Final = 0x06
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENTS: Final = 16
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000
_OTHER_NUMBERS: Final = 0x40000000  # those of x32, the same calls once more

_REFUSED: Final[Mapping[str, int]] = {
    "setns": EPERM,
    "add_key": EPERM,
    "request_key": EPERM,
    "keyctl": EPERM,
    "bpf": EPERM,
    "io_uring_setup": ENOSYS,
    "clone3": ENOSYS,  # its flags are where no filter can look; all then use clone
}


class Machine(Struct, frozen=True, kw_only=True):
    """What calls are called on an architecture."""

    audit: int
    numbers: Mapping[str, int]


_MACHINES: Final[Mapping[str, Machine]] = {
    "x86_64": Machine(
        audit=0xC000003E,
        numbers={
            "ioctl": 16, "socket": 41, "clone": 56, "setpriority": 141, "add_key": 248,
            "request_key": 249, "keyctl": 250, "unshare": 272, "prlimit64": 302, "setns": 308,
            "bpf": 321, "io_uring_setup": 425, "clone3": 435,
        },
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        numbers={
            "ioctl": 29, "unshare": 97, "setpriority": 140, "socket": 198, "add_key": 217,
            "request_key": 218, "keyctl": 219, "clone": 220, "prlimit64": 261, "setns": 268,
            "bpf": 280, "io_uring_setup": 425, "clone3": 435,
        },
    ),
}  # fmt: skip


def is_known_machine() -> bool:
    return platform.machine() in _MACHINES


def program(*, network: bool, machine: str = "") -> bytes:
    """For a machine of this name, else for the one that this runs on."""
    known = _MACHINES[machine or platform.machine()]
    families = (AF_INET, AF_INET6, _AF_NETLINK) if network else ()
    numbers = known.numbers
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUALS, known.audit, yes=1),
        _refuse(ENOSYS),
        _step(_LOAD, _NUMBER),
        _step(_AT_LEAST, _OTHER_NUMBERS, no=1),
        _refuse(ENOSYS),
    ]
    for call, error in _REFUSED.items():
        steps += [_step(_EQUALS, numbers[call], no=1), _refuse(error)]
    newuser = [_step(_HAS_BITS, _CLONE_NEWUSER, no=1), _refuse(EPERM)]
    steps += _judged(numbers["clone"], argument=0, by=newuser)
    steps += _judged(numbers["unshare"], argument=0, by=newuser)
    others = [_step(_EQUALS, 0, yes=1), _refuse(EPERM)]  # 0 is who calls
    steps += _judged(numbers["prlimit64"], argument=0, by=others)
    steps += _judged(numbers["setpriority"], argument=1, by=others)
    typing = [_step(_EQUALS, call, no=1) + _refuse(EPERM) for call in (_TIOCSTI, _TIOCLINUX)]
    steps += _judged(numbers["ioctl"], argument=1, by=typing)
    allowed = [_step(_EQUALS, family, no=1) + _step(_RETURN, _ALLOW) for family in families]
    steps += _judged(numbers["socket"], argument=0, by=[*allowed, _refuse(EPERM)])
    return b"".join(steps) + _step(_RETURN, _ALLOW)


def _judged(number: int, *, argument: int, by: Iterable[bytes]) -> list[bytes]:
    """The steps `by` for this call alone, on the lower half of its argument; then it is allowed."""
    body = b"".join([_step(_LOAD, _ARGUMENTS + 8 * argument), *by, _step(_RETURN, _ALLOW)])
    return [_step(_EQUALS, number, no=len(body) // 8), body]


def _step(operation: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    """`yes` and `no` are how many of the next steps are left out."""
    return struct.pack("=HBBI", operation, yes, no, value)


def _refuse(error: int) -> bytes:
    return _step(_RETURN, _REFUSE | error)
