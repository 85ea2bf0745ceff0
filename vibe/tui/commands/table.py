"""The one table of slash commands: completion, help and what they do are made of it.

What a command does it asks of the `Chat`, which knows the screen and the session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from msgspec import Struct


class Chat(Protocol):
    """What commands may ask for."""

    def toggle_help(self) -> None: ...

    def toggle_pool(self) -> None: ...

    def list_models(self) -> None: ...

    def tell_cost(self) -> None: ...

    def copy_answer(self) -> None: ...

    def clear_screen(self) -> None: ...

    def begin_anew(self) -> None: ...

    def set_mode(self, name: str) -> None: ...

    def set_theme(self, name: str) -> None: ...

    def leave(self) -> None: ...


class Command(Struct, frozen=True, kw_only=True):
    """`takes` names what may follow it; `does` gets that."""

    name: str
    help: str
    does: Callable[[Chat, str], None]
    takes: tuple[str, ...] = ()


COMMANDS: Final = (
    Command(name="help", help="keys and commands", does=lambda chat, _: chat.toggle_help()),
    Command(name="mux", help="the pool, live", does=lambda chat, _: chat.toggle_pool()),
    Command(name="model", help="the models of the pool", does=lambda chat, _: chat.list_models()),
    Command(name="cost", help="what this session cost", does=lambda chat, _: chat.tell_cost()),
    Command(name="copy", help="copy the last answer", does=lambda chat, _: chat.copy_answer()),
    Command(
        name="approve",
        help="what is done without asking",
        does=lambda chat, mode: chat.set_mode(mode),
        takes=("plan", "ask", "edits", "auto"),
    ),
    Command(
        name="theme",
        help="the colours",
        does=lambda chat, name: chat.set_theme(name),
        takes=("dark", "light", "ansi"),
    ),
    Command(
        name="clear",
        help="empty the screen; the conversation goes on",
        does=lambda chat, _: chat.clear_screen(),
    ),
    Command(name="new", help="a new conversation", does=lambda chat, _: chat.begin_anew()),
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
