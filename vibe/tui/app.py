"""The chat on the screen: the widgets, what keys do, and when anything is drawn anew.

What is seen is drawn by pure functions of frozen values; here it is only decided when to look
again. The conversation is opened after the first paint: what needs it waits until then.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, cast

from textual.app import App, ComposeResult
from textual.containers import Horizontal

from vibe.clean import clean, clean_line
from vibe.tui.commands.table import called, completions, is_command
from vibe.tui.commands.talk import next_mode
from vibe.tui.conversation import Conversation
from vibe.tui.desk import House, Left
from vibe.tui.draw.drawn import Drawn
from vibe.tui.draw.foot import foot
from vibe.tui.draw.header import header, rule
from vibe.tui.draw.ink import Line, Span, cropped, line
from vibe.tui.draw.theme import THEMES, ThemeName
from vibe.tui.git import branch_of
from vibe.tui.history.items import Item, Note
from vibe.tui.history.scroll import History
from vibe.tui.keys import KEYS, keys_of
from vibe.tui.panels.help import offered
from vibe.tui.panels.panel import Form, Panel, Typing
from vibe.tui.typing.composer import Composer, know_alt_enter
from vibe.tui.views import foot_view, header_view, key_of

if TYPE_CHECKING:
    from textual.signal import Signal

BEAT_S: Final = 0.06  # chunks are gathered for as long
IDLE_BEAT_S: Final = 1.0
TIP_S: Final = 2.0
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
        super().__init__()
        know_alt_enter()
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = house.theme
        self.house = house
        typing = Typing(self._now)
        self.talk = Conversation(house, typing, self._moved)
        self._held: list[Callable[[], None]] = []
        self._panel: Panel | None = None
        self._branch = ""
        self._tip, self._tip_until_s = "", float("-inf")
        self._history = History(self.talk.story)
        self._composer = Composer(
            divert=self._divert, offer=self._offer, press=self._press, typed=typing.typed
        )
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
            "mode": lambda: self._when_open(lambda: next_mode(self)),
            "details": self._toggle_details,
            "page_up": lambda: self._history.scroll_page(-1),
            "page_down": lambda: self._history.scroll_page(1),
            "to_start": self._history.to_start,
            "to_end": self._history.to_end,
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
        self._beat = self.set_interval(BEAT_S, self.look, pause=True)
        self.set_interval(IDLE_BEAT_S, self._beat_idly)
        resumed = cast("Signal[App[Left]]", self.app_resume_signal)
        resumed.subscribe(self, self._paint_anew)
        self.call_after_refresh(self._after_first_paint)

    def _paint_anew(self, _: App[Left]) -> None:
        self.screen.refresh(layout=True)

    def _after_first_paint(self) -> None:
        self.work(self._open())

    async def _open(self) -> None:
        self._branch = clean_line(branch_of(self.house.folder))
        await self.talk.open(self.house.resume)
        self._beat_idly()
        for act in self._held:
            act()
        self._held.clear()

    def _when_open(self, act: Callable[[], None]) -> None:
        if self.talk.is_open:
            act()
        else:
            self._held.append(act)

    def _beat_idly(self) -> None:
        for news in self.house.news():
            self.talk.story.add(Note(mark="!", text=clean(news.strip()), ink="warn"))
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
        self.query_one("#panel", Drawn).look()

    async def close(self) -> None:
        await self.talk.close()

    def _moved(self) -> None:
        if self.talk.is_under_way:
            self._beat.resume()
        else:
            self._beat.pause()
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
        return header(header_view(self.house, self.talk, self._branch), width)

    def _draw_queue(self, width: int) -> tuple[Line, ...]:
        return tuple(
            cropped((Span("  ⋯ ", "muted"), Span(each), Span("   queued", "muted")), width - 1)
            for each in self.talk.queued
        )

    def _draw_panel(self, width: int) -> tuple[Line, ...]:
        room = max(5, self.size.height - BARE_HISTORY - 6)
        panel = self._front
        is_typed_into = self.talk.asks.first or isinstance(panel, Form)
        found = () if is_typed_into else completions(self._composer.text)
        if found:
            return ((), *offered(found, width))
        return ((), *panel.lines(width, room)) if panel else ()

    def _draw_rule(self, width: int) -> tuple[Line, ...]:
        new = self._history.new
        if new:
            return (rule(width, f"{new} new line{'s' * (new != 1)} · End"),)
        is_away = not self._history.is_at_end
        return (rule(width, "End goes to the end" if is_away else "", "muted"),)

    def _draw_foot(self, width: int) -> tuple[Line, ...]:
        told = self.talk.story.progress.told(self._now())
        tip = self._tip if self._now() < self._tip_until_s else ""
        view = foot_view(self.house, self.talk, progress=told, tip=tip)
        blank: tuple[Line, ...] = ((), ()) if self.size.height >= TALL else ((),)
        return (*blank, foot(view, width))

    # Keys.

    @property
    def _front(self) -> Panel | None:
        return self.talk.asks.first or self._panel

    def _divert(self, key: str, text: str) -> bool:
        panel = self._front
        if not isinstance(panel, Form) or self._names.get(key) == "interrupt":
            return False
        if not panel.key(key) and text:
            panel.typed(text)
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
        if name is None or not self._means(name):
            return False
        if name in RUNS:
            self._run_command(f"/{RUNS[name]}")
        else:
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
        text, panel = self._composer.text, self.talk.asks.first
        if is_command(text):
            self._run_command(self._composer.take())
        elif panel is not None and panel.said(self._composer.whole):
            self._composer.take()
        elif text.strip():
            text = self._composer.take()
            self._when_open(lambda: self._send(text))

    def _send(self, text: str) -> None:
        self.talk.send(text)
        self._history.to_end()
        self.look()

    def _complete(self) -> None:
        if found := completions(self._composer.text):
            self._composer.show(f"{found[0][0]} ")

    def _stop(self) -> None:
        if not self._offer("escape"):
            self.talk.stop()

    def _interrupt(self) -> None:
        if selected := self.screen.get_selected_text():
            self.copy_to_clipboard(selected)
            self.screen.clear_selection()
        elif self.talk.is_under_way:
            self.talk.stop()
        elif self._now() < self._tip_until_s and self._tip == self._leaving:
            self.leave()
        else:
            self._composer.text = ""
            self.tell(self._leaving)

    @property
    def _leaving(self) -> str:
        return f"{key_of(self.house, 'interrupt')} again leaves"

    def _toggle_details(self) -> None:
        self._history.show_details(are_shown=not self._history.with_details)

    def _run_command(self, text: str) -> None:
        found = called(text)
        if found is None:
            told = f"there is no command {clean_line(text.split()[0])}"
            self.put(Note(mark="!", text=told, ink="warn", hint="/help lists them"))
            return
        command, rest = found
        self._when_open(lambda: command.does(self, rest))

    # What commands and panels may ask for.

    def show(self, panel: Panel | None) -> None:
        self._panel = panel
        self.look()

    def toggle(self, kind: type[Panel], made: Callable[[], Panel]) -> None:
        self.show(None if isinstance(self._panel, kind) else made())

    def put(self, item: Item) -> None:
        self.talk.story.add(item)
        self._history.to_end()
        self.look()

    def tell(self, tip: str) -> None:
        self._tip, self._tip_until_s = tip, self._now() + TIP_S
        self.look()

    def write(self, text: str) -> None:
        self._composer.show(text)

    def copy(self, text: str) -> None:
        self.copy_to_clipboard(text)

    def work(self, what: Coroutine[object, object, None]) -> None:
        self.run_worker(what)

    @contextmanager
    def aside(self) -> Generator[None]:
        with self.suspend():
            yield

    def dress(self, theme: ThemeName) -> None:
        self.theme = theme

    def leave(self) -> None:
        self.exit(Left(session=self.talk.session))

    def _now(self) -> float:
        return self.house.clock.monotonic()
