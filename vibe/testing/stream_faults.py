"""Faults of form: bytes, lines and events that are no SSE, no JSON, or unusual and quite all right.

The answer is what it was; only how it is written differs.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace

from vibe.domain.failure import FailureKind
from vibe.domain.model import Backend
from vibe.testing.chat_write import DONE
from vibe.testing.dialects import DIALECTS, whole_of
from vibe.testing.fault import Fault, Scene, due, in_steps, streamed
from vibe.testing.reply import Reply, json_reply

Events: TypeAlias = tuple[bytes, ...]
Change: TypeAlias = Callable[[Scene, Events], Events]

CHAT: Final[tuple[Backend, ...]] = ("generic", "mistral", "azure")
GIANT_BYTES: Final = 9 * 1024 * 1024
DEPTH: Final = 10_000

_CALL_INDEX = re.compile(rb'"index":\d+(?=,"id"|,"function"|\})')
_HALF_OF_A_CHARACTER = re.compile(rb"(?<=[\xc2-\xf4])(?=[\x80-\xbf])")
_DATA = re.compile(rb"data: .*")
_BLANK = re.compile(rb"^(event|data): ", re.MULTILINE)


def faults() -> Iterator[Fault]:
    yield from _bytes()
    yield from _lines()
    yield from _ends()
    yield from _broken()
    yield from _calls()


def _bytes() -> Iterator[Fault]:
    yield Fault(
        name="half_utf8",
        says="a character's bytes come in two chunks",
        act=_in_half_characters,
        harmless=True,
    )
    yield Fault(
        name="gzip",
        says="content-encoding: gzip, asked for or not",
        act=_zipped,
        harmless=True,
    )
    yield Fault(
        name="unstreamed",
        says="one JSON body, though a stream was asked for",
        act=lambda scene: json_reply(whole_of(scene.asked, scene.answer)),
        harmless=True,
        streamed_only=True,
        dialects=CHAT,
    )


def _lines() -> Iterator[Fault]:
    yield _harmless("crlf", "lines end in CR LF", _each(lambda data: data.replace(b"\n", b"\r\n")))
    yield _harmless("cr", "lines end in CR", _each(lambda data: data.replace(b"\n", b"\r")))
    yield _harmless("bom", "a byte order mark comes first", _with_mark)
    yield _harmless(
        "comments",
        "comments stand between the events",
        _each(lambda event: b": still here\n\n" + event),
    )
    yield _harmless(
        "no_space", "“data:” without a blank", _each(lambda event: _BLANK.sub(rb"\1:", event))
    )
    yield _harmless(
        "other_fields",
        "id and retry stand beside the data",
        _each(lambda event: b"id: 1\nretry: 3000\n" + event),
    )
    yield _harmless(
        "data_lines",
        "the data of an event stand on two lines",
        _each(lambda event: event.replace(b'","', b'",\ndata: "', 1)),
    )
    yield _harmless("unknown_event", "an event of a kind that nobody knows", _with_unknown)


def _ends() -> Iterator[Fault]:
    yield _harmless("no_final_newline", "the last line has no end", _without_last_newlines)
    yield _harmless("done_missing", "no [DONE]", lambda _, events: events[:-1], CHAT)
    yield _harmless("done_doubled", "[DONE] twice", lambda _, events: (*events, DONE), CHAT)
    yield _harmless("after_done", "more after [DONE]", lambda _, events: (*events, events[1]), CHAT)
    yield Fault(
        name="usage_missing",
        says="nothing is said of tokens",
        act=lambda scene: due(replace(scene, answer=replace(scene.answer, tells_tokens=False))),
        harmless=True,
    )
    yield Fault(
        name="usage_only_chunk",
        says="a chunk with usage and no choices, asked for or not",
        act=lambda scene: due(replace(scene, asked=replace(scene.asked, wants_usage=True))),
        harmless=True,
        streamed_only=True,
        dialects=("generic", "azure"),
    )


def _broken() -> Iterator[Fault]:
    yield _fatal("malformed_json", "an event that is no JSON", lambda: b'{"oops":')
    yield _fatal("giant_line", "a line of 9 MB", lambda: b'{"giant":"%b"}' % (b"x" * GIANT_BYTES))
    yield _fatal("deep_json", "10,000 lists in one another", lambda: b"[" * DEPTH + b"]" * DEPTH)
    yield _fatal("giant_index", "a call with the index 100000", _far_call, CHAT)


def _calls() -> Iterator[Fault]:
    yield _harmless(
        "one_index",
        "all calls have the index 0, and ids of their own",
        _each(lambda event: _CALL_INDEX.sub(b'"index":0', event)),
        CHAT,
    )


def _harmless(
    name: str, says: str, change: Change, dialects: tuple[Backend, ...] = DIALECTS
) -> Fault:
    return Fault(
        name=name,
        says=says,
        act=lambda scene: streamed(change(scene, scene.stream.events)),
        harmless=True,
        streamed_only=True,
        dialects=dialects,
    )


def _fatal(
    name: str,
    says: str,
    data: Callable[[], bytes],
    dialects: tuple[Backend, ...] = DIALECTS,
) -> Fault:
    """In the place of one event comes another, under the same name."""

    def act(scene: Scene) -> Reply:
        events = list(scene.stream.events)
        cut = scene.cut(scene.stream)
        events[cut] = _DATA.sub(lambda _: b"data: " + data(), events[cut], count=1)
        return streamed(tuple(events))

    return Fault(
        name=name,
        says=says,
        act=act,
        kind=FailureKind.BROKEN_STREAM,
        streamed_only=True,
        dialects=dialects,
    )


def _each(change: Callable[[bytes], bytes]) -> Change:
    return lambda _, events: tuple(change(event) for event in events)


def _in_half_characters(scene: Scene) -> Reply:
    steps = tuple(
        half for event in scene.stream.events for half in _HALF_OF_A_CHARACTER.split(event)
    )
    return in_steps(scene, steps)


def _zipped(scene: Scene) -> Reply:
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    events = scene.stream.events
    steps = tuple(packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH) for event in events)
    reply = in_steps(scene, (*steps, packer.flush()))
    return replace(reply, headers=(*reply.headers, ("content-encoding", "gzip")))


def _with_mark(_: Scene, events: Events) -> Events:
    return (b"\xef\xbb\xbf" + events[0], *events[1:])


def _with_unknown(scene: Scene, events: Events) -> Events:
    names: dict[Backend, str] = {"responses": "response.novelty", "anthropic": "novelty"}
    name = names.get(scene.asked.dialect, "")
    chunk: dict[str, object] = {"object": "novelty", "choices": []}
    unknown = {"type": name} if name else chunk
    front = b"event: %b\n" % name.encode() if name else b""
    event = b"%bdata: %b\n\n" % (front, msgspec.json.encode(unknown))
    return (events[0], event, *events[1:])


def _without_last_newlines(_: Scene, events: Events) -> Events:
    return (*events[:-1], events[-1].rstrip(b"\n"))


def _far_call() -> bytes:
    function = {"name": "read", "arguments": "{}"}
    call = {"index": 100_000, "id": "call_0000", "type": "function", "function": function}
    choice = {"index": 0, "delta": {"tool_calls": [call]}, "finish_reason": None}
    return msgspec.json.encode({"id": "x", "object": "chat.completion.chunk", "choices": [choice]})
