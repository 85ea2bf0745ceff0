"""The command that runs a command line outside of the sandbox: one that failed on it, or another.

Nothing runs before the person has seen all of it, or typed it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from vibe.clean import written_out
from vibe.domain.hiding import decided_by
from vibe.tui.chat import Chat
from vibe.tui.draw.ink import Line, line
from vibe.tui.panels.confirm import Choice, Confirm

if TYPE_CHECKING:
    from vibe.session.turn import Call


class _Ran(Struct, frozen=True, kw_only=True):
    """What is known of a command, as far as it counts here."""

    command: str = ""
    denied: bool = False


def run_outside(chat: Chat, command: str = "") -> None:
    if command:
        chat.talk.run(command, outside=True)
        return
    turns = chat.talk.desk.agent.session.transcript.turns
    denied = _denied(call for turn in reversed(turns) for call in reversed(turn.calls))
    if denied is None:
        chat.tell("no command failed on the sandbox; /outside COMMAND runs one outside of it")
        return

    def run() -> None:
        chat.show(None)
        chat.talk.run(denied, outside=True)

    chat.show(
        Confirm(
            line("Run this again, outside of the sandbox?", "strong"),
            _lines(decided_by(denied, redactor=chat.house.redactor)),
            (Choice(key="y", does="run it", act=run),),
            declined=lambda: chat.show(None),
        )
    )


def _denied(calls: Iterable[Call]) -> str | None:
    """The command that failed on it last."""
    for call in calls:
        if call.asked.name == "bash" and call.details:
            ran = msgspec.json.decode(call.details, type=_Ran)
            if ran.denied:
                return ran.command
    return None


def _lines(command: str) -> tuple[Line, ...]:
    rows = written_out(command).split("\n")
    return tuple(line(row.expandtabs(4), "code") for row in rows)
