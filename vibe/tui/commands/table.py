"""The one table of slash commands: completion, help and what they do are made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from vibe.tui.chat import Chat
from vibe.tui.commands.looks import set_theme
from vibe.tui.commands.pool import list_models, tell_cost, toggle_pool
from vibe.tui.commands.talk import begin_anew, clear_screen, copy_answer, set_mode
from vibe.tui.keys import KEYS
from vibe.tui.panels.help import HelpPanel


class Command(Struct, frozen=True, kw_only=True):
    """`takes` names what may follow it; `does` gets that."""

    name: str
    help: str
    does: Callable[[Chat, str], None]
    takes: tuple[str, ...] = ()


def toggle_help(chat: Chat, _: str = "") -> None:
    told = tuple((each.name, each.help) for each in COMMANDS)
    changed = chat.house.changed_keys
    chat.toggle(
        HelpPanel, lambda: HelpPanel(lambda: chat.show(None), keys=KEYS, changed=changed, told=told)
    )


COMMANDS: Final = (
    Command(name="help", help="keys and commands", does=toggle_help),
    Command(name="mux", help="the pool, live", does=toggle_pool),
    Command(name="model", help="the models of the pool", does=list_models),
    Command(name="cost", help="what this session cost", does=tell_cost),
    Command(name="copy", help="copy the last answer", does=copy_answer),
    Command(
        name="approve",
        help="what is done without asking",
        does=set_mode,
        takes=("plan", "ask", "edits", "auto"),
    ),
    Command(name="theme", help="the colours", does=set_theme, takes=("dark", "light", "ansi")),
    Command(name="clear", help="empty the screen; the conversation goes on", does=clear_screen),
    Command(name="new", help="a new conversation", does=begin_anew),
    Command(name="exit", help="leave", does=lambda chat, _: chat.leave()),
)


def is_command(text: str) -> bool:
    """A path such as /etc/hosts is none."""
    word, *_ = text.split(maxsplit=1) or [""]
    return word.startswith("/") and "/" not in word[1:] and "\n" not in text


def called(text: str) -> tuple[Command, str] | None:
    """The command that is meant, and what follows its name. None: there is no such command."""
    word, _, rest = text.strip().removeprefix("/").partition(" ")
    found = next((each for each in COMMANDS if each.name == word), None)
    return None if found is None else (found, rest.strip())


def completions(text: str) -> tuple[tuple[str, str], ...]:
    """What could be meant, as the text would be then, and a word about it."""
    if not text.startswith("/") or "\n" in text:
        return ()
    word, space, rest = text.removeprefix("/").partition(" ")
    if not space:
        found = (each for each in COMMANDS if each.name.startswith(word))
        return tuple((f"/{each.name}", each.help) for each in found)
    command = next((each for each in COMMANDS if each.name == word), None)
    takes = command.takes if command else ()
    return tuple((f"/{word} {each}", "") for each in takes if each.startswith(rest))
