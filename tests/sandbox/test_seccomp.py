"""The filter of system calls, run by a machine of our own for each architecture that it knows."""

from __future__ import annotations

import struct
from errno import ENOSYS, EPERM

import pytest

from vibe.sandbox import seccomp

ALLOWED = 0x7FFF0000
NEWUSER = 0x10000000
I386, X86_64, AARCH64 = 0x40000003, 0xC000003E, 0xC00000B7


def judged(program: bytes, *, audit: int, number: int, arguments: tuple[int, ...] = ()) -> int:
    """The errno that a call gets, 0 where it is let through."""
    filled = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, audit, 0, *(each & (1 << 64) - 1 for each in filled))
    steps = list(struct.iter_unpack("<HBBI", program))
    at, value = 0, 0
    while True:
        operation, yes, no, operand = steps[at]
        at += 1
        match operation:
            case 0x20:
                value = struct.unpack_from("<I", data, operand)[0]
            case 0x15:
                at += yes if value == operand else no
            case 0x35:
                at += yes if value >= operand else no
            case 0x45:
                at += yes if value & operand else no
            case 0x06:
                return 0 if operand == ALLOWED else operand & 0xFFFF
            case _:
                raise AssertionError(f"no such step: {operation:#x}")


# machine, network, architecture, number, arguments, what comes of it
CALLS = {
    "write": ("x86_64", False, X86_64, 1, (), 0),
    "fork": ("x86_64", False, X86_64, 56, (17,), 0),
    "a thread": ("x86_64", False, X86_64, 56, (0x3D0F00,), 0),
    "a namespace by clone": ("x86_64", False, X86_64, 56, (NEWUSER | 17,), EPERM),
    "a namespace by clone3": ("x86_64", False, X86_64, 435, (), ENOSYS),
    "a namespace by unshare": ("x86_64", False, X86_64, 272, (NEWUSER,), EPERM),
    "files of its own": ("x86_64", False, X86_64, 272, (0x400,), 0),
    "somebody's namespace": ("x86_64", False, X86_64, 308, (3, 0), EPERM),
    "a pair of sockets": ("x86_64", False, X86_64, 53, (1, 1, 0), 0),
    "a local socket": ("x86_64", False, X86_64, 41, (1, 1, 0), EPERM),
    "IPv4": ("x86_64", False, X86_64, 41, (2, 1, 0), EPERM),
    "IPv6": ("x86_64", False, X86_64, 41, (10, 1, 0), EPERM),
    "a socket to the host of a machine": ("x86_64", False, X86_64, 41, (40, 1, 0), EPERM),
    "IPv4 in the upper half, too": ("x86_64", False, X86_64, 41, (2 | 1 << 40,), EPERM),
    "IPv4, allowed": ("x86_64", True, X86_64, 41, (2, 1, 0), 0),
    "IPv6, allowed": ("x86_64", True, X86_64, 41, (10, 1, 0), 0),
    "a local socket, never": ("x86_64", True, X86_64, 41, (1, 1, 0), EPERM),
    "packets, never": ("x86_64", True, X86_64, 41, (17, 3, 0), EPERM),
    "what it is on": ("x86_64", False, X86_64, 16, (0, 0x5401), 0),
    "typing": ("x86_64", False, X86_64, 16, (0, 0x5412), EPERM),
    "typing, disguised": ("x86_64", False, X86_64, 16, (0, 0x5412 | 1 << 32), EPERM),
    "typing into a console": ("x86_64", False, X86_64, 16, (0, 0x541C), EPERM),
    "io_uring": ("x86_64", False, X86_64, 425, (), ENOSYS),
    "keyrings": ("x86_64", False, X86_64, 250, (), EPERM),
    "its own limits": ("x86_64", False, X86_64, 302, (0, 7), 0),
    "the limits of another": ("x86_64", False, X86_64, 302, (4711, 7), EPERM),
    "its own priority": ("x86_64", False, X86_64, 141, (0, 0, 5), 0),
    "the priority of another": ("x86_64", False, X86_64, 141, (0, 4711, 5), EPERM),
    "a call of x32": ("x86_64", False, X86_64, 0x40000000 | 41, (2,), ENOSYS),
    "a call of 32 bits": ("x86_64", False, I386, 1, (), ENOSYS),
    "elsewhere: write": ("aarch64", False, AARCH64, 64, (), 0),
    "elsewhere: IPv4": ("aarch64", False, AARCH64, 198, (2,), EPERM),
    "elsewhere: IPv4, allowed": ("aarch64", True, AARCH64, 198, (2,), 0),
    "elsewhere: a pair": ("aarch64", False, AARCH64, 199, (1,), 0),
    "elsewhere: a namespace": ("aarch64", False, AARCH64, 97, (NEWUSER,), EPERM),
    "elsewhere: typing": ("aarch64", False, AARCH64, 29, (0, 0x5412), EPERM),
    "elsewhere: a call of another": ("aarch64", False, X86_64, 1, (), ENOSYS),
}  # fmt: skip


@pytest.mark.parametrize(
    ("machine", "network", "audit", "number", "arguments", "expected"), CALLS.values(), ids=CALLS
)
def test_calls_are_judged(
    machine: str,
    network: bool,
    audit: int,
    number: int,
    arguments: tuple[int, ...],
    expected: int,
) -> None:
    program = seccomp.program(network=network, machine=machine)
    assert judged(program, audit=audit, number=number, arguments=arguments) == expected
