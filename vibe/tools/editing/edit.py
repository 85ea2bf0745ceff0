"""Edits that never corrupt: to the letter, or by a repair that keeps the file sound, or refused.

All edits of one call are sought in the content as it was before any of them, may not overlap, and
are done all or none. Nothing here reads or writes a file.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from vibe.errors import ToolError
from vibe.tools.editing.found import Found, Stretch, in_order
from vibe.tools.editing.hunks import unified_diff
from vibe.tools.editing.place import found
from vibe.tools.editing.refusal import span
from vibe.tools.editing.repair import Repair
from vibe.tools.editing.soundness import check
from vibe.tools.editing.text import Splice, Text, line_numbers, lines_after, text_of

_MOST_NAMED = 10
_LINE_END = re.compile(r"\r\n|\n")


class Edit(Struct, frozen=True, kw_only=True):
    """`new` in the place of `old`: of the only one in the file, or of `all`."""

    old: str
    new: str
    all: bool = False


class Edited(Struct, frozen=True, kw_only=True):
    """The new content; what was done, in words for the model and as a diff for the screen.

    `repairs` are those of each edit, in the order of the edits.
    """

    content: bytes
    told: str
    diff: str
    repairs: tuple[frozenset[Repair], ...]


def edited(
    content: bytes, edits: Sequence[Edit], *, path: str, seen: bytes | None = None
) -> Edited:
    """The content with all the edits. ToolError: with none of them, and why, for the model.

    `seen` is the content that the model knows, None if that is not known: what an edit changes
    must stand there as it stands here, in the same lines. Of the path, the suffix tells the kind
    of the file; it is named in what is told.
    """
    try:
        text = text_of(content)
        places = _places(text, edits, seen=None if seen == content else seen, path=path)
        stretches = in_order(places)
        _refuse_overlaps(stretches)
        splices = [splice for stretch in stretches for splice in stretch.splices]
        new = _spliced(text, splices)
        if any(place.repairs or place.doubts for place in places):
            check(text.body, text_of(new).body, places, path=path)
    except ToolError as error:
        raise ToolError(f"{path} was not changed: {error.message}") from error
    return Edited(
        content=new,
        told=_told(text, splices, places, path=path),
        diff=unified_diff(text, splices),
        repairs=tuple(place.repairs for place in places),
    )


def _places(text: Text, edits: Sequence[Edit], *, seen: bytes | None, path: str) -> list[Found]:
    """ToolError: for each edit without a place what is wrong with it."""
    known = None if seen is None else _text_seen(seen)
    places: list[Found] = []
    problems: list[str] = []
    for number, edit in enumerate(edits, start=1):
        try:
            places.append(_place(text, edit, known=known, path=path))
        except ToolError as error:
            label = f"edit {number} of {len(edits)}: " if len(edits) > 1 else ""
            problems.append(label + error.message)
    if problems or not edits:
        raise ToolError("\n".join(problems) or "there are no edits")
    return places


def _text_seen(seen: bytes) -> Text:
    try:
        return text_of(seen)
    except ToolError:
        return text_of(b"")  # what was no text then held nothing that could be edited


def _place(text: Text, edit: Edit, *, known: Text | None, path: str) -> Found:
    _check_request(edit)
    place = _sought(text, edit, path=path, changed=known is not None)
    if known is not None:
        _check_unmoved(text, place, edit, known=known, path=path)
    splices = [splice for part in place.stretches for splice in part.splices]
    if all(text.body[splice.start : splice.end] == splice.new for splice in splices):
        raise ToolError("it would change nothing: the file is already so")
    asked = frozenset(_LINE_END.findall(edit.old + edit.new))
    if asked - {text.line_end_at(place.stretches[0].start)}:
        return replace(place, repairs=place.repairs | {Repair.LINE_ENDS})
    return place


def _check_request(edit: Edit) -> None:
    if not edit.old:
        raise ToolError("old is empty; give the lines beside which new is to stand, in both")
    if "\0" in edit.new:
        raise ToolError("new holds a NUL character, and the file would be binary")


def _sought(text: Text, edit: Edit, *, path: str, changed: bool = False) -> Found:
    old, new = text.unified(edit.old), text.unified(edit.new)
    try:
        return found(text, old=old, new=new, every=edit.all, path=path)
    except ToolError as error:
        if not changed:
            raise
        raise ToolError(f"the file changed since you read it; {error.message}") from error


def _check_unmoved(text: Text, place: Found, edit: Edit, *, known: Text, path: str) -> None:
    now = _standing(text, place)
    try:
        then = _standing(known, _sought(known, edit, path=path))
    except ToolError:
        then = ()
    if now != then:
        lines = ", ".join(str(line) for line, _ in now[:_MOST_NAMED])
        was = ", ".join(str(line) for line, _ in then[:_MOST_NAMED]) or "nowhere"
        raise ToolError(
            f"the file changed since you read it: old stands at line {lines} now and stood at "
            f"{was} then; read it again"
        )


def _standing(text: Text, place: Found) -> tuple[tuple[int, str], ...]:
    """What the edit means in the text, with its lines."""
    lines = line_numbers(text.body, (part.start for part in place.stretches))
    actual = (text.body[part.start : part.end] for part in place.stretches)
    return tuple(zip(lines, actual, strict=True))


def _refuse_overlaps(stretches: Sequence[Stretch]) -> None:
    for one, other in pairwise(stretches):
        if other.start < one.end:
            raise ToolError(
                "two of the edits change the same text; each is sought in the file as it is "
                "before all of them, so make one of the two"
            )


def _spliced(text: Text, splices: Sequence[Splice]) -> bytes:
    try:
        return text.spliced(splices)
    except UnicodeEncodeError as error:
        raise ToolError("new holds half of a character (a lone surrogate)") from error


def _told(text: Text, splices: Sequence[Splice], places: Sequence[Found], *, path: str) -> str:
    ranges = list(lines_after(text.body, splices))
    named = ", ".join(span(lines.start, max(len(lines), 1)) for lines in ranges[:_MOST_NAMED])
    more = f" and {len(ranges) - _MOST_NAMED} more" if len(ranges) > _MOST_NAMED else ""
    repaired = (
        f"Edit {number}: {'; '.join(sorted(repair.value for repair in place.repairs))}."
        for number, place in enumerate(places, start=1)
        if place.repairs
    )
    return "\n".join((f"Changed {path}: {named}{more}.", *repaired))
