"""Which sockets of other programs have a name in the file system, as the kernel lists them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

_LIST: Final = Path("/proc/net/unix")
_COLUMNS: Final = 7  # before the name, which may hold blanks


def named_sockets(*, hidden: Iterable[Path]) -> tuple[Path, ...]:
    """Those that are there now, without what lies below one of `hidden`."""
    try:
        lines = _LIST.read_text("utf-8", errors="surrogateescape").splitlines()[1:]
    except OSError:
        return ()
    names = {columns[-1] for line in lines if len(columns := line.split(None, _COLUMNS)) > _COLUMNS}
    found = {Path(name).resolve() for name in names if name.startswith("/")}
    return tuple(
        sorted(
            path
            for path in found
            if not any(path.is_relative_to(each) for each in hidden) and path.is_socket()
        )
    )
