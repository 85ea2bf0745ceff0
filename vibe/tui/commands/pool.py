"""Commands about the pool: who is in it, how they fare, why the last requests went where they did.

What a person wants of it holds for this run of vibe, until it is saved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from vibe.clean import clean_line
from vibe.errors import UsageError
from vibe.mux.mux import Mux
from vibe.mux.snapshot import EntrySnapshot
from vibe.mux.wishes import Wishes
from vibe.tui.catalogue import Setting
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside
from vibe.tui.commands.onlooker import Onlooker
from vibe.tui.history.items import Note
from vibe.tui.panels.attempts import AttemptsPanel
from vibe.tui.panels.pool import PoolPanel
from vibe.tui.reports import reasons

EXPLAINED: Final = 5  # requests, unless another number is said
NO_WEIGHTS: Final = "weights play no part in the mode {}"


def toggle_pool(chat: Chat, rest: str = "") -> None:
    word, _, number = rest.partition(" ")
    if word == "why":
        last = int(number) if number.isdecimal() else EXPLAINED
        chat.put(reasons(_mux(chat).traces[-max(1, last) :], chat.house.hour))
    else:
        chat.toggle(PoolPanel, lambda: _panel(chat))


def _panel(chat: Chat) -> PoolPanel:
    def show_details(entry: EntrySnapshot) -> None:
        mux, hour = _mux(chat), chat.house.hour
        back = partial(chat.show, panel)
        chat.show(AttemptsPanel(entry.alias, lambda: mux.attempts, back, clock=hour))

    acts = {key: partial(act, chat) for key, act in _ACTS.items()}
    panel = PoolPanel(
        lambda: _mux(chat).snapshot(),
        lambda: chat.show(None),
        clock=chat.house.hour,
        acts={"enter": show_details, **acts},
        is_changed=lambda: bool(_mux(chat).wishes.weights or _mux(chat).wishes.out),
        gateway=Onlooker(chat).seen,
    )
    return panel


def _mux(chat: Chat) -> Mux:
    return chat.talk.desk.mux


# What keys do with an entry.


def _pin(chat: Chat, entry: EntrySnapshot) -> None:
    mux, name = _mux(chat), clean_line(entry.alias)
    if entry.trouble:
        chat.tell(f"{name} cannot be asked: {clean_line(entry.trouble)}")
    elif mux.wishes.pinned == entry.alias:
        mux.wish(mux.wishes.pin(None))
        chat.tell("the pool answers again")
    else:
        mux.wish(mux.wishes.pin(entry.alias))
        chat.tell(f"all requests go to {name} until it is unpinned")


def _take_out(chat: Chat, entry: EntrySnapshot) -> None:
    mux, alias = _mux(chat), entry.alias
    others = (each for each in mux.snapshot().entries if each.alias != alias)
    if mux.wishes.pinned:
        chat.tell("not while one is pinned")
    elif alias in mux.wishes.out:
        mux.wish(mux.wishes.put_back(alias))
    elif any(not each.trouble and not each.taken_out for each in others):
        mux.wish(mux.wishes.take_out(alias))
    else:
        chat.tell("nobody would be left")


def _close_circuit(chat: Chat, entry: EntrySnapshot) -> None:
    _mux(chat).close(entry.alias)
    chat.tell(f"{clean_line(entry.alias)} counts as well again")


def _weigh(step: Callable[[int], int], chat: Chat, entry: EntrySnapshot) -> None:
    mux = _mux(chat)
    mode = mux.snapshot().mode
    if mode != "load_balance":
        chat.tell(NO_WEIGHTS.format(mode))
    elif any(each.entry.alias == entry.alias for each in mux.members):
        mux.wish(mux.wishes.weigh(entry.alias, step(entry.weight)))


def heavier(weight: int) -> int:
    """By one up to ten, then in steps that do not take long to get anywhere."""
    return weight + _step(weight)


def lighter(weight: int) -> int:
    return max(min(1, weight), weight - _step(weight - 1))


def _step(weight: int) -> int:
    return 1 if weight < 10 else 5 * 10 ** (len(str(weight)) - 2)


def _copy(chat: Chat, _: EntrySnapshot) -> None:
    beside(chat, _copied(chat))


async def _copied(chat: Chat) -> None:
    status = chat.talk.desk.catalogue.status
    if status is None:
        raise UsageError("vibe mux status tells nothing of this pool: it is in no configuration")
    chat.copy(await asyncio.to_thread(status))
    chat.tell("copied: what vibe mux status --json prints")


# What is written down.


def _save(chat: Chat, _: EntrySnapshot) -> None:
    beside(chat, _saved(chat))


async def _saved(chat: Chat) -> None:
    mux = _mux(chat)
    mode = mux.snapshot().mode
    weights = dict(mux.wishes.weights) | dict.fromkeys(mux.wishes.out, 0)
    if not weights:
        chat.tell("there is nothing to be saved")
        return
    if mode != "load_balance":
        raise UsageError(
            f"{NO_WEIGHTS.format(mode)}, so that none is taken out by its weight",
            hint="take it out of [[multiplexer.pool]]: /config",
        )
    await write_down(
        chat, {f'multiplexer.pool["{alias}"].weight': weight for alias, weight in weights.items()}
    )
    mux.wish(Wishes(pinned=mux.wishes.pinned))


async def write_down(chat: Chat, settings: Mapping[str, Setting]) -> None:
    """Told when it is done; what is in the way is raised."""
    save = chat.talk.desk.catalogue.save
    if save is None:
        raise UsageError("there is no configuration to write it to", hint="vibe config init")
    file = await save(settings)
    told = "  ".join(f"{key} = {each}" for key, each in settings.items())
    chat.put(Note(mark="✓", text=f"saved in {clean_line(file)}", hint=clean_line(told)))


_ACTS: Final[Mapping[str, Callable[[Chat, EntrySnapshot], None]]] = {
    "p": _pin,
    "x": _take_out,
    "r": _close_circuit,
    "plus": partial(_weigh, heavier),
    "equals_sign": partial(_weigh, heavier),  # the same key, without shift
    "minus": partial(_weigh, lighter),
    "c": _copy,
    "s": _save,
}
