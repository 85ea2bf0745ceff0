"""What a folder's files held at two moments, and what became of them in between.

Pure: whoever walks through the folder says what was there. Of what is not kept it is known whether
it changed, but not what it was; nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from vibe.session.record import Changed, File, NoFile, NotKept, Past

MOST_FILES: Final = 10_000  # in a folder with more nothing is watched
MOST_BYTES: Final = 1_000_000  # of one file
MOST_BYTES_IN_ALL: Final = 50_000_000

TOO_MANY: Final = NotKept(
    f"the folder has more than {MOST_FILES:,} files, too many to be watched", may_be_same=True
)
TOO_LARGE: Final = NotKept(f"it was larger than {MOST_BYTES // 1_000_000} MB")
TOO_MUCH: Final = NotKept(f"the folder has more than {MOST_BYTES_IN_ALL // 1_000_000} MB of files")
NO_FILE: Final = NotKept("it was a link, or something else that is no file")
PASSED_OVER: Final = NotKept(
    "it was passed over, for a .gitignore file named it or its folder could not be read",
    may_be_same=True,
)
NOT_UTF_8: Final = NotKept("its name is not UTF-8")
IN_DOUBT: Final = NotKept(
    "it changed between two turns while a job was running, by the job or by somebody else"
)


class Seen(Struct, frozen=True, kw_only=True):
    """One name in the folder. `state` is what `stat` tells. Where that stays the same, so has what
    the file holds, but for one that is not `settled`: it was touched just before."""

    state: tuple[int, ...]
    held: File | NotKept
    is_settled: bool


# By their paths below the folder.
Snapshot: TypeAlias = Mapping[str, Seen]


def changes(
    before: Snapshot,
    after: Snapshot,
    *,
    folder: str,
    turn: int,
    was_passed_over: Callable[[str], bool] = lambda _: False,
) -> tuple[Changed, ...]:
    """`was_passed_over`: a path that was not looked at the first time, though it may have been."""
    changed = [path for path in after if not _is_same(before.get(path), after[path])]
    changed += (path for path in before if path not in after)
    return tuple(
        _changed(
            path,
            PASSED_OVER
            if path not in before and was_passed_over(path)
            else _held(before.get(path)),
            _held(after.get(path)),
            folder=folder,
            turn=turn,
        )
        for path in sorted(changed)
    )


def in_doubt(change: Changed) -> Changed:
    """As one of which nobody knows whose it was: it is told, and never undone."""
    return Changed(turn=change.turn, path=change.path, before=IN_DOUBT, after=IN_DOUBT)


def not_watched(folder: str, *, turn: int) -> Changed:
    return Changed(turn=turn, path=folder, before=TOO_MANY, after=TOO_MANY)


def _is_same(before: Seen | None, after: Seen) -> bool:
    if before is None or before is after:
        return before is after
    if isinstance(before.held, File) and isinstance(after.held, File):
        return before.held == after.held
    return before.state == after.state


def _changed(path: str, before: Past, after: Past, *, folder: str, turn: int) -> Changed:
    whole = f"{folder.rstrip('/')}/{path}"
    told = whole.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if told != whole:
        return Changed(turn=turn, path=told, before=NOT_UTF_8, after=NOT_UTF_8)
    return Changed(turn=turn, path=whole, before=before, after=after)


def _held(seen: Seen | None) -> Past:
    return NoFile() if seen is None else seen.held
