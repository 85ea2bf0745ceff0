"""Faults of limits and money: 429 in every form of header and body, quotas, 402.

Bodies are those of the vendors' documents and of public reports. Where a wait is told by a date,
it is half a minute from the server's present.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Final

from vibe.domain.failure import FailureKind
from vibe.domain.model import Backend
from vibe.testing.envelopes import anthropic, azure, google, mistral, mistral_message, openai
from vibe.testing.fault import Fault
from vibe.testing.http_error import (
    Errors,
    HeadersAt,
    HttpError,
    http_fault,
    only,
    page,
    with_headers,
)
from vibe.testing.reply import Headers

LATER_S: Final = 30

_RPM: Final = "Rate limit reached for test-model in organization org-0000 on requests per min (RPM)"
_OPENAI: Final = HttpError(
    429,
    openai(f"{_RPM}: Limit 3, Used 3, Requested 1.", type="requests", code="rate_limit_exceeded"),
)
_AZURE: Final = (
    "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-10-21"
    " have exceeded token rate limit of your current OpenAI S0 pricing tier."
)
_LIMITED: Final[Errors] = {
    "generic": _OPENAI,
    "responses": _OPENAI,
    "azure": HttpError(429, azure(_AZURE, code="429")),
    "anthropic": HttpError(
        429,
        anthropic(
            "This request would exceed your organization's rate limit of 50 requests per minute.",
            type="rate_limit_error",
        ),
    ),
    "mistral": HttpError(
        429, mistral("Rate limit exceeded", type="rate_limited", code="1300", status=429)
    ),
}
_OF_OPENAI: Final = only(_LIMITED, "generic", "responses", "azure")


def faults() -> Iterator[Fault]:
    yield from _rate_limits()
    yield from _waits_in_bodies()
    yield from _used_up()


def _rate_limits() -> Iterator[Fault]:
    """429, and what the headers say of when to come back."""
    yield _limited("rate_limit", "429 that tells no wait", (), None)
    yield _limited("rate_limit_seconds", "retry-after: 7", _after("7"), 7.0)
    yield _limited("rate_limit_fraction", "retry-after: 1.5", _after("1.5"), 1.5)
    yield _limited("rate_limit_negative", "retry-after: -5", _after("-5"), 0.0)
    yield _limited("rate_limit_duration", "retry-after: 1m2.3s", _after("1m2.3s"), 62.3)
    yield _limited("rate_limit_short", "retry-after: 20ms", _after("20ms"), 0.02)
    yield _limited("rate_limit_long", "a wait of two hours", _after("7200"), 7200.0)
    yield _limited("rate_limit_date", "retry-after as a date of HTTP", _after_date, LATER_S)
    yield _limited(
        "rate_limit_rfc3339", "retry-after as a date of RFC 3339", _after_rfc3339, LATER_S
    )
    yield _limited(
        "rate_limit_epoch_s", "retry-after in seconds since 1970", _after_epoch_s, LATER_S
    )
    yield _limited("rate_limit_epoch_ms", "the same in milliseconds", _after_epoch_ms, LATER_S)
    yield _limited(
        "rate_limit_ms",
        "retry-after-ms, beside a retry-after that is rounded",
        (("retry-after-ms", "1500"), ("retry-after", "2")),
        1.5,
        _OF_OPENAI,
    )
    yield _limited(
        "rate_limit_x_ms",
        "x-ms-retry-after-ms",
        (("x-ms-retry-after-ms", "2500"),),
        2.5,
        only(_LIMITED, "azure"),
    )
    yield _limited(
        "rate_limit_reset_requests",
        "no requests are left, and the reset of tokens is another",
        _x_ratelimit(requests=(0, "6m0s"), tokens=(17_997, "7.66s")),
        360.0,
        _OF_OPENAI,
    )
    yield _limited(
        "rate_limit_reset_tokens",
        "no tokens are left, and the reset of requests is another",
        _x_ratelimit(requests=(9_999, "6ms"), tokens=(0, "7.66s")),
        7.66,
        _OF_OPENAI,
    )
    yield _limited(
        "rate_limit_reset_date",
        "no input tokens are left until a date, and the others are",
        _anthropic_ratelimit,
        LATER_S,
        only(_LIMITED, "anthropic"),
    )
    yield _limited(
        "rate_limit_remaining",
        "no requests are left in this minute, and no reset is told",
        (("x-ratelimit-limit-req-minute", "60"), ("x-ratelimit-remaining-req-minute", "0")),
        None,
        {"mistral": HttpError(429, mistral_message("Requests rate limit exceeded"))},
    )


def _waits_in_bodies() -> Iterator[Fault]:
    """429, or what stands for it, and what the body says of when to come back."""
    yield _limited(
        "rate_limit_words",
        "“try again in 5.289s”",
        (),
        5.289,
        _openai_words("Please try again in 5.289s."),
    )
    yield _limited(
        "rate_limit_words_minutes",
        "“try again in 1m2.3s”",
        (),
        62.3,
        _openai_words("Please try again in 1m2.3s."),
    )
    yield _limited(
        "rate_limit_words_seconds",
        "“retry after 7 seconds”",
        (),
        7.0,
        {"azure": HttpError(429, azure(f"{_AZURE} Please retry after 7 seconds.", code="429"))},
    )
    yield _limited(
        "rate_limit_google",
        "Gemini's list with a retryDelay",
        (),
        46.0,
        {"generic": HttpError(429, _google_quota("GenerateRequestsPerMinutePerProject", "46s"))},
    )
    yield _limited(
        "rate_limit_page",
        "429 as a page of what stands in front",
        _after("7"),
        7.0,
        dict.fromkeys(_LIMITED, page(429, "429 Too Many Requests")),
    )
    slow_down = HttpError(503, openai("Slow Down", type="slow_down", code="slow_down"))
    yield _limited(
        "slow_down", "503 that means a rate", (), None, dict.fromkeys(_OF_OPENAI, slow_down)
    )


def _used_up() -> Iterator[Fault]:
    """No wait of seconds brings it back."""
    quota = openai(
        "You exceeded your current quota, please check your plan and billing details.",
        type="insufficient_quota",
        code="insufficient_quota",
    )
    credit = anthropic(
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing"
        " to upgrade or purchase credits."
    )
    yield _no_credit(
        "quota",
        "429 or 400, and the money is spent",
        {
            **dict.fromkeys(_OF_OPENAI, HttpError(429, quota)),
            "anthropic": HttpError(400, credit),
        },
    )
    spent = openai(
        "Organization spend limit exceeded.",
        type="insufficient_quota",
        code="organization_spend_limit_exceeded",
    )
    crossed = anthropic(
        "Your organization has crossed its monthly API usage threshold.",
        type="rate_limit_error",
        details={"error_code": "enforced_spend_limit_reached"},
    )
    yield _no_credit(
        "quota_spend_limit",
        "429, and a limit of one's own is reached",
        {
            "generic": HttpError(429, spent),
            "responses": HttpError(429, spent),
            "anthropic": HttpError(429, crossed),
        },
    )
    rpd = _RPM.replace("per min (RPM)", "per day (RPD)")
    words = f"{rpd}: Limit 200, Used 200, Requested 1. Please try again in 7m12s."
    per_day = HttpError(429, openai(words, type="requests", code="rate_limit_exceeded"))
    yield _no_credit(
        "quota_day",
        "429, and it is the day that is used up",
        {"generic": per_day, "responses": per_day},
        retry_after_s=432.0,
    )
    yield _no_credit(
        "quota_day_google",
        "the same at Gemini, whose retryDelay means nothing then",
        {"generic": HttpError(429, _google_quota("GenerateRequestsPerDayPerProject", "34s"))},
    )
    yield _no_credit(
        "quota_no_allowance",
        "429 of a key whose plan allows nothing",
        with_headers(
            {"mistral": HttpError(429, mistral_message("Rate limit exceeded", code="1300"))},
            (("x-ratelimit-limit-req-minute", "0"), ("x-ratelimit-remaining-req-minute", "0")),
        ),
    )
    balance = openai("Insufficient Balance", type="unknown_error", code="invalid_request_error")
    billing = anthropic(
        "There's an issue with your billing or payment information.", type="billing_error"
    )
    yield _no_credit(
        "payment_required",
        "402",
        {
            "generic": HttpError(402, balance),
            "responses": HttpError(402, balance),
            "azure": HttpError(402, azure("Payment required.", code="402")),
            "anthropic": HttpError(402, billing),
            "mistral": HttpError(402, mistral_message("Payment required")),
        },
    )


def _limited(
    name: str,
    says: str,
    headers: Headers | HeadersAt,
    retry_after_s: float | None,
    errors: Errors = _LIMITED,
) -> Fault:
    return http_fault(
        name,
        says,
        with_headers(errors, headers),
        kind=FailureKind.RATE_LIMITED,
        retry_after_s=retry_after_s,
    )


def _no_credit(
    name: str, says: str, errors: Errors, *, retry_after_s: float | None = None
) -> Fault:
    return http_fault(name, says, errors, kind=FailureKind.NO_CREDIT, retry_after_s=retry_after_s)


def _openai_words(wait: str) -> Errors:
    body = openai(f"{_RPM}: Limit 3. {wait}", type="requests", code="rate_limit_exceeded")
    dialects: tuple[Backend, ...] = ("generic", "responses")
    return dict.fromkeys(dialects, HttpError(429, body))


def _google_quota(quota: str, delay: str) -> bytes:
    kind = "type.googleapis.com/google.rpc."
    return google(
        "You exceeded your current quota, please check your plan and billing details.",
        code=429,
        status="RESOURCE_EXHAUSTED",
        details=(
            {"@type": f"{kind}QuotaFailure", "violations": [{"quotaId": quota, "quotaValue": "2"}]},
            {"@type": f"{kind}RetryInfo", "retryDelay": delay},
        ),
    )


def _after(value: str) -> Headers:
    return (("retry-after", value),)


def _after_date(now: float) -> Headers:
    return _after(formatdate(now + LATER_S, usegmt=True))


def _after_rfc3339(now: float) -> Headers:
    return _after(_rfc3339(now))


def _after_epoch_s(now: float) -> Headers:
    return _after(str(int(now) + LATER_S))


def _after_epoch_ms(now: float) -> Headers:
    return _after(str((int(now) + LATER_S) * 1000))


def _rfc3339(now: float) -> str:
    return datetime.fromtimestamp(int(now) + LATER_S, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


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
    reset = datetime.fromtimestamp(int(now) + 3, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        ("anthropic-ratelimit-requests-limit", "4000"),
        ("anthropic-ratelimit-requests-remaining", "3999"),
        ("anthropic-ratelimit-requests-reset", reset),
        ("anthropic-ratelimit-input-tokens-limit", "200000"),
        ("anthropic-ratelimit-input-tokens-remaining", "0"),
        ("anthropic-ratelimit-input-tokens-reset", _rfc3339(now)),
        ("anthropic-ratelimit-output-tokens-limit", "80000"),
        ("anthropic-ratelimit-output-tokens-remaining", "80000"),
        ("anthropic-ratelimit-output-tokens-reset", reset),
    )
