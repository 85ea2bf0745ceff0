"""The chat on the screen: the widgets, what keys and commands do, and when anything is drawn anew.

It reads the one stream of events and holds no logic of a turn. What is seen is drawn by pure
functions of frozen values; here it is only decided when to look again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, cast, get_args

from textual.app import App, ComposeResult
from textual.containers import Horizontal

from vibe.clean import clean, clean_line
from vibe.domain.event import Event
from vibe.domain.message import Text, User
from vibe.domain.model import Approval
from vibe.domain.turn import ApprovalAsked, MessageAdded, QuestionAsked, ToolFinished, TurnFinished
from vibe.tui.commands.table import called, completions, is_command
from vibe.tui.desk import Desk, House, Left
from vibe.tui.draw.drawn import Drawn
from vibe.tui.draw.foot import MODES, foot
from vibe.tui.draw.header import header, rule
from vibe.tui.draw.ink import Line, Span, cropped, line
from vibe.tui.draw.theme import THEMES, ThemeName
from vibe.tui.git import branch_of
from vibe.tui.history.items import Item, Note, Printed
from vibe.tui.history.past import items_of
from vibe.tui.history.scroll import History
from vibe.tui.history.story import Story
from vibe.tui.keys import KEYS, keys_of
from vibe.tui.panels.asks import Asks
from vibe.tui.panels.help import HelpPanel, offered
from vibe.tui.panels.panel import Panel, Typing
from vibe.tui.panels.pool import PoolPanel
from vibe.tui.reports import costs, models
from vibe.tui.turning import Turning
from vibe.tui.typing.composer import Composer, know_alt_enter
from vibe.tui.views import foot_view, header_view, key_of

if TYPE_CHECKING:
    from textual.signal import Signal

BEAT_S: Final = 0.06  # chunks are gathered for as long
IDLE_BEAT_S: Final = 1.0
TIP_S: Final = 2.0
ORDER: Final[tuple[Approval, ...]] = ("plan", "ask", "edits", "auto")
BARE_HISTORY: Final = 4  # lines of it that a panel leaves
TALL: Final = 30


class ChatApp(App[Left], inherit_bindings=False):
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; background: $background; }
    #typing { height: auto; }
    #prompt { width: 3; height: 1; }
    """

    def __init__(self, house: House, desk: Desk) -> None:
        super().__init__()
        know_alt_enter()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = house.theme
        self._house = house
        self._desk = desk
        self._story = Story()
        self._turning = Turning(self.note)
        self._queued: tuple[str, ...] = ()
        self._panel: Panel | None = None
        self._branch = ""
        typing = Typing(self._now)
        self._tip, self._tip_until_s = "", float("-inf")
        self._history = History(self._story)
        self._asks = Asks(typing)
        self._composer = Composer(offer=self._offer, press=self._press, typed=typing.typed)
        changed = house.changed_keys
        self._names = {each: key.name for key in KEYS for each in keys_of(key.name, changed)}
        self._actions: Mapping[str, Callable[[], None]] = {
            "send": self._act,
            "newline": self._composer.break_line,
            "older": self._composer.older,
            "newer": self._composer.newer,
            "complete": self._complete,
            "stop": self._stop,
            "interrupt": self._interrupt,
            "leave": self.leave,
            "suspend": self.action_suspend_process,
            "mode": self._next_mode,
            "details": self._toggle_details,
            "copy": self.copy_answer,
            "page_up": lambda: self._history.scroll_page(-1),
            "page_down": lambda: self._history.scroll_page(1),
            "to_start": self._history.to_start,
            "to_end": self._history.to_end,
            "help": self.toggle_help,
            "mux": self.toggle_pool,
        }

    def compose(self) -> ComposeResult:
        yield Drawn(self._draw_header, name="header")
        yield self._history
        yield Drawn(self._draw_queue, name="queue")
        yield Drawn(self._draw_panel, name="panel")
        yield Drawn(self._draw_rule, name="rule")
        with Horizontal(id="typing"):
            yield Drawn(lambda _: (line(" >", "accent"),), name="prompt")
            yield self._composer
        yield Drawn(self._draw_foot, name="foot")

    def on_mount(self) -> None:
        self._composer.focus()
        for item in items_of(self._desk.agent.session.transcript):
            self._story.add(item)
        self._beat = self.set_interval(BEAT_S, self.look, pause=True)
        self.set_interval(IDLE_BEAT_S, self._beat_idly)
        resumed = cast("Signal[App[Left]]", self.app_resume_signal)
        resumed.subscribe(self, self._paint_anew)
        self.call_after_refresh(self._after_first_paint)

    def _paint_anew(self, _: App[Left]) -> None:
        self.screen.refresh(layout=True)

    def _after_first_paint(self) -> None:
        self._branch = clean_line(branch_of(self._house.folder))
        self._beat_idly()

    def _beat_idly(self) -> None:
        for news in self._house.news():
            self._story.add(Note(mark="!", text=clean(news.strip()), ink="warn"))
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
        return self._turning.is_under_way

    def on_text_area_changed(self) -> None:
        self.query_one("#panel", Drawn).look()

    async def close(self) -> None:
        """What runs is stopped, and all of it is kept."""
        await self._turning.ended()
        await self._desk.close()

    # The turn.

    def note(self, event: Event) -> None:
        self._story.note(event, self._now())
        match event:
            case ApprovalAsked() | QuestionAsked():
                self._asks.add(event, self._desk.questions.answer)
            case ToolFinished(key=key):
                self._asks.drop(key)
            case MessageAdded():
                self._queued = self._queued[1:]
            case TurnFinished():
                self._asks.clear()
                self._beat.pause()
                self.look()
            case _:
                pass

    def _send(self, text: str) -> None:
        message = User((Text(text),))
        if self._turning.is_under_way:
            self._desk.agent.say(message)
            self._queued = (*self._queued, clean_line(text))
        else:
            self._turning.start(self._desk.agent.turn(message))
            self._beat.resume()
        self._history.to_end()
        self.look()

    # Drawing.

    def look(self) -> None:
        """Everybody looks whether he would draw something else now, and draws only that."""
        if not self.is_running or not self.screen_stack:
            return
        self._history.look()
        for drawn in self.query(Drawn):
            drawn.look()

    def _draw_header(self, width: int) -> tuple[Line, ...]:
        progress = self._story.progress
        return header(header_view(self._house, self._desk, progress, self._branch), width)

    def _draw_queue(self, width: int) -> tuple[Line, ...]:
        return tuple(
            cropped((Span("  ⋯ ", "muted"), Span(each), Span("   queued", "muted")), width - 1)
            for each in self._queued
        )

    def _draw_panel(self, width: int) -> tuple[Line, ...]:
        room = max(5, self.size.height - BARE_HISTORY - 6)
        found = () if self._asks.first else completions(self._composer.text)
        if found:
            return ((), *offered(found, width))
        panel = self._asks.first or self._panel
        return ((), *panel.lines(width, room)) if panel else ()

    def _draw_rule(self, width: int) -> tuple[Line, ...]:
        new = self._history.new
        if new:
            return (rule(width, f"{new} new line{'s' * (new != 1)} · End"),)
        is_away = not self._history.is_at_end
        return (rule(width, "End goes to the end" if is_away else "", "muted"),)

    def _draw_foot(self, width: int) -> tuple[Line, ...]:
        told = self._story.progress.told(self._now())
        tip = self._tip if self._now() < self._tip_until_s else ""
        view = foot_view(self._house, self._desk, progress=told, tip=tip)
        blank: tuple[Line, ...] = ((), ()) if self.size.height >= TALL else ((),)
        return (*blank, foot(view, width))

    # Keys.

    def _offer(self, key: str) -> bool:
        panel = self._asks.first or self._panel
        was_taken = panel is not None and panel.key(key)
        self.look()
        return was_taken

    def _press(self, key: str) -> bool:
        """Whether the key meant something; else it goes on to the text."""
        name = self._names.get(key)
        if name is None or not self._means(name):
            return False
        self._actions[name]()
        self.look()
        return True

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

    def _act(self) -> None:
        text, panel = self._composer.text, self._asks.first
        if is_command(text):
            self._run_command(self._composer.take())
        elif panel is not None and panel.said(self._composer.whole):
            self._composer.take()
        elif text.strip():
            self._send(self._composer.take())

    def _complete(self) -> None:
        if found := completions(self._composer.text):
            self._composer.show(f"{found[0][0]} ")

    def _stop(self) -> None:
        if not self._offer("escape"):
            self._turning.stop()

    def _interrupt(self) -> None:
        if selected := self.screen.get_selected_text():
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
        elif self._turning.is_under_way:
            self._turning.stop()
        elif self._now() < self._tip_until_s and self._tip == self._leaving:
            self.leave()
        else:
            self._composer.text = ""
            self._tell(self._leaving)

    @property
    def _leaving(self) -> str:
        return f"{key_of(self._house, 'interrupt')} again leaves"

    def _next_mode(self) -> None:
        policy = self._desk.policy
        policy.mode = ORDER[(ORDER.index(policy.mode) + 1) % len(ORDER)]

    def _toggle_details(self) -> None:
        self._history.show_details(are_shown=not self._history.with_details)

    # Commands.

    def _run_command(self, text: str) -> None:
        found = called(text)
        if found is None:
            told = f"there is no command {clean_line(text.split()[0])}"
            self._put(Note(mark="!", text=told, ink="warn", hint="/help lists them"))
        else:
            command, rest = found
            command.does(self, rest)

    def toggle_help(self) -> None:
        is_shown = isinstance(self._panel, HelpPanel)
        panel = HelpPanel(self._close_panel, self._house.changed_keys)
        self._show_panel(None if is_shown else panel)

    def toggle_pool(self) -> None:
        is_shown = isinstance(self._panel, PoolPanel)
        house = self._house
        panel = PoolPanel(house.snapshot, self._close_panel, clock=house.hour)
        self._show_panel(None if is_shown else panel)

    def list_models(self) -> None:
        self._put(models(self._house.snapshot()))

    def tell_cost(self) -> None:
        self._put(costs(self._desk.agent.session.transcript.spent))

    def copy_answer(self) -> None:
        if self._story.last_answer:
            self.copy_to_clipboard(self._story.last_answer)
            self._tell("copied")

    def clear_screen(self) -> None:
        if self._turning.is_under_way:
            self._put(Note(mark="!", text="not while a turn is under way", ink="warn"))
            return
        self._story.clear()
        self.look()

    def begin_anew(self) -> None:
        if self._turning.is_under_way:
            self._put(Note(mark="!", text="not while a turn is under way", ink="warn"))
            return
        self.run_worker(self._exchange(self._desk), exclusive=True)

    async def _exchange(self, before: Desk) -> None:
        mode = before.policy.mode
        self._desk = await self._house.begin()
        self._desk.policy.mode = mode
        self._queued = ()
        self._story.clear()
        self.look()
        await before.close()

    def set_mode(self, name: str) -> None:
        if name in ORDER:
            self._desk.policy.mode = name
        else:
            lines = (line(f"{mode}: {MODES[mode]}") for mode in ORDER)
            self._put(Printed((line(f"now: {self._desk.policy.mode}", "strong"), *lines)))

    def set_theme(self, name: str) -> None:
        if name in get_args(ThemeName):
            self.theme = name
        else:
            self._put(Printed((line("/theme dark, /theme light or /theme ansi"),)))

    def leave(self) -> None:
        session = self._desk.agent.session
        self.exit(Left(session=session.session if session.transcript.turns else ""))

    # The rest.

    def _now(self) -> float:
        return self._house.clock.monotonic()

    def _show_panel(self, panel: Panel | None) -> None:
        self._panel = panel
        self.look()

    def _close_panel(self) -> None:
        self._show_panel(None)

    def _put(self, item: Item) -> None:
        self._story.add(item)
        self._history.to_end()
        self.look()

    def _tell(self, tip: str) -> None:
        self._tip, self._tip_until_s = tip, self._now() + TIP_S
        self.look()
