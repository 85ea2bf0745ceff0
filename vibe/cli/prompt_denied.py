"""Which calls of a turn nobody was there to allow, and which mode would have allowed each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vibe.agent.permissions.values import Mode
from vibe.errors import ToolError
from vibe.headless.envelope import Denial
from vibe.tools.kinds import kind_of

if TYPE_CHECKING:
    from vibe.agent.policy import Policy
    from vibe.cli.working import Work
    from vibe.domain.message import ToolCall
    from vibe.tools.base import Touch

WIDER: tuple[Mode, ...] = ("edits", "auto")


def denials_of(work: Work) -> tuple[Denial, ...]:
    """Judged anew, as the folder is now. Looks at files."""
    turns = work.agent.session.transcript.turns
    never_ran = (call.asked for call in turns[-1].calls if call.result and call.took_s is None)
    return tuple(denial for call in never_ran for denial in _denial(call, work.policy))


def _denial(call: ToolCall, policy: Policy) -> Iterator[Denial]:
    try:
        kind = kind_of(call.name)
        touch = kind.touches(kind.read(call.arguments))
    except ToolError:  # that is why it did not run
        return
    verdict = policy.judge(touch).verdict
    if verdict.decision == "ask":
        yield Denial(call=call, reason=verdict.reason, approve=_enough(touch, policy))


def _enough(touch: Touch, policy: Policy) -> Mode | None:
    was = policy.mode
    try:
        for mode in WIDER:
            policy.mode = mode
            if policy.judge(touch).verdict.decision == "allow":
                return mode
        return None
    finally:
        policy.mode = was
