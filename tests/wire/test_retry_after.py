"""The forms in which a provider says when to come back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vibe.wire.retry_after import asked_wait_s, hinted_wait_s, seconds_of

NOW = 1767225600.0  # 2026-01-01 00:00:00 UTC
YEAR_S = 366 * 86_400


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("5", 5.0),
        (" 0.5 ", 0.5),
        ("5.", 5.0),
        ("0", 0.0),
        ("-3", 0.0),
        ("34s", 34.0),
        ("20ms", 0.02),
        ("7.66s", 7.66),
        ("6m0s", 360.0),
        ("1m2.3s", 62.3),
        ("2h31m16.5s", 9076.5),
        ("1d2h", 93600.0),
        ("1 hour, 5 minutes", 3900.0),
        ("1M2S", 62.0),
        ("+5s", 5.0),
        ("-1m2.3s", 0.0),
        ("-20ms", 0.0),
        ("45 seconds", 45.0),
        ("2026-01-01T00:00:10Z", 10.0),
        ("2026-01-01T01:00:10+01:00", 10.0),
        ("2026-01-01T00:00:10.5", 10.5),
        ("2025-12-31T00:00:00Z", 0.0),
        ("Thu, 01 Jan 2026 00:01:00 GMT", 60.0),
        ("Thursday, 01-Jan-26 00:01:00 GMT", 60.0),
        ("1767225610", 10.0),
        ("1767225610.5", 10.5),
        ("1767225610000", 10.0),
        ("1767225590", 0.0),
    ],
)
def test_every_form_is_seconds_from_now(text: str, wait_s: float) -> None:
    assert seconds_of(text, now=NOW) == pytest.approx(wait_s)


@pytest.mark.parametrize(
    "text",
    ["", " ", "soon", "-", "5 months", "5\u017f", "1m-2s", "1m2.3s later", "nan", "inf", "-inf",
     "1e5", "1_000", "\u0665", "99999999", "9" * 90, "9" * 1000, "9" * 60 + "d",
     "99999999999999999", "Wed, 99 Foo 2026 00:00:00 GMT", "9999-12-31T23:59:59Z",
     "0001-01-01T00:00:00+14:00x"],
)  # fmt: skip
def test_what_nobody_can_mean_is_no_wait(text: str) -> None:
    assert seconds_of(text, now=NOW) is None


@pytest.mark.parametrize(
    ("text", "wait_s"), [("2026-01-01T00:00:10Z", None), ("1767225610", None), ("1m", 60.0)]
)
def test_without_a_clock_only_a_date_is_unknown(text: str, wait_s: float | None) -> None:
    assert seconds_of(text, now=None) == wait_s


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"Retry-After": "5"}, 5.0, id="seconds"),
        pytest.param({"Retry-After": "5", "Retry-After-Ms": "4321"}, 4.321, id="milliseconds"),
        pytest.param({"x-ms-retry-after-ms": "250", "retry-after": "1"}, 0.25, id="Azure's"),
        pytest.param({"retry-after-ms": "1", "x-ms-retry-after-ms": "2"}, 0.001, id="both"),
        pytest.param({"retry-after-ms": "soon", "retry-after": "7"}, 7.0, id="one not readable"),
        pytest.param({"retry-after-ms": "9" * 400, "retry-after": "7"}, 7.0, id="one too long"),
        pytest.param({"retry-after-ms": "-1"}, 0.0, id="negative"),
        pytest.param({"retry-after-ms": "nan", "retry-after": "inf"}, None, id="no numbers"),
        pytest.param({"x-ratelimit-reset-tokens": "9s"}, None, id="another subject"),
    ],
)
def test_the_most_exact_header_is_heard(headers: dict[str, str], wait_s: float | None) -> None:
    assert asked_wait_s(tuple(headers.items()), now=NOW) == wait_s


def test_the_first_of_two_headers_of_a_name_is_heard() -> None:
    assert asked_wait_s((("Retry-After", "1"), ("retry-after", "2")), now=NOW) == 1.0


@pytest.mark.parametrize(
    ("message", "wait_s"),
    [
        ("Rate limit reached. Please try again in 5.289s. Visit https://x", 5.289),
        ("Please try again in 1m2.3s.", 62.3),
        ("Please try again in 202ms. Visit", 0.202),
        ("limit: 10, model: gemini-2.5-flash\nPlease retry in 29.019961092s.", 29.019961092),
        ("Please retry after 26 seconds. Please go here", 26.0),
        ("please try again after 1 seconds", 1.0),
        ("Try again in 1 day", 86_400.0),
        ("You will regain access on 2026-01-02 at 00:00 UTC.", 86_400.0),
        ("limit reached (daily; resets 2026-01-02 00:00 UTC)", 86_400.0),
        ("Your limit will reset at 2026-08-27 21:31:39", None),
        ("Please try again later. It takes 5s.", None),
        ("Limit 15000, Used 11972, Requested 4351", None),
        ("Please retry shortly", None),
        ("", None),
    ],
)
def test_a_sentence_can_tell_it(message: str, wait_s: float | None) -> None:
    assert hinted_wait_s(message, now=NOW) == pytest.approx(wait_s)


@settings(deadline=None)
@given(text=st.text(alphabet="0123456789.-+:TZ msdhretryagain GMTJan,") | st.text())
def test_any_text_is_a_sane_wait_or_none(text: str) -> None:
    headers = (("retry-after", text), ("retry-after-ms", text))
    waits = [
        seconds_of(text, now=NOW),
        asked_wait_s(headers, now=NOW),
        hinted_wait_s(f"retry in {text}", now=NOW),
    ]
    assert all(wait is None or 0 <= wait <= YEAR_S for wait in waits)
