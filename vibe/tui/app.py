"""The chat on the screen: the widgets, what keys do, and when anything is drawn anew.

What is seen is drawn by pure functions of frozen values; here it is only decided when to look
again. The conversation is opened after the first paint: what needs it waits until then. The table
of commands, which knows every panel, is imported when something is typed.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from textual.app import App, ComposeResult
from textual.containers import Horizontal

from vibe.clean import clean
from vibe.tui.commands.brought import brought
from vibe.tui.commands.revising import revised
from vibe.tui.commands.talk import next_mode
from vibe.tui.conversation import Conversation
from vibe.tui.desk import House, Left
from vibe.tui.draw.drawn import Drawn
from vibe.tui.draw.foot import foot
from vibe.tui.draw.header import header
from vibe.tui.draw.ink import Line, ThemeName, line
from vibe.tui.draw.theme import THEMES
from vibe.tui.git import Tree
from vibe.tui.history.items import Item, Note
from vibe.tui.history.scroll import History
from vibe.tui.keys import KEYS, WRITING, bound
from vibe.tui.panels.asks import on_screen
from vibe.tui.panels.panel import Fleeting, Form, Panel, Typing
from vibe.tui.reach import Reach
from vibe.tui.tip import Tip
from vibe.tui.typing.completing import Offer
from vibe.tui.typing.composer import Composer, know_alt_enter
from vibe.tui.typing.custom import Custom
from vibe.tui.typing.draft import Draft
from vibe.tui.typing.offers import Offers
from vibe.tui.typing.pastes import keep_pastes_whole
from vibe.tui.typing.recall import Recall
from vibe.tui.typing.sending import Sending
from vibe.tui.typing.unsent import Unsent
from vibe.tui.views import foot_view, header_view, key_of, queue_lines, rule_lines

if TYPE_CHECKING:
    from textual.signal import Signal

BEAT_S: Final = 0.06  # chunks are gathered for as long
IDLE_BEAT_S: Final = 1.0
BARE_HISTORY: Final = 4  # lines of it that a panel leaves
TALL: Final = 30
RUNS: Final[Mapping[str, str]] = {key.name: key.runs for key in KEYS if key.runs}


class ChatApp(App[Left], inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; background: $background; }
    #typing { height: auto; }
    #prompt { width: 3; height: 1; }
    """

    def __init__(self, house: House) -> None:
        # Else Textual makes black of the terminal's own colours before it takes them away.
        super().__init__(ansi_color=True if house.env.get("NO_COLOR") else None)
        know_alt_enter()
        keep_pastes_whole()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = house.theme
        self.house = house
        typing = Typing(self._now)
        self._reach = Reach(self)
        self.talk = Conversation(
            house,
            typing,
            self._moved,
            self.give_back,
            self.bell,
            made=partial(on_screen, revise=partial(revised, self), typed=lambda: self.typed),
            heard=self._reach.note,
        )
        self._panel: Panel | None = None
        self._beats = 0
        self._tree = Tree(house.folder, self._now)
        self._tip = Tip(self._now)
        self._history = History(self.talk.story)
        self.recall = Recall(house.kept)
        self.customs: tuple[Custom, ...] = ()
        self._offers = Offers(self)
        self._composer = Composer(
            recall=self.recall,
            fitting=self._fitting,
            divert=self._divert,
            offer=self._offer,
            is_offered=lambda: not (self._front is None or isinstance(self._front, Form)),
            press=self._press,
            typed=typing.typed,
        )
        self._sending = Sending(self, self._composer)
        self._unsent = Unsent(self)
        self._names = bound(house.changed_keys)
        self._actions: Mapping[str, Callable[[], None]] = {
            "send": self._sending.enter,
            "newline": self._composer.break_line,
            "older": self._older,
            "newer": self._composer.newer,
            "complete": self.look,
            "undo": self._composer.undo,
            "redo": self._composer.redo,
            "stop": self._stop,
            "interrupt": self._interrupt,
            "leave": self.leave,
            "suspend": self.action_suspend_process,
            "mode": lambda: self.when_open(lambda: next_mode(self)),
            "details": self._toggle_details,
            "mouse": self._reach.toggle_mouse,
            "page_up": lambda: self._history.scroll_page(-1),
            "page_down": lambda: self._history.scroll_page(1),
            "to_start": self._history.to_start,
            "to_end": self._history.to_end,
        }

    def compose(self) -> ComposeResult:
        yield Drawn(self._draw_header, name="header")
        yield self._history
        yield Drawn(partial(queue_lines, self.house, self.talk), name="queue")
        yield Drawn(self._draw_panel, name="panel")
        yield Drawn(partial(rule_lines, self._history), name="rule")
        with Horizontal(id="typing"):
            yield Drawn(self._draw_sign, name="prompt")
            yield self._composer
        yield Drawn(self._draw_foot, name="foot")

    def on_mount(self) -> None:
        self._composer.focus()
        self._beat = self.set_interval(BEAT_S, self._look_on, pause=True)
        self.set_interval(IDLE_BEAT_S, self._beat_idly)
        resumed = cast("Signal[App[Left]]", self.app_resume_signal)
        resumed.subscribe(self, self._paint_anew)
        self.call_after_refresh(self._after_first_paint)

    def _paint_anew(self, _: App[Left]) -> None:
        self.screen.refresh(layout=True)

    def _after_first_paint(self) -> None:
        if said := self.house.said:
            self.when_open(lambda: self.say(said))
        self.work(self._open())

    async def _open(self) -> None:
        self.work(self._tree.look())
        for step in self.house.steps:
            await step(self)
        await self.recall.load()
        self.customs = await brought(self)
        await self.talk.open(self.house.resume)
        self._beat_idly()

    def _look_on(self) -> None:
        """At the answer each time, at what else is told of it every other."""
        self._beats += 1
        if self._beats % 2:
            self.look()
        else:
            self._history.look()

    def _beat_idly(self) -> None:
        for news in self.house.news():
            self.talk.story.add(Note(mark="!", text=clean(news.strip()), ink="warn"))
        if self._tree.is_due:
            self.work(self._tree.look())
        if self._unsent.is_due:
            self.work(self._unsent.look())
        self.look()

    def _fatal_error(self) -> None:
        """Nothing of it is shown: whoever runs the chat tells of it, and the log has it."""
        self._close_messages_no_wait()

    @property
    def broken_by(self) -> Exception | None:
        """What ended it, where that was a defect."""
        return self._exception

    @property
    def is_under_way(self) -> bool:
        return self.talk.is_under_way

    def on_text_area_changed(self) -> None:
        if not self._composer.text and self._unsent.is_due:
            self.work(self._unsent.look())
        if self._composer.text and self._tip.came_between():
            self.look()
        self.query_one("#panel", Drawn).look()
        self.query_one("#prompt", Drawn).look()

    async def close(self) -> None:
        await self._unsent.close()
        await self.talk.close()

    def _moved(self) -> None:
        if self.talk.is_busy:
            self._beat.resume()
        else:
            self._beat.pause()
            self._tree.may_differ = True
        self.look()

    # Drawing.

    def look(self) -> None:
        """Everybody looks whether he would draw something else now, and draws only that."""
        if not self.is_running or not self.screen_stack:
            return
        self._composer.show_cursor = not isinstance(self._front, Form)
        self._history.look()
        for drawn in self.query(Drawn):
            drawn.look()

    def _draw_header(self, width: int) -> tuple[Line, ...]:
        return header(header_view(self.house, self.talk, self._tree.told), width)

    def _draw_panel(self, width: int) -> tuple[Line, ...]:
        room = max(5, self.size.height - BARE_HISTORY - 6)
        panel = self._front
        if offered := self._composer.offered(width):
            return ((), *offered)
        return ((), *panel.lines(width, room)) if panel else ()

    def _draw_sign(self, _: int) -> tuple[Line, ...]:
        return (line(" !", "warn") if self._composer.is_command_line else line(" >", "accent"),)

    def _draw_foot(self, width: int) -> tuple[Line, ...]:
        told = self.talk.story.progress.told(self._now())
        view = foot_view(self.house, self.talk, progress=told, tip=self._tip.told)
        blank: tuple[Line, ...] = ((), ()) if self.size.height >= TALL else ((),)
        return (*blank, foot(view, width))

    # Keys.

    @property
    def _front(self) -> Panel | None:
        return self.talk.asks.first or self._panel or self.talk.wait_card

    def _divert(self, key: str, text: str) -> bool:
        panel = self._front
        if not isinstance(panel, Form) or self._names.get(key) == "interrupt":
            return False
        if not panel.key(key):
            if text:
                panel.typed(text)
            elif isinstance(panel, Fleeting):
                self._do_over(key)
        self.look()
        return True

    def _offer(self, key: str) -> bool:
        panel = self._front
        was_taken = panel is not None and panel.key(key)
        self.look()
        return was_taken

    def _press(self, key: str) -> bool:
        """Whether the key meant something; else it goes on to the text."""
        name = self._names.get(key)
        if name not in ("stop", "interrupt") and self._tip.came_between():
            self.look()
        if name is None:
            return False
        if not self._composer.completes(name):
            if not self._means(name):
                return False
            self.do(name)
        self.look()
        return True

    def _do_over(self, key: str) -> None:
        """What a form has no use for, as far as it is not about what one writes elsewhere."""
        name = self._names.get(key)
        if name is not None and name not in WRITING and self._means(name):
            self.do(name)

    def do(self, name: str) -> None:
        if name in RUNS:
            self._sending.call(f"/{RUNS[name]}")
        else:
            self._actions[name]()

    def _means(self, name: str) -> bool:
        composer = self._composer
        match name:
            case "older":
                return composer.cursor_at_first_line
            case "newer":
                return composer.cursor_at_last_line
            case "to_end":
                return not self._history.is_at_end
            case "leave":
                return not composer.text
            case _:
                return True

    def _fitting(self, before: str, is_all: bool) -> Offer | None:
        is_typed_into = self.talk.asks.first or isinstance(self._panel, Form)
        return None if is_typed_into else self._offers.fitting(before, is_all=is_all)

    def _stop(self) -> None:
        """Twice, when nothing is under way: back to an earlier message."""
        if self._offer("escape"):
            return
        again = f"{key_of(self.house, 'stop')} again goes back to an earlier message"
        if self.talk.is_busy:
            self.talk.stop()
        elif self.talk.session and self._tip.is_again(again):
            self.do("rewind")

    def _interrupt(self) -> None:
        if selected := self.screen.get_selected_text():
            self.copy(selected)
            self.screen.clear_selection()
        elif self.talk.is_busy:
            self.talk.stop()
        elif self._tip.is_again(f"{key_of(self.house, 'interrupt')} again leaves"):
            self.leave()
        else:
            self._composer.set_aside()

    def _older(self) -> None:
        """What still waits comes out of the queue, to be written otherwise."""
        if self._composer.text or not self.talk.unsay():
            self._composer.older()

    def _toggle_details(self) -> None:
        self._history.show_details(are_shown=not self._history.with_details)

    # What commands and panels may ask for.

    def show(self, panel: Panel | None) -> None:
        self._panel = panel
        self.look()

    def toggle(self, kind: type[Panel], made: Callable[[], Panel]) -> None:
        self.show(None if isinstance(self._panel, kind) else made())

    def put(self, item: Item) -> None:
        self.talk.put(item)
        self._history.to_end()
        self.look()

    def tell(self, tip: str) -> None:
        self._tip.tell(tip)
        self.look()

    def write(self, text: str) -> None:
        self._composer.show(text)

    def give_back(self, text: str) -> None:
        if self.is_running:
            draft = self._composer.text
            self._composer.show(f"{text}\n\n{draft}" if draft.strip() else text)

    def when_open(self, act: Callable[[], None]) -> None:
        self.talk.when_open(act)

    def to_end(self) -> None:
        self._history.to_end()
        self.look()

    @property
    def typed(self) -> str:
        return self._composer.whole

    def say(self, text: str) -> None:
        self._sending.send(Draft(typed=text, whole=text))

    def copy(self, text: str) -> None:
        self._reach.copy(text)

    def work(self, what: Coroutine[object, object, None]) -> None:
        self.run_worker(what)

    @contextmanager
    def aside(self) -> Generator[None]:
        with nullcontext() if self.is_headless else self.suspend():
            yield

    def dress(self, theme: ThemeName) -> None:
        self.theme = theme

    def leave(self) -> None:
        self.exit(Left(session=self.talk.session, unsent=len(self.talk.queued)))

    def _now(self) -> float:
        return self.house.clock.monotonic()
