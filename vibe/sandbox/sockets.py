"""Which sockets of other programs have a name in the file system, as the kernel lists them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

_LIST: Final = Path("/proc/net/unix")
_COLUMNS: Final = 7  # before the name, which may hold blanks


def named_sockets(*, near: Path) -> tuple[Path, ...]:
    """Those that are there now. The kernel does not tell from where a relative name was given:
    what has such a name below `near` counts as well."""
    try:
        lines = _LIST.read_text("utf-8", errors="surrogateescape").splitlines()[1:]
    except OSError:
        return ()
    names = {columns[-1] for line in lines if len(columns := line.split(None, _COLUMNS)) > _COLUMNS}
    found = {Path(near, name).resolve() for name in names if not name.startswith("@")}
    return tuple(sorted(path for path in found if _is_socket(path)))


def _is_socket(path: Path) -> bool:
    """Where we may not look, a command of ours reaches nothing, either."""
    try:
        return path.is_socket()
    except PermissionError:
        return False
