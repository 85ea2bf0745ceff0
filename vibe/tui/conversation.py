"""The conversation that is held: its desk, the turn under way, what waits to be sent or answered.

Reads the one stream of events and holds no logic of a turn; knows no widget and no key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vibe.domain.event import Event, Waiting
from vibe.domain.hiding import Hiding
from vibe.domain.message import Text, User, UserPart
from vibe.domain.turn import (
    ApprovalAsked,
    MessageAdded,
    QuestionAsked,
    ToolFinished,
    TurnEnd,
    TurnFinished,
)
from vibe.tui.desk import Desk, House
from vibe.tui.history.items import Item, said_by
from vibe.tui.history.ownrow import commands_in
from vibe.tui.history.story import Story
from vibe.tui.panels.asks import Asks, Made, on_screen
from vibe.tui.panels.panel import Panel, Typing
from vibe.tui.turning import Turning
from vibe.tui.typing.shell import Shell

if TYPE_CHECKING:
    from vibe.session.turn import Turn
    from vibe.tui.panels.wait import Waits  # after the first paint


def _unheard(_: Event) -> None: ...


class Conversation:
    """`moved` is called when a turn begins and when it ends. `give_back` gets what was said during
    a turn that ended before any model was told of it; `ring` is heard by who looks elsewhere.
    `made` makes the panels of what is asked; `heard` hears of every event."""

    def __init__(
        self,
        house: House,
        typing: Typing,
        moved: Callable[[], None],
        give_back: Callable[[str], None],
        ring: Callable[[], None],
        *,
        made: Made = on_screen,
        heard: Callable[[Event], None] = _unheard,
    ) -> None:
        self.story = Story()
        self.asks = Asks(typing, made)
        self._heard = heard
        self.queued: tuple[User, ...] = ()
        self.shell = Shell(self.story, moved, house.redactor)
        self._hiding = Hiding(house.redactor)
        self._house = house
        self._typing = typing
        self._ring = ring
        self._waits: Waits | None = None
        self._moved = moved
        self._give_back = give_back
        self._turning = Turning(self.note)
        self._desk: Desk | None = None
        self._is_opening = False
        self._held: list[Callable[[], None]] = []

    @property
    def is_open(self) -> bool:
        return self._desk is not None

    @property
    def desk(self) -> Desk:
        if self._desk is None:
            raise RuntimeError("the conversation is not open yet")
        return self._desk

    @property
    def wait_card(self) -> Panel | None:
        """While nobody can answer."""
        return self._waits and self._waits.card

    @property
    def is_under_way(self) -> bool:
        return self._turning.is_under_way

    @property
    def is_busy(self) -> bool:
        """With a turn, or with a command of the person's own."""
        return self.is_under_way or self.shell.is_under_way

    @property
    def session(self) -> str:
        """Its id; "" where nothing was said in it."""
        if self._desk is None:
            return ""
        session = self._desk.agent.session
        return session.session if session.transcript.turns else ""

    @property
    def unsent(self) -> Path | None:
        """Where what is typed is kept; None where nothing was said yet, or all is in memory."""
        place = self._desk and self._desk.agent.session.place
        return place.unsent if place and self.session else None

    def when_open(self, act: Callable[[], None]) -> None:
        """Now, or as soon as the conversation that is being opened is there: what comes after a
        change is meant for the new one."""
        if self.is_open and not self._is_opening:
            act()
        else:
            self._held.append(act)

    async def open(self, resume: str | None) -> None:
        """That one instead of the present one, which is closed, and keeps its mode."""
        self._is_opening = True
        try:
            await self._open(resume)
        finally:
            self._is_opening = False
            held, self._held = self._held, []
            for act in held if self.is_open else ():
                act()

    async def _open(self, resume: str | None) -> None:
        from vibe.tui.history.past import story_of  # after the first paint

        before = self._desk
        opened = await self._house.begin(resume)
        transcript = opened.agent.session.transcript
        past = await asyncio.to_thread(story_of, transcript, self._house.redactor)
        await self._turning.ended()
        await self.shell.close()
        if before is not None:
            opened.policy.mode = before.policy.mode
        self._desk = opened
        if before is not None:  # what was told before the first stays
            self.story.forget()
        self.story.go_on_with(past)
        self._moved()
        if before is not None:
            await before.close()

    async def close(self) -> None:
        """What runs is stopped, and all of it is kept."""
        await self._turning.ended()
        await self.shell.close()
        if self._desk is not None:
            await self._desk.close()

    def send(self, text: str, files: Sequence[UserPart] = ()) -> None:
        """With what the person ran since the last message; at once, or after the step that is under
        way."""
        self._say(User((*self.shell.take(), Text(text), *files)))

    def _say(self, message: User) -> None:
        if self._turning.is_under_way:
            self.desk.agent.say(message)
            self.queued = (*self.queued, message)
        else:
            self._turning.start(self.desk.agent.turn(message))
            self._moved()

    def compact(self, text: str, *, keep: str) -> None:
        """`text` is how the person asked for it."""
        self._turning.start(self.desk.agent.compact(User((Text(text),)), keep=keep))
        self._moved()

    def rewind(self, turn: Turn) -> None:
        """It goes on from before it, and its message goes back."""
        from vibe.session.record import Rewound
        from vibe.tui.history.past import story_of

        self.desk.agent.session.put(Rewound(turn.number))
        self.story.forget()
        transcript = self.desk.agent.session.transcript
        self.story.go_on_with(story_of(transcript, self._house.redactor))
        self._return((turn.message,))
        self._moved()

    def run(self, command: str, *, outside: bool = False) -> None:
        """A command line of the person's own, in the sandbox or `outside` of it."""
        self.shell.start(command, self.desk.room, outside=outside)

    def stop(self) -> None:
        if not self.shell.stop():
            self._turning.stop()

    def put(self, item: Item) -> None:
        """What the chat itself has to tell."""
        self.story.add(self._hiding.within(item))

    def note(self, event: Event) -> None:
        for shown in self._hiding.shown(event):
            self._note(shown)

    def _note(self, event: Event) -> None:
        self._heard(event)
        self.story.note(event, self._house.clock.monotonic())
        if isinstance(event, Waiting) or self._waits is not None:
            self._waits = self._waits or self._begin_waits()
            self._waits.note(event)
        match event:
            case ApprovalAsked() | QuestionAsked():
                self.asks.add(event, self.desk.questions.answer)
            case ToolFinished(key=key):
                self.asks.drop(key)
            case MessageAdded():
                self.queued = self.queued[1:]
            case TurnFinished(end=end):
                self.asks.clear()
                self._settle(was_stopped=end is not TurnEnd.FINISHED)
                self._moved()
            case _:
                pass

    def _begin_waits(self) -> Waits:
        from vibe.tui.relief import waits_of  # after the first paint

        return waits_of(self, self._typing, self._house.clock.monotonic, self._ring)

    def unsay(self) -> bool:
        """Whether anything waited to be told: what was said last goes back."""
        if not self.queued or not self.desk.agent.unsay(self.queued[-1]):
            return False
        *rest, last = self.queued
        self.queued = tuple(rest)
        self._return((last,))
        return True

    def _settle(self, *, was_stopped: bool) -> None:
        """What was said too late for the turn that has ended begins the next one, or goes back."""
        first = len(self.queued) - len(self.desk.agent.take_back())
        told, back = self.queued[:first], self.queued[first:]
        self.queued = ()
        for message in told:  # the event of it was not read any more
            self.story.add(said_by(message))
        if was_stopped and back:
            self._return(back)
            return
        for message in back:
            self._say(message)

    def _return(self, messages: Sequence[User]) -> None:
        self.shell.hold(part for message in messages for part in commands_in(message))
        self._give_back("\n\n".join(said_by(message).text for message in messages))
