"""The one table of the chat's keys: bindings, help, `[ui.keys]` and its checks are made of it.

A key is named as Textual names it. Who does what an action says is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

# What people call a key by, and its name.
_CALLED: Final[Mapping[str, str]] = {
    "esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup",
    "page_up": "pageup", "pgdn": "pagedown", "pgdown": "pagedown", "page_down": "pagedown",
    "control": "ctrl", "option": "alt", "meta": "alt", "_": "underscore", "/": "slash",
    "\\": "backslash", "]": "right_square_bracket", "^": "circumflex_accent", "-": "minus",
    ".": "full_stop", "@": "at", "?": "question_mark",
}  # fmt: skip
MODIFIERS: Final = ("alt", "ctrl", "shift", "super")
NAMES: Final = (
    "enter", "tab", "escape", "space", "backspace", "delete", "insert", "up", "down", "left",
    "right", "home", "end", "pageup", "pagedown", *(f"f{number}" for number in range(1, 25)),
)  # fmt: skip
_SIGNS: Final = (
    "underscore", "slash", "backslash", "right_square_bracket", "circumflex_accent", "minus",
    "plus", "comma", "full_stop", "semicolon", "at", "question_mark",
)  # fmt: skip
_LETTER: Final = re.compile(r"[a-z0-9]")
_PLUS: Final = re.compile(r"\+(?=.)")


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
    Key(name="complete", keys=("tab",), does="complete a command, an alias or a file"),
    Key(name="palette", keys=("ctrl+p",), does="whatever can be done", runs="palette"),
    Key(name="search", keys=("ctrl+r",), does="search what you sent before", runs="history"),
    Key(name="editor", keys=("ctrl+g",), does="write in your own editor", runs="edit"),
    Key(name="undo", keys=("ctrl+underscore", "alt+z"), does="undo what was typed"),
    Key(name="redo", keys=("alt+shift+z",), does="redo it"),
    Key(name="stop", keys=("escape",), does="stop the turn, close a panel"),
    Key(name="interrupt", keys=("ctrl+c",), does="copy a selection, stop; twice to leave"),
    Key(name="leave", keys=("ctrl+d",), does="leave, when nothing is typed"),
    Key(name="suspend", keys=("ctrl+z",), does="put vibe aside; fg brings it back"),
    Key(name="mode", keys=("shift+tab",), does="what is asked: plan, ask, edits, auto"),
    Key(name="details", keys=("ctrl+o",), does="what calls brought, or not"),
    Key(name="mouse", keys=("f8",), does="give the terminal the mouse, and back"),
    Key(name="copy", keys=("ctrl+y",), does="copy the last answer", runs="copy"),
    Key(
        name="outside",
        keys=("alt+o",),
        does="run what failed outside the sandbox",
        runs="outside",
    ),
    Key(name="page_up", keys=("pageup",), does="scroll up"),
    Key(name="page_down", keys=("pagedown",), does="scroll down"),
    Key(name="to_start", keys=("ctrl+home",), does="the beginning of the conversation"),
    Key(name="to_end", keys=("end", "ctrl+end"), does="its end, when it is scrolled away"),
    Key(name="help", keys=("f1",), does="these keys, and the commands", runs="help"),
    Key(
        name="rewind",
        keys=("escape escape",),
        does="back to an earlier message, when idle",
        runs="rewind",
    ),
    Key(name="sessions", keys=("f4",), does="earlier conversations", runs="sessions"),
    Key(
        name="mux",
        keys=("f2",),
        does="the pool: who answers, who rests, what it costs",
        runs="mux",
    ),
    Key(name="model", keys=("f3",), does="the models: use another one", runs="model"),
)


def canonical(key: str) -> str:
    """Its name, however it is called. Of keys that follow one another, their names."""
    return " ".join(map(_canonical, key.split()))


def is_key(key: str) -> bool:
    """Whether an action can be bound to it: what is only text belongs to the message."""
    return bool(key.strip()) and all(map(_is_key, canonical(key).split()))


def split(keys: str) -> tuple[str, ...]:
    """Several are written with commas; nothing at all is no key."""
    return tuple(canonical(key) for key in keys.split(",") if key.strip())


def _canonical(key: str) -> str:
    words = [_CALLED.get(word, word) for word in _PLUS.split(key.lower())]
    return "+".join((*sorted(words[:-1]), words[-1]))


def _is_key(key: str) -> bool:
    *modifiers, name = key.split("+")
    if not set(modifiers) <= set(MODIFIERS) or len(modifiers) != len(set(modifiers)):
        return False
    if name in NAMES:
        return name != "space" or bool(modifiers)
    is_sign = name in _SIGNS or _LETTER.fullmatch(name) is not None
    return is_sign and not {"ctrl", "alt", "super"}.isdisjoint(modifiers)
