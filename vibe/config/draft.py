"""A configuration file while it is edited: its text, what the disk held, and the way back.

Values in, text out: which problems a text has, load.py says, and what there is to edit in it,
form.py. Nothing reaches the disk but by `save`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path as File

from msgspec import Struct
from msgspec.structs import replace

from vibe.config.cut import without
from vibe.config.decode import Table
from vibe.config.edit import changed_text, with_value
from vibe.config.fields import Setting
from vibe.config.keypath import children_of
from vibe.config.problem import Problem, apply
from vibe.config.scan import Path
from vibe.config.write import rewrite
from vibe.errors import UsageError, VibeError

POOL: Path = ("multiplexer", "pool")
_MARK = "\ufeff"  # before the text, where an editor of Windows wrote it


class Draft(Struct, frozen=True, kw_only=True):
    """`saved` is what the disk held when it was read or written, None where there was no file.
    `past` are the texts that undoing leads back to, the last one first to come."""

    text: str
    saved: bytes | None
    past: tuple[str, ...] = ()

    @property
    def is_unsaved(self) -> bool:
        return self.text != _text_of(self.saved)

    @property
    def values(self) -> Table | None:
        """What it says; None while it is not TOML."""
        try:
            return tomllib.loads(self.text)
        except (ValueError, RecursionError):
            return None


class Moved(VibeError):
    """The file is no longer what was read: somebody else has written it, and nothing was saved."""


def opened(content: bytes | None) -> Draft:
    return Draft(text=_text_of(content), saved=content)


def rewritten(draft: Draft, text: str, *, joins: bool = False) -> Draft:
    """With this text; `joins` the step before it, so that both are undone together."""
    if text == draft.text:
        return draft
    return replace(draft, text=text, past=draft.past if joins else (*draft.past, draft.text))


def edited(draft: Draft, path: Path, value: Setting, *, joins: bool = False) -> Draft:
    return rewritten(draft, with_value(draft.text, path, value), joins=joins)


def removed(draft: Draft, path: Path) -> Draft:
    """Without the setting, which then has its default, or without the item of a list."""
    return rewritten(draft, without(draft.text, path))


def added(draft: Draft, path: Path) -> tuple[Draft, Path]:
    """With one item more in the list at `path`, and which that is."""
    values = draft.values or {}
    here = (*path, len(_items(values, path)))
    text = draft.text
    for name, value in _first_settings(values, path):
        text = with_value(text, (*here, name), value)
    return rewritten(draft, text), here


def mended(draft: Draft, problem: Problem) -> Draft:
    """With the correction that the problem proposes."""
    return rewritten(draft, apply(draft.text, problem.edits))


def undone(draft: Draft) -> Draft:
    if not draft.past:
        return draft
    return replace(draft, text=draft.past[-1], past=draft.past[:-1])


def save(draft: Draft, file: File, *, over: bool = False) -> Draft:
    """Onto the disk, `over` whatever it holds by now; raises `Moved` where that is something else
    than was read."""
    new = b""

    def change(old: bytes | None) -> bytes:
        nonlocal new
        if not over and old != draft.saved:
            raise Moved(f"{file} was changed meanwhile by somebody else; nothing was saved")
        new = changed_text(draft.saved, lambda _: draft.text, file=file)
        return new

    rewrite(file, change)
    return replace(draft, saved=new)


def models_in(values: Table) -> tuple[str, ...]:
    """The aliases of the models of a file, those that are texts."""
    items = _items(values, ("models",))
    return _texts(item.get("alias") or item.get("name") for item in items)


def providers_in(values: Table) -> tuple[str, ...]:
    return _texts(item.get("name") for item in _items(values, ("providers",)))


def _first_settings(values: Table, path: Path) -> tuple[tuple[str, Setting], ...]:
    """What an item has to have, with the most likely value where there is one."""
    if path == POOL:
        pooled = {item.get("model") for item in _items(values, POOL)}
        free = [each for each in models_in(values) if each not in pooled]
        return (("model", free[0] if free else ""),)
    if path == ("models",):
        owners = providers_in(values)
        return ("name", ""), ("provider", owners[-1] if owners else "")
    return ("name", ""), ("api_base", ""), ("api_key_env_var", "")


def _items(values: Table, path: Path) -> list[dict[str | int, object]]:
    found: object = values
    for step in path:
        found = children_of(found).get(step)
    return [children_of(each) for each in children_of(found).values()]


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(each for each in values if isinstance(each, str) and each)


def _text_of(content: bytes | None) -> str:
    try:
        return (content or b"").decode().removeprefix(_MARK)
    except UnicodeDecodeError as error:
        raise UsageError(
            "the file is not UTF-8, so it cannot be edited here",
            hint="see what is wrong with it: vibe config validate",
        ) from error
