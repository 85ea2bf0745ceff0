"""How a turn ends by what the pool brought: a cut, empty or missing answer is never a good end."""

from __future__ import annotations

from msgspec import Struct

from vibe.domain.advice import remedy
from vibe.domain.answer import Answer
from vibe.domain.event import Outcome, Unanswered
from vibe.domain.message import Text
from vibe.domain.telling import duration, sentence
from vibe.domain.turn import TurnEnd


class End(Struct, frozen=True, kw_only=True):
    end: TurnEnd
    detail: str = ""
    hint: str = ""


def after(answer: Answer) -> End:
    """An answer that calls nothing."""
    if answer.reason == "length":
        return End(
            end=TurnEnd.FAILED,
            detail=f"{answer.alias}: the answer was cut: it reached its length limit",
            hint="raise max_output_tokens of the model, or ask for less",
        )
    if not text_of(answer).strip():
        return End(
            end=TurnEnd.FAILED,
            detail=f"{answer.alias}: the answer has no text",
            hint="ask again, or ask another model",
        )
    return End(end=TurnEnd.FINISHED)


def at_limit(met: str) -> End:
    return End(end=TurnEnd.LIMITED, detail=met, hint='raise it, or: vibe -p --continue "go on"')


def without(unanswered: Unanswered) -> End:
    failure = unanswered.failure
    by = f"{unanswered.by}: " if unanswered.by else ""
    detail = f"{by}{sentence(failure)}" if failure else "no model could be asked"
    if unanswered.again_in_s:
        detail += f"; try again in {duration(unanswered.again_in_s)}"
    ends = {Outcome.DEADLINE: TurnEnd.LIMITED, Outcome.EXHAUSTED: TurnEnd.TEMPORARY}
    return End(
        end=ends.get(unanswered.outcome, TurnEnd.FAILED),
        detail=detail,
        hint=remedy(failure.inner or failure.kind) if failure else "",
    )


def text_of(answer: Answer) -> str:
    return "".join(part.text for part in answer.parts if isinstance(part, Text))
