"""What is asked before the first conversation: trust in the folder, then what shall answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from vibe.agent.instructions import up_to_repository
from vibe.agent.permissions import trust as trusting
from vibe.clock import SystemClock
from vibe.domain.failure import Failure
from vibe.domain.provider import Provider
from vibe.errors import VibeError
from vibe.tui.doorway import Machine, ask_for_trust, ask_what_answers
from vibe.tui.draw.header import folder_told
from vibe.tui.history.items import Note

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.config.known import LocalServer
    from vibe.tui.chat import Chat
    from vibe.tui.panels.first_run import Chosen, Served


async def asked(cli: Cli, chat: Chat) -> None:
    await _trust(cli, chat)
    await _begin(cli, chat)


async def _trust(cli: Cli, chat: Chat) -> None:
    store = cli.folders().trust
    for project in await asyncio.to_thread(_untrusted, cli):
        reply = await ask_for_trust(chat, project)
        try:
            if reply == "trust":
                trusting.trust(project, store=store)
            elif reply == "refuse":
                trusting.refuse(project, store=store)
        except VibeError as error:
            chat.put(Note(mark="!", text=error.message, ink="warn", hint=error.hint))


def _untrusted(cli: Cli) -> list[trusting.Project]:
    """Of each folder whose instructions would hold, the outermost first."""
    store, home = cli.folders().trust, cli.world.home
    folders = list(up_to_repository(Path(cli.world.cwd).resolve()))
    projects = (trusting.project_in(each, store=store, home=home) for each in reversed(folders))
    return [each for each in projects if each.state in ("new", "changed")]


async def _begin(cli: Cli, chat: Chat) -> None:
    from vibe.config.discover import found_keys

    loaded = cli.load(allow_missing_keys=True)
    if loaded.settings.models or not loaded.is_sound:
        return
    variables, folders = loaded.variables, cli.folders()
    machine = Machine(
        found=found_keys(variables.environment, variables.dotenv),
        servers=partial(_servers, cli),
        config=folders.config,
        dotenv=folders.dotenv,
    )
    await ask_what_answers(chat, machine, partial(_choose, cli, chat))


def _choose(cli: Cli, chat: Chat, chosen: Chosen) -> None:
    from vibe.config.beginning import begin_with, keep_key

    if not chosen.offers:
        return
    folders, variable = cli.folders(), chosen.offers[0].variable
    if chosen.key is not None:
        key = chosen.key.reveal()
        cli.terminal.redactor.learn([key])
        if chosen.is_kept:
            keep_key(folders.dotenv, variable, key)
        else:
            cli.world = replace(cli.world, env={**cli.world.env, variable: key})
    begin_with(folders.config, *chosen.offers)
    cli.logger().info("wrote %s", folders.config)
    hint = "/config changes it"
    if chosen.key is not None and not chosen.is_kept:
        hint = f"before the next start: export {variable}=… with the key"
    told = folder_told(folders.config, cli.world.home)
    chat.put(Note(mark="·", text=f"wrote {told}", hint=hint))


async def _servers(cli: Cli) -> AsyncGenerator[Served, None]:
    """Each that answers with models, as soon as it does: a port alone may be anybody's."""
    from vibe.config.discover import found_servers

    found = await asyncio.to_thread(found_servers, cli.world.connect)
    for answer in asyncio.as_completed([served(each) for each in found]):
        if (one := await answer) is not None:
            yield one


async def served(server: LocalServer) -> Served | None:
    """With the model that it is known for, where it has that, else with its first."""
    from vibe.transport.listed import listed
    from vibe.tui.panels.first_run import Served

    provider = Provider(name=server.name, api_base=server.api_base, backend=server.backend)
    answer = await listed(provider, SystemClock())
    if isinstance(answer, Failure):
        return None
    models = tuple(each.name for each in answer if each.name.isprintable())
    if not models:
        return None
    own = server.model if server.model in models else models[0]
    return Served(server=replace(server, model=own), models=models)
