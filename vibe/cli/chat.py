"""`vibe` on a terminal: pool, session and agent put together, and the chat over them."""

from __future__ import annotations

import asyncio
import gc
import importlib
import io
import os
import signal
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.cli.flags import loaded_by
from vibe.cli.fronts import has_shades
from vibe.cli.prompt_pool import loaded_for
from vibe.cli.terminal import Terminal
from vibe.clock import SystemClock
from vibe.errors import ExitCode, VibeError

if TYPE_CHECKING:
    from vibe.cli.chat_desk import Opened
    from vibe.cli.context import Cli
    from vibe.cli.flags import Flags
    from vibe.cli.fronts import Front
    from vibe.config.load import Loaded
    from vibe.tui.chat import Chat
    from vibe.tui.desk import Desk, House, Left
    from vibe.tui.panels.config_editor import Workbench

Show: TypeAlias = Callable[["House"], Awaitable["Left"]]
ASKED: Final = ("vibe.cli.chat_steps",)
# What is typed and said first needs these, but not the first paint.
NEEDED: Final = ("vibe.cli.chat_desk", "vibe.tui.commands.table", "vibe.tui.history.past")
TERMINAL: Final = (
    "TERM", "TERM_PROGRAM", "TMUX", "STY", "SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT", "DISPLAY",
    "WAYLAND_DISPLAY", "PATH", "NO_COLOR",
)  # fmt: skip
DEMO: Final = ("vibe.testing.demo", "vibe.testing.fault_server")


class Wish(Struct, frozen=True, kw_only=True):
    """How the chat is to begin: with what `said` is, where it is not ""."""

    flags: Flags
    loaded: Loaded
    said: str
    front: Front


def chat(cli: Cli, flags: Flags, *, said: str, front: Front) -> ExitCode:
    gc.disable()  # until all is imported: to look through so much would stop the screen
    try:
        wish = Wish(flags=flags, loaded=loaded_by(cli, flags), said=said, front=front)
        left = _on_screen(cli, wish) if front == "screen" else _line_by_line(cli, wish)
    finally:
        gc.enable()
    if left.unsent:
        waited = "1 message was" if left.unsent == 1 else f"{left.unsent} messages were"
        told = f"{waited} still waiting and told to no model; ↑ brings what you sent back"
        cli.terminal.talk(cli.terminal.talk_paint(told))
    if left.session and _is_kept(cli, left.session):
        cli.terminal.talk(cli.terminal.talk_paint(f"to go on: vibe --resume {left.session}"))
    if left.ended_by is not None:
        signal.raise_signal(left.ended_by)
    return ExitCode.FINISHED


def _is_kept(cli: Cli, session: str) -> bool:
    from vibe.cli.chat_records import shelf
    from vibe.session.record import SessionId

    return shelf(cli).has(SessionId(session))


def _on_screen(cli: Cli, wish: Wish) -> Left:
    async def show(house: House) -> Left:
        from vibe.tui.run import run_chat

        return await run_chat(house)

    return asyncio.run(_held(cli, wish, show))


def _line_by_line(cli: Cli, wish: Wish) -> Left:
    from vibe.plain.keyboard import Keyboard
    from vibe.plain.run import run_plain

    terminal, stdout = cli.terminal, cli.world.stdout
    keyboard = Keyboard(cli.world.stdin, stdout)

    def write(text: str) -> None:
        with suppress(VibeError):  # the terminal is gone: nobody is left to be told
            terminal.stream(text)

    def width() -> int:
        return os.get_terminal_size(stdout.fileno()).columns

    async def show(house: House) -> Left:
        return await run_plain(house, keyboard, write=write, width=width)

    return keyboard.beside(lambda: _held(cli, wish, show))


async def _held(cli: Cli, wish: Wish, show: Show) -> Left:
    aside = _Aside()
    terminal, cli.terminal = cli.terminal, _beside(cli, aside)
    try:
        async with AsyncExitStack() as stack:
            return await show(_house(cli, wish, stack, aside))
    finally:
        cli.terminal = terminal


def _house(cli: Cli, wish: Wish, stack: AsyncExitStack, aside: _Aside) -> House:
    """What is not needed for the first paint is imported and opened after it, on `stack`."""
    from vibe.cli.chat_records import diagnosis, shelf, spent_today
    from vibe.cli.chat_typing import customs, edit, revise
    from vibe.domain.model import Alias
    from vibe.tui.clipboard import Clipboard
    from vibe.tui.desk import House, Outlook
    from vibe.tui.typing.kept import Kept

    flags, settings = wish.flags, wish.loaded.settings
    terminal = {name: cli.world.env[name] for name in TERMINAL if name in cli.world.env}
    opening: asyncio.Task[Opened] | None = None

    def reloaded() -> Loaded:
        return loaded_for(cli, flags.model, allow_missing_keys=flags.allow_missing_keys)

    def bench(chat: Chat, which: str) -> Workbench:
        from vibe.cli.chat_config import workbench

        return workbench(cli, chat, is_project=which == "project", reload=reloaded)

    async def prepare(chat: Chat) -> None:
        nonlocal wish
        await asyncio.to_thread(_import_all, ASKED)
        from vibe.cli.chat_steps import asked

        await asked(cli, chat)
        wish = replace(wish, loaded=reloaded())  # what was answered may have changed it

    async def begin(session: str | None) -> Desk:
        nonlocal opening
        await asyncio.to_thread(_import_all, NEEDED if settings.models else (*NEEDED, *DEMO))
        from vibe.cli.chat_desk import desk_of, opened

        if opening is None:
            opening = asyncio.create_task(opened(cli, wish, stack, told=aside.write))
        desk = await desk_of(cli, await opening, session, told=aside.write)
        if not gc.isenabled():
            gc.freeze()
            gc.enable()
        return desk

    return House(
        begin=begin,
        folder=cli.world.cwd,
        home=cli.world.home,
        clock=SystemClock(),
        hour=lambda at: datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S"),
        outlook=Outlook(
            mode=settings.multiplexer.mode if settings.multiplexer.enabled else "single",
            alias=Alias(settings.active_model or ""),
            approval=flags.approve.value if flags.approve else settings.permissions.mode,
        ),
        resume=flags.session,
        said=wish.said,
        steps=(prepare,),
        workbench=bench,
        shelf=lambda: shelf(cli),
        today=lambda: spent_today(cli),
        doctor=lambda: diagnosis(cli),
        log=cli.log_file or cli.folders().log,
        news=aside.take,
        redactor=cli.terminal.redactor,
        kept=Kept(cli.folders().history, redact=cli.terminal.redactor.redact),
        unsent=cli.folders().unsent,
        edit=partial(edit, cli=cli),
        revise=partial(revise, cli=cli),
        customs=partial(customs, cli),
        theme=settings.ui.theme if has_shades(cli.world.env) else "ansi",
        changed_keys=settings.ui.keys,
        clipboard=Clipboard(env=terminal, platform=cli.world.platform),
        env=terminal,
    )


def _import_all(names: tuple[str, ...]) -> None:
    """In a thread, while the screen is there already."""
    for name in names:
        importlib.import_module(name)


class _Aside(io.StringIO):
    """What would go to stderr, which is the screen of the chat: told in it instead. Threads write
    to it, too."""

    def __init__(self) -> None:
        super().__init__()
        self._written: deque[str] = deque()

    def write(self, text: str, /) -> int:
        self._written.append(text)
        return len(text)

    def take(self) -> tuple[str, ...]:
        written = "".join(self._written.popleft() for _ in range(len(self._written)))
        return tuple(row for row in written.split("\n") if row.strip())


def _beside(cli: Cli, aside: _Aside) -> Terminal:
    """A terminal that knows the same secrets."""
    beside = Terminal(replace(cli.world, stderr=aside))
    beside.redactor = cli.terminal.redactor
    return beside
