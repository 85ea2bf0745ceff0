"""Faults of limits and money: 429 in every form of header and body, quotas, 402.

Bodies are those of the vendors' documents and of public reports. A wait that is told by a date is
half a minute from the server's present.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Final

from vibe.domain.failure import FailureKind
from vibe.testing import envelopes
from vibe.testing.envelopes import anthropic, mistral, mistral_message, openai
from vibe.testing.fault import Fault
from vibe.testing.http_error import (
    Errors,
    HeadersAt,
    by_vendor,
    compatible,
    http_fault,
    page,
    with_headers,
)
from vibe.testing.reply import Headers

LATER_S: Final = 30

_RPM: Final = "Rate limit reached for test-model in organization org-0000 on requests per min (RPM)"
_AZURE: Final = (
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21"
    " have exceeded token rate limit of your current OpenAI S0 pricing tier."
)
_ANTHROPIC: Final = (
    "This request would exceed your organization's rate limit of 50 requests per minute."
)
_LIMITED: Final = by_vendor(
    429,
    openai=openai(f"{_RPM}: Limit 3, Used 3.", type="requests", code="rate_limit_exceeded"),
    azure=envelopes.azure(_AZURE, code="429"),
    anthropic=anthropic(_ANTHROPIC, type="rate_limit_error"),
    mistral=mistral("Rate limit exceeded", type="rate_limited", code="1300", status=429),
)
_OPENAI: Final[Errors] = {each: _LIMITED[each] for each in ("generic", "responses", "azure")}


def faults() -> Iterator[Fault]:
    yield from _waits_in_headers()
    yield from _waits_elsewhere()
    yield from _used_up()


def _waits_in_headers() -> Iterator[Fault]:
    def after(name: str, says: str, value: str, wait_s: float) -> Fault:
        return _limited(name, says, wait_s, headers=(("retry-after", value),))

    yield _limited("rate_limit", "429 that tells no wait", None)
    yield after("rate_limit_seconds", "retry-after: 7", "7", 7.0)
    yield after("rate_limit_fraction", "retry-after: 1.5", "1.5", 1.5)
    yield after("rate_limit_negative", "retry-after: -5", "-5", 0.0)
    yield after("rate_limit_duration", "retry-after: 1m2.3s", "1m2.3s", 62.3)
    yield after("rate_limit_short", "retry-after: 20ms", "20ms", 0.02)
    yield after("rate_limit_long", "a wait of two hours", "7200", 7200.0)
    yield _limited(
        "rate_limit_date",
        "retry-after as a date of HTTP",
        LATER_S,
        headers=lambda now: (("retry-after", formatdate(now + LATER_S, usegmt=True)),),
    )
    yield _limited(
        "rate_limit_rfc3339",
        "retry-after as a date of RFC 3339",
        LATER_S,
        headers=lambda now: (("retry-after", _rfc3339(now + LATER_S)),),
    )
    yield _limited(
        "rate_limit_epoch_s",
        "retry-after in seconds since 1970",
        LATER_S,
        headers=lambda now: (("retry-after", str(int(now) + LATER_S)),),
    )
    yield _limited(
        "rate_limit_epoch_ms",
        "the same in milliseconds",
        LATER_S,
        headers=lambda now: (("retry-after", str((int(now) + LATER_S) * 1000)),),
    )
    yield _limited(
        "rate_limit_ms",
        "retry-after-ms, beside a retry-after that is rounded",
        1.5,
        headers=(("retry-after-ms", "1500"), ("retry-after", "2")),
        errors=_OPENAI,
    )
    yield _limited(
        "rate_limit_x_ms",
        "x-ms-retry-after-ms",
        2.5,
        headers=(("x-ms-retry-after-ms", "2500"),),
        errors={"azure": _LIMITED["azure"]},
    )


def _waits_elsewhere() -> Iterator[Fault]:
    """In the headers that tell of the limits, in the body, and nowhere."""
    yield _limited(
        "rate_limit_reset_requests",
        "no requests are left, and the reset of tokens is another",
        360.0,
        headers=_x_ratelimit(requests=(0, "6m0s"), tokens=(17_997, "7.66s")),
        errors=_OPENAI,
    )
    yield _limited(
        "rate_limit_reset_tokens",
        "no tokens are left, and the reset of requests is another",
        7.66,
        headers=_x_ratelimit(requests=(9_999, "6ms"), tokens=(0, "7.66s")),
        errors=_OPENAI,
    )
    yield _limited(
        "rate_limit_reset_date",
        "no input tokens are left until a date, and the others are",
        LATER_S,
        headers=_anthropic_ratelimit,
        errors={"anthropic": _LIMITED["anthropic"]},
    )
    yield _limited(
        "rate_limit_remaining",
        "no requests are left in this minute, and no reset is told",
        None,
        headers=_per_minute(60),
        errors=by_vendor(429, mistral=mistral_message("Requests rate limit exceeded")),
    )
    yield _limited(
        "rate_limit_words", "“try again in 5.289s”", 5.289, errors=_words("5.289s", _RPM)
    )
    yield _limited(
        "rate_limit_words_minutes", "“try again in 1m2.3s”", 62.3, errors=_words("1m2.3s", _RPM)
    )
    seven = envelopes.azure(f"{_AZURE} Please retry after 7 seconds.", code="429")
    yield _limited(
        "rate_limit_words_seconds",
        "“retry after 7 seconds”",
        7.0,
        errors=by_vendor(429, azure=seven),
    )
    yield _limited(
        "rate_limit_google",
        "Gemini's list with a retryDelay",
        46.0,
        errors=compatible(429, _google_quota("GenerateRequestsPerMinutePerProject", "46s")),
    )
    yield _limited(
        "rate_limit_page",
        "429 as a page of what stands in front",
        7.0,
        headers=(("retry-after", "7"),),
        errors=page(429, "429 Too Many Requests"),
    )
    slow = openai("Slow Down", type="slow_down", code="slow_down")
    yield _limited("slow_down", "503 that means a rate", None, errors=by_vendor(503, openai=slow))


def _used_up() -> Iterator[Fault]:
    """No wait of seconds brings it back."""
    quota = openai(
        "You exceeded your current quota, please check your plan and billing details.",
        type="insufficient_quota",
        code="insufficient_quota",
    )
    credit = anthropic("Your credit balance is too low to access the Anthropic API.")
    yield _no_credit(
        "quota",
        "429 or 400, and the money is spent",
        by_vendor(429, openai=quota) | by_vendor(400, anthropic=credit),
    )
    yield _no_credit(
        "quota_spend_limit",
        "429, and a limit of one's own is reached",
        by_vendor(
            429,
            openai=openai(
                "Organization spend limit exceeded.",
                type="insufficient_quota",
                code="organization_spend_limit_exceeded",
            ),
            anthropic=anthropic(
                "Your organization has crossed its monthly API usage threshold.",
                type="rate_limit_error",
                details={"error_code": "enforced_spend_limit_reached"},
            ),
        ),
    )
    yield _no_credit(
        "quota_day",
        "429, and it is the day that is used up",
        _words("7m12s", _RPM.replace("per min (RPM)", "per day (RPD)")),
        retry_after_s=432.0,
    )
    yield _no_credit(
        "quota_day_google",
        "the same at Gemini, whose retryDelay means nothing then",
        compatible(429, _google_quota("GenerateRequestsPerDayPerProject", "34s")),
    )
    none = by_vendor(429, mistral=mistral_message("Rate limit exceeded", code="1300"))
    yield _no_credit(
        "quota_no_allowance",
        "429 of a key whose plan allows nothing",
        with_headers(none, _per_minute(0)),
    )
    yield _no_credit(
        "payment_required",
        "402",
        by_vendor(
            402,
            openai=openai("Insufficient Balance", type="unknown_error"),
            anthropic=anthropic(
                "There's an issue with your billing or payment information.", type="billing_error"
            ),
            mistral=mistral_message("Payment required"),
        ),
    )


def _limited(
    name: str,
    says: str,
    wait_s: float | None,
    *,
    headers: Headers | HeadersAt = (),
    errors: Errors = _LIMITED,
) -> Fault:
    return http_fault(
        name,
        says,
        with_headers(errors, headers),
        kind=FailureKind.RATE_LIMITED,
        retry_after_s=wait_s,
    )


def _no_credit(
    name: str, says: str, errors: Errors, *, retry_after_s: float | None = None
) -> Fault:
    return http_fault(name, says, errors, kind=FailureKind.NO_CREDIT, retry_after_s=retry_after_s)


def _words(wait: str, reached: str) -> Errors:
    message = f"{reached}: Limit 200, Used 200, Requested 1. Please try again in {wait}."
    return by_vendor(429, openai=openai(message, type="requests", code="rate_limit_exceeded"))


def _google_quota(quota: str, delay: str) -> bytes:
    kind = "type.googleapis.com/google.rpc."
    return envelopes.google(
        "You exceeded your current quota, please check your plan and billing details.",
        code=429,
        status="RESOURCE_EXHAUSTED",
        details=(
            {"@type": f"{kind}QuotaFailure", "violations": [{"quotaId": quota, "quotaValue": "2"}]},
            {"@type": f"{kind}RetryInfo", "retryDelay": delay},
        ),
    )


def _rfc3339(at: float) -> str:
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _per_minute(limit: int) -> Headers:
    name = "x-ratelimit-{}-req-minute"
    return ((name.format("limit"), str(limit)), (name.format("remaining"), "0"))


def _x_ratelimit(*, requests: tuple[int, str], tokens: tuple[int, str]) -> Headers:
    return (
        ("x-ratelimit-limit-requests", "14400"),
        ("x-ratelimit-remaining-requests", str(requests[0])),
        ("x-ratelimit-reset-requests", requests[1]),
        ("x-ratelimit-limit-tokens", "18000"),
        ("x-ratelimit-remaining-tokens", str(tokens[0])),
        ("x-ratelimit-reset-tokens", tokens[1]),
    )


def _anthropic_ratelimit(now: float) -> Headers:
    """Of three limits the input tokens are used up, and come back last."""
    told = (
        ("requests", 4_000, 3_999, 3),
        ("input-tokens", 200_000, 0, LATER_S),
        ("output-tokens", 80_000, 80_000, 3),
    )
    return tuple(
        (f"anthropic-ratelimit-{name}-{field}", value)
        for name, limit, remaining, reset_s in told
        for field, value in (
            ("limit", str(limit)),
            ("remaining", str(remaining)),
            ("reset", _rfc3339(now + reset_s)),
        )
    )
