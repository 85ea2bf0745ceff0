"""The conversation that is held: its desk, the turn under way, what waits to be sent or answered.

Reads the one stream of events and holds no logic of a turn; knows no widget and no key.
"""

from __future__ import annotations

from collections.abc import Callable

from vibe.clean import clean_line
from vibe.domain.event import Event
from vibe.domain.message import Text, User
from vibe.domain.turn import ApprovalAsked, MessageAdded, QuestionAsked, ToolFinished, TurnFinished
from vibe.tui.desk import Desk, House
from vibe.tui.history.past import items_of
from vibe.tui.history.story import Story
from vibe.tui.panels.asks import Asks
from vibe.tui.panels.panel import Typing
from vibe.tui.turning import Turning


class Conversation:
    """`moved` is called when a turn begins and when it ends."""

    def __init__(self, house: House, typing: Typing, moved: Callable[[], None]) -> None:
        self.story = Story()
        self.asks = Asks(typing)
        self.queued: tuple[str, ...] = ()
        self._house = house
        self._moved = moved
        self._turning = Turning(self.note)
        self._desk: Desk | None = None

    @property
    def is_open(self) -> bool:
        return self._desk is not None

    @property
    def desk(self) -> Desk:
        if self._desk is None:
            raise RuntimeError("the conversation is not open yet")
        return self._desk

    @property
    def is_under_way(self) -> bool:
        return self._turning.is_under_way

    @property
    def session(self) -> str:
        """Its id; "" where nothing was said in it."""
        if self._desk is None:
            return ""
        session = self._desk.agent.session
        return session.session if session.transcript.turns else ""

    async def open(self, resume: str | None) -> None:
        """That one instead of the present one, which is closed, and keeps its mode."""
        before = self._desk
        opened = await self._house.begin(resume)
        if before is not None:
            opened.policy.mode = before.policy.mode
        self._desk = opened
        self.queued = ()
        self.story.clear()
        for item in items_of(opened.agent.session.transcript):
            self.story.add(item)
        self._moved()
        if before is not None:
            await before.close()

    async def close(self) -> None:
        """What runs is stopped, and all of it is kept."""
        await self._turning.ended()
        if self._desk is not None:
            await self._desk.close()

    def send(self, text: str) -> None:
        """At once, or after the step that is under way."""
        message = User((Text(text),))
        if self._turning.is_under_way:
            self.desk.agent.say(message)
            self.queued = (*self.queued, clean_line(text))
        else:
            self._turning.start(self.desk.agent.turn(message))
            self._moved()

    def stop(self) -> None:
        self._turning.stop()

    def note(self, event: Event) -> None:
        self.story.note(event, self._house.clock.monotonic())
        match event:
            case ApprovalAsked() | QuestionAsked():
                self.asks.add(event, self.desk.questions.answer)
            case ToolFinished(key=key):
                self.asks.drop(key)
            case MessageAdded():
                self.queued = self.queued[1:]
            case TurnFinished():
                self.asks.clear()
                self._moved()
            case _:
                pass
