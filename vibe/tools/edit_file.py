"""The edits of one call on one file: decided on, and, once that is approved, carried out."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.editing.edit import Edit, Edited, edited
from vibe.tools.files import Change, File, Place, read_file, write_file


class Prepared(Struct, frozen=True, kw_only=True):
    """What would be done; the file as it was when that was decided."""

    file: File
    edited: Edited


def prepare(place: Place, edits: Sequence[Edit], *, seen: bytes | None) -> Prepared:
    """Touches nothing. `seen` is the content that the model knows, None if that is not known."""
    file = read_file(place)
    if file is None:
        raise ToolError(f"{place.path} does not exist")
    return Prepared(file=file, edited=edited(file.content, edits, path=place.path, seen=seen))


def apply(place: Place, prepared: Prepared) -> Change:
    """ToolError: nothing was done; among other reasons, as the file has changed since then."""
    return write_file(place, prepared.edited.content, before=prepared.file)
