"""One opinion on what is to be done, and how rules bear on it: deny, then ask, then allow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from vibe.agent.permissions.values import Decision, Part, Verdict
from vibe.domain.rule import Rule

# Which rules may allow what is asked about: any; one that names it in full; none.
Liftable: TypeAlias = Literal["by any rule", "by an exact rule", "never"]

_STRICTNESS: Final[dict[Decision, int]] = {"allow": 0, "ask": 1, "deny": 2}


class Opinion(Struct, frozen=True, kw_only=True):
    decision: Decision
    reason: str
    liftable: Liftable = "by any rule"


class Bearing(Struct, frozen=True, kw_only=True):
    """The first rule of each kind that is about the matter in hand; None where there is none."""

    deny: Rule | None
    ask: Rule | None
    allow: Rule | None


def lifting(allow: Iterable[Rule], opinion: Opinion) -> Iterator[Rule]:
    """Those rules that are heard against what would be asked."""
    match opinion.liftable:
        case "by any rule":
            yield from allow
        case "by an exact rule":
            yield from (rule for rule in allow if rule.is_exact)
        case "never":
            return


def ruled(opinion: Opinion, bearing: Bearing) -> Opinion:
    """What remains of an opinion under the rules that bear on it. None softens a refusal."""
    if bearing.deny:
        reason = f"the rule {bearing.deny} denies it"
        return Opinion(decision="deny", reason=reason, liftable="never")
    if opinion.decision == "deny":
        return opinion
    if bearing.ask:
        reason = f"the rule {bearing.ask} is or may be about it"
        return Opinion(decision="ask", reason=reason, liftable="never")
    if opinion.decision == "ask" and bearing.allow:
        return Opinion(decision="allow", reason=f"the rule {bearing.allow} allows it")
    return opinion


def summed(opinions: Iterable[Opinion], parts: tuple[Part, ...]) -> Verdict:
    judged = [*opinions, *(Opinion(decision=each.decision, reason=each.reason) for each in parts)]
    strictest = max(judged, key=lambda opinion: _STRICTNESS[opinion.decision])
    return Verdict(decision=strictest.decision, reason=strictest.reason, parts=parts)
