"""The pool of a running `vibe serve` as a chat sees it: asked now and then, and never changed."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Final

from vibe.mux.snapshot import MuxSnapshot
from vibe.tui.chat import Chat

LOOKS_S: Final = 1.0  # between two questions


class Onlooker:
    """`seen` is what was told last. It is asked anew while somebody looks, one question at a time:
    from `_due_s` on, which is never while one is open."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._told: MuxSnapshot | None = None
        self._due_s = -inf

    def seen(self) -> MuxSnapshot | None:
        if asyncio.get_running_loop().time() >= self._due_s:
            self._due_s = inf
            self._chat.work(self._ask())
        return self._told

    async def _ask(self) -> None:
        gateway = self._chat.talk.desk.catalogue.gateway
        told = await asyncio.to_thread(gateway) if gateway else None
        is_news = (told is None) != (self._told is None)
        self._told = told
        self._due_s = asyncio.get_running_loop().time() + LOOKS_S
        if is_news:
            self._chat.look()
