"""What can be done for a conversation whose request waits: asked at once, or of another model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from vibe.clean import clean_line
from vibe.tui.catalogue import Offered
from vibe.tui.history.items import Note
from vibe.tui.panels.panel import Typing
from vibe.tui.panels.wait import Relief, Waits

if TYPE_CHECKING:
    from vibe.tui.conversation import Conversation


def waits_of(
    talk: Conversation, typing: Typing, now: Callable[[], float], ring: Callable[[], None]
) -> Waits:
    relief = Relief(
        hurry=lambda: talk.desk.mux.hurry(),
        switch=lambda: _switch(talk),
        other=lambda: _other(talk),
        used=lambda: _used(talk),
    )
    return Waits(relief, lambda: talk.desk.mux.snapshot(), typing, now=now, ring=ring)


def _used(talk: Conversation) -> int | None:
    turns = talk.desk.agent.session.transcript.turns
    return talk.story.progress.context if any(turn.steps for turn in turns) else 0


def _other(talk: Conversation) -> Offered | None:
    """The first outside the pool that can be asked; one that holds the conversation goes first."""
    desk, used = talk.desk, talk.story.progress.context or 0
    pooled = {each.alias for each in desk.mux.snapshot().entries}
    able = [each for each in desk.catalogue.models if each.alias not in pooled and not each.trouble]
    return min(able, key=lambda each: (each.window or used) < used, default=None)


def _switch(talk: Conversation) -> None:
    """The request that waits goes there at once, and so do all after it."""
    desk, other = talk.desk, _other(talk)
    if other is not None and desk.catalogue.member is not None:
        desk.mux.wish(desk.mux.wishes.pin(other.alias), guest=desk.catalogue.member(other.alias))
        told = f"{clean_line(other.alias)} answers from now on"
        talk.story.add(Note(mark="↷", text=told, hint="/model auto goes back to the pool"))
