"""A sandbox as those see it who run commands: a command line becomes one that confines itself.

What it cannot hold it says, so that somebody is asked. It decides nothing about a command, and
starts none.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from vibe.errors import ToolError
from vibe.sandbox import bwrap, landlock
from vibe.sandbox.denial import denial
from vibe.sandbox.ground import Ground, survey
from vibe.sandbox.guarantees import EVERY_HAZARD, Guarantee, Hazard, hazards
from vibe.sandbox.placeholder import placed
from vibe.sandbox.sockets import named_sockets

Backend: TypeAlias = Literal["bwrap", "landlock", "off"]


class Trial(Struct, frozen=True, kw_only=True):
    """What became of one backend when it was tried; `trouble` is None where it works."""

    backend: Backend
    version: str = ""
    trouble: str | None = None


class Sandbox(Struct, frozen=True, kw_only=True):
    """`warning` is what the person has to see: that there is none, though one was wanted.

    `scratch` is the private /tmp of the session. `own` is what vibe hides of itself.
    """

    backend: Backend
    holds: frozenset[Guarantee] = frozenset()
    trials: tuple[Trial, ...] = ()
    warning: str | None = None
    network: bool = False
    home: Path
    own: tuple[Path, ...] = ()
    scratch: Path
    program: str = ""
    abi: int = 0

    @contextmanager
    def wrapped(
        self, command: Sequence[str], *, folder: Path, only_reads: bool = False
    ) -> Generator[tuple[str, ...]]:
        """The command line to start, in any folder below `folder`, and to end before this is left.

        `folder` is a real path. It is looked at, and may get placeholders, which are taken away
        again. One that `only_reads` finds the folder as it is, and can write nothing to it. What is
        started ends with the thread that starts it.
        """
        if self.backend == "off":
            yield tuple(command)
            return
        if folder.resolve() != folder:
            raise ToolError(f"not run: a link has been put in the place of {folder}")
        ground = survey(folder, home=self.home, own=self.own)
        if only_reads:
            ground = replace(ground, kept=(), pinned=(), absent=(), movable=())
        if self.backend == "landlock":
            yield landlock.command_line(
                command,
                ground,
                scratch=self.scratch,
                abi=self.abi,
                only_reads=only_reads,
                network=self.network,
            )
            return
        with _made(ground) as made:
            yield bwrap.command_line(
                command,
                replace(made, masked=(*made.masked, *self._sockets(made))),
                program=self.program,
                scratch=self.scratch,
                only_reads=only_reads,
                network=self.network,
                denies_nesting="nesting" in self.holds,
            )

    def unheld(self, folder: Path) -> frozenset[Hazard]:
        """What the policy has to ask about for commands in this folder."""
        if self.backend == "off":
            return EVERY_HAZARD
        exposed: frozenset[Hazard] = frozenset({"protected"} if self.exposed(folder) else ())
        return (hazards(self.holds) - ({"network"} if self.network else set())) | exposed

    def exposed(self, folder: Path) -> tuple[str, ...]:
        """Why some of what is protected in this folder can be kept by no sandbox, in words."""
        return survey(folder, home=self.home, own=self.own).exposed

    def denial(self, output: str, *, code: int, folder: Path) -> str | None:
        """In a sentence, what of this failure was the doing of the sandbox; None where nothing."""
        if self.backend == "off" or code == 0:
            return None
        ground = survey(folder, home=self.home, own=self.own)
        return denial(output, ground, is_namespaced=self.backend == "bwrap", network=self.network)

    def _sockets(self, ground: Ground) -> tuple[Path, ...]:
        """Of programs outside, as far as the mounts do not hide them by themselves."""

        def lies_in(path: Path, folders: Iterable[Path]) -> bool:
            return any(path.is_relative_to(folder) for folder in folders)

        temporary = (Path("/tmp"), Path("/var/tmp"), Path("/dev"))  # noqa: S108  they are hidden
        hidden = (*bwrap.HIDDEN, *temporary)
        # In the network of all, what commands themselves have bound is listed as well.
        shown = () if self.network else (ground.folder,)
        return tuple(
            path
            for path in named_sockets(near=ground.folder)
            if not lies_in(path, ground.masked)
            and (lies_in(path, shown) or not lies_in(path, (*hidden, ground.folder)))
        )


@contextmanager
def _made(ground: Ground) -> Generator[Ground]:
    """The same, with placeholders for what is to stay absent."""
    try:
        with placed(ground.absent) as paths:
            absent = tuple(each for each in ground.absent if each.path in paths)
            yield replace(ground, absent=absent)
    except OSError as error:
        raise ToolError(
            f"not run: the sandbox cannot keep {error.filename} from being made: {error.strerror}",
            hint="run it outside of the sandbox",
        ) from error
