"""What the drawn screens tell: the pool, its models, its attempts, the window and the costs of
screens.md."""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from tests.tui.test_pool_panel import NOW, WELL
from vibe.agent.context import Share
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias, ProviderName
from vibe.domain.usage import Price
from vibe.mux.snapshot import MuxSnapshot
from vibe.mux.stats import LastError, Switch
from vibe.mux.trace import AttemptTrace
from vibe.session.spent import Spent
from vibe.tui.catalogue import Offered
from vibe.tui.panels.context import ContextView

STRONG, SMALL, LOCAL = Alias("devstral-2"), Alias("devstral-small"), Alias("local")
PROBED: Final = replace(
    WELL,
    alias=SMALL,
    state="half_open",
    probing=True,
    busy=1,
    limit=5,
    weight=30,
    share=0.24,
    want=0.3,
    requests=160,
    ok=151,
    failed=0,
    limited=9,
    per_minute=11,
    first_token_p50_s=0.31,
    first_token_p95_s=0.92,
    tokens_a_second=142.0,
    input_tokens=402_000,
    output_tokens=31_100,
    cost_uusd=50_000,
    last_hour_uusd=50_000,
    last_minute=(7, 4, 8, 0, 0, 0, 0, 0, 3, 3, 4, 4),
    last_error=LastError(
        kind="rate_limited",
        detail="server asked for 60 s (Retry-After)",
        status=429,
        at=NOW - 62,
    ),
)
RESTS: Final = replace(
    WELL,
    alias=LOCAL,
    provider=ProviderName("llamacpp"),
    is_fallback=True,
    state="open",
    can_answer=False,
    back_in_s=12.0,
    resting_from="unreachable",
    busy=0,
    limit=1,
    share=0.08,
    want=None,
    requests=47,
    ok=44,
    failed=3,
    per_minute=0,
    first_token_p50_s=1.9,
    first_token_p95_s=4.2,
    tokens_a_second=21.0,
    input_tokens=88_000,
    output_tokens=9_900,
    cost_uusd=0,
    last_hour_uusd=0,
    last_minute=(8, 8, 8, 8, 0, 0, 0, 0, 0, 0, 0, 0),
    last_error=LastError(
        kind="unreachable", detail="127.0.0.1:8080 refused", status=None, at=NOW - 3
    ),
)
POOL: Final = MuxSnapshot(
    at=NOW,
    mode="load_balance",
    available=2,
    total=3,
    requests=625,
    under_way=3,
    waiting=0,
    failovers=12,
    seams=0,
    entries=(WELL, PROBED, RESTS),
    recent=(
        Switch(
            at=NOW - 14,
            from_alias=LOCAL,
            to_alias=SMALL,
            kind="unreachable",
            status=None,
            delay_s=0.03,
        ),
        Switch(
            at=NOW,
            from_alias=SMALL,
            to_alias=STRONG,
            kind="rate_limited",
            status=429,
            delay_s=0.21,
        ),
    ),
)
RESTING: Final = replace(
    POOL,
    available=0,
    entries=(
        replace(
            WELL,
            state="open",
            can_answer=False,
            back_in_s=58.0,
            resting_from="rate_limited",
            last_error=PROBED.last_error,
        ),
        replace(
            PROBED,
            state="open",
            probing=False,
            can_answer=False,
            back_in_s=84.0,
            resting_from="rate_limited",
        ),
        RESTS,
    ),
)
OFFERED: Final = (
    Offered(
        alias=STRONG,
        provider=ProviderName("mistral"),
        window=128_000,
        price=Price(input=0.4, output=2.0),
    ),
    Offered(
        alias=SMALL,
        provider=ProviderName("mistral"),
        window=128_000,
        price=Price(input=0.1, output=0.3),
    ),
    Offered(
        alias=LOCAL,
        provider=ProviderName("llamacpp"),
        window=32_768,
        price=Price(input=0.0, output=0.0),
    ),
    Offered(
        alias=Alias("large"),
        provider=ProviderName("mistral"),
        window=256_000,
        price=Price(input=2.0, output=6.0),
    ),
    Offered(
        alias=Alias("gpt-x"), provider=ProviderName("openai"), trouble="OPENAI_API_KEY is not set"
    ),
)
LIMITED: Final = Failure(
    kind=FailureKind.RATE_LIMITED, status=429, retry_after_s=58.0, detail="too many requests"
)
UNREACHABLE: Final = Failure(kind=FailureKind.UNREACHABLE)
ATTEMPTS: Final = (
    (
        720.0,
        AttemptTrace(
            alias=SMALL,
            why="share",
            at_s=0.0,
            took_s=2.41,
            outcome="ok",
            first_token_s=0.31,
            characters=1_310,
            input_tokens=2_100,
            output_tokens=342,
            cost_uusd=310,
        ),
    ),
    (
        726.0,
        AttemptTrace(
            alias=SMALL, why="share", at_s=0.0, took_s=0.2, outcome="limited", failure=LIMITED
        ),
    ),
)
WINDOW: Final = ContextView(
    shares=(
        Share(name="system prompt", tokens=1_345, count=1),
        Share(name="tools", tokens=2_823, count=8),
        Share(name="your messages", tokens=412, count=4),
        Share(name="answers", tokens=2_120, count=6),
        Share(name="results of read", tokens=13_300, count=3),
    ),
    alias="devstral-2",
    window=128_000,
    counted=21_000,
)
_FAST: Final = Spent(
    alias=STRONG,
    answers=12,
    input=402_000,
    output=31_100,
    cached_read=301_000,
    cost_uusd=689_000,
)
_FREE: Final = Spent(alias=LOCAL, answers=1, input=900, output=40, unpriced=1, estimated=1)
COST: Final = ((_FAST, replace(_FAST, alias=SMALL, cost_uusd=50_000), _FREE), (_FAST,))
