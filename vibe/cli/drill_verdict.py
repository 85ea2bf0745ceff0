"""Judges what came of the trials of a drill: survived, ended as it had to, or failed, and why.

Looks at what was felt, never into the pool. That one who is asked first is to blame is no failure
of a drill; that nobody took over, or not rightly, is one.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.cli.drill_model import CALLS, has_broken_call, is_whole
from vibe.cli.drill_play import Felt, Played
from vibe.cli.drill_trials import Trial
from vibe.domain.answer import Answer
from vibe.domain.event import Unanswered, Waiting
from vibe.domain.failure import Failure
from vibe.domain.model import BrokenStream
from vibe.domain.telling import duration, in_brief
from vibe.mux.health import is_passing

Verdict: TypeAlias = Literal["survived", "ended", "failed"]


class Result(Struct, frozen=True, kw_only=True):
    """`wrong` says why a trial failed, "" where it did not."""

    played: Played
    verdict: Verdict
    wrong: str = ""

    @property
    def trial(self) -> Trial:
        return self.played.trial

    @property
    def felt(self) -> Felt:
        """Of several requests the one that took longest, by the second; of such as long the one of
        which most was seen. The machine's own milliseconds tell nothing of the pool."""
        return max(self.played.felt, key=lambda felt: (round(felt.after_s), len(felt.notices)))


def judged(played: Played, *, on_broken: BrokenStream) -> Result:
    for alias in played.over:
        wrong = f"{alias} had more requests at once than its max_concurrent"
        return Result(played=played, verdict="failed", wrong=wrong)
    complaints = (_complaint(played.trial, felt, on_broken) for felt in played.felt)
    if wrong := next(filter(None, complaints), ""):
        return Result(played=played, verdict="failed", wrong=wrong)
    is_answered = all(felt.answer for felt in played.felt)
    return Result(played=played, verdict="survived" if is_answered else "ended")


def _complaint(trial: Trial, felt: Felt, on_broken: BrokenStream) -> str:
    """What is wrong with what came of one request; "" if nothing."""
    if felt.answer is not None:
        return _doubt(trial, felt.answer)
    if felt.unanswered is None:
        return f"no end after {duration(felt.after_s)}"
    if felt.unanswered.part is not None and on_broken == "stop":
        return ""  # the person is asked, as they want it
    if trial.must == "answer":
        return f"not answered: {_named(felt.unanswered.failure)}"
    return _misled(trial, felt, felt.unanswered)


def _doubt(trial: Trial, answer: Answer) -> str:
    fault = trial.fault
    if fault is not None and fault.kind is None and not fault.harmless:
        is_cut = answer.reason == "length" and bool(answer.calls)
        return "a call would have run that had no end" if is_cut else ""
    if trial.calls and has_broken_call(answer):
        return "a call would have run that the model did not make so"
    is_one_lost = fault is not None and fault.harmless and len(answer.calls) < len(CALLS)
    if not is_whole(answer, calls=trial.calls) or (trial.calls and is_one_lost):
        return "the answer is not what the models said"
    return ""


def _misled(trial: Trial, felt: Felt, end: Unanswered) -> str:
    """Where nobody can help, that has to be told at once, and by its name."""
    if end.failure is None:
        return "no answer, and not a word why"
    if trial.fault is None:
        return ""
    kind = trial.fault.inner or trial.fault.kind
    if (end.failure.inner or end.failure.kind) != kind:
        return f"ended as {_named(end.failure)}, and it was {str(kind).replace('_', ' ')}"
    helps_to_wait = is_passing(end.failure) and trial.fault.retry_after_s is None
    has_waited = any(isinstance(notice, Waiting) for notice in felt.notices)
    if trial.must == "end" and has_waited and not helps_to_wait:
        return f"waited in vain for {duration(felt.after_s)}"
    return ""


def _named(failure: Failure | None) -> str:
    return "nobody could be asked" if failure is None else in_brief(failure)
