"""Answers that are no success, as real servers sent them, and what each one is taken for."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from vibe.clean import clean_line
from vibe.domain.failure import Failure, FailureKind
from vibe.wire.codec import Reply
from vibe.wire.failures import (
    anthropic_failure,
    broken,
    empty,
    in_band_failure,
    mistral_failure,
    openai_failure,
)

ERRORS: Final = Path(__file__).parent / "errors"
FILES: Final = sorted(ERRORS.glob("*/*.http"))
NOW: Final = 1748877285.0  # 2025-06-02 15:14:45 UTC, shortly before what the answers speak of
DIALECTS: Final = {"anthropic": anthropic_failure, "mistral": mistral_failure}
CANARY: Final = "sk-canary0123456789abcdefghij"


class Wording(Struct, frozen=True, kw_only=True):
    """One sentence of a vendor under a status, as in `wordings.jsonl`."""

    vendor: str
    status: int
    kind: FailureKind
    message: str
    source: str
    window: int | None = None
    lacks: bool = False


WORDINGS: Final = [
    msgspec.json.decode(line, type=Wording)
    for line in (ERRORS / "wordings.jsonl").read_bytes().splitlines()
]


def reply_of(file: Path) -> Reply:
    head, _, body = file.read_bytes().partition(b"\n\n")
    status, *lines = head.decode().split("\n")
    headers = (line.partition(": ") for line in lines)
    return Reply(
        status=int(status.split()[1]),
        headers=tuple((name, value) for name, _, value in headers),
        body=body,
    )


@cache
def expected(vendor: str) -> dict[str, Failure]:
    return msgspec.json.decode(
        (ERRORS / vendor / "expected.json").read_bytes(), type=dict[str, Failure]
    )


def failure(status: int, body: object = None, **headers: str) -> Failure:
    return openai_failure(
        Reply(
            status=status,
            headers=tuple((name.replace("_", "-"), value) for name, value in headers.items()),
            body=body if isinstance(body, bytes) else json.dumps(body).encode() if body else b"",
        ),
        now=NOW,
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_an_answer_is_taken_for_the_failure_that_it_is(file: Path) -> None:
    reply = reply_of(file)
    if reply.status == 200:
        found = in_band_failure(reply.body)
    else:
        found = DIALECTS.get(file.parent.name, openai_failure)(reply, now=NOW)
    assert found == expected(file.parent.name)[file.stem]


def test_every_answer_has_its_source() -> None:
    table = (ERRORS / "SOURCES.md").read_text("utf-8").partition("|---|---|\n")[2]
    told = [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()]
    assert sorted(told) == [f"{file.parent.name}/{file.stem}" for file in FILES]


@pytest.mark.parametrize(
    "wording", WORDINGS, ids=[f"{w.vendor}-{n}" for n, w in enumerate(WORDINGS)]
)
def test_a_wording_tells_what_the_status_does_not(wording: Wording) -> None:
    found = failure(wording.status, {"error": {"message": wording.message}})
    assert msgspec.structs.replace(found, detail="", retry_after_s=None) == Failure(
        kind=wording.kind, status=wording.status, lacks=wording.lacks, window=wording.window
    )


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "bad_request"), (401, "auth"), (402, "no_credit"), (403, "auth"),
        (404, "not_found"), (405, "not_found"), (407, "unreachable"), (408, "server"),
        (409, "server"), (410, "not_found"), (413, "bad_request"), (415, "bad_request"),
        (418, "bad_request"), (422, "bad_request"), (425, "server"), (429, "rate_limited"),
        (451, "refused"), (498, "overloaded"), (499, "server"), (500, "server"),
        (502, "server"), (503, "overloaded"), (504, "server"), (522, "server"),
        (529, "overloaded"), (599, "server"), (999, "server"), (200, "server"), (0, "server"),
    ],
)  # fmt: skip
def test_a_status_without_words_has_a_meaning(status: int, kind: str) -> None:
    assert failure(status) == Failure(kind=FailureKind(kind), status=status)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, "server"), (401, "auth"), (402, "server"), (403, "server"), (404, "not_found"),
     (413, "server"), (429, "rate_limited"), (500, "server"), (503, "overloaded")],
)  # fmt: skip
def test_a_page_speaks_for_whatever_is_in_front_of_the_provider(status: int, kind: str) -> None:
    page = b"\xef\xbb\xbf\n<!doctype html><TITLE>\nno content_filter,\n overloaded </TITLE>"
    assert failure(status, page) == Failure(
        kind=FailureKind(kind), status=status, detail="no content_filter, overloaded"
    )


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_a_fault_of_the_server_and_shows_no_address(status: int) -> None:
    assert failure(status, location=f"https://example.com/?key={CANARY}") == Failure(
        kind=FailureKind.SERVER,
        status=status,
        detail="a redirect, and none is followed: is the api_base right?",
    )


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (400, 'Your input was flagged for "violence".', "refused"),
        (400, "This content was flagged for possible cybersecurity risk.", "refused"),
        (403, "Request flagged by our moderation system", "refused"),
        (400, "Parameter top_k is flagged as deprecated", "bad_request"),
        (403, "Your account has been flagged", "auth"),
        (422, "flagged: field required", "bad_request"),
    ],
)
def test_what_is_flagged_is_refused_only_where_it_was_moderated(
    status: int, message: str, kind: str
) -> None:
    assert failure(status, {"error": {"message": message}}).kind == kind


@pytest.mark.parametrize(
    ("status", "message", "kind"),
    [
        (503, "Slow Down", "rate_limited"),
        (503, "please slow down.", "rate_limited"),
        (503, "SlowDown", "rate_limited"),
        (503, "slow_down", "rate_limited"),
        (429, "SlowDown: reduce your request rate", "rate_limited"),
        (503, "We are experiencing a slowdown", "overloaded"),
        (500, "The answer may slow down", "server"),
    ],
)
def test_to_be_asked_to_slow_down_is_a_rate_limit(status: int, message: str, kind: str) -> None:
    assert failure(status, {"error": {"message": message}}).kind == kind


@pytest.mark.parametrize(
    ("message", "detail"),
    [
        pytest.param(f"Key {CANARY} is wrong", "Key *** is wrong", id="a key"),
        pytest.param(f"Key {CANARY[:9]}\u200b{CANARY[9:]}.", "Key ***.", id="a key in disguise"),
        pytest.param("one\r\n two\t three\u2028four", "one two three four", id="several lines"),
        pytest.param("\x1b]52;c;aGk=\x07\x1b[31mred\u202eder", "redder", id="controls"),
        pytest.param("x" * 300, "x" * 300, id="just short enough"),
        pytest.param("y " * 300, f"{'y ' * 148}y…", id="too long"),
        pytest.param("x" * 301, "…", id="a word that may end in half a key"),
        pytest.param("é" * 298 + "key", "é" * 298 + "…", id="a word that is not all of letters"),
        pytest.param("x" * 290 + f" {CANARY}", "x" * 290 + " ***", id="a key at the end"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_the_detail_is_one_short_safe_line(message: str, detail: str) -> None:
    assert failure(500, {"error": {"message": message}}).detail == detail
    assert broken(message).detail == detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        pytest.param({"detail": "Not Found"}, "Not Found", id="FastAPI"),
        pytest.param({"errors": [{"code": 7003, "message": "no route"}]}, "no route", id="a list"),
        pytest.param({"errors": ["one", "two"]}, "one", id="a list of sentences"),
        pytest.param({"error": {"message": '{"error":"inner"}'}}, "inner", id="JSON in JSON"),
        pytest.param({"message": None, "error": {"msg": "x"}}, "x", id="null"),
        pytest.param({"error": {"message": {"text": "x"}}}, "", id="a field of no known name"),
        pytest.param({"prompt": {"message": "mine"}}, "", id="an echo of the request"),
        pytest.param([], "", id="an empty list"),
        pytest.param(b"error code: 502", "error code: 502", id="plain text"),
        pytest.param(b"\xff\xfe{", "\N{REPLACEMENT CHARACTER}" * 2 + "{", id="no text at all"),
        pytest.param(b'{"error": ', '{"error":', id="cut JSON"),
    ],
)
def test_a_sentence_is_found_wherever_it_stands(body: object, detail: str) -> None:
    assert failure(500, body).detail == detail


def test_a_wait_is_the_header_then_the_reset_then_the_body_then_the_sentence() -> None:
    error = {"message": "Loading model, please retry in 4s", "retryDelay": "3s"}
    reset = {"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "2s"}
    waits = [
        failure(429, {"error": error}, retry_after="1", **reset).retry_after_s,
        failure(429, {"error": error}, retry_after="soon", **reset).retry_after_s,
        failure(429, {"error": error}).retry_after_s,
        failure(429, {"error": {"message": error["message"]}}).retry_after_s,
        failure(503, {"error": {"message": "Loading model"}}).retry_after_s,
        failure(503).retry_after_s,
    ]
    assert waits == [1.0, 2.0, 3.0, 4.0, 2.0, None]


@pytest.mark.parametrize(
    ("status", "wait_s"), [(400, None), (401, None), (402, 5.0), (404, None), (500, 5.0)]
)
def test_only_what_passes_has_a_wait(status: int, wait_s: float | None) -> None:
    assert failure(status, retry_after="5").retry_after_s == wait_s


def test_what_an_error_inside_a_stream_would_have_been_is_kept() -> None:
    chunk = {"error": {"code": 429, "message": "slow", "metadata": {"retry_after": 7}}}
    assert in_band_failure(json.dumps(chunk)) == Failure(
        kind=FailureKind.BROKEN_STREAM,
        inner=FailureKind.RATE_LIMITED,
        detail="slow",
        status=429,
        retry_after_s=7.0,
    )


@pytest.mark.parametrize(
    ("word", "inner"),
    [
        ("rate_limit_error", "rate_limited"),
        ("rate_limit_exceeded", "rate_limited"),
        ("overloaded_error", "overloaded"),
        ("authentication_error", "auth"),
        ("permission_error", "auth"),
        ("billing_error", "no_credit"),
        ("not_found_error", "not_found"),
        ("invalid_request_error", "bad_request"),
        ("timeout_error", "server"),
        ("api_error", "server"),
        ("server_error", "server"),
    ],
)
def test_inside_a_stream_the_type_stands_for_the_status(word: str, inner: str) -> None:
    error = {"type": "error", "error": {"type": word, "message": "no"}}
    assert in_band_failure(json.dumps(error)) == Failure(
        kind=FailureKind.BROKEN_STREAM, inner=FailureKind(inner), detail="no"
    )


def test_an_answer_without_anything_and_one_that_stops_have_failures_of_their_own() -> None:
    assert (empty().kind, broken("no terminator")) == (
        FailureKind.EMPTY,
        Failure(kind=FailureKind.BROKEN_STREAM, detail="no terminator"),
    )


def judged(status: int, body: bytes) -> list[Failure]:
    reply = Reply(status=status, headers=(("retry-after", "\u0661"), ("", "")), body=body)
    dialects = (openai_failure, mistral_failure, anthropic_failure)
    return [in_band_failure(body), *(dialect(reply, now=NOW) for dialect in dialects)]


NAMES: Final = st.sampled_from(
    ["error", "message", "detail", "details", "code", "status", "loc", "msg", "headers", "n_ctx",
     "retryDelay", "metadata", "raw", "type"]
)  # fmt: skip
VALUES: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@settings(deadline=None)
@given(status=st.integers(0, 999), body=st.binary() | VALUES.map(lambda v: json.dumps(v).encode()))
def test_any_answer_has_a_failure_with_a_short_clean_detail(status: int, body: bytes) -> None:
    for found in judged(status, body):
        assert len(found.detail) <= 300
        assert found.detail == clean_line(found.detail)
        assert found.retry_after_s is None or found.retry_after_s >= 0


@settings(deadline=None)
@given(file=st.sampled_from(FILES), at=st.integers(0, 2000), new=st.binary(max_size=3))
def test_a_spoiled_answer_has_a_failure(file: Path, at: int, new: bytes) -> None:
    reply = reply_of(file)
    assert judged(reply.status, reply.body[:at] + new + reply.body[at + 1 :])


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"[" * 100_000, id="open brackets"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="deep lists"),
        pytest.param(b'{"error":' * 5_000 + b"1" + b"}" * 5_000, id="deep objects"),
        pytest.param(b'{"error":{"code":' + b"9" * 10_000 + b"}}", id="a number without end"),
        pytest.param(b'{"error":{"message":"\\ud800"}}', id="half a surrogate pair"),
        pytest.param(b'{"error":[' + b'{"message":"x"},' * 50_000 + b"{}]}", id="many"),
        pytest.param(b'{"message":"' + b"retry 1 " * 100_000 + b'"}', id="a long sentence"),
        pytest.param(b"<title>" * 100_000, id="titles"),
    ],
)
def test_no_body_is_too_much(body: bytes) -> None:
    assert {found.inner or found.kind for found in judged(500, body)} == {FailureKind.SERVER}
