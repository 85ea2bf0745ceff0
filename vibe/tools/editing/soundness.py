"""Whether a file is still sound after repairs: it parses if it did, and no string was indented.

An edit without a repair may break a file; nobody but the model knows what it is about to do next.
"""

from __future__ import annotations

from collections.abc import Sequence

from vibe.errors import ToolError
from vibe.tools.editing.found import Found, in_order
from vibe.tools.editing.literals import in_literal
from vibe.tools.editing.parsers import MOST_PARSED, fault, parser_of
from vibe.tools.editing.repair import Repair
from vibe.tools.editing.text import lines_after


def check(before: str, after: str, found: Sequence[Found], *, path: str) -> None:
    """ToolError: `after`, which is `before` with what was found, is not surely as sound."""
    repairs = frozenset[Repair]().union(*(each.repairs for each in found))
    doubts = [doubt for each in found for doubt in each.doubts]
    if Repair.INDENTATION in repairs:
        _check_literals(before, after, found, path=path)
    parse = parser_of(path) if repairs or doubts else None
    if parse is None:
        return
    if max(len(before), len(after)) > MOST_PARSED:
        # Other line ends change nothing for a parser.
        if repairs - {Repair.LINE_ENDS}:
            raise ToolError("the file is too large to be checked after a repair; send it exactly")
        return
    if fault(parse, before) is None and (why := fault(parse, after)):
        reasons = "; ".join((*doubts, *sorted(repair.value for repair in repairs)))
        raise ToolError(
            f"it would no longer parse ({why}), and what you sent is not sure: {reasons}"
        )


def _check_literals(before: str, after: str, found: Sequence[Found], *, path: str) -> None:
    indented = {
        splice
        for each in found
        if Repair.INDENTATION in each.repairs
        for part in each.stretches
        for splice in part.splices
    }
    splices = [splice for part in in_order(found) for splice in part.splices]
    ranges = zip(splices, lines_after(before, splices), strict=True)
    lines = [line for splice, lines in ranges if splice in indented for line in lines]
    if (line := in_literal(after, lines, path=path)) is not None:
        raise ToolError(
            f"to indent new as the file is would change a string of several lines (line {line} "
            "of the result); send old and new with the indentation of the file"
        )
