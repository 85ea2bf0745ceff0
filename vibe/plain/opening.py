"""What a line-oriented chat tells of a conversation when it begins: where, who answers, what was
said last in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibe.clean import clean, clean_line
from vibe.domain.hiding import Hiding
from vibe.domain.turn import MessageAdded, TurnStarted
from vibe.tui.draw.foot import MODES
from vibe.tui.draw.header import folder_told
from vibe.tui.history.items import said_by
from vibe.tui.history.past import events_of

if TYPE_CHECKING:
    from vibe.domain.event import Event
    from vibe.plain.page import Page
    from vibe.plain.teller import Teller
    from vibe.secret import Redactor
    from vibe.session.transcript import Transcript
    from vibe.tui.desk import Desk, House


def opening(house: House, desk: Desk) -> str:
    snapshot = desk.mux.snapshot()
    names = ", ".join(clean_line(each.alias) for each in snapshot.entries)
    turns = len(desk.agent.session.transcript.turns)
    parts = [
        f"vibe in {folder_told(house.folder, house.home)}",
        f"{snapshot.mode}: {names}",
        f"{snapshot.available} of {snapshot.total} can answer",
        MODES[desk.policy.mode],
        f"a conversation of {turns} turn{'s' * (turns != 1)}" if turns else "/help lists commands",
    ]
    return "; ".join(parts)


def retold(transcript: Transcript, page: Page, teller: Teller, redactor: Redactor) -> None:
    """The last turn as it was, with what the person said."""
    last: list[Event] = []
    for event in Hiding(redactor).each(events_of(transcript)):
        last = [event] if isinstance(event, TurnStarted) else [*last, event]
    for event in last:
        if isinstance(event, TurnStarted | MessageAdded):
            page.line(f"> {clean(said_by(event.message).text)}")
        teller.note(event)
