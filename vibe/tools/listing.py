"""A file's lines as a model sees them: with their numbers, and no more than it can use at once."""

from __future__ import annotations

from msgspec import Struct

from vibe.errors import ToolError
from vibe.tools.binary import is_utf16, what_it_seems
from vibe.tools.editing.lines import lines_of
from vibe.tools.editing.text import text_of

MOST_LINES = 2_000
MOST_BYTES = 50_000
LONGEST_LINE = 2_000


class Listing(Struct, frozen=True, kw_only=True):
    """`rows` are the lines from `first` to `last`, of `total`; `cut` those not shown to their end.

    `remark` is what else is to be known of the file, "" where it is nothing.
    """

    rows: tuple[str, ...]
    first: int
    last: int
    total: int
    cut: tuple[int, ...] = ()
    remark: str = ""


def listing_of(content: bytes, *, first: int = 1, most: int = MOST_LINES) -> Listing:
    """ToolError: it is no text, or has no such line."""
    body, remark = _decoded(content)
    lines = lines_of(body)
    if first > max(len(lines), 1):
        raise ToolError(f"it has {_count(len(lines), 'line')}; there is no line {first}")
    rows: list[str] = []
    cut: list[int] = []
    size = 0
    for number, line in enumerate(lines[first - 1 : first - 1 + min(most, MOST_LINES)], first):
        row = f"{number}\t{line[:LONGEST_LINE]}"
        size += len(row.encode()) + 1
        if size > MOST_BYTES:
            break
        if len(line) > LONGEST_LINE:
            cut.append(number)
            row += f"… [{len(line) - LONGEST_LINE:,} more characters]"
        rows.append(row)
    return Listing(
        rows=tuple(rows),
        first=first,
        last=first + len(rows) - 1,
        total=len(lines),
        cut=tuple(cut),
        remark=remark,
    )


def _decoded(content: bytes) -> tuple[str, str]:
    """With what edits would say of it. Nothing but UTF-8 and a mark for UTF-16 is recognised."""
    try:
        text = text_of(content)
    except ToolError as error:
        if is_utf16(content):
            body = content.decode("utf-16", "replace")
            return body.replace("\r\n", "\n"), error.message
        kind = what_it_seems(content)
        if kind or b"\0" in content:
            told = f", it seems {kind}," if kind else ""
            raise ToolError(
                f"it is binary{told} and has {_count(len(content), 'byte')}; look at it with a "
                "command"
            ) from error
        body = content.decode("utf-8-sig", "replace").replace("\r\n", "\n")
        return body, f"{error.message} Bytes that are not UTF-8 are shown as �."
    told = [
        name
        for name, holds in (
            ("CR as its line ends", text.of_returns),
            ("CRLF as its line ends", bool(text.returns)),
            ("a byte order mark, which is not shown", text.marked),
        )
        if holds
    ]
    return text.body, f"it has {' and '.join(told)}; edit and write keep that" if told else ""


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
