"""A call of a tool as one line of the history, with what came of it; and what Ctrl+O shows below.

Reads the arguments and the details of each tool as far as it knows them; a tool that it does not
know has a name, a state and a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, assert_never

import msgspec
from msgspec import Struct
from rich.cells import cell_len

from vibe.clean import clean, clean_line, written_out
from vibe.domain.message import Text, ToolCall
from vibe.domain.turn import Denial, ToolFinished
from vibe.tui.draw.diff import changed, drawn_diff
from vibe.tui.draw.ink import Ink, Line, Span, cropped, folded, line, shortened, sides

State: TypeAlias = Literal["queued", "running", "asking", "done", "failed", "unknown"]
MARKS: Final[Mapping[State, tuple[str, Ink]]] = {
    "queued": ("·", "muted"),
    "running": ("⠋", "accent"),
    "asking": ("⠋", "warn"),
    "done": ("✓", "good"),
    "failed": ("✗", "bad"),
    "unknown": ("?", "warn"),
}
TELLING: Final = ("path", "command", "pattern", "id")
ASK: Final = "ask"  # its question is shown whole: by a panel as long as it stands, then below
NAME_CELLS: Final = 4
HEAD_LINES: Final = 12
TAIL_LINES: Final = 8
MOST_CELLS: Final = 2_000
OUTSIDE: Final = "outside the sandbox"
WAY_OUT: Final = "/outside runs it again"


class Row(Struct, frozen=True, kw_only=True):
    """`about` is the argument that says most; `facts` stand at the right margin; `trouble` on a
    line of its own; `below` is shown with the details, or where it `is_unfolded` alone, and of what
    `is_open` its end at once."""

    name: str
    about: str = ""
    state: State = "queued"
    facts: tuple[str, ...] = ("queued",)
    trouble: str = ""
    below: str = ""
    is_diff: bool = False
    is_open: bool = False
    is_unfolded: bool = False

    def lines(self, width: int, *, with_details: bool) -> tuple[Line, ...]:
        return tuple(self._lines(width, with_details=with_details))

    def _lines(self, width: int, *, with_details: bool) -> list[Line]:
        mark, ink = MARKS[self.state]
        facts = line(" · ".join(self.facts), "warn" if self.state == "asking" else "muted")
        name = f"{self.name:<{NAME_CELLS}}  "
        room = max(8, width - cell_len(name) - 4 - sum(map(cell_len, self.facts)) - 3)
        about = Span(shortened(self.about, room))
        lines = [sides((Span(f"{mark} ", ink), Span(name, "muted"), about), facts, width)]
        if self.trouble:
            lines.append(cropped((Span("  └ ", "muted"), Span(self.trouble, "bad")), width))
        if self.below and (with_details or self.is_open or self.is_unfolded):
            lines += self._below(width, is_end=self.is_open)
        return lines

    def _below(self, width: int, *, is_end: bool) -> list[Line]:
        if self.is_diff:
            rows = drawn_diff(self.below, width - 4)
        else:
            texts = [row.expandtabs(4)[:MOST_CELLS] for row in self.below.split("\n")]
            rows = [each for row in texts for each in folded(line(row, "muted"), width - 4)]
        head, tail = (0, HEAD_LINES + TAIL_LINES) if is_end else (HEAD_LINES, TAIL_LINES)
        left = len(rows) - head - tail
        if left > 1:  # of one alone, the line that tells of it would take the place
            told = f"… {left} lines {'before' if is_end else 'between'}"
            rows = [*rows[:head], line(told, "muted"), *rows[-tail:]]
        return [(Span("    "), *row) for row in rows]


def begun(call: ToolCall) -> Row:
    return Row(name=clean_line(call.name), about=about(call), below=question(call))


def question(call: ToolCall) -> str:
    """ "" of another tool."""
    asked = _fields(call.arguments).get("question") if call.name == ASK else None
    return clean(asked).rstrip() if isinstance(asked, str) else ""


def about(call: ToolCall) -> str:
    arguments = _fields(call.arguments)
    told = [str(arguments[name]) for name in TELLING if arguments.get(name)]
    return clean_line(" ".join(told[:2]).replace("\n", " ⏎ "))


def finished(event: ToolFinished) -> Row:
    call, result, took_s = event.call, event.result, event.took_s
    text = clean("".join(part.text for part in result.parts if isinstance(part, Text))).rstrip()
    known = _fields(event.details)
    diff = known.get("diff")
    is_diff = isinstance(diff, str) and bool(diff)
    where = OUTSIDE if known.get("outside") else ""
    way = WAY_OUT if known.get("denied") else ""
    facts = tuple(filter(None, (where, _fact(call.name, known), _took(took_s), way)))
    is_unknown = took_s is None and _is_unknown(text)
    if took_s is None:
        facts = ("outcome unknown",) if is_unknown else (_why_not(event.denied),)
    state: State = "failed" if result.is_error else "done"
    asked = question(call)
    answered = asked if result.is_error else f"{asked}\n› {text}"
    below = answered if asked else text
    return Row(
        name=clean_line(call.name),
        about=about(call),
        state="unknown" if is_unknown else state,
        facts=facts,
        trouble=_trouble(text, call.name) if result.is_error and not is_unknown else "",
        below=written_out(diff) if is_diff and isinstance(diff, str) else below,
        is_diff=is_diff,
        is_unfolded=bool(asked),
    )


def _why_not(denied: Denial | None) -> str:
    match denied:
        case None:
            return "not run"
        case Denial.PERSON:
            return "denied by you"
        case Denial.RULES:
            return "denied: not allowed"
        case Denial.NOBODY:
            return "denied: nobody was asked"
        case _:
            assert_never(denied)


def _is_unknown(text: str) -> bool:
    """It had started when vibe was ended: it may have done all, a part or nothing."""
    from vibe.session.turn import OUTCOME_UNKNOWN  # after the first paint

    return text == OUTCOME_UNKNOWN


def _trouble(text: str, name: str) -> str:
    """A command's own last word; of another tool, what vibe says first."""
    rows = [row for row in text.split("\n") if row.strip()]
    if not rows:
        return ""
    return clean_line(rows[-1] if name == "bash" else rows[0])


def _fact(name: str, known: Mapping[str, object]) -> str:
    match name, known:
        case "read", {"first": int(first), "last": int(last), "total": int(total)} if total:
            is_all = first == 1 and last == total
            return _count(total, "line") if is_all else f"lines {first}-{last} of {total}"
        case "grep", {"lines": int(lines), "files": int(files)}:
            return f"{_count(lines, 'hit')} in {_count(files, 'file')}" if lines else "no hits"
        case "bash", {"timed_out": True}:
            return "timed out"
        case "bash", {"code": int(code)} if code:
            return f"exit {code}" if code > 0 else f"signal {-code}"
        case "bash", {"code": None, "job": int(job)}:
            return f"runs on as job {job}"
        case _, {"diff": str(diff)} if diff:
            return changed(diff)
        case _:
            return ""


def _took(took_s: float | None) -> str:
    if took_s is None:
        return ""
    return f"{took_s * 1000:.0f} ms" if took_s < 1 else f"{took_s:.1f} s"


def _count(count: int, of: str) -> str:
    return f"1 {of}" if count == 1 else f"{count:,} {of}s"


def _fields(json: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(json or "{}", type=dict[str, object])
    except msgspec.DecodeError:
        return {}
