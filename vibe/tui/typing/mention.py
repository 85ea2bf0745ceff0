"""A file as it is named with `@` in the composer, in the form that a message is read by."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

# As `vibe.agent.attach` reads them, up to the cursor.
_BEGUN: Final = re.compile(
    r"""(?<![^\s("'\[{<`])@(?:"([^"\n]*)|((?:\\.|[^\s\\"@])(?:\\.|[^\s\\])*)?)\Z"""
)
_NEEDS_QUOTES: Final = re.compile(r'[\s\\"]|\A@')


class Begun(Struct, frozen=True, kw_only=True):
    """`start` is where the `@` stands, `path` what is typed of it."""

    start: int
    path: str


def begun(before: str) -> Begun | None:
    """The mention that is typed at the end of this part of a line."""
    found = _BEGUN.search(before)
    if found is None:
        return None
    quoted, bare = found.groups()
    path = quoted if quoted is not None else re.sub(r"\\(.)", r"\1", bare or "")
    return Begun(start=found.start(), path=path)


def written(path: str) -> str:
    """A folder can be gone on with; what stands behind a file is another word."""
    is_folder = path.endswith("/")
    end = "" if is_folder else " "
    if not _NEEDS_QUOTES.search(path):
        return f"@{path}{end}"
    if '"' not in path:
        return f'@"{path}{"" if is_folder else chr(34)}{end}'
    return "@" + re.sub(r'[\s\\"@]', r"\\\g<0>", path) + end
