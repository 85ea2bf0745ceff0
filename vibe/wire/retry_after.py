"""When a provider says to come back, in whatever form: seconds from now.

The wall time is a parameter, for dates; without it a date tells nothing. A wait that is over is 0;
one that nobody can mean (endless, more than a year) is no wait. Nothing here clamps or waits.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from vibe.wire.codec import Headers

_LONGEST_S: Final = 366 * 86_400.0
_EPOCH_S: Final = 1e9  # September 2001: a bare number from here on is a point in time
_EPOCH_MS: Final = 1e11
_LONGEST_TEXT: Final = 100

_UNIT_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]*)?")
_AMOUNT = r"[0-9]++(?:\.[0-9]++)?"
_UNIT = r"(?:ms|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)(?![a-z])"
_PART = re.compile(rf"({_AMOUNT}) ?({_UNIT})")
_DURATION = rf"(?:{_AMOUNT} ?{_UNIT}[ ,]*+)+"
_ONLY_DURATION = re.compile(f"[+-]?{_DURATION}")
_HINT = re.compile(
    rf"\b(?:again|retry|wait|resets?)\b[a-z :]{{0,30}}?(?P<duration>{_DURATION})"
    r"|\b(?:access|resets?)(?: on| at)? (?P<day>\d{4}-\d\d-\d\d)(?: at)? (?P<time>\d\d:\d\d) UTC",
    re.IGNORECASE | re.ASCII,
)


def asked_wait_s(headers: Headers, *, now: float | None) -> float | None:
    """What the headers that are about nothing else ask for; the most exact one is heard first."""
    values = {name.lower(): value for name, value in reversed(headers)}
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        value = values.get(name, "").strip()
        if _NUMBER.fullmatch(value) and (wait := _wait(float(value) / 1000)) is not None:
            return wait
    return seconds_of(values.get("retry-after", ""), now=now)


def hinted_wait_s(message: str, *, now: float | None) -> float | None:
    """What a sentence says, as in “try again in 1m2.3s”."""
    hint = _HINT.search(message)
    if hint is None:
        return None
    if hint["duration"]:
        return seconds_of(hint["duration"], now=now)
    return seconds_of(f"{hint['day']}T{hint['time']}Z", now=now)


def seconds_of(text: str, *, now: float | None) -> float | None:
    """One value of any form: seconds, `1m2.3s`, a date of HTTP or RFC 3339, epoch s or ms."""
    text = text.strip()
    if not text or len(text) > _LONGEST_TEXT:
        return None
    if _NUMBER.fullmatch(text):
        return _of_number(float(text), now=now)
    duration = text.lower()
    if _ONLY_DURATION.fullmatch(duration):
        seconds = sum(_part_s(part) for part in _PART.finditer(duration))
        return 0.0 if duration.startswith("-") else _wait(seconds)
    when = _date(text)
    return None if when is None or now is None else _wait(when.timestamp() - now)


def _part_s(part: re.Match[str]) -> float:
    amount, unit = part.groups()
    return float(amount) * _UNIT_S[unit if unit == "ms" else unit[0]]


def _of_number(value: float, *, now: float | None) -> float | None:
    if value < _EPOCH_S:
        return _wait(value)
    if now is None:
        return None
    return _wait((value / 1000 if value >= _EPOCH_MS else value) - now)


def _date(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        from email.utils import parsedate_to_datetime  # for a form that is rarely sent

        try:
            when = parsedate_to_datetime(text)
        except (ValueError, OverflowError):
            return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _wait(seconds: float) -> float | None:
    return max(0.0, seconds) if seconds <= _LONGEST_S else None
