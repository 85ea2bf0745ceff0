"""The command about models: another for this session, for every later one, or just tried out."""

from __future__ import annotations

from vibe.clean import clean_line
from vibe.domain.model import Alias
from vibe.errors import UsageError
from vibe.tui.catalogue import Offered, Trial
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside
from vibe.tui.commands.pool import write_down
from vibe.tui.draw.ink import line
from vibe.tui.panels.models import model_rows, offered_by
from vibe.tui.panels.picker import Act, Picker


def names(chat: Chat) -> tuple[str, ...]:
    desk = chat.talk.desk
    offered = offered_by(desk.mux.snapshot(), desk.catalogue.models)
    return ("auto", *(each.alias for each in offered))


def pick_model(chat: Chat, rest: str = "") -> None:
    if rest:
        _use(chat, None if rest == "auto" else Alias(rest))
    else:
        chat.toggle(Picker, lambda: _picker(chat))


def _picker(chat: Chat) -> Picker[Alias | None]:
    desk = chat.talk.desk
    trials: dict[Alias, Trial | None] = {}

    def offered() -> tuple[Offered, ...]:
        return offered_by(desk.mux.snapshot(), desk.catalogue.models)

    def test(alias: Alias | None) -> None:
        if alias is not None:
            beside(chat, _tested(chat, alias, trials))

    def save(alias: Alias | None) -> None:
        if alias is not None:
            beside(chat, write_down(chat, {"active_model": alias}))

    pinned = desk.mux.wishes.pinned
    aliases = [None, *(each.alias for each in offered())]
    return Picker(
        lambda: line("Model", "strong"),
        lambda room: model_rows(desk.mux.snapshot(), offered(), trials, room),
        chosen=lambda alias: _use(chat, alias),
        close=lambda: chat.show(None),
        does="use for this session",
        acts=(
            Act(key="ctrl+s", does="save as active_model", act=save),
            Act(key="ctrl+t", does="test", act=test),
        ),
        at=aliases.index(pinned),
    )


def _use(chat: Chat, alias: Alias | None) -> None:
    """All requests go to it from now on; to the pool again, if it is None."""
    desk = chat.talk.desk
    mux, member = desk.mux, desk.catalogue.member
    if alias is None:
        mux.wish(mux.wishes.pin(None))
        chat.show(None)
        chat.tell("the pool answers")
        return
    offered = offered_by(mux.snapshot(), desk.catalogue.models)
    model = next((each for each in offered if each.alias == alias), None)
    name = clean_line(alias)
    if model is None:
        chat.tell(f"there is no model {name}")
    elif model.trouble:
        chat.tell(f"{name} cannot be asked: {clean_line(model.trouble)}")
    else:
        is_guest = all(each.entry.alias != alias for each in mux.members)
        guest = member(alias) if is_guest and member else None
        mux.wish(mux.wishes.pin(alias), guest=guest)
        chat.show(None)
        chat.tell(f"{name} answers in this session; /model auto goes back")


async def _tested(chat: Chat, alias: Alias, trials: dict[Alias, Trial | None]) -> None:
    try_out = chat.talk.desk.catalogue.try_out
    if try_out is None:
        raise UsageError("it is in no configuration, and can only be tried by a message")
    trials[alias] = None
    chat.look()
    trials[alias] = await try_out(alias)
    chat.look()
