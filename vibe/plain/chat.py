"""The chat line by line: what is asked for next, and what a line that was typed means.

Panels are told as their lines, and take a key a line. Reads no keyboard and owns no turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from vibe.clean import clean, clean_line
from vibe.plain.asking import in_words
from vibe.plain.keyboard import Key, Prompt
from vibe.plain.opening import opening, retold
from vibe.plain.page import Page, Write, spoken
from vibe.plain.teller import Teller
from vibe.tui.commands.brought import brought
from vibe.tui.commands.table import Command, called, commands, is_command, taken_by
from vibe.tui.conversation import Conversation
from vibe.tui.history.items import Item, Note
from vibe.tui.history.ownrow import NAME
from vibe.tui.history.toolrow import Row
from vibe.tui.panels.panel import Form, Panel, Typing
from vibe.tui.typing.draft import Draft
from vibe.tui.typing.recall import Recall
from vibe.tui.typing.sending import Sending

if TYPE_CHECKING:
    from vibe.domain.event import Event
    from vibe.tui.desk import Desk, House
    from vibe.tui.draw.ink import ThemeName
    from vibe.tui.typing.custom import Custom

BEAT_S: Final = 0.05  # what a key leads to may come a moment later
ROOM: Final = 40  # lines of a panel
KEYS: Final = {"esc": "escape", "pgup": "pageup", "pgdn": "pagedown", "return": "enter"}
LEAVING: Final = "Ctrl+C again leaves"


class PlainChat:
    # `_asked` is the question that stands on the page; `_told` the desk that was introduced. The
    # panel was opened while `_below` was asked, which waits for it.
    def __init__(self, house: House, write: Write, *, width: Callable[[], int]) -> None:
        self.house = house
        self.recall = Recall(house.kept)
        self.customs: tuple[Custom, ...] = ()
        self._page = Page(write, width=width)
        self._teller = Teller(self._page)
        self._width = width
        self.talk = Conversation(
            house,
            Typing(house.clock.monotonic),
            self._wake,
            self._give_back,
            self._wake,
            made=in_words,
            heard=self._hear,
        )
        self._line = TypedLine()
        self._sending = Sending(self, self._line)
        self._panel: Panel | None = None
        self._asked: Panel | None = None
        self._below: Panel | None = None
        self._told: Desk | None = None
        self._ran = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._moved = asyncio.Event()
        self._has_left = False
        self._was_pressed = False

    # What is wanted next, and what comes.

    async def begin(self) -> None:
        for step in self.house.steps:
            await step(self)
        await self.talk.open(self.house.resume)
        await self.recall.load()
        self.customs = await brought(self)
        if self.house.said:
            self._introduce()
            self._page.line(f"> {clean(self.house.said)}")
            self.say(self.house.said)

    async def wanted(self) -> Prompt | None:
        """Once there is something to be typed; None: he has left."""
        while True:
            await asyncio.sleep(BEAT_S)
            self._raise_what_failed()
            if self._has_left:
                return None
            if prompt := self._prompt():
                return prompt
            self._moved.clear()
            await self._moved.wait()

    def typed_line(self, text: str) -> None:
        self._was_pressed = False
        asked, panel = self._question, self._panel
        if is_command(text):
            self._call(text)
        elif asked is not None:
            if asked is self._asked and not asked.said(text):
                self._teller.aside("that is no answer to it")
        elif panel is not None:
            self._press(panel, text.strip())
        else:
            self.recall.sent(text)
            self._line.text = text
            self._sending.enter()

    def pressed(self, key: Key) -> None:
        """A key that ends what there is, first the nearest."""
        again, self._was_pressed = self._was_pressed, True
        if key is not Key.INTERRUPT or again:
            self.leave()
        elif self.talk.is_busy:
            self.talk.stop()
            self._was_pressed = False
        elif self._tasks:
            for task in self._tasks:
                task.cancel()
        else:
            self._panel = None
            self._teller.aside(LEAVING)
        self._wake()

    def break_line(self) -> None:
        """Where a line was begun and not ended by Enter."""
        self._page.line("")

    def completions(self, text: str) -> tuple[str, ...]:
        name, blank, rest = text.removeprefix("/").partition(" ")
        if not text.startswith("/"):
            return ()
        if not blank:
            return tuple(
                f"/{each.name} " for each in self._commands() if each.name.startswith(name)
            )
        return tuple(f"/{name} {each}" for each in taken_by(self, name) if each.startswith(rest))

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.talk.close()

    @property
    def _question(self) -> Panel | None:
        """What is asked, unless the person looks at something else first."""
        asked = self.talk.asks.first
        return None if self._panel is not None and asked is self._below else asked

    def _prompt(self) -> Prompt | None:
        if asked := self._question:
            is_looked_up = asked is self._asked and bool(self._tasks)
            return None if is_looked_up else self._asking(asked)
        self._asked = None
        if self._panel is not None:
            return self._of_panel(self._panel)
        self._tell_rows()
        if self.talk.is_busy or self._tasks:
            return None
        self._introduce()
        return Prompt(text="> ", draft=self._line.take().whole, is_message=True)

    def _asking(self, asked: Panel) -> Prompt:
        is_new = asked is not self._asked
        if is_new:
            self._asked = asked
            self._tell_lines(asked)
        return Prompt(text="Answer: ", is_fresh=is_new)

    def _of_panel(self, panel: Panel) -> Prompt:
        is_new = panel is not self._asked
        self._asked = panel
        self._tell_lines(panel)
        closes = "esc closes" if isinstance(panel, Form) else "Enter alone closes"
        return Prompt(text=f"A key, and Enter ({closes}): ", is_fresh=is_new)

    def _press(self, panel: Panel, text: str) -> None:
        is_form = isinstance(panel, Form)
        key = KEYS.get(text.lower(), text) or ("enter" if is_form else "escape")
        if panel.key(key) or panel.said(text):
            return
        if isinstance(panel, Form):
            panel.typed(text)
        else:
            self._teller.aside("that is none of its keys")

    def _call(self, text: str) -> None:
        """Some commands are another thing without a screen."""
        found = called(text, self)
        if found is None or not (found[0].needs_screen or found[0].name == "help"):
            self.recall.sent(text)
            self._sending.call(text)
        elif found[0].needs_screen:
            self._teller.aside(f"/{found[0].name} is for the whole screen: vibe without --plain")
        else:
            for each in self._commands():
                self._page.line(f"/{each.name}: {clean_line(each.help)}")

    def _commands(self) -> Generator[Command]:
        yield from (each for each in commands(self) if not each.needs_screen)

    # What is told.

    def _introduce(self) -> None:
        """A conversation that is new here; and what there is to be told besides."""
        for news in self.house.news():
            self._teller.aside(news.strip())
        if not self.talk.is_open or self.talk.desk is self._told:
            return
        self._told = self.talk.desk
        self._teller.aside(opening(self.house, self._told))
        transcript = self._told.agent.session.transcript
        retold(transcript, self._page, self._teller, self.house.redactor)

    def _tell_rows(self) -> None:
        """Of the person's own commands, once they have ended."""
        items = self.talk.story.items
        own = [each for each in items if isinstance(each, Row) and each.name == NAME]
        ended = [each for each in own if each.state in ("done", "failed")]
        for row in ended[self._ran :]:
            self._page.line(row.below or f"[{row.state}]")
        self._ran = len(ended)

    def _tell_lines(self, panel: Panel) -> None:
        lines = panel.lines(self._width(), ROOM)
        for text in spoken(lines):
            self._page.line(text)

    # What commands and panels may ask for.

    @property
    def typed(self) -> str:
        return self._line.text

    def say(self, text: str) -> None:
        self._sending.send(Draft(typed=text, whole=text))

    def show(self, panel: Panel | None) -> None:
        self._panel, self._below = panel, self.talk.asks.first
        self._wake()

    def toggle(self, kind: type[Panel], made: Callable[[], Panel]) -> None:
        del kind
        self.show(made())

    def put(self, item: Item) -> None:
        if isinstance(item, Note):
            for text in (item.text, item.hint):
                if text:
                    self._teller.aside(text)
            return
        for text in spoken(item.lines(self._width(), with_details=True)):
            self._page.line(text)

    def tell(self, tip: str) -> None:
        self._teller.aside(tip)

    def write(self, text: str) -> None:
        self._line.text = text

    def when_open(self, act: Callable[[], None]) -> None:
        self.talk.when_open(act)

    def to_end(self) -> None: ...

    def do(self, name: str) -> None:
        """Keys are the terminal's own here."""

    def _give_back(self, text: str) -> None:
        self._line.text = text

    def _hear(self, event: Event) -> None:
        self._teller.note(event)
        self._wake()

    def copy(self, text: str) -> None:
        self.work(self._copy(text))

    async def _copy(self, text: str) -> None:
        self._teller.aside(await asyncio.to_thread(self.house.clipboard.copy, text, None))

    def work(self, what: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(_done(what))
        self._tasks.add(task)
        task.add_done_callback(lambda _: self._wake())

    @contextmanager
    def aside(self) -> Generator[None]:
        yield

    def dress(self, theme: ThemeName) -> None:
        del theme

    def look(self) -> None: ...

    def leave(self) -> None:
        self._has_left = True
        self._wake()

    def _wake(self) -> None:
        self._moved.set()

    def _raise_what_failed(self) -> None:
        """A task that is over; its defect is that of the chat."""
        for task in [each for each in self._tasks if each.done()]:
            self._tasks.discard(task)
            if not task.cancelled():
                task.result()


class TypedLine:
    """The line that was typed; what is left of it stands in the next one."""

    def __init__(self) -> None:
        self.text = ""

    @property
    def whole(self) -> str:
        return self.text

    @property
    def is_command_line(self) -> bool:
        return self.text.startswith("!") and not self.text.startswith("!!")

    def breaks_line(self) -> bool:
        return False

    def take(self) -> Draft:
        text, self.text = self.text, ""
        return Draft(typed=text, whole=text)

    def give_back(self, draft: Draft) -> None:
        self.text = draft.typed


async def _done(what: Coroutine[object, object, None]) -> None:
    await what
