"""Events, failures, times and sums in the words that every screen has for them."""

from __future__ import annotations

import pytest

from vibe.domain.event import Retracted, Seam
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.domain.telling import duration, in_brief, money, sentence, tokens, told

STRONG, SMALL = Alias("strong"), Alias("small")
CUT = Failure(kind=FailureKind.BROKEN_STREAM, detail="the connection was closed")
CUT_BY_ERROR = Failure(kind=FailureKind.BROKEN_STREAM, inner=FailureKind.SERVER)
SILENT = Failure(kind=FailureKind.STALLED)


@pytest.mark.parametrize(
    ("failure", "brief"),
    [
        (Failure(kind=FailureKind.RATE_LIMITED, status=429), "429 rate limited"),
        (Failure(kind=FailureKind.SERVER, status=500), "500 server error"),
        (Failure(kind=FailureKind.AUTH, status=401), "401 not authorised"),
        (Failure(kind=FailureKind.EMPTY, status=200), "empty answer"),
        (Failure(kind=FailureKind.UNREACHABLE), "unreachable"),
        (CUT_BY_ERROR, "server error"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_failure_is_named_by_its_status_and_what_it_was(failure: Failure, brief: str) -> None:
    assert in_brief(failure) == brief


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ("Slow down. ", "429 rate limited: Slow down"),
        ("Sorry!", "429 rate limited: Sorry!"),
        ("", "429 rate limited"),
    ],
)
def test_a_sentence_ends_where_more_can_follow(detail: str, said: str) -> None:
    limited = Failure(kind=FailureKind.RATE_LIMITED, status=429, detail=detail)
    assert sentence(limited) == said


@pytest.mark.parametrize(
    ("failure", "to", "line"),
    [
        (CUT, SMALL, "strong was cut after about 212 tokens; small goes on"),
        (CUT, STRONG, "strong was cut after about 212 tokens; strong is asked to go on"),
        (
            CUT_BY_ERROR,
            SMALL,
            "strong was cut after about 212 tokens (server error); small goes on",
        ),
        (SILENT, SMALL, "strong was cut after about 212 tokens (stalled); small goes on"),
    ],
    ids=["closed", "by itself", "an error inside", "silent"],
)
def test_a_seam_tells_why_where_that_says_more_than_the_cut(
    failure: Failure, to: Alias, line: str
) -> None:
    assert told(Seam(from_alias=STRONG, to_alias=to, failure=failure, tokens=212)) == line


def test_a_part_that_is_taken_back_is_told() -> None:
    assert told(Retracted(alias=STRONG, failure=CUT)) == "strong was cut; the answer begins anew"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.01, "1 s"), (1.0, "1 s"), (119.5, "2 min"), (119.0, "119 s"), (3600.0, "60 min"),
     (7140.1, "120 min"), (7200.0, "2 h"), (7201.0, "3 h")],
)  # fmt: skip
def test_a_time_is_rounded_up(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("uusd", "is_estimate", "said"),
    [
        (None, False, "$?"),
        (0, False, "$0.000"),
        (3, False, "<$0.00001"),
        (3, True, "<$0.00001"),
        (183, False, "$0.00018"),
        (183, True, "~$0.00018"),
        (1_234_567, False, "$1.235"),
    ],
)
def test_no_sum_is_shown_as_nothing_that_is_not(
    uusd: int | None, is_estimate: bool, said: str
) -> None:
    assert money(uusd, is_estimate=is_estimate) == said


@pytest.mark.parametrize(("count", "said"), [(812, "812"), (96_400, "96.4k"), (1_200_000, "1.2M")])
def test_tokens_are_told_in_few_letters(count: int, said: str) -> None:
    assert tokens(count) == said
