"""What happens to a request, in one line for a person: the same words on every screen.

The failure's detail is a provider's own text: whoever shows a line cleans it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Final, assert_never

from vibe.domain.event import FailedOver, Retracted, Seam, Slow, Waiting
from vibe.domain.failure import Failure, FailureKind

DETAIL = 120
LEAST_UUSD = 10  # what is less would be shown as nothing
_NAMES: Final[Mapping[FailureKind, str]] = {
    FailureKind.AUTH: "not authorised",
    FailureKind.SERVER: "server error",
    FailureKind.EMPTY: "empty answer",
}


def told(event: FailedOver | Seam | Retracted | Waiting | Slow) -> str:
    match event:
        case FailedOver():
            return _failed_over(event)
        case Seam():
            cut = f"{event.from_alias} was cut after about {event.tokens} tokens"
            goes_on = "goes on" if event.from_alias != event.to_alias else "is asked to go on"
            return f"{cut}{_why_cut(event.failure)}; {event.to_alias} {goes_on}"
        case Retracted():
            return f"{event.alias} was cut{_why_cut(event.failure)}; the answer begins anew"
        case Waiting():
            return _waiting(event)
        case Slow():
            return f"{event.alias} has said nothing for {event.after_s:.0f} s; still waiting"
    assert_never(event)


def named(kind: FailureKind) -> str:
    """The kind in words of the middle of a sentence."""
    return _NAMES.get(kind) or kind.replace("_", " ")


def in_brief(failure: Failure) -> str:
    """The kind of failure, with the status where there was one: `429 rate limited`."""
    kind = named(failure.inner or failure.kind)
    return f"{failure.status} {kind}" if failure.status and failure.status >= 400 else kind


def sentence(failure: Failure) -> str:
    """The failure with what the provider said about it."""
    said = failure.detail.strip().removesuffix(".")
    return f"{in_brief(failure)}: {said}" if said else in_brief(failure)


def duration(seconds: float) -> str:
    """Rounded up: who comes back too early is refused again."""
    whole = ceil(seconds)
    if whole < 120:
        return f"{whole} s"
    return f"{ceil(whole / 60)} min" if whole < 7200 else f"{ceil(whole / 3600)} h"


def _why_cut(failure: Failure) -> str:
    """In brackets; that a broken stream was cut says it all."""
    is_mere_cut = failure.kind is FailureKind.BROKEN_STREAM and failure.inner is None
    return "" if is_mere_cut else f" ({in_brief(failure)})"


def _failed_over(event: FailedOver) -> str:
    why = in_brief(event.failure)
    if event.from_alias == event.to_alias:
        return f"{event.from_alias}: {why}; asked again after {event.delay_s:.2f} s"
    return f"{event.from_alias}: {why}; {event.to_alias} is asked instead (+{event.delay_s:.2f} s)"


def _waiting(event: Waiting) -> str:
    if event.full:
        return "all who can answer are at work; waiting in line"
    until = f"trying again in {duration(event.for_s)}" if event.for_s is not None else "waiting"
    tries = f" ({event.tries} {'try' if event.tries == 1 else 'tries'} so far)" * bool(event.tries)
    if event.offline:
        return f"the network seems to be down; {until}{tries}"
    if event.alias is None or event.failure is None:
        return f"nobody can answer now; {until}{tries}"
    return f"{event.alias}: {_shortened(sentence(event.failure))}; {until}{tries}"


def _shortened(text: str) -> str:
    return text if len(text) <= DETAIL else f"{text[:DETAIL].rsplit(' ', 1)[0]} …"


def money(uusd: int | None, *, is_estimate: bool = False) -> str:
    """Micro-dollars as dollars; `$?` where the price is not known, which is not free."""
    if uusd is None:
        return "$?"
    if 0 < uusd < LEAST_UUSD:
        return "<$0.00001"
    dollars = uusd / 1_000_000
    return f"{'~' * is_estimate}${dollars:.{3 if dollars >= 0.01 or not uusd else 5}f}"


def tokens(count: int) -> str:
    """1.2M, 402k, 96.4k, 812."""
    if count >= 999_500:
        return f"{count / 1_000_000:.1f}M"
    return f"{count / 1_000:.{int(count < 99_950)}f}k" if count >= 1_000 else str(count)
