"""What the chat is handed for typing: what was sent before, an editor, commands that were brought.

Of a project's commands nothing is read but what the person trusted it with.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from vibe.errors import UsageError
from vibe.tui.typing.custom import Custom, custom_of

if TYPE_CHECKING:
    from vibe.cli.context import Cli

_COMMANDS: Final = PurePosixPath(".vibe/commands")
_MOST_BYTES: Final = 1024 * 1024
_MOST: Final = 500


def edit(text: str, cli: Cli) -> str:
    from vibe.cli.own_editor import edited  # only when it is wanted

    return edited(text, cli.world)


def revise(text: str, path: str, cli: Cli) -> str:
    """What the person makes of a file that would be written there."""
    from vibe.cli.own_editor import edited_file

    name = Path(path).name or "file"
    content = text.encode()
    made = edited_file(content, cli.world, name=name, undone="the question stays")
    try:
        return made.decode()
    except UnicodeDecodeError as error:
        raise UsageError(
            "what was saved is not UTF-8, and nothing was done with it",
            hint="have the editor save it as UTF-8",
        ) from error


def customs(cli: Cli) -> tuple[Custom, ...]:
    """The project's first: they are the nearer ones."""
    return (*_of_project(cli), *_of_person(cli))


def _of_project(cli: Cli) -> Iterator[Custom]:
    from vibe.agent.permissions.trust import project_in  # after the first paint

    project = project_in(cli.world.cwd, store=cli.folders().trust, home=cli.world.home)
    if project.state != "trusted":
        return
    for file in project.files:
        path = PurePosixPath(file.name)
        if path.parent == _COMMANDS and (custom := custom_of(path, file.content, place=file.name)):
            yield custom


def _of_person(cli: Cli) -> Iterator[Custom]:
    folder = cli.folders().config.with_name("commands")
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix == ".md")[:_MOST]
    except OSError:  # there is none
        return
    for path in paths:
        if custom := custom_of(path, _start_of(path), place=_told(path, cli.world.home)):
            yield custom


def _start_of(path: Path) -> bytes:
    try:
        if not path.is_file():
            return b""
        with path.open("rb") as file:
            return file.read(_MOST_BYTES)
    except OSError:
        return b""


def _told(path: Path, home: Path) -> str:
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
