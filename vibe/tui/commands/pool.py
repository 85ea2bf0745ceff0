"""Commands about the pool: who is in it, how they fare, what they cost."""

from __future__ import annotations

from vibe.tui.chat import Chat
from vibe.tui.panels.pool import PoolPanel
from vibe.tui.reports import costs, models


def toggle_pool(chat: Chat, _: str = "") -> None:
    snapshot, house = chat.talk.desk.mux.snapshot, chat.house
    chat.toggle(PoolPanel, lambda: PoolPanel(snapshot, lambda: chat.show(None), clock=house.hour))


def list_models(chat: Chat, _: str = "") -> None:
    chat.put(models(chat.talk.desk.mux.snapshot()))


def tell_cost(chat: Chat, _: str = "") -> None:
    chat.put(costs(chat.talk.desk.agent.session.transcript.spent))
