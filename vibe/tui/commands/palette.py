"""The command of the palette: commands, keys, models and conversations, each as a choice."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from vibe.clean import clean_line
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside, shelf_of
from vibe.tui.commands.models import pick_model
from vibe.tui.commands.sessions import resume
from vibe.tui.keys import KEYS, WRITING, keys_of, shown
from vibe.tui.panels.models import offered_by
from vibe.tui.panels.palette import Choice, Palette

if TYPE_CHECKING:
    from vibe.session.summary import Summary

NAME: Final = "palette"
# These are about what is typed, or about where one looks.
ONLY_KEYS: Final = WRITING | {"stop", "interrupt", "page_up", "page_down"}


def show_palette(chat: Chat, _: str = "") -> None:
    """The conversations are looked for while it is shown already."""
    choices = (*_commands(chat), *_keys(chat), *_models(chat))
    panel = Palette(choices, close=lambda: chat.show(None))
    chat.toggle(Palette, lambda: panel)
    if chat.house.shelf is not None:
        beside(chat, _sessions_too(chat, panel))


def _commands(chat: Chat) -> Iterator[Choice]:
    from vibe.tui.commands.table import commands  # which knows this one

    keys = {key.runs: key.name for key in KEYS if key.runs}
    for each in commands(chat):
        if each.name != NAME:
            yield Choice(
                name=f"/{each.name}",
                does=clean_line(each.help),
                key=_key(chat, keys[each.name]) if each.name in keys else "",
                act=partial(each.does, chat, ""),
            )


def _keys(chat: Chat) -> Iterator[Choice]:
    for key in KEYS:
        if not key.runs and key.name not in ONLY_KEYS:
            yield Choice(
                name=key.name.replace("_", " "),
                does=key.does,
                key=_key(chat, key.name),
                act=partial(chat.do, key.name),
            )


def _key(chat: Chat, name: str) -> str:
    return shown(next(iter(keys_of(name, chat.house.changed_keys)), ""))


def _models(chat: Chat) -> Iterator[Choice]:
    desk = chat.talk.desk
    yield Choice(name="use auto", does="the pool answers", act=partial(pick_model, chat, "auto"))
    for each in offered_by(desk.mux.snapshot(), desk.catalogue.models):
        yield Choice(
            name=f"use {clean_line(each.alias)}",
            does=f"model of {clean_line(each.provider)}" if each.provider else "model",
            act=partial(pick_model, chat, each.alias),
        )


async def _sessions_too(chat: Chat, panel: Palette) -> None:
    found = await asyncio.to_thread(shelf_of(chat).all)
    panel.add(_sessions(chat, found))
    chat.look()


def _sessions(chat: Chat, found: tuple[Summary, ...]) -> Iterator[Choice]:
    """Those of this folder."""
    here = str(chat.house.folder.resolve())
    for each in found:
        if each.folder == here and each.title and each.session != chat.talk.session:
            turns = f"{each.turns} turn{'s' * (each.turns != 1)}"
            yield Choice(
                name=f"go on with {clean_line(each.title)}",
                does=turns,
                act=partial(resume, chat, each.session),
            )
