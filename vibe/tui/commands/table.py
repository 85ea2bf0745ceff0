"""The one table of slash commands: completion, help and what they do are made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from vibe.tui.chat import Chat
from vibe.tui.commands import files, keeping, sessions, turns, views
from vibe.tui.commands.config import edit_config
from vibe.tui.commands.looks import set_theme
from vibe.tui.commands.models import names, pick_model
from vibe.tui.commands.outside import run_outside
from vibe.tui.commands.palette import show_palette
from vibe.tui.commands.pool import toggle_pool
from vibe.tui.commands.talk import clear_screen, plan, set_mode
from vibe.tui.commands.typed import edit_aside, list_keys, search_sent
from vibe.tui.keys import KEYS
from vibe.tui.panels.help import HelpPanel
from vibe.tui.typing.custom import Custom


class Command(Struct, frozen=True, kw_only=True):
    """`takes` names what may follow it; `does` gets that. `needs_screen`: it means nothing where
    the chat is told line by line."""

    name: str
    help: str
    does: Callable[[Chat, str], None]
    takes: tuple[str, ...] | Callable[[Chat], tuple[str, ...]] = ()
    needs_screen: bool = False


def toggle_help(chat: Chat, _: str = "") -> None:
    told = tuple((each.name, each.help) for each in commands(chat))
    changed = chat.house.changed_keys
    chat.toggle(
        HelpPanel, lambda: HelpPanel(lambda: chat.show(None), keys=KEYS, changed=changed, told=told)
    )


COMMANDS: Final = (
    Command(name="help", help="keys and commands", does=toggle_help),
    Command(
        name="mux",
        help="the pool, live; why: who answered, and why",
        does=toggle_pool,
        takes=("why",),
    ),
    Command(name="model", help="use another model, or the pool", does=pick_model, takes=names),
    Command(
        name="config", help="the configuration, as a form", does=edit_config, takes=("project",)
    ),
    Command(name="cost", help="what was spent, here and today", does=views.show_costs),
    Command(name="context", help="what fills the window", does=views.show_context),
    Command(name="compact", help="sum up what was said; say what to keep", does=turns.compact),
    Command(name="diff", help="what changed in files", does=files.show_changes),
    Command(
        name="outside",
        help="run what failed outside the sandbox",
        does=run_outside,
    ),
    Command(name="undo", help="the files as before the last turn", does=files.undo),
    Command(name="rewind", help="go back to an earlier message", does=files.rewind),
    Command(name="fork", help="go on in a copy, from here or after a turn", does=sessions.fork),
    Command(name="resume", help="go on with an earlier conversation", does=sessions.resume),
    Command(name="sessions", help="all conversations", does=sessions.resume),
    Command(name="copy", help="copy the last answer, or a block of it", does=keeping.copy),
    Command(name="export", help="write it down as Markdown", does=keeping.export),
    Command(name="plan", help="only read, and make a plan", does=plan),
    Command(
        name="approve",
        help="what is done without asking",
        does=set_mode,
        takes=("plan", "ask", "edits", "auto"),
    ),
    Command(
        name="theme",
        help="the colours",
        does=set_theme,
        takes=("dark", "light", "ansi"),
        needs_screen=True,
    ),
    Command(
        name="clear",
        help="empty the screen; the conversation goes on",
        does=clear_screen,
        needs_screen=True,
    ),
    Command(name="new", help="a new conversation", does=sessions.begin_anew),
    Command(name="init", help="have AGENTS.md written", does=turns.write_instructions),
    Command(name="log", help="where the log is, and its end", does=views.show_log),
    Command(name="doctor", help="what this machine offers", does=views.show_doctor),
    Command(
        name="history", help="search what you sent before", does=search_sent, needs_screen=True
    ),
    Command(name="edit", help="write in your own editor", does=edit_aside),
    Command(name="palette", help="whatever can be done", does=show_palette, needs_screen=True),
    Command(name="keys", help="all keys, and which you changed", does=list_keys, needs_screen=True),
    Command(name="exit", help="leave", does=lambda chat, _: chat.leave()),
)


def is_command(text: str) -> bool:
    """A path such as /etc/hosts is none."""
    word, *_ = text.split(maxsplit=1) or [""]
    return word.startswith("/") and "/" not in word[1:] and "\n" not in text


def commands(chat: Chat) -> Iterator[Command]:
    """The chat's own, and those that were brought."""
    yield from COMMANDS
    yield from map(_of_custom, chat.customs)


def called(text: str, chat: Chat) -> tuple[Command, str] | None:
    """The command that is meant, and what follows its name. None: there is no such command."""
    word, _, rest = text.strip().removeprefix("/").partition(" ")
    found = next((each for each in commands(chat) if each.name == word), None)
    return None if found is None else (found, rest.strip())


def taken_by(chat: Chat, name: str) -> tuple[str, ...]:
    """What may follow a command."""
    command = next((each for each in commands(chat) if each.name == name), None)
    if command is None:
        return ()
    return command.takes(chat) if callable(command.takes) else command.takes


def _of_custom(custom: Custom) -> Command:
    return Command(
        name=custom.name,
        help=custom.help,
        does=lambda chat, rest: chat.say(custom.prompt(rest)),
    )
