"""Commands about conversations as a whole: another one, a copy, an earlier place in this one."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from vibe.clean import clean_line
from vibe.errors import UsageError, VibeError
from vibe.session.journal import SessionInUse
from vibe.session.record import SessionId
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside, is_free, shelf_of
from vibe.tui.commands.keeping import export_session
from vibe.tui.draw.ink import line
from vibe.tui.history.items import Note
from vibe.tui.panels.confirm import Choice, Confirm
from vibe.tui.panels.sessions import Around, Deeds, Looks, SessionsPanel

if TYPE_CHECKING:
    from vibe.session.shelf import Shelf
    from vibe.session.summary import Summary

GO_ON_WITH_A_COPY = "close it there, or go on with a copy: /sessions, ctrl+f"


def begin_anew(chat: Chat, _: str = "") -> None:
    if is_free(chat):
        before = chat.talk.session
        beside(chat, _begun_anew(chat, before))


async def _begun_anew(chat: Chat, before: str) -> None:
    await chat.talk.open(None)
    shelf = chat.house.shelf
    is_kept = bool(before) and shelf is not None and shelf().has(SessionId(before))
    hint = f"/resume {before} goes back to the one before" if is_kept else ""
    chat.put(Note(mark="·", text="a new conversation", hint=hint))


def resume(chat: Chat, session: str) -> None:
    """The one that is named; without a name, to be picked."""
    if not is_free(chat):
        return
    beside(chat, _resumed(chat, session) if session else _picked(chat))


def fork(chat: Chat, turn: str) -> None:
    """From here, or from after a turn."""
    if turn and not turn.isdecimal():
        chat.put(Note(mark="!", text="/fork, or /fork and the number of a turn", ink="warn"))
    elif is_free(chat):
        session = SessionId(chat.talk.session)
        beside(chat, _forked(chat, session, last_turn=int(turn) if turn else None))


async def _picked(chat: Chat) -> None:
    shelf, house = shelf_of(chat), chat.house
    found = await asyncio.to_thread(shelf.all)

    def local(at: float) -> datetime:
        return datetime.fromtimestamp(at).astimezone()

    def resumed(each: Summary) -> None:
        chat.show(None)
        beside(chat, _resumed(chat, each.session))

    def forked(each: Summary) -> None:
        chat.show(None)
        beside(chat, _forked(chat, each.session))

    panel = SessionsPanel(
        found,
        around=Around(
            folder=house.folder.resolve(),
            home=house.home,
            now=local(house.clock.wall()),
            local=local,
            present=chat.talk.session,
        ),
        looks=Looks(beginning=shelf.beginning, is_in_use=shelf.is_in_use),
        deeds=Deeds(
            resume=resumed,
            fork=forked,
            export=lambda each: export_session(chat, each.session),
            delete=lambda each: _ask_to_delete(chat, shelf, each),
            close=lambda: chat.show(None),
        ),
    )
    chat.toggle(SessionsPanel, lambda: panel)


async def _resumed(chat: Chat, session: str) -> None:
    if session == chat.talk.session:
        chat.tell("you are in it")
        return
    try:
        await chat.talk.open(session)
    except SessionInUse as error:
        raise SessionInUse(error.message, hint=GO_ON_WITH_A_COPY) from error


async def _forked(chat: Chat, session: SessionId, *, last_turn: int | None = None) -> None:
    shelf = shelf_of(chat)
    if not session:
        raise UsageError("nothing was said yet that could be copied")
    at = chat.house.clock.wall()
    told: list[str] = []
    copy = await asyncio.to_thread(
        shelf.fork, session, last_turn=last_turn, at=at, tell=told.append
    )
    if told:
        raise VibeError(told[0])
    await chat.talk.open(copy)
    hint = "what it cost and what it changed in files stays there, too"
    chat.put(Note(mark="·", text=f"a copy of {session}, which stays as it is", hint=hint))


def _ask_to_delete(chat: Chat, shelf: Shelf, each: Summary) -> None:
    async def deleted() -> None:
        chat.show(None)
        await asyncio.to_thread(shelf.delete, each.session)
        await _picked(chat)

    if each.session == chat.talk.session:
        chat.tell("you are in it: /new first")
        return

    title = line("Delete this conversation for good?", "strong")
    rows = (
        line(clean_line(each.title or each.session)),
        line("with the copies of files that it keeps", "muted"),
    )
    choices = (Choice(key="y", does="delete", act=lambda: beside(chat, deleted())),)
    chat.show(
        Confirm(
            title,
            rows,
            choices,
            declined=lambda: beside(chat, _picked(chat)),
            declines="keep",
        )
    )
