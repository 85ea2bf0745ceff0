"""The one table of keys: bindings, help and the hints of the last line are made of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

_SHOWN: Final[Mapping[str, str]] = {
    "enter": "↵",
    "alt+enter": "⌥↵",
    "escape": "esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "end": "End",
    "home": "Home",
    "up": "↑",
    "down": "↓",
}


class Key(Struct, frozen=True, kw_only=True):
    """`name` is what `[ui.keys]` calls it, and the action that it stands for: the slash command
    `runs`, if there is one."""

    name: str
    keys: tuple[str, ...]
    does: str
    runs: str = ""


KEYS: Final = (
    Key(name="send", keys=("enter",), does="send"),
    Key(name="newline", keys=("alt+enter", "ctrl+j", "shift+enter"), does="new line"),
    Key(name="older", keys=("up",), does="an earlier message, from the first line"),
    Key(name="newer", keys=("down",), does="a later message, from the last line"),
    Key(name="complete", keys=("tab",), does="complete a command"),
    Key(name="stop", keys=("escape",), does="stop the turn, close a panel"),
    Key(name="interrupt", keys=("ctrl+c",), does="copy what is selected, stop; twice to leave"),
    Key(name="leave", keys=("ctrl+d",), does="leave, when nothing is typed"),
    Key(name="suspend", keys=("ctrl+z",), does="put vibe aside; fg brings it back"),
    Key(name="mode", keys=("shift+tab",), does="what is asked about: plan, ask, edits, auto"),
    Key(name="details", keys=("ctrl+o",), does="what calls brought, or not"),
    Key(name="copy", keys=("ctrl+y",), does="copy the last answer", runs="copy"),
    Key(name="page_up", keys=("pageup",), does="scroll up"),
    Key(name="page_down", keys=("pagedown",), does="scroll down"),
    Key(name="to_start", keys=("ctrl+home",), does="the beginning of the conversation"),
    Key(name="to_end", keys=("end", "ctrl+end"), does="its end, when it is scrolled away"),
    Key(name="help", keys=("f1",), does="these keys, and the commands", runs="help"),
    Key(
        name="mux",
        keys=("f2",),
        does="the pool: who answers, who rests, what it costs",
        runs="mux",
    ),
)


def keys_of(name: str, changed: Mapping[str, str]) -> tuple[str, ...]:
    """As the person has them."""
    if name in changed:
        return tuple(key.strip() for key in changed[name].split(","))
    return next(key.keys for key in KEYS if key.name == name)


def shown(key: str) -> str:
    """As keys are written on a screen."""
    if key in _SHOWN:
        return _SHOWN[key]
    return key.upper() if key.startswith("f") and key[1:].isdigit() else key
