"""What a session has used, by the entry that answered: tokens and money, each counted once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from vibe.domain.model import Alias
from vibe.domain.usage import Usage
from vibe.session.record import Answered, Used

NOBODY: Final = Alias("unknown")


class Spent(Struct, frozen=True, kw_only=True):
    """`unpriced` counts those attempts whose cost is not known, and so not in `cost_uusd`;
    `estimated` those whose tokens vibe counted, because the provider did not."""

    alias: Alias
    answers: int = 0
    input: int = 0
    output: int = 0
    cached_read: int = 0
    cost_uusd: int = 0
    unpriced: int = 0
    estimated: int = 0

    def plus(self, other: Spent) -> Spent:
        return Spent(
            alias=self.alias,
            answers=self.answers + other.answers,
            input=self.input + other.input,
            output=self.output + other.output,
            cached_read=self.cached_read + other.cached_read,
            cost_uusd=self.cost_uusd + other.cost_uusd,
            unpriced=self.unpriced + other.unpriced,
            estimated=self.estimated + other.estimated,
        )

    @property
    def known_cost_uusd(self) -> int | None:
        """None where nothing at all is known of the cost: that is not free."""
        return None if self.unpriced and not self.cost_uusd else self.cost_uusd


def spent_on(record: Answered | Used) -> Spent:
    match record:
        case Answered(answer=answer):
            alias = answer.alias or NOBODY
            return _spent(alias, answer.usage, answer.cost_uusd, answer.is_estimated, answers=1)
        case Used():
            usage, cost = record.usage, record.cost_uusd
            return _spent(record.alias, usage, cost, record.is_estimated, answers=0)


def added(totals: tuple[Spent, ...], more: Spent) -> tuple[Spent, ...]:
    """`totals`, in which each entry stands once, in the order of their first answers."""
    if all(each.alias != more.alias for each in totals):
        return (*totals, more)
    return tuple(each.plus(more) if each.alias == more.alias else each for each in totals)


def in_all(totals: Iterable[Spent]) -> Spent:
    total = Spent(alias=Alias("all"))
    for each in totals:
        total = total.plus(each)
    return total


def _spent(
    alias: Alias, usage: Usage, cost_uusd: int | None, is_estimated: bool, *, answers: int
) -> Spent:
    return Spent(
        alias=alias,
        answers=answers,
        input=usage.input or 0,
        output=usage.output or 0,
        cached_read=min(usage.cached_read or 0, usage.input or 0),
        cost_uusd=cost_uusd or 0,
        unpriced=int(cost_uusd is None),
        estimated=int(is_estimated),
    )
