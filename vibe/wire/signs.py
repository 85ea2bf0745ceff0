"""What the words of an error mean: one table, in the order in which they count.

The words are those that real servers sent; tests/wire/errors holds them. Nothing here reads a body
or knows a status that was sent without words.
"""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from msgspec import Struct

from vibe.domain.failure import FailureKind
from vibe.wire.window import WINDOW, window_of

Statuses: TypeAlias = frozenset[int | None]


class Sign(Struct, frozen=True, kw_only=True):
    """What a pattern means where it is found, be it in a sentence or in a code.

    `at` are the statuses under which it counts, None being an error inside a stream; without `at`
    it counts under any. A group of the pattern is the context window. `rest_s` is the wait where
    the provider tells none; `tells_wait` is off where the wait that it tells is known to be wrong.
    """

    kind: FailureKind
    pattern: re.Pattern[str]
    at: Statuses | None = None
    lacks: bool = False
    rest_s: float | None = None
    tells_wait: bool = True


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.IGNORECASE | re.ASCII)


_ON_REQUEST: Final = frozenset({400, 413, 422, 500, None})
_IN_STREAM: Final = frozenset[int | None]({None})

_N = r"[0-9][0-9,._]*+"
_OVERFLOW = _any(
    rf"maximum context length (?:is|of) {WINDOW}",
    rf"too large for model with {WINDOW} maximum context length",
    rf"prompt is too long(?:: {_N} tokens > {WINDOW})?",
    r"prompt too long; exceeded (?:max )?context length",
    rf"exceed context limit: {_N} \+ {_N} > {WINDOW}",
    rf"exceeds? (?:the )?(?:model's )?(?:available |maximum )?context (?:size|window|length|limit)"
    rf"(?:(?: of | \(){WINDOW})?",
    r"context size has been exceeded",
    rf"context (?:size|length) (?:is|of)(?: only)? {WINDOW}",
    r"greater than the context length|context window exceeds limit",
    rf"input token count.{{0,40}}? exceeds the maximum(?: number of tokens allowed \({WINDOW})?",
    rf"maximum prompt length is {WINDOW}",
    rf"reduce the length of the (?:messages|prompt|input)"
    rf"(?: or completion\. Current length is {_N} while limit is {WINDOW})?",
    rf"longer than the (?:model's context length|maximum model length of) \(?{WINDOW}",
    rf"tokens?\b.{{0,60}}? exceeds the (?:max )?limit of {WINDOW}",
    rf"exceeds (?:the )?maximum allowed (?:input length of|token size) {WINDOW}",
    rf"exceeded model token limit(?:: {WINDOW})?",
    rf"input tokens exceed the configured limit of {WINDOW}",
    rf"range of input length should be \[1, {WINDOW}",
    rf"`inputs` tokens \+ `max_new_tokens` must be <= {WINDOW}",
    r"tokens in request more than max tokens allowed|token limit exceeded",
    r"input is too long for requested model|is too large to process\. increase the physical batch",
    r"context_length_exceeded|context_window_exceeded|exceed_context_size_error",
)

# What a request is as good without: that it is not supported is no lack of the model's.
_OPTIONAL: Final = (
    r"['\"`]?\b(?:temperature|top_p|max_tokens|max_completion_tokens|stream_options|seed"
    r"|parallel_tool_calls|prompt_cache_key|reasoning_effort)\b['\"`]?"
)

SIGNS: Final = (
    # Money before anything else: no wait of seconds brings it back.
    Sign(
        kind=FailureKind.NO_CREDIT,
        pattern=_any(
            r"insufficient_(?:user_)?quota|credit_balance_exhausted|exceeded_current_quota",
            r"_(?:spend|usage)_limit_(?:exceeded|reached)|budget_exceeded",
            r"billing_(?:error|not_active|hard_limit_reached)",
            r"credit balance is (?:too low|depleted)|(?:insufficient|requires? more) credits",
            r"(?:any|no) credits (?:yet|remaining)|insufficient (?:account )?(?:balance|funds)",
            r"(?:spend|spending) (?:limit|cap)|API usage limits|key limit exceeded",
            r"monthly (?:included credits|limit|quota|budget)|payment is past due",
            r"budget (?:has been )?exceeded",
        ),
    ),
    # Gemini's retryDelay counts minutes even where it is the day that is used up, and where the
    # plan allows nothing at all.
    Sign(
        kind=FailureKind.NO_CREDIT,
        pattern=_any(r"PerDay", r"limit: 0(?![.0-9])"),
        at=frozenset({429, None}),
        tells_wait=False,
    ),
    Sign(
        kind=FailureKind.NO_CREDIT,
        pattern=_any(r"\b(?:RPD|TPD)\b", r"-per-day|tokens per day|daily (?:quota|limit|request)"),
        at=frozenset({403, 429, None}),
    ),
    Sign(
        kind=FailureKind.AUTH,
        pattern=_any(
            r"(?:incorrect|invalid) API[ _]key|invalid_api_key|invalid x-api-key|API_KEY_INVALID",
            r"API key (?:is )?(?:not valid|invalid|expired)",
            r"location is not supported|unsupported_country_region",
        ),
    ),
    Sign(
        kind=FailureKind.REFUSED,
        pattern=_any(
            r"content[_ ]filter|content[_ ]policy|content management policy|ResponsibleAI",
            r"violat\w+ (?:our |the )?(?:usage|safety|content)|usage guidelines|cyber_policy",
            r"(?:input|prompt|content|chat) was flagged for|flagged by .{0,30}?(?:moderat|safety)",
            r"requires? moderation|data_inspection_failed|content exists risk|PROHIBITED_CONTENT",
        ),
        at=frozenset({400, 403, 422, 451, None}),
    ),
    Sign(kind=FailureKind.CONTEXT_TOO_LONG, pattern=_OVERFLOW, at=_ON_REQUEST),
    # More than a minute's allowance in one request: waiting does not help, a shorter one does.
    Sign(
        kind=FailureKind.CONTEXT_TOO_LONG,
        pattern=_any(rf"request too large for .{{0,200}}?\(TPM\): Limit {WINDOW}"),
        at=frozenset({413, 429}),
    ),
    Sign(
        kind=FailureKind.NOT_FOUND,
        pattern=_any(
            r"model_not_found|model_not_available|model_decommissioned|DeploymentNotFound",
            r"try pulling it first|not a valid model ID|invalid_model|model not exist",
            r"tier_not_allowed|not have access to (?:the )?model|verified to use the model",
        ),
        at=frozenset({400, 403, 404, 422, 500, None}),
    ),
    Sign(
        kind=FailureKind.BAD_REQUEST,
        pattern=_any(
            rf"{_OPTIONAL} (?:does not|doesn't|is not) support",
            rf"(?:not|n't) support (?:the )?(?:parameter )?{_OPTIONAL}",
        ),
        at=_ON_REQUEST,
    ),
    Sign(
        kind=FailureKind.BAD_REQUEST,
        pattern=_any(
            r"does(?: not|n't) support|no endpoints found that support",
            r"not supported (?:with|by|for|on|in) (?:this|the|your) (?:model|server|endpoint)",
            r"(?:image|audio|video|vision|file|document|tool|function)s?(?: \w+){0,2}"
            r" (?:is|are) not (?:supported|enabled)",
            r"only supported by certain models|not a multimodal model|unknown variant `image_url`",
            r"content must be a string|content blocks are expected to be",
            r"at most [0-9]+ (?:image|audio|video)",
            r"requires --enable-auto-tool-choice|tools param requires --jinja",
        ),
        at=frozenset({400, 404, 415, 422, 500, 501, None}),
        lacks=True,
    ),
    Sign(
        kind=FailureKind.OVERLOADED,
        pattern=_any(r"loading model"),
        at=frozenset({503, None}),
        rest_s=2.0,
    ),
    Sign(
        kind=FailureKind.OVERLOADED,
        pattern=_any(
            r"overloaded|capacity[_ ](?:exceeded|exhausted)|(?:out of|no|at) capacity",
            r"resource_unavailable|server busy|maximum pending requests|queue (?:is )?full",
        ),
        at=frozenset({429, 498, 499, 500, 502, 503, 529, None}),
    ),
    Sign(
        kind=FailureKind.RATE_LIMITED,
        pattern=_any(r"\bslow[_ ]down\b|\b(?-i:SlowDown)\b"),
        at=frozenset({503, None}),
    ),
    # Groq refuses what its own model wrote; the next attempt at the same is usually right.
    Sign(kind=FailureKind.EMPTY, pattern=_any(r"tool_use_failed"), at=frozenset({400, None})),
    # OpenRouter, whose next provider may well take the same request.
    Sign(
        kind=FailureKind.SERVER, pattern=_any(r"provider returned error"), at=frozenset({400, None})
    ),
    # Inside a stream a word is all there is in the place of a status.
    Sign(
        kind=FailureKind.RATE_LIMITED,
        pattern=_any(r"rate_limit(?:ed|_error|_exceeded)|RESOURCE_EXHAUSTED"),
        at=_IN_STREAM,
    ),
    Sign(
        kind=FailureKind.AUTH,
        pattern=_any(r"authentication_error|permission_error|PERMISSION_DENIED"),
        at=_IN_STREAM,
    ),
    Sign(kind=FailureKind.NOT_FOUND, pattern=_any(r"not_found_error"), at=_IN_STREAM),
    Sign(
        kind=FailureKind.BAD_REQUEST,
        pattern=_any(r"invalid_request_error|INVALID_ARGUMENT|BadRequestError"),
        at=_IN_STREAM,
    ),
)

# Mistral's numbers; other vendors mean other things by theirs.
MISTRAL_SIGNS: Final = (
    Sign(kind=FailureKind.RATE_LIMITED, pattern=re.compile(r"^1300$", re.MULTILINE)),
    Sign(kind=FailureKind.OVERLOADED, pattern=re.compile(r"^3505$", re.MULTILINE)),
    *SIGNS,
)


def first_sign(
    text: str, status: int | None, *, signs: tuple[Sign, ...]
) -> tuple[Sign, int | None] | None:
    """The sign that counts, and the context window if it tells one."""
    for sign in signs:
        if (sign.at is None or status in sign.at) and (found := sign.pattern.search(text)):
            return sign, window_of(found[found.lastindex]) if found.lastindex else None
    return None
