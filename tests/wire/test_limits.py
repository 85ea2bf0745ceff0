"""The limits that the headers of an answer tell."""

from __future__ import annotations

import pytest

from vibe.domain.limits import Limit, Limits
from vibe.wire.limits import limits_of

NOW = 1748877285.0  # 2025-06-02 15:14:45 UTC


@pytest.mark.parametrize(
    ("headers", "limits"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"content-type": "text/event-stream", "x-request-id": "1"}, None, id="others"),
        pytest.param(
            {
                "X-RateLimit-Limit-Requests": "60",
                "x-ratelimit-limit-tokens": "150000",
                "x-ratelimit-remaining-requests": "59",
                "x-ratelimit-remaining-tokens": "149984",
                "x-ratelimit-reset-requests": "1s",
                "x-ratelimit-reset-tokens": "6m0s",
            },
            Limits(
                requests=Limit(limit=60, remaining=59, reset_s=1.0),
                tokens=Limit(limit=150_000, remaining=149_984, reset_s=360.0),
            ),
            id="OpenAI",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-req-minute": "60",
                "x-ratelimit-limit-tokens-minute": "50000",
                "x-ratelimit-limit-tokens-month": "4000000",
                "x-ratelimit-remaining-req-minute": "59",
                "x-ratelimit-remaining-tokens-minute": "47196",
                "x-ratelimit-remaining-tokens-month": "3950246",
                "x-ratelimit-tokens-query-cost": "2804",
            },
            Limits(
                requests=Limit(limit=60, remaining=59), tokens=Limit(limit=50_000, remaining=47_196)
            ),
            id="Mistral: the tightest stands for all",
        ),
        pytest.param(
            {
                "anthropic-ratelimit-input-tokens-limit": "200000",
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "2025-06-02T15:15:48Z",
                "anthropic-ratelimit-output-tokens-limit": "80000",
                "anthropic-ratelimit-output-tokens-remaining": "80000",
                "anthropic-ratelimit-output-tokens-reset": "2025-06-02T15:14:45Z",
                "anthropic-ratelimit-requests-limit": "4000",
                "anthropic-ratelimit-requests-remaining": "4000",
                "anthropic-ratelimit-requests-reset": "2025-06-02T15:14:45Z",
                "anthropic-ratelimit-tokens-limit": "280000",
                "anthropic-ratelimit-tokens-remaining": "80000",
                "anthropic-ratelimit-tokens-reset": "2025-06-02T15:14:45Z",
                "anthropic-ratelimit-unified-status": "allowed",
            },
            Limits(
                requests=Limit(limit=4000, remaining=4000, reset_s=0.0),
                tokens=Limit(limit=200_000, remaining=0, reset_s=63.0),
            ),
            id="Anthropic",
        ),
        pytest.param(
            {
                "X-RateLimit-Limit": "50",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": "1748877385000",
            },
            Limits(requests=Limit(limit=50, remaining=0, reset_s=100.0)),
            id="OpenRouter: no subject is requests",
        ),
        pytest.param(
            {
                "x-ratelimit-limit-tokens": "-1",
                "x-ratelimit-remaining-tokens": "-1",
                "x-ratelimit-reset-tokens": "0",
            },
            Limits(tokens=Limit(reset_s=0.0)),
            id="Azure: a negative count is not known",
        ),
        pytest.param(
            {"x-ratelimit-limit-requests": "many", "x-ratelimit-reset-requests": "soon"},
            None,
            id="nothing readable",
        ),
        pytest.param(
            {
                "x-ratelimit-remaining-requests": "9" * 400,
                "x-ratelimit-reset-requests": "-1m2.3s",
                "x-ratelimit-limit-tokens": "inf",
                "x-ratelimit-remaining-tokens": "7",
                "x-ratelimit-reset-tokens": "nan",
            },
            Limits(requests=Limit(reset_s=0.0), tokens=Limit(remaining=7)),
            id="numbers that are none",
        ),
        pytest.param(
            {"x-ratelimit-remaining-tokens": "5", "x-ratelimit-remaining-tokens-minute": ""},
            Limits(tokens=Limit(remaining=5)),
            id="a part",
        ),
    ],
)
def test_the_limits_are_read_whatever_they_are_called(
    headers: dict[str, str], limits: Limits | None
) -> None:
    assert limits_of(tuple(headers.items()), now=NOW) == limits


USED_UP = Limit(limit=10, remaining=0, reset_s=4.0)


@pytest.mark.parametrize(
    ("limits", "refilled_s", "nothing_allowed"),
    [
        pytest.param(Limits(), None, False, id="nothing known"),
        pytest.param(Limits(requests=USED_UP), 4.0, False, id="requests used up"),
        pytest.param(
            Limits(requests=USED_UP, tokens=Limit(remaining=0, reset_s=9.0)), 9.0, False, id="both"
        ),
        pytest.param(
            Limits(requests=USED_UP, tokens=Limit(remaining=1, reset_s=9.0)), 4.0, False, id="one"
        ),
        pytest.param(Limits(tokens=Limit(reset_s=55.0)), 55.0, False, id="only a reset"),
        pytest.param(Limits(requests=Limit(remaining=0)), None, False, id="no reset"),
        pytest.param(Limits(requests=Limit(limit=0, remaining=0)), None, True, id="no allowance"),
    ],
)
def test_what_is_used_up_tells_when_it_is_back(
    limits: Limits, refilled_s: float | None, nothing_allowed: bool
) -> None:
    assert (limits.refilled_s, limits.nothing_allowed) == (refilled_s, nothing_allowed)
