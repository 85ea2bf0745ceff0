"""What `/config` works with: the person's file or the project's, judged where it stands, and the
running pool, which follows what was saved.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from vibe.agent.permissions import trust as trusting
from vibe.assemble import lines_of, refit
from vibe.clock import SystemClock
from vibe.config import trust
from vibe.config.problem import ConfigError
from vibe.config.read import read_file
from vibe.domain.failure import Failure
from vibe.domain.telling import in_brief
from vibe.errors import UsageError, VibeError
from vibe.transport.listed import listed
from vibe.tui.draw.header import folder_told
from vibe.tui.history.items import Note
from vibe.tui.panels.config_editor import Heard, Workbench

if TYPE_CHECKING:
    from vibe.assemble import Line
    from vibe.cli.context import Cli
    from vibe.config.load import Loaded
    from vibe.tui.chat import Chat


def workbench(cli: Cli, chat: Chat, *, is_project: bool, reload: Callable[[], Loaded]) -> Workbench:
    """`reload` gives the configuration as it is in effect, or says why there is none."""
    folders = cli.folders()
    file = folders.project if is_project else folders.config
    before = _project(cli) if is_project else None
    return Workbench(
        file=file,
        title=folder_told(file, cli.world.home),
        read=partial(_read, cli, file),
        check=lambda text: cli.load(drafts={file: text}),
        hide=cli.terminal.redactor.redact,
        saved=lambda content: _saved(
            cli, chat, file, partial(_trust, cli, before, content), reload
        ),
        test=lambda loaded, hear: chat.work(_test(chat, loaded, hear)),
    )


def _project(cli: Cli) -> trusting.Project:
    """As it is before its file is changed. Who edits it trusts it: so it must not be one that he
    has not looked at."""
    file, store = cli.folders().project, cli.folders().trust
    if file.exists() and not trust.is_trusted(file, _read(cli, file), store=store):
        raise UsageError(
            "the project's file is not read, because you have not trusted it",
            hint="read it, then: vibe config trust",
        )
    project = _project_now(cli)
    if project.state == "never":
        raise UsageError(f"this folder is never trusted as a project: {project.why}")
    return project


def _project_now(cli: Cli) -> trusting.Project:
    return trusting.project_in(cli.world.cwd, store=cli.folders().trust, home=cli.world.home)


def _trust(cli: Cli, before: trusting.Project | None, content: bytes) -> None:
    """What the person wrote; and the folder, where all else in it is still what he trusted."""
    if before is None:
        return
    file, store = cli.folders().project, cli.folders().trust
    trust.trust(file, content, store=store, home=cli.world.home)
    now = _project_now(cli)
    own = trusting.ProjectFile(name=".vibe/config.toml", content=content)
    others = [each for each in before.files if each.name != own.name]
    is_known = before.state in ("trusted", "nothing")
    if is_known and sorted([*others, own], key=_name) == sorted(now.files, key=_name):
        trusting.trust(now, store=store)


def _name(file: trusting.ProjectFile) -> str:
    return file.name


def _read(cli: Cli, file: Path) -> bytes | None:
    found = read_file(file, name=str(file), uid=cli.world.uid)
    if found.source is None and found.exists:
        raise ConfigError(found.problems)
    return found.data if found.exists else None


def _saved(
    cli: Cli,
    chat: Chat,
    file: Path,
    trust_it: Callable[[], None],
    reload: Callable[[], Loaded],
) -> None:
    cli.logger().info("saved %s", file)
    told = "the pool is as it says from now on; all else from the next start on"
    try:
        trust_it()
        loaded = reload()
        loaded.require()
        refit(chat.talk.desk.mux, loaded, clock=SystemClock())
    except VibeError as error:
        told = f"the pool stays as it was: {error.message}"
    chat.put(Note(mark="·", text=f"saved {folder_told(file, cli.world.home)}", hint=told))


async def _test(chat: Chat, loaded: Loaded, hear: Callable[[str, Heard], None]) -> None:
    lines = {line.provider.name: line for line in lines_of(loaded)}

    async def ask(line: Line) -> None:
        hear(line.provider.name, await _heard(line))
        chat.look()

    async with asyncio.TaskGroup() as group:
        for line in lines.values():
            group.create_task(ask(line))


async def _heard(line: Line) -> Heard:
    if line.key_trouble:
        return Heard(is_well=False, told=line.key_trouble)
    try:
        answer = await listed(line.provider, SystemClock())
    except VibeError as error:
        return Heard(is_well=False, told=error.message)
    if isinstance(answer, Failure):
        return Heard(is_well=False, told=in_brief(answer))
    return Heard(is_well=True, told=f"{len(answer)} models" if answer else "answers")
