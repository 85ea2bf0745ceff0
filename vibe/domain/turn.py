"""What happens in a turn besides the answers of models: calls, questions to the person, its end.

A request to a person has an id; the answer comes back by that id, to whoever runs the turn.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, NewType, TypeAlias

from msgspec import Struct

from vibe.domain.message import ToolCall, ToolResult, User

QuestionId = NewType("QuestionId", int)


class CallKey(Struct, frozen=True, kw_only=True, order=True, array_like=True):
    """Which call of its session. Turns count from 1; their answers, and the calls of one, from 0.

    The provider's id does not tell, nor do the arguments: running the tests twice is legal.
    """

    turn: int
    answer: int
    position: int


class TurnEnd(StrEnum):
    """How a turn came to its end."""

    FINISHED = "finished"
    FAILED = "failed"
    LIMITED = "limited"  # turns, cost or time
    TEMPORARY = "temporary"  # every model is limited or down
    INTERRUPTED = "interrupted"


class TurnStarted(Struct, frozen=True, kw_only=True):
    turn: int
    message: User


class MessageAdded(Struct, frozen=True, kw_only=True):
    """The person said more while the turn was under way."""

    turn: int
    message: User


class ToolStarted(Struct, frozen=True, kw_only=True):
    """`call` runs now; `allowed_by` tells who or what let it."""

    key: CallKey
    call: ToolCall
    allowed_by: str


class ToolOutput(Struct, frozen=True, kw_only=True):
    """A piece of what a command says while it runs."""

    key: CallKey
    text: str


class Denial(StrEnum):
    """Who did not let a call run."""

    PERSON = "person"
    RULES = "rules"  # or the mode
    NOBODY = "nobody"  # it had to be asked about, and nobody was there


class ToolFinished(Struct, frozen=True, kw_only=True):
    """Also for a call that was refused or `denied`, and so never started: `took_s` is None then."""

    key: CallKey
    call: ToolCall
    result: ToolResult
    details: str = ""
    took_s: float | None = None
    denied: Denial | None = None


class ApprovalAsked(Struct, frozen=True, kw_only=True):
    """May this call run? `shown` is the diff or the whole command; `always` the rules that would
    allow the like from now on, empty where none may. `edits` if the mode of that name would not
    ask; `proposed` is the file as it would be, where the person may write it otherwise."""

    id: QuestionId
    key: CallKey
    call: ToolCall
    shown: str
    reason: str
    always: tuple[str, ...] = ()
    edits: bool = False
    proposed: str | None = None


class QuestionAsked(Struct, frozen=True, kw_only=True):
    id: QuestionId
    question: str
    choices: tuple[str, ...] = ()


class ContextCompacted(Struct, frozen=True, kw_only=True):
    """The conversation was summed up; both figures are estimates."""

    turn: int
    tokens_before: int
    tokens_after: int


class Notice(Struct, frozen=True, kw_only=True):
    """Something that the person should know."""

    text: str
    level: Literal["info", "warning"] = "info"


class TurnFinished(Struct, frozen=True, kw_only=True):
    """The last event of every turn. `detail` says why, where it is not simply finished; `hint` what
    helps. `answers` is how many the models gave, `denied` how many calls were, since nobody was
    there to allow them."""

    turn: int
    end: TurnEnd
    detail: str = ""
    hint: str = ""
    answers: int = 0
    denied: int = 0


TurnEvent: TypeAlias = (
    TurnStarted
    | MessageAdded
    | ToolStarted
    | ToolOutput
    | ToolFinished
    | ApprovalAsked
    | QuestionAsked
    | ContextCompacted
    | Notice
    | TurnFinished
)
