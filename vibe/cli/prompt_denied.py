"""Which calls of a turn nobody was there to allow, and which mode would have allowed each.

Those that were interrupted before, and put off for it, count unless they were run after all.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import TYPE_CHECKING

from vibe.agent.calls import WAS_INTERRUPTED, Like, like, was_put_off
from vibe.agent.permissions.values import Mode
from vibe.errors import ToolError
from vibe.headless.envelope import Denial
from vibe.tools.kinds import kind_of

if TYPE_CHECKING:
    from vibe.agent.policy import Policy
    from vibe.cli.working import Work
    from vibe.session.turn import Call
    from vibe.tools.base import Touch

WIDER: tuple[Mode, ...] = ("edits", "auto")


def denials_of(work: Work) -> tuple[Denial, ...]:
    """Judged anew, as the folder is now. Looks at files."""
    calls = work.agent.session.transcript.turns[-1].calls
    ran = {like(call) for call in calls if call.took_s is not None}
    return tuple(
        denial
        for call in calls
        if call.result and call.took_s is None
        for denial in (_put_off(call, ran) if was_put_off(call) else _denied(call, work.policy))
    )


def _put_off(call: Call, ran: Container[Like]) -> Iterator[Denial]:
    if like(call) not in ran:
        yield Denial(call=call.asked, reason=WAS_INTERRUPTED, was_interrupted=True)


def _denied(made: Call, policy: Policy) -> Iterator[Denial]:
    call = made.asked
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
