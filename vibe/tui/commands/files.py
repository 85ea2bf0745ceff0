"""Commands about what a conversation changed in files: see it, undo it, go back to before it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from vibe.clean import clean_line
from vibe.domain.hiding import decided_by
from vibe.errors import UsageError
from vibe.session.blobs import Blobs
from vibe.session.record import Restored
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside, is_free
from vibe.tui.draw.ink import Ink, Line, Span, line
from vibe.tui.history.items import Note, Printed, said_by
from vibe.tui.panels.confirm import Choice, Confirm
from vibe.tui.panels.diff import diff_panel
from vibe.tui.panels.picker import Picker, Row

if TYPE_CHECKING:
    from vibe.agent.restore import Restoring, Way
    from vibe.session.turn import Turn

_WOULD: Final[dict[Way, tuple[str, Ink]]] = {
    "write": ("↺ restore", "plain"),
    "delete": ("− delete ", "plain"),
    "nothing": ("· leave  ", "muted"),
    "refuse": ("! leave  ", "warn"),
}
_DID: Final[dict[Way, tuple[str, Ink]]] = {
    "write": ("● restored  ", "good"),
    "delete": ("● deleted   ", "good"),
    "refuse": ("! left alone", "warn"),
}
_DONE: Final = ("write", "delete")
NOTHING: Final = "no file was changed that could be restored"
NOTHING_MORE: Final = "nothing more can be undone: the files are as before this conversation"


def show_changes(chat: Chat, _: str = "") -> None:
    beside(chat, _changes(chat))


def undo(chat: Chat, _: str = "") -> None:
    """Asks first, and says what cannot be restored."""
    if is_free(chat):
        beside(chat, _undoing(chat))


def rewind(chat: Chat, turn: str = "") -> None:
    """To before an earlier message, which is picked, or goes by its number."""
    if not is_free(chat):
        return
    turns = {each.number: each for each in chat.talk.desk.agent.session.transcript.turns}
    if turn.isdecimal() and int(turn) in turns:
        beside(chat, _rewinding(chat, turns[int(turn)]))
    elif turns:
        chat.show(_messages(chat, tuple(turns.values())))
    else:
        chat.tell("nothing was said yet")


async def _changes(chat: Chat) -> None:
    from vibe.agent.changes import file_changes

    transcript, blobs = chat.talk.desk.agent.session.transcript, _blobs(chat)
    found = await asyncio.to_thread(file_changes, transcript, blobs=blobs)
    hide = partial(decided_by, redactor=chat.house.redactor)
    shown = [replace(each, path=hide(each.path), diff=hide(each.diff)) for each in found]
    folder = chat.house.folder.resolve()
    chat.show(diff_panel(shown, folder=folder, close=lambda: chat.show(None)))


async def _undoing(chat: Chat) -> None:
    from vibe.agent.restore import last_undoing

    transcript, blobs = chat.talk.desk.agent.session.transcript, _blobs(chat)
    turn, plan = await asyncio.to_thread(last_undoing, transcript, blobs=blobs)
    if not turn:
        nothing = NOTHING if plan or transcript.restored is None else NOTHING_MORE
        chat.put(Printed((line(nothing, "muted"), *_told(chat, plan))))
        return

    def restore() -> None:
        chat.show(None)
        beside(chat, _restored(chat, plan, turn))

    chat.show(
        Confirm(
            line(f"Undo what turn {turn} changed in files?", "strong"),
            _told(chat, plan),
            (Choice(key="y", does="restore", act=restore),),
            declined=lambda: chat.show(None),
        )
    )


async def _restored(chat: Chat, plan: Sequence[Restoring], turn: int) -> None:
    from vibe.agent.restore import restore

    blobs = _blobs(chat)
    done = await asyncio.to_thread(lambda: [restore(each, blobs=blobs) for each in plan])
    chat.talk.desk.agent.session.put(Restored(turn))
    rows = [
        (Span(*_DID[each.way]), Span(f"  {_name(chat, each)}"), Span(_why(each), "muted"))
        for each in done
        if each.way in _DID
    ]
    chat.put(Printed(tuple(rows) or (line("the files are as they were", "muted"),)))


def _messages(chat: Chat, turns: Sequence[Turn]) -> Picker[Turn]:
    rows = tuple(
        Row(
            value=each,
            line=(
                Span(f"{each.number:>3}  ", "muted"),
                Span(clean_line(said_by(each.message).text)),
            ),
        )
        for each in turns
    )

    def chosen(turn: Turn) -> None:
        chat.show(None)
        beside(chat, _rewinding(chat, turn))

    return Picker(
        lambda: (Span("Rewind", "strong"), Span(" ── to before a message of yours", "muted")),
        lambda _: rows,
        chosen=chosen,
        close=lambda: chat.show(None),
        does="go back",
        at=len(rows) - 1,
    )


async def _rewinding(chat: Chat, turn: Turn) -> None:
    """Asks about the files, if any were changed since."""
    from vibe.agent.restore import restorings

    session = chat.talk.desk.agent.session
    if session.place is None:
        _rewound(chat, turn)
        return
    blobs = Blobs(session.place.blobs)
    plan = await asyncio.to_thread(restorings, session.transcript, turn.number, blobs=blobs)
    if all(each.way == "nothing" for each in plan):
        _rewound(chat, turn)
        return

    def with_files() -> None:
        _rewound(chat, turn)
        beside(chat, _restored(chat, plan, turn.number))

    choices = (Choice(key="c", does="conversation only", act=lambda: _rewound(chat, turn)),)
    if any(each.way in _DONE for each in plan):
        choices = (Choice(key="b", does="both", act=with_files), *choices)
    chat.show(
        Confirm(
            line("Go back, and the files too?", "strong"),
            _told(chat, plan),
            choices,
            declined=lambda: chat.show(None),
            declines="stay here",
        )
    )


def _rewound(chat: Chat, turn: Turn) -> None:
    chat.show(None)
    chat.talk.rewind(turn)
    chat.put(Note(mark="·", text=f"gone back to before message {turn.number}"))


def _told(chat: Chat, plan: Iterable[Restoring]) -> tuple[Line, ...]:
    return tuple(
        (
            Span(f"{_WOULD[each.way][0]}  ", _WOULD[each.way][1]),
            Span(_name(chat, each)),
            Span(_why(each), "muted"),
        )
        for each in plan
    )


def _name(chat: Chat, each: Restoring) -> str:
    path, folder = Path(each.path), chat.house.folder.resolve()
    return clean_line(str(path.relative_to(folder) if path.is_relative_to(folder) else path))


def _why(each: Restoring) -> str:
    told = "; ".join(
        filter(None, (each.why, "" if each.is_forced else each.copy and f"a copy: {each.copy}"))
    )
    return f"   {clean_line(told)}" if told else ""


def _blobs(chat: Chat) -> Blobs:
    place = chat.talk.desk.agent.session.place
    if place is None:
        raise UsageError("this conversation is only in memory, and keeps no files")
    return Blobs(place.blobs)
