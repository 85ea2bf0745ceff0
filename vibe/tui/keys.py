"""Keys as the person has them, and as they are written on a screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vibe.domain.keys import KEYS as KEYS
from vibe.domain.keys import Key as Key
from vibe.domain.keys import split

# What these do is about what is typed in the composer.
WRITING: Final = frozenset({"send", "newline", "older", "newer", "complete", "undo", "redo"})
_SHOWN: Final[Mapping[str, str]] = {
    "enter": "↵",
    "alt+enter": "⌥↵",
    "escape": "esc",
    "escape escape": "esc esc",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "end": "End",
    "home": "Home",
    "up": "↑",
    "down": "↓",
    "ctrl+underscore": "ctrl+_",
}


def keys_of(name: str, changed: Mapping[str, str]) -> tuple[str, ...]:
    """As the person has them: without those that now do something else."""
    actions = bound(changed)
    return tuple(key for key in _wanted(name, changed) if actions[key] == name)


def bound(changed: Mapping[str, str]) -> dict[str, str]:
    """The action of each key; one that was changed takes a key from one that was not."""
    names = sorted((key.name for key in KEYS), key=lambda name: name in changed)
    return {key: name for name in names for key in _wanted(name, changed)}


def _wanted(name: str, changed: Mapping[str, str]) -> tuple[str, ...]:
    if name in changed:
        return split(changed[name])
    return next(key.keys for key in KEYS if key.name == name)


def shown(key: str) -> str:
    """As keys are written on a screen."""
    if key in _SHOWN:
        return _SHOWN[key]
    return key.upper() if key.startswith("f") and key[1:].isdigit() else key
