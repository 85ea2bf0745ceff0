"""`/mux`: the pool as it is, live, and what a person may do about an entry of it.

Drawn from the snapshot, a width and a room alone; the numbers are the snapshot's, which counts one
process alone, as the title says: this one, or a running `vibe serve`, which is only looked at. What
its keys do it is handed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from vibe.clean import clean_line
from vibe.domain.failure import FailureKind
from vibe.domain.telling import money, named
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot
from vibe.mux.stats import Switch
from vibe.tui.draw.box import FRAMED, framed, room_in
from vibe.tui.draw.header import WIDE
from vibe.tui.draw.hints import Hint, keys_line
from vibe.tui.draw.ink import EMPTY, Line, Span, cells, line, padded
from vibe.tui.panels.entries import Block, table

MOST_RECENT: Final = 4
MOST_SWITCHED: Final = 40  # cells of who it was, and of why and to whom
CLOSES: Final[Hint] = ("escape", "close")
GATEWAY: Final[Hint] = ("g", "gateway")

Clock: TypeAlias = Callable[[float], str]
Act: TypeAlias = Callable[[EntrySnapshot], None]


class PoolPanel:
    """Live for as long as it stands. `clock` writes a wall time as the hour of the day. `acts` are
    what keys do with the selected entry. Letters are keys from the moment it is shown, or moved
    in, until something else is typed: then they are the composer's. `is_changed`: there is
    something that could be saved. `gateway` is the pool of a gateway, if one runs."""

    def __init__(
        self,
        snapshot: Callable[[], MuxSnapshot],
        close: Callable[[], None],
        *,
        clock: Clock,
        acts: Mapping[str, Act],
        is_changed: Callable[[], bool],
        gateway: Callable[[], MuxSnapshot | None] = lambda: None,
        at: int = 0,
    ) -> None:
        self._snapshot = snapshot
        self._close = close
        self._clock = clock
        self._acts = acts
        self._is_changed = is_changed
        self._gateway = gateway
        self._at = at
        self._is_held = True
        self._is_beyond = False

    def lines(self, width: int, room: int) -> tuple[Line, ...]:
        snapshot = self._seen()
        hints = self._hints(snapshot, is_wide=width >= WIDE)
        at = self._place(snapshot.entries) if self._is_held else None
        return pool_lines(
            snapshot,
            width,
            room,
            selected=at,
            hints=hints,
            clock=self._clock,
            whose="vibe serve" if self._is_beyond else "",
        )

    def key(self, key: str) -> bool:
        entries = self._seen().entries
        if key == "escape":
            self._close()
        elif self._is_held and key == GATEWAY[0] and self._gateway() is not None:
            self._is_beyond = not self._is_beyond
        elif key in ("up", "down") and entries:
            by = 1 if key == "down" else -1
            self._at = (self._place(entries) + by * self._is_held) % len(entries)
            self._is_held = True
        elif self._is_held and entries and key in self._acts:
            if not self._is_beyond:
                self._acts[key](entries[self._place(entries)])
        else:
            self._is_held = False
            return False
        return True

    def said(self, text: str) -> bool:
        del text
        return False

    def _seen(self) -> MuxSnapshot:
        beyond = self._gateway() if self._is_beyond else None
        self._is_beyond = beyond is not None
        return beyond or self._snapshot()

    def _place(self, entries: Sequence[EntrySnapshot]) -> int:
        return max(0, min(self._at, len(entries) - 1))

    def _hints(self, snapshot: MuxSnapshot, *, is_wide: bool) -> Iterator[Hint]:
        if not snapshot.entries:
            return
        if not self._is_held:
            yield "↑↓", "choose"
            return
        if self._is_beyond:
            yield GATEWAY[0], "this chat"
            return
        if self._gateway() is not None:
            yield GATEWAY
        entry = snapshot.entries[self._place(snapshot.entries)]
        is_weighed = snapshot.mode == "load_balance"
        yield "enter", "details"
        if is_weighed and not entry.weight:
            yield "+", "bring back"
        yield "p", "unpin" if entry.alias == snapshot.pinned else "pin"
        yield "x", "put back" if entry.taken_out and not snapshot.pinned else "take out"
        yield "r", "close circuit now" if is_wide else "close circuit"
        if self._is_changed():
            yield "s", "save"
        yield "c", "copy as JSON" if is_wide else "copy"
        if is_weighed:
            yield "+/−", f"weight {entry.weight}"


def pool_lines(
    snapshot: MuxSnapshot,
    width: int,
    room: int,
    *,
    selected: int | None,
    hints: Iterable[Hint],
    clock: Clock,
    whose: str = "",
) -> tuple[Line, ...]:
    """At most `room`; what is left out first are the recent switches, then what is wrong with
    those that are not selected, then the farthest of these."""
    is_wide = width >= WIDE
    inner = room_in(width)
    header, blocks = table(snapshot, inner, selected=selected, is_wide=is_wide)
    free = max(1, room - 3 - (width >= FRAMED))  # without title, header, keys and lower edge
    rows = _within(free, blocks, selected or 0) or [line("  nobody is in the pool", "muted")]
    left = free - len(rows)
    recent = _recents(snapshot.recent, min(left - 1, MOST_RECENT), clock) if is_wide else ()
    more = [("↑↓", f"{(selected or 0) + 1} of {len(blocks)}")] if len(blocks) >= free else []
    keys = keys_line((*more, *hints), inner, last=CLOSES)
    return framed(_title(snapshot, inner, whose), [header, *rows, *recent, keys], width=width)


def _within(room: int, blocks: Sequence[Block], selected: int) -> list[Line]:
    rows = [row for each in blocks for row in (each.row, each.trouble) if row]
    if len(rows) <= room or not blocks:
        return rows
    trouble = (blocks[selected].trouble,) if blocks[selected].trouble and room > 1 else ()
    shown = min(len(blocks), room - len(trouble))
    start = max(0, min(selected - shown // 2, len(blocks) - shown))
    part = [each.row for each in blocks[start : start + shown]]
    part[selected - start + 1 : selected - start + 1] = trouble
    return part


def _recents(recent: Sequence[Switch], most: int, clock: Clock) -> tuple[Line, ...]:
    if most < 1 or not recent:
        return ()
    newest = recent[: -most - 1 : -1]
    told = [_switched(each) for each in newest]
    widths = [min(MOST_SWITCHED, max(map(cells, column))) for column in zip(*told, strict=True)]
    rows = [line("  RECENT", "muted")]
    for switch, columns in zip(newest, told, strict=True):
        aligned = (padded(each, width) for each, width in zip(columns, widths, strict=True))
        when = Span(f"  {clock(switch.at)}", "muted")
        seam = "   in mid-answer" if switch.is_seam else "   begun anew" * switch.is_anew
        delay = Span(f"  +{switch.delay_s:.2f} s{seam}", "muted")
        rows.append((when, *(span for each in aligned for span in (Span("  "), *each)), delay))
    return tuple(rows)


def _switched(switch: Switch) -> tuple[Line, Line]:
    what = f"{switch.status or ''} {named(FailureKind(switch.kind))}".strip()
    to = Span(f"{what} → ", "muted"), Span(clean_line(switch.to_alias))
    return line(clean_line(switch.from_alias)), to


def _title(snapshot: MuxSnapshot, room: int, whose: str) -> Line:
    """As many of its parts as there is room for."""
    is_wide = room >= WIDE - 6
    whose = whose or ("this vibe" if is_wide else "here")
    gap = Span("   " if is_wide else "  ")
    title: Line = (Span("mux", "strong"),)
    for part in _parts(snapshot, whose, is_wide=is_wide):
        if part and cells((*title, gap, *part)) <= room:
            title = (*title, gap, *part)
    return title


def _parts(snapshot: MuxSnapshot, whose: str, *, is_wide: bool) -> Iterator[Line]:
    pinned, spent = snapshot.pinned, money(snapshot.last_hour_uusd)
    yield line(snapshot.mode)
    yield line(f"pinned: {clean_line(pinned)}", "accent") if pinned else EMPTY
    yield line(
        f"{snapshot.available} of {snapshot.total} can answer",
        "plain" if snapshot.available else "bad",
    )
    yield line("the network seems to be down", "bad") if snapshot.offline else EMPTY
    yield line(f"{whose}: {spent}/h")
    yield line(f"{snapshot.requests} request{'s' * (snapshot.requests != 1)}") if is_wide else EMPTY
    yield line(_switches(snapshot, is_wide=is_wide))


def _switches(snapshot: MuxSnapshot, *, is_wide: bool) -> str:
    told = f"{snapshot.failovers} failover{'s' * (snapshot.failovers != 1)}"
    seen = {"in mid-answer": snapshot.seams, "begun anew": snapshot.anew}
    counts = [f"{count} {name}" for name, count in seen.items() if count]
    if is_wide and snapshot.failovers and not counts:
        counts = ["none in mid-answer"]
    return ", ".join((told, *(counts if is_wide else ())))
