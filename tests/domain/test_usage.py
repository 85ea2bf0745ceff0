"""What an answer costs: right to the micro-dollar, or not known."""

from __future__ import annotations

import pytest

from vibe.domain.usage import Price, Usage, cost_uusd

PRICE = Price(input=0.4, output=2.0)
CACHED = Usage(input=100, output=0, cached_read=40)


@pytest.mark.parametrize(
    ("usage", "price", "cost"),
    [
        (Usage(input=1_000_000, output=0), PRICE, 400_000),
        (Usage(input=0, output=1_000_000), PRICE, 2_000_000),
        (Usage(input=12, output=3), PRICE, 11),
        (CACHED, Price(input=1, output=1, cached_input=0.1), 64),
        (Usage(input=10, output=0, cached_read=40), Price(input=1, output=1, cached_input=0.1), 1),
        (CACHED, Price(input=1, output=1), 100),
        (Usage(input=1, output=1), Price(input=0.0, output=0.0), 0),
        (Usage(input=1, output=None), PRICE, None),
        (Usage(input=1, output=1), Price(input=0.4), None),
    ],
    ids=[
        "input", "output", "both", "cached", "cached-beyond-all", "cached-at-full-price", "free",
        "not-counted",
        "not-priced",
    ],
)  # fmt: skip
def test_the_cost_of_an_answer(usage: Usage, price: Price, cost: int | None) -> None:
    assert cost_uusd(usage, price) == cost


def test_a_later_count_corrects_an_earlier_one_and_forgets_nothing() -> None:
    begun = Usage(input=25, output=1, cached_read=20)
    assert begun.merged(Usage(output=15)) == Usage(input=25, output=15, cached_read=20)
