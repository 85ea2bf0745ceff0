"""Makes a `Failure` of whatever a provider answered instead of success: the only place that does.

What was said is matched once, against the table of signs.py; the status decides where it has no
sign. Every shape is read in every dialect, since gateways mix them. Nothing here decides what
follows from a failure: that is `vibe.domain.failure.verdict`.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from vibe.domain.failure import Failure, FailureKind
from vibe.domain.limits import Limits
from vibe.wire.codec import Headers, Reply
from vibe.wire.error_body import Said, read_error, shown
from vibe.wire.limits import limits_of
from vibe.wire.retry_after import asked_wait_s, hinted_wait_s, seconds_of
from vibe.wire.signs import MISTRAL_SIGNS, SIGNS, Sign, first_sign

_BY_STATUS: Final = {
    401: FailureKind.AUTH,
    402: FailureKind.NO_CREDIT,
    403: FailureKind.AUTH,
    404: FailureKind.NOT_FOUND,
    405: FailureKind.NOT_FOUND,  # the address is one of something else
    407: FailureKind.UNREACHABLE,  # a proxy's word, not the provider's
    408: FailureKind.SERVER,
    409: FailureKind.SERVER,
    410: FailureKind.NOT_FOUND,
    425: FailureKind.SERVER,
    429: FailureKind.RATE_LIMITED,
    451: FailureKind.REFUSED,
    498: FailureKind.OVERLOADED,  # Groq: flex capacity exceeded
    499: FailureKind.SERVER,
    503: FailureKind.OVERLOADED,
    529: FailureKind.OVERLOADED,
}
_TOLD_BY_HTML: Final = frozenset({401, 404, 407, 429, 503, 529})
_PASSING: Final = frozenset(
    {FailureKind.RATE_LIMITED, FailureKind.NO_CREDIT, FailureKind.OVERLOADED, FailureKind.SERVER}
)
_LIMITED: Final = frozenset({FailureKind.RATE_LIMITED, FailureKind.NO_CREDIT})


# A name for each dialect, though only Mistral's has words of its own: a codec need not know that.
def openai_failure(reply: Reply, *, now: float) -> Failure:
    return _of_reply(reply, SIGNS, now=now)


def mistral_failure(reply: Reply, *, now: float) -> Failure:
    return _of_reply(reply, MISTRAL_SIGNS, now=now)


def anthropic_failure(reply: Reply, *, now: float) -> Failure:
    return _of_reply(reply, SIGNS, now=now)


def in_band_failure(error: bytes | str) -> Failure:
    """An error in the place of an answer or of its rest: the chunk or the object, as JSON."""
    said = read_error(error)
    failure = _failure(said, said.status, signs=SIGNS, headers=said.headers, now=None)
    return replace(failure, kind=FailureKind.BROKEN_STREAM, inner=failure.kind)


def broken(detail: str) -> Failure:
    """The stream ended or went on as no answer does; `detail` says how, in our words."""
    return Failure(kind=FailureKind.BROKEN_STREAM, detail=shown(detail))


def empty() -> Failure:
    return Failure(kind=FailureKind.EMPTY, detail="the answer has neither text nor a call")


def _of_reply(reply: Reply, signs: tuple[Sign, ...], *, now: float) -> Failure:
    if 300 <= reply.status < 400:  # none is followed, the key would go along
        detail = "a redirect, and none is followed: is the api_base right?"
        return Failure(kind=FailureKind.SERVER, detail=detail, status=reply.status)
    said = read_error(reply.body)
    status = reply.status if reply.status >= 400 else said.status
    headers = (*reply.headers, *said.headers)
    failure = _failure(said, status, signs=signs, headers=headers, now=now)
    return replace(failure, status=reply.status)


def _failure(
    said: Said,
    status: int | None,
    *,
    signs: tuple[Sign, ...],
    headers: Headers,
    now: float | None,
) -> Failure:
    found = None if said.is_html else first_sign(said.text, status, signs=signs)
    sign, window = found or (None, None)
    kind = sign.kind if sign else _kind_of(status, is_html=said.is_html)
    limits = limits_of(headers, now=now) if kind in _LIMITED else None
    if limits and limits.nothing_allowed:
        kind = FailureKind.NO_CREDIT
    tells_wait = kind in _PASSING and (sign is None or sign.tells_wait)
    return Failure(
        kind=kind,
        detail=said.detail,
        status=status,
        retry_after_s=_wait_s(said, sign, limits, headers=headers, now=now) if tells_wait else None,
        lacks=sign is not None and sign.lacks,
        window=(said.window or window) if kind is FailureKind.CONTEXT_TOO_LONG else None,
    )


def _kind_of(status: int | None, *, is_html: bool) -> FailureKind:
    """What a status means alone. A page was written by something in front of the provider."""
    if status is None or (is_html and status not in _TOLD_BY_HTML):
        return FailureKind.SERVER
    by_class = FailureKind.BAD_REQUEST if 400 <= status < 500 else FailureKind.SERVER
    return _BY_STATUS.get(status, by_class)


def _wait_s(
    said: Said, sign: Sign | None, limits: Limits | None, *, headers: Headers, now: float | None
) -> float | None:
    waits = (
        asked_wait_s(headers, now=now),
        limits.refilled_s if limits else None,
        *(seconds_of(wait, now=now) for wait in said.waits),
        *(hinted_wait_s(sentence, now=now) for sentence in said.sentences),
        sign.rest_s if sign else None,
    )
    return next((wait for wait in waits if wait is not None), None)
