"""What every tool is, and what the tools of one session share.

A call goes through three stages: its arguments become a value; `touches` says what it would touch,
so that somebody else can decide whether it may; `prepare` finds out what would be done, and `run`
of what that gives does it. Nothing here decides, asks a person or knows one tool from another.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import msgspec
from msgspec import Struct, field

from vibe.domain.message import Image, Text
from vibe.domain.request import Tool
from vibe.errors import ToolError
from vibe.tools.jobs import Jobs
from vibe.tools.schema import schema_of
from vibe.tools.spool import Spool

FileUse: TypeAlias = Literal["read", "grep", "edit", "write"]
Say: TypeAlias = Callable[[str], None]

MOST_SEEN_BYTES = 64 * 1024 * 1024


class TouchesFile(Struct, frozen=True, kw_only=True):
    """`path` as the model gave it."""

    use: FileUse
    path: str


class RunsCommand(Struct, frozen=True):
    """`outside` is why it has to run outside of the sandbox, in the model's words; "" if inside."""

    command: str
    outside: str = ""


class TouchesNothing(Struct, frozen=True):
    """Nothing but what belongs to the session itself."""


Touch: TypeAlias = TouchesFile | RunsCommand | TouchesNothing


class Done(Struct, frozen=True, kw_only=True):
    """`content` is for the model; `details` for the screen, as JSON in the tool's own form."""

    content: tuple[Text | Image, ...]
    details: str = ""
    is_error: bool = False


class Proposed(Struct, frozen=True, kw_only=True):
    """A file as it would be; `revised` gives what is done where the person writes it otherwise."""

    text: str
    revised: Callable[[str], Awaitable[Act]]


class Act(Struct, frozen=True, kw_only=True):
    """What is about to be done. `shown` is what a person decides by: the diff, the command."""

    run: Callable[[Say], Awaitable[Done]]
    shown: str = ""
    proposed: Proposed | None = None


class Keep(Protocol):
    """Awaited before a file is changed, so that it can be brought back; None: no file."""

    async def __call__(
        self, path: Path, *, before: bytes | None, after: bytes | None, mode: int
    ) -> None: ...


class Ask(Protocol):
    """A question to the person; gives the answer, or what to do where nobody is there."""

    async def __call__(self, question: str, *, choices: Sequence[str]) -> str: ...


class Todo(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One step of the plan."""

    text: str
    state: Literal["open", "doing", "done"] = "open"


def _not_at_all(_output: str, _code: int) -> None:
    return None


def _always(_path: Path) -> bool:
    return True


class Room(Struct, kw_only=True):
    """Where the tools of a session work. `root` is a real path.

    `spool` takes the outputs that are too long for a model, None where nothing can be kept.
    `seen` holds the content of files as the model knows them: of all that MOST_SEEN_BYTES have
    room for, and one. `env` is what commands see. `confined` puts a command line into the sandbox
    for as long as it runs, and `denied` tells of an output and an exit code what of a failure was
    the sandbox's doing. `searchable` gives what tells whether a file may be looked into where a
    whole folder is. `jobs` are to be closed with the session.
    """

    root: Path
    env: Mapping[str, str]
    keep: Keep
    ask: Ask
    spool: Spool | None = None
    confined: Callable[[Sequence[str]], AbstractContextManager[Sequence[str]]] = nullcontext
    denied: Callable[[str, int], str | None] = _not_at_all
    searchable: Callable[[], Callable[[Path], bool]] = lambda: _always
    seen: dict[Path, bytes] = {}
    plan: tuple[Todo, ...] = ()
    jobs: Jobs = field(default_factory=Jobs)

    def saw(self, path: Path, content: bytes) -> None:
        """What was seen longest ago may be forgotten for it: then it has to be read once more."""
        self.seen.pop(path, None)
        while sum(map(len, self.seen.values())) > MOST_SEEN_BYTES:
            del self.seen[next(iter(self.seen))]
        self.seen[path] = content

    def path_of(self, path: str) -> Path:
        """Absolute, but as it was named: what it leads to is for others to find out, and only what
        they give back, which has no link in it, can be opened."""
        if "\0" in path:
            raise ToolError("the path holds a NUL character; no file has such a name")
        try:
            return self.root / Path(path).expanduser()
        except RuntimeError:  # there is no such person's home
            return self.root / path

    def name_of(self, path: Path) -> str:
        """What the model is told of it: short where it is in the root."""
        return str(path.relative_to(self.root) if path.is_relative_to(self.root) else path)


class Kind(Struct, frozen=True, kw_only=True):
    """One tool. `arguments` is a struct, whose fields and their descriptions the model sees.

    `text` is what else the model is told, or the file that holds it. `has_effects` tells whether a
    run could be missed, or regretted when it is done twice.
    """

    name: str
    text: str | Path
    arguments: type[Struct]
    touches: Callable[[Any], Touch]
    prepare: Callable[[Any, Room], Awaitable[Act]]
    has_effects: bool

    @property
    def tool(self) -> Tool:
        text = self.text if isinstance(self.text, str) else self.text.read_text("utf-8").rstrip()
        return Tool(name=self.name, description=text, parameters=schema_of(self.arguments))

    def read(self, arguments: str) -> Struct:
        """ToolError: what is wrong with the arguments, and where."""
        try:
            # Not strict: models also write numbers and truths as strings.
            return msgspec.json.decode(arguments or "{}", type=self.arguments, strict=False)
        except msgspec.DecodeError as error:
            takes = ", ".join(self.arguments.__struct_fields__)
            raise ToolError(f"{self.name}: {error}; it takes: {takes}") from error
