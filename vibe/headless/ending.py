"""How a run ended, for a shell and a script: what is not surely done never counts as a success."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from vibe.domain.message import ToolCall
from vibe.domain.turn import TurnEnd, TurnFinished
from vibe.errors import ExitCode
from vibe.headless.brief import brief
from vibe.headless.envelope import Denial, Error, Reason

EXITS: Final[Mapping[TurnEnd, ExitCode]] = {
    TurnEnd.FINISHED: ExitCode.FINISHED,
    TurnEnd.FAILED: ExitCode.FAILED,
    TurnEnd.LIMITED: ExitCode.LIMIT_REACHED,
    TurnEnd.TEMPORARY: ExitCode.TEMPORARY,
    TurnEnd.INTERRUPTED: ExitCode.INTERRUPTED,
}
MODES: Final = ("plan", "ask", "edits", "auto")
LONGEST: Final = 80


class Ending(Struct, frozen=True, kw_only=True):
    reason: Reason
    exit_code: ExitCode
    error: Error | None = None


INTERRUPTED: Final = Ending(
    reason="interrupted", exit_code=ExitCode.INTERRUPTED, error=Error(message="interrupted")
)


def ending_of(finished: TurnFinished | None, denials: Sequence[Denial] = ()) -> Ending:
    if finished is None:
        return INTERRUPTED
    if finished.end is not TurnEnd.FINISHED:
        hint = "; ".join(filter(None, (finished.hint, _way(denials))))
        error = Error(message=finished.detail, hint=hint)
        return Ending(reason=finished.end.value, exit_code=EXITS[finished.end], error=error)
    if finished.denied:
        error = _denied(finished.denied, denials)
        return Ending(reason="denied", exit_code=ExitCode.FAILED, error=error)
    return Ending(reason="finished", exit_code=ExitCode.FINISHED)


def _denied(count: int, denials: Sequence[Denial]) -> Error:
    calls = "1 call was" if count == 1 else f"{count} calls were"
    which = f": {brief(denials[0].call)}" if denials else ""
    message = f"{calls} denied, for nobody was there to allow it{which}"
    return Error(message=message, hint=_way(denials))


def _way(denials: Sequence[Denial]) -> str:
    """How to have allowed what was denied."""
    return "; ".join(filter(None, (_flag(denials), _why(denials))))


def _flag(denials: Sequence[Denial]) -> str:
    """The mode that would have allowed them all, or as many as can be."""
    enough = [each.approve for each in denials if each.approve is not None]
    widest = max(enough, key=MODES.index, default=None)
    beyond = [each for each in denials if each.approve is None]
    asking = next((brief(each.call) for each in beyond if not each.was_interrupted), None)
    open_ended = next((brief(each.call) for each in beyond if each.was_interrupted), None)
    told = [f"allow it with --approve {widest}"] if widest else []
    if asking is not None:
        told.append(f"no --approve allows {asking} without a question: do it yourself")
    if open_ended is not None:
        told.append(f"{open_ended} was interrupted before: check what it did, and say so")
    return "; ".join(told)


def _why(denials: Sequence[Denial]) -> str:
    judged = (each.call for each in denials if not each.was_interrupted)
    command = next((text for call in judged if (text := _command(call))), "")
    return f"see why: vibe permissions check -- {command}" if command else ""


def _command(call: ToolCall) -> str:
    if call.name != "bash":
        return ""
    command = msgspec.json.decode(call.arguments, type=dict[str, object]).get("command")
    text = str(command)
    return shlex.quote(text) if len(text) <= LONGEST and text.isprintable() else "COMMAND"
