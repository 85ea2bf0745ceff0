"""Who may do what in a session: the mode, the rules, and what the person has allowed for good.

Joins the permissions with what tools would touch. Decides nothing by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from vibe.agent.permissions.commands import decide_command
from vibe.agent.permissions.files import decide_file
from vibe.agent.permissions.grants import grant, read_grants, with_grants
from vibe.agent.permissions.look import check_command, may_search, surroundings, target_of
from vibe.agent.permissions.values import EVERY_HAZARD, Hazard, Mode, Surroundings, Verdict
from vibe.clean import quote
from vibe.clock import Clock
from vibe.domain.rule import Rules
from vibe.tools.base import RunsCommand, Touch, TouchesFile, TouchesNothing

OUTPUT = Verdict(decision="allow", reason="it is what a command of this session printed")
OUTSIDE = "it is to run outside of the sandbox"
FREE = Verdict(decision="allow", reason="it touches nothing")


class Judged(Struct, frozen=True, kw_only=True):
    """`path` is what the named file really is, and all that may be opened. `only_reads` if that is
    proved of a command. `edits` if it is asked about, and the mode of that name would allow it."""

    verdict: Verdict
    path: str | None = None
    only_reads: bool = False
    edits: bool = False


class Ground(Struct, frozen=True, kw_only=True):
    """Where a session works. `own` are the folders of vibe's own; `search_path` is the PATH that
    commands get; `unheld` tells what the sandbox cannot hold just now; `spool` is where the long
    outputs of this session are kept, for the model to read."""

    root: Path
    home: Path
    own: tuple[Path, ...]
    search_path: str
    unheld: Callable[[], frozenset[Hazard]]
    spool: Path | None = None


class Policy:
    """`mode` may be changed at any time. `grants` is where lasting grants are kept."""

    def __init__(
        self,
        ground: Ground,
        rules: Rules,
        *,
        mode: Mode,
        grants: Path,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self.mode: Mode = mode
        self._ground = ground
        self._rules = rules
        self._grants = grants
        self._clock = clock
        self._tell = tell
        self._has_told = False

    def judge(self, touch: Touch) -> Judged:
        """Looks at files, and may take a while."""
        match touch:
            case TouchesNothing():
                return Judged(verdict=FREE)
            case RunsCommand(command=command, outside=why):
                around = self._around()
                if why and around.unheld != EVERY_HAZARD:
                    return Judged(verdict=self._judge_outside(command, why, around))
                verdict = check_command(
                    command, mode=self.mode, around=around, rules=self._with_grants()
                )
                return Judged(verdict=verdict, only_reads=_only_reads(command, around))
            case TouchesFile(use=use, path=path):
                around = self._around()
                target = target_of(path, around=around)
                if use in ("read", "grep") and self._is_output(target.path):
                    return Judged(verdict=OUTPUT, path=target.path)
                rules = self._with_grants()
                verdict = decide_file(use, target, mode=self.mode, around=around, rules=rules)
                edits = self.mode == "ask" and verdict.decision == "ask"
                if edits:
                    eased = decide_file(use, target, mode="edits", around=around, rules=rules)
                    edits = eased.decision == "allow"
                return Judged(verdict=verdict, path=target.path, edits=edits)
        assert_never(touch)

    def _judge_outside(self, command: str, why: str, around: Surroundings) -> Verdict:
        """What is not forbidden is asked about, each time anew: no rule and no mode allows it."""
        around = replace(around, unheld=EVERY_HAZARD)
        rules = self._with_grants()
        verdict = check_command(command, mode=self.mode, around=around, rules=rules)
        if verdict.decision == "deny":
            return verdict
        return Verdict(decision="ask", reason=f"{OUTSIDE}: {quote(why)}")

    def only_reads(self, command: str) -> bool:
        """Whether it is proved that it does."""
        return _only_reads(command, self._around())

    def searchable(self) -> Callable[[Path], bool]:
        """Tells of a file whether a search of the folder that it is in may look into it."""
        around, rules = self._around(), self._with_grants()
        return lambda path: may_search(str(path), around=around, rules=rules)

    def grant(self, rules: tuple[str, ...]) -> None:
        """From now on, and in later sessions in this folder."""
        grant(self._grants, rules, folder=self._ground.root, at=self._clock.wall())

    def let_edits(self) -> None:
        """From now on, in this session."""
        self.mode = "edits"

    def _is_output(self, path: str) -> bool:
        spool = self._ground.spool
        return spool is not None and Path(path).is_relative_to(spool)

    def _around(self) -> Surroundings:
        ground = self._ground
        return surroundings(
            ground.root,
            home=ground.home,
            search_path=ground.search_path,
            own=ground.own,
            unheld=ground.unheld(),
        )

    def _with_grants(self) -> Rules:
        granted = read_grants(self._grants)
        if granted.trouble and not self._has_told:
            self._has_told = True
            self._tell(granted.trouble)
        return with_grants(self._rules, granted, folder=self._ground.root)


def _only_reads(command: str, around: Surroundings) -> bool:
    return decide_command(command, mode="plan", around=around).decision != "deny"
