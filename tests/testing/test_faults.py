"""Each fault does on the wire what it says, in each dialect that has it, and nothing else."""

from __future__ import annotations

import asyncio
import gzip
import re

import msgspec
import pytest

from tests.testing.client import Got, ask_model, connected, events, port_of, prompt
from tests.testing.told import Told, told
from vibe.domain.model import Backend
from vibe.testing.clock import FakeClock
from vibe.testing.dialects import DIALECTS
from vibe.testing.exchange import Answer, call
from vibe.testing.fault import Fault
from vibe.testing.fault_server import FaultServer
from vibe.testing.faults import FAULTS, Play, play
from vibe.testing.script import says
from vibe.testing.socket_faults import DRIP_S

FULL = Answer(
    thinking="Let me see.",
    text="Grüße an die Welt.",
    calls=(call("read", path="a.txt"), call("read", path="b.txt")),
)


def played(wanted: Play | None, dialect: Backend = "generic", *, stream: bool = True) -> Got:
    """What a client gets of the full answer while a fault is played."""

    async def run() -> Got:
        async with FaultServer(
            lambda _: FULL, dialect=dialect, faults=wanted, clock=FakeClock()
        ) as server:
            got = await ask_model(server.api_base, dialect, stream=stream)
            await server.settled(requests=1)
        name = wanted.fault.name if wanted else ""
        assert [received.fault for received in server.requests] == [name]
        return got

    return asyncio.run(run())


def cases(*, harmless: bool, but_for: tuple[str, ...] = ()) -> list[object]:
    return [
        pytest.param(fault, dialect, stream, id=f"{fault.name}-{dialect}-{kind}")
        for fault in FAULTS.values()
        for dialect in fault.dialects
        for stream, kind in ((True, "streamed"), (False, "whole"))
        if fault.harmless == harmless and (stream or not fault.streamed_only)
        if not fault.name.startswith(but_for)
    ]


@pytest.mark.parametrize(("fault", "dialect", "stream"), cases(harmless=True))
def test_a_harmless_fault_leaves_the_answer_what_it_was(
    fault: Fault, dialect: Backend, stream: bool
) -> None:
    got = played(play(fault.name), dialect, stream=stream)
    due = played(None, dialect, stream=stream)
    assert (got.status, got.end) == (200, "whole")
    assert without_tokens(got, dialect) == without_tokens(due, dialect)


def without_tokens(got: Got, dialect: Backend) -> Told:
    is_zipped = got.headers.get("content-encoding") == "gzip"
    is_stream = got.headers["content-type"].startswith("text/event-stream")
    found = told(dialect, gzip.decompress(got.body) if is_zipped else got.body, stream=is_stream)
    found.tokens = None
    return found


@pytest.mark.parametrize(
    ("name", "holds"),
    [
        pytest.param("crlf", rb"[^\n]\r\n\r\n$", id="crlf"),
        pytest.param("cr", rb"^[^\n]*\r\r$", id="cr"),
        pytest.param("bom", rb"^\xef\xbb\xbfdata: ", id="bom"),
        pytest.param("comments", rb"^: still here\n\ndata: ", id="comments"),
        pytest.param("no_space", rb"^data:\{", id="no_space"),
        pytest.param("other_fields", rb"^id: 1\nretry: 3000\ndata: ", id="other_fields"),
        pytest.param("data_lines", rb"^data: [^\n]*,\ndata: ", id="data_lines"),
        pytest.param("unknown_event", rb"novelty", id="unknown_event"),
        pytest.param("no_final_newline", rb"DONE\]$", id="no_final_newline"),
        pytest.param("done_missing", rb"^(?!.*DONE)", id="done_missing"),
        pytest.param("done_doubled", rb"DONE\]\n\ndata: \[DONE\]\n\n$", id="done_doubled"),
        pytest.param("after_done", rb"DONE\]\n\ndata: \{", id="after_done"),
        pytest.param("usage_missing", rb"^(?!.*usage)", id="usage_missing"),
        pytest.param("usage_only_chunk", rb'"choices":\[\],"usage":\{', id="usage_only_chunk"),
        pytest.param("one_index", rb'^(?!.*"index":1)', id="one_index"),
        pytest.param("gzip", rb"^\x1f\x8b", id="gzip"),
        pytest.param("unstreamed", rb"^\{", id="unstreamed"),
        pytest.param("malformed_json", rb'\ndata: \{"oops":\n\ndata: ', id="malformed_json"),
        pytest.param("giant_line", rb"\ndata: [^\n]{8388609}", id="giant_line"),
        pytest.param("deep_json", rb"\ndata: \[{10000}\]{10000}\n\n", id="deep_json"),
        pytest.param("giant_index", rb'"index":100000,', id="giant_index"),
        pytest.param("arguments_cut", rb'"finish_reason":"length"', id="arguments_cut"),
        pytest.param("unknown_tool", rb"no_such_tool", id="unknown_tool"),
        pytest.param("refused_in_answer", rb'"content_filter"', id="refused_in_answer"),
        pytest.param("in_band_vllm", rb'"error":\{.*DONE', id="in_band_vllm"),
    ],
)
def test_unusual_bytes_are_sent(name: str, holds: bytes) -> None:
    assert re.search(holds, played(play(name)).body, re.DOTALL)


@pytest.mark.parametrize(
    ("name", "cut_at"),
    [
        pytest.param("half_utf8", rb".*\xc3|[\x80-\xbf].*", id="half_utf8"),
        pytest.param("in_small_pieces", rb".{1,7}", id="in_small_pieces"),
        pytest.param("slow_drip", rb".{1,7}", id="slow_drip"),
        pytest.param("in_one_piece", rb".*\[DONE\]\n\n", id="in_one_piece"),
    ],
)
def test_chunks_end_elsewhere_than_events(name: str, cut_at: bytes) -> None:
    due, got = played(None), played(play(name))
    assert got.body == due.body
    others = set(got.chunks) - set(due.chunks)
    assert others
    assert [chunk for chunk in others if not re.fullmatch(cut_at, chunk, re.DOTALL)] == []


def test_a_slow_drip_takes_its_time_by_the_clock() -> None:
    async def run() -> float:
        clock = FakeClock()
        async with FaultServer(says("Hi"), faults=play("slow_drip"), clock=clock) as server:
            await ask_model(server.api_base, "generic")
        return clock.monotonic()

    assert asyncio.run(run()) == pytest.approx(5 * DRIP_S)


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("name", "end"),
    [
        pytest.param("reset_in_body", "reset", id="reset"),
        pytest.param("close_in_body", "closed", id="closed"),
        pytest.param("no_terminator", "whole", id="no terminator"),
    ],
)
def test_an_answer_is_cut_after_any_number_of_its_events(
    name: str, end: str, dialect: Backend, stream: bool
) -> None:
    due = played(None, dialect, stream=stream)
    for after in range(4 if stream else 2):
        got = played(play(name, at_event=after), dialect, stream=stream)
        sent = due.chunks[:after] if stream else (due.body[: len(due.body) // 2],) * after
        assert (got.chunks, got.end) == (sent, end)


@pytest.mark.parametrize(
    ("dialect", "over"),
    [
        pytest.param("generic", b'"finish_reason":"tool_calls"', id="generic"),
        pytest.param("mistral", b'"finish_reason":"tool_calls"', id="mistral"),
        pytest.param("azure", b'"finish_reason":"tool_calls"', id="azure"),
        pytest.param("anthropic", b"message_stop", id="anthropic"),
        pytest.param("responses", b"response.completed", id="responses"),
    ],
)
def test_no_cut_is_so_late_that_the_answer_is_whole(dialect: Backend, over: bytes) -> None:
    due, got = played(None, dialect), played(play("no_terminator", at_event=1000), dialect)
    at_the_end = next(number for number, chunk in enumerate(due.chunks) if over in chunk)
    assert got.chunks == due.chunks[:at_the_end]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("reset_before_headers", Got(end="reset"), id="reset"),
        pytest.param("close_before_headers", Got(end="closed"), id="closed"),
    ],
)
def test_a_connection_ends_before_any_answer(name: str, expected: Got) -> None:
    assert played(play(name)) == expected


def test_interim_answers_come_before_the_answer() -> None:
    assert played(play("early_hints")).interim == (100, 103)


@pytest.mark.parametrize(
    ("name", "marks"),
    [
        pytest.param("stall_before_headers", (), id="before the headers"),
        pytest.param("stall_before_first_token", (b"\r\n\r\n",), id="before the first token"),
        pytest.param("stall_in_body", (b"\r\n\r\n", b"\n\n"), id="in the body"),
        pytest.param("stall_with_comments", (b"\r\n\r\n", b"\n\n", b": keep-"), id="with comments"),
    ],
)
def test_a_stall_lasts_until_the_client_goes_away(name: str, marks: tuple[bytes, ...]) -> None:
    async def run() -> list[str]:
        faults = play(name, at_event=1)
        async with FaultServer(says("Hi"), faults=faults, clock=FakeClock()) as server:
            async with connected(port_of(server.api_base)) as (reader, writer):
                body = msgspec.json.encode(prompt("generic"))
                writer.write(b"POST /v1/chat/completions HTTP/1.1\r\n")
                writer.write(b"content-length: %d\r\n\r\n%b" % (len(body), body))
                await server.arrived(1)
                for mark in marks:
                    await reader.readuntil(mark)
                assert [received.ended for received in server.requests] == ["open"]
            await server.settled()
            return [received.ended for received in server.requests]

    assert asyncio.run(run()) == ["gone"]


@pytest.mark.parametrize(
    ("name", "dialect", "status", "words"),
    [
        pytest.param("rate_limit_seconds", "mistral", 429, "retry-after: 7", id="seconds"),
        pytest.param("rate_limit_ms", "azure", 429, "retry-after-ms: 1500", id="ms"),
        pytest.param(
            "rate_limit_date",
            "anthropic",
            429,
            "retry-after: Tue, 14 Nov 2023 22:13:50 GMT",
            id="date",
        ),
        pytest.param(
            "rate_limit_rfc3339", "responses", 429, "retry-after: 2023-11-14T22:13:50Z", id="3339"
        ),
        pytest.param("rate_limit_epoch_s", "generic", 429, "retry-after: 1700000030", id="s"),
        pytest.param("rate_limit_epoch_ms", "azure", 429, "retry-after: 1700000030000", id="ms"),
        pytest.param(
            "rate_limit_reset_requests",
            "generic",
            429,
            "x-ratelimit-reset-requests: 6m0s",
            id="reset",
        ),
        pytest.param(
            "rate_limit_reset_date",
            "anthropic",
            429,
            "anthropic-ratelimit-input-tokens-reset: 2023-11-14T22:13:50Z",
            id="reset at a date",
        ),
        pytest.param("rate_limit_google", "generic", 429, '"retryDelay":"46s"', id="Gemini"),
        pytest.param("rate_limit_page", "azure", 429, "<title>429 Too Many", id="a page"),
        pytest.param("quota", "responses", 429, '"code":"insufficient_quota"', id="quota"),
        pytest.param("quota", "anthropic", 400, "Your credit balance is too low", id="credit"),
        pytest.param("payment_required", "anthropic", 402, '"type":"billing_error"', id="402"),
        pytest.param("unauthorized", "mistral", 401, '{"message":"Unauthorized"}', id="401"),
        pytest.param("forbidden", "anthropic", 403, '"type":"permission_error"', id="403"),
        pytest.param("not_found", "azure", 404, '"code":"DeploymentNotFound"', id="404"),
        pytest.param("bad_parameter", "mistral", 422, '"type":"extra_forbidden"', id="422"),
        pytest.param("context", "azure", 400, '"code":"context_length_exceeded"', id="context"),
        pytest.param("context_llamacpp", "generic", 400, '"n_ctx":4096', id="llama.cpp"),
        pytest.param("server_error", "anthropic", 500, '"type":"api_error"', id="500"),
        pytest.param("bad_gateway", "responses", 502, "<title>502 Bad Gateway", id="502"),
        pytest.param("overloaded", "anthropic", 529, '"type":"overloaded_error"', id="529"),
        pytest.param("redirect", "generic", 307, "location: https://login.example", id="307"),
    ],
)
def test_an_error_of_http_is_worded_as_by_the_vendor(
    name: str, dialect: Backend, status: int, words: str
) -> None:
    got = played(play(name), dialect)
    headers = "".join(f"{key}: {value}\n" for key, value in got.headers.items())
    assert got.status == status
    assert words in headers + got.body.decode()


@pytest.mark.parametrize(
    ("fault", "dialect", "stream"),
    cases(harmless=False, but_for=("stall", "refused")),
)
def test_a_fault_is_played_in_every_dialect_that_has_it(
    fault: Fault, dialect: Backend, stream: bool
) -> None:
    got, due = (
        played(play(fault.name), dialect, stream=stream),
        played(None, dialect, stream=stream),
    )
    assert (got.status, got.end, got.body) != (due.status, due.end, due.body)


@pytest.mark.parametrize(
    ("name", "dialect"),
    [
        pytest.param(name, dialect, id=f"{name}-{dialect}")
        for name, fault in FAULTS.items()
        for dialect in fault.dialects
        if fault.inner and fault.streamed_only
    ],
)
def test_an_error_inside_a_stream_follows_on_a_part_of_the_answer(
    name: str, dialect: Backend
) -> None:
    got = played(play(name, at_event=3), dialect)
    assert got.chunks[:3] == played(None, dialect).chunks[:3]
    assert [len(events(chunk)) for chunk in got.chunks[3:]] in ([1], [2])
    assert re.search(rb"error|failed", got.chunks[3])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("crlf", True, id="harmless"),
        pytest.param("arguments_invalid", True, id="an answer that is odd"),
        pytest.param("rate_limit", True, id="another model can serve"),
        pytest.param("no_images", True, id="a model that sees can serve"),
        pytest.param("in_band_server_error", True, id="the rest can come from another"),
        pytest.param("bad_parameter", False, id="the request is at fault"),
        pytest.param("context", False, id="a larger window may not be there"),
        pytest.param("refused_content", False, id="nobody else is asked unless configured"),
    ],
)
def test_a_fault_tells_whether_a_pool_survives_it(name: str, expected: bool) -> None:
    assert FAULTS[name].recoverable == expected
