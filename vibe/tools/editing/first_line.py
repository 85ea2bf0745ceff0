"""Text that was copied from the first letter of a line on, without the blanks before it.

Of a single line nothing tells whether further ones, which are new, lack as much.
"""

from __future__ import annotations

from collections.abc import Sequence

from vibe.errors import ToolError
from vibe.tools.editing.lines import BLANKS, indent_of

_UNSURE = (
    "old begins behind the indentation of its line, and further lines of new may lack as much; "
    "send whole lines, each with its indentation"
)


def check_further_lines(new: Sequence[str], *, indent: str) -> None:
    """ToolError: the lines, behind the indentation of a single one, may be indented from there.

    If they are indented as the file is, none begins at the edge, and a block that the first line
    opens is deeper than that line.
    """
    further = [indent_of(line) for line in new[1:] if line.strip(BLANKS)]
    if not indent or not further:
        return
    opens = new[0].rstrip(BLANKS).endswith((":", "{", "[", "("))
    is_mixed = not all(one.startswith(indent) or indent.startswith(one) for one in further)
    if "" in further or is_mixed or (opens and len(further[0]) <= len(indent)):
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
    if not old[1:]:
        check_further_lines(new, indent=indent)
    return (indent + old[0], *old[1:]), (indent + new[0], *new[1:])
