"""Text that was copied from the first letter of a line on, without the blanks before it.

Nothing tells whether further lines, which are new, lack as much.
"""

from __future__ import annotations

from collections.abc import Sequence

from vibe.errors import ToolError
from vibe.tools.editing.lines import BLANKS, indent_of

_UNSURE = (
    "old begins behind the indentation of its line, and further lines of new may lack as much; "
    "send whole lines, each with its indentation"
)


def check_further_lines(old: Sequence[str], new: Sequence[str], *, indent: str) -> None:
    """ToolError: the lines, behind the indentation of the first one, may be indented from there.

    If they are indented as the file is, none begins before that one, but where further lines of
    `old` do, and a block that the first line opens is deeper than that line.
    """
    further = [indent_of(line) for line in new[1:] if line.strip(BLANKS)]
    if not indent or not further:
        return
    known = {indent_of(line) for line in old[1:] if line.strip(BLANKS)}
    opens = new[0].rstrip(BLANKS).endswith((":", "{", "[", "("))
    is_shallow = any(len(one) < len(indent) and one not in known for one in further)
    is_mixed = not all(one.startswith(indent) or indent.startswith(one) for one in further)
    if is_shallow or is_mixed or (opens and len(further[0]) <= len(indent)):
        raise ToolError(_UNSURE)


def with_first_indent(
    old: Sequence[str], actual: Sequence[str], new: Sequence[str]
) -> tuple[Sequence[str], Sequence[str]]:
    """Both with the indentation of the `actual` first line, if they lack that one alone."""
    indent = indent_of(actual[0])
    others_agree = all(
        indent_of(one) == indent_of(other)
        for one, other in zip(old[1:], actual[1:], strict=True)
        if one.strip(BLANKS)
    )
    if not others_agree or indent_of(old[0]) or not new or indent_of(new[0]):
        return old, new
    check_further_lines(old, new, indent=indent)
    return (indent + old[0], *old[1:]), (indent + new[0], *new[1:])
