"""The flags that the chat and `vibe -p` share: how each is declared, and what they come to.

Nothing is asked or opened here: what cannot be is told before anything is sent.
"""

from __future__ import annotations

from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from msgspec import Struct
from msgspec.structs import replace

from vibe.clean import quote
from vibe.cli.complete import complete_alias
from vibe.cli.prompt_pool import loaded_for, require_prices
from vibe.errors import UsageError

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.cli.working import Choices
    from vibe.config.load import Loaded


class LimitChoice(StrEnum):
    WAIT = "wait"
    EXIT = "exit"


class ModeChoice(StrEnum):
    PLAN = "plan"
    ASK = "ask"
    EDITS = "edits"
    AUTO = "auto"


ModelFlag: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="ALIAS", help="Ask this model; auto: the pool.", autocompletion=complete_alias
    ),
]
ApproveFlag: TypeAlias = Annotated[
    ModeChoice | None,
    typer.Option(
        help="What is done without asking. plan: nothing but reading; ask: reading; edits: and "
        "changing files of this folder; auto: and commands inside the sandbox. With -p, what would "
        "be asked is denied. Left out: as the configuration says, else ask."
    ),
]
ContinueFlag: TypeAlias = Annotated[
    bool, typer.Option("-c", "--continue", help="Go on with the last session of this folder.")
]
ResumeFlag: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="ID",
        help="Go on with this session. With -p and no prompt: with the turn that was cut off.",
    ),
]
FolderFlag: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="DIR", help="As if started in this folder.")
]
AnswersFlag: TypeAlias = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="Stop after so many answers of models to one message of yours."
    ),
]
CostFlag: TypeAlias = Annotated[
    float | None, typer.Option(metavar="USD", min=0.0, help="Stop once this is spent.")
]
TimeFlag: TypeAlias = Annotated[
    float | None, typer.Option(metavar="S", min=0.1, help="Stop after so many seconds.")
]
LimitFlag: TypeAlias = Annotated[
    LimitChoice, typer.Option(help="When every model is limited or down.")
]
ConfigFlag: TypeAlias = Annotated[
    Path | None,
    typer.Option(metavar="PATH", readable=False, help="Use this configuration file."),
]
KeysFlag: TypeAlias = Annotated[
    bool,
    typer.Option("--allow-missing-keys", help="Start although keys of the pool are missing."),
]
VerboseFlag: TypeAlias = Annotated[bool, typer.Option("--verbose", help="Log in detail.")]
LogFlag: TypeAlias = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Write the log here.")
]


class Flags(Struct, frozen=True, kw_only=True):
    """As they were given; None or False: left out."""

    model: str | None = None
    approve: ModeChoice | None = None
    continues: bool = False
    resume: str | None = None
    folder: Path | None = None
    answers: int | None = None
    cost_usd: float | None = None
    within_s: float | None = None
    on_limit: LimitChoice = LimitChoice.WAIT
    allow_missing_keys: bool = False

    @property
    def session(self) -> str | None:
        """An id, or "" for the last session of the folder."""
        return "" if self.continues else self.resume


def loaded_by(cli: Cli, flags: Flags) -> Loaded:
    """The configuration of the folder that is meant, in which `cli` is from here on."""
    if flags.folder is not None:
        _go_to(flags.folder, cli)
    if flags.continues and flags.resume is not None:
        told = "--continue and --resume exclude each other"
        raise UsageError(told, hint="leave one of them out")
    for number in (flags.cost_usd, flags.within_s):
        if number is not None and not isfinite(number):
            raise UsageError(f"{number} is no limit", hint="leave the option out to have none")
    loaded = loaded_for(cli, flags.model, allow_missing_keys=flags.allow_missing_keys)
    if loaded.settings.models and flags.cost_usd is not None:
        require_prices(loaded)
    return loaded


def choices_of(flags: Flags, loaded: Loaded, *, is_attended: bool) -> Choices:
    from vibe.agent.bounds import Bounds
    from vibe.agent.permissions.configured import rules_of
    from vibe.cli.working import Choices

    settings = loaded.settings
    names = frozenset(provider.api_key_env_var for provider in settings.providers)
    cost_usd = flags.cost_usd
    return Choices(
        mode=flags.approve.value if flags.approve else settings.permissions.mode,
        rules=rules_of(loaded),
        bounds=Bounds(
            answers=flags.answers,
            cost_uusd=None if cost_usd is None else round(cost_usd * 1_000_000),
            within_s=flags.within_s,
        ),
        on_limit=flags.on_limit.value,
        resume=flags.session,
        is_attended=is_attended,
        key_names=names - {""},
        confinement=settings.sandbox.mode,
        network=settings.sandbox.network,
    )


def _go_to(folder: Path, cli: Cli) -> None:
    cwd = cli.world.cwd / folder
    if not cwd.is_dir():
        raise UsageError(f"--cd: there is no folder {quote(str(folder))}", hint="check the path")
    cli.world = replace(cli.world, cwd=cwd.resolve())
