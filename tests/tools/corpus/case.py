"""A case of the corpus: a file, what is asked of it, and the bytes or the refusal that must come.

The results were written down by hand from what is meant, never taken from what came out.
"""

from __future__ import annotations

from msgspec import Struct

from vibe.tools.editing.edit import Edit
from vibe.tools.editing.repair import Repair


class Case(Struct, frozen=True, kw_only=True):
    """`result` is the new content, or words of the refusal; `repairs` are those of all edits."""

    name: str
    path: str
    content: bytes
    edits: tuple[Edit, ...]
    result: bytes | tuple[str, ...]
    repairs: frozenset[Repair] = frozenset()
    seen: bytes | None = None


def change(old: str, new: str) -> Edit:
    return Edit(old=old, new=new)


def exact(name: str, path: str, content: bytes, *edits: Edit, gives: bytes) -> Case:
    return Case(name=name, path=path, content=content, edits=edits, result=gives)


def repaired(
    name: str, path: str, content: bytes, *edits: Edit, gives: bytes, by: set[Repair]
) -> Case:
    return Case(
        name=name, path=path, content=content, edits=edits, result=gives, repairs=frozenset(by)
    )


def refused(
    name: str,
    path: str,
    content: bytes,
    *edits: Edit,
    says: tuple[str, ...],
    seen: bytes | None = None,
) -> Case:
    return Case(name=name, path=path, content=content, edits=edits, result=says, seen=seen)
