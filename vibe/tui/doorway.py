"""What is asked before a conversation is open: whether the folder is trusted, what is to answer.

Each is a step that gets the chat and is over with the answer; what comes of that is the business of
whoever asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from vibe.domain.hiding import decided_by
from vibe.tui.chat import Chat
from vibe.tui.draw.header import folder_told

if TYPE_CHECKING:
    from vibe.agent.permissions.trust import Project
    from vibe.config.known import KnownProvider
    from vibe.tui.panels.first_run import Chosen, FirstRun, Served
    from vibe.tui.panels.trust import Reply


class Machine(Struct, frozen=True, kw_only=True):
    """What can be begun with: keys that were `found`, and local servers, told as they answer."""

    found: Sequence[KnownProvider]
    servers: Callable[[], AsyncGenerator[Served, None]]
    config: Path
    dotenv: Path


async def ask_for_trust(chat: Chat, project: Project) -> Reply:
    from vibe.tui.panels.trust import TrustPanel

    answered: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

    def answer(reply: Reply) -> None:
        if not answered.done():
            answered.set_result(reply)

    house = chat.house
    told = folder_told(Path(project.folder), house.home)
    hide = partial(decided_by, redactor=house.redactor)
    chat.show(TrustPanel(project, answer, folder=told, now=house.clock.monotonic, hide=hide))
    try:
        return await answered
    finally:
        chat.show(None)


async def ask_what_answers(chat: Chat, machine: Machine, choose: Callable[[Chosen], None]) -> None:
    """Until `choose` has taken an answer without an error."""
    from vibe.tui.panels.first_run import FirstRun

    answered = asyncio.Event()

    def chosen(what: Chosen) -> None:
        if not answered.is_set():
            choose(what)
            answered.set()

    home = chat.house.home
    panel = FirstRun(
        machine.found,
        chosen,
        config=folder_told(machine.config, home),
        dotenv=folder_told(machine.dotenv, home),
    )
    chat.show(panel)
    try:
        async with asyncio.TaskGroup() as group:
            asking = group.create_task(_search(chat, panel, machine))
            await answered.wait()
            asking.cancel()
    finally:
        chat.show(None)


async def _search(chat: Chat, panel: FirstRun, machine: Machine) -> None:
    async with aclosing(machine.servers()) as servers:
        async for served in servers:
            panel.serve(served)
            chat.look()
    panel.searched()
    chat.look()
