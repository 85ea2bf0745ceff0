"""A provider's own bytes on their way to a client that speaks as it does: all, and unchanged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.wire.golden import HERE
from vibe.domain.message import Text, User
from vibe.domain.model import Backend, ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import Dialect, ModelRequest, Original
from vibe.domain.stream import Broken, Ended, Passed, StreamEvent
from vibe.domain.target import Target
from vibe.wire.dialects import codec_for
from vibe.wire.forwarding import Forwarding, forwarding_call, is_forwarded
from vibe.wire.portability import fitted

FOLDERS: dict[str, tuple[Backend, Dialect]] = {
    "openai": ("generic", "chat"),
    "groq": ("generic", "chat"),
    "llamacpp": ("generic", "chat"),
    "vllm": ("generic", "chat"),
    "azure": ("azure", "chat"),
    "gemini": ("generic", "chat"),
    "openrouter": ("generic", "chat"),
    "ollama": ("generic", "chat"),
    "deepseek": ("generic", "chat"),
    "mistral": ("mistral", "mistral"),
    "anthropic": ("anthropic", "messages"),
    "responses": ("responses", "responses"),
}
ODD_AT_FIRST = {
    "codex_done_only", "copilot_rotating_ids", "llamacpp_cut_call", "llamacpp_text",
    "llamacpp_thought_and_calls", "same_message_twice",
}  # fmt: skip
ODD_LATER = {"openai_length", "openai_two_messages"}
LACKING = {"calls_under_one_index", "calls_without_index"}
ALL = [path for folder in FOLDERS for path in sorted((HERE / folder).glob("*.sse"))]
STREAMS = [path for path in ALL if path.stem not in ODD_AT_FIRST | ODD_LATER | LACKING]
TRANSLATED = [path for path in ALL if path.stem in ODD_AT_FIRST]
MENDED = [path for path in ALL if path.stem in LACKING]
BREAKING = [path for path in ALL if path.stem in ODD_LATER]
BODIES = [path for folder in FOLDERS for path in sorted((HERE / folder).glob("body_*.json"))]
DONE = b"data: [DONE]\n\n"
WANTS_USAGE = b'{"stream_options":{"include_usage":true}}'


def target(backend: Backend, model: str = "m") -> Target:
    return Target(provider=ProviderName("p"), model=model, backend=backend, api_version="v")


def last_of(path: Path, *, stream: bool) -> StreamEvent:
    """What the dialect's own decoder makes of its end."""
    backend, _ = FOLDERS[path.parent.name]
    decoder = codec_for(backend).decoder(target(backend), stream=stream)
    return (*decoder.feed(path.read_bytes()), *decoder.finish())[-1]


def forwarded(path: Path, pieces: list[bytes], *, stream: bool) -> list[StreamEvent]:
    backend, dialect = FOLDERS[path.parent.name]
    decoder = codec_for(backend).decoder(target(backend), stream=stream)
    original = Original(dialect=dialect, body=WANTS_USAGE)
    forwarding = Forwarding(decoder, original, stream=stream)
    events = [event for piece in pieces for event in forwarding.feed(piece)]
    return [*events, *forwarding.finish()]


def passed(events: list[StreamEvent]) -> bytes:
    return b"".join(event.data for event in events if isinstance(event, Passed))


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: f"{path.parent.name}-{path.stem}")
@given(data=st.data())
def test_a_stream_is_passed_on_byte_for_byte_however_it_is_split(
    path: Path, data: st.DataObject
) -> None:
    sent = path.read_bytes()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=6)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    events = forwarded(path, pieces, stream=True)
    assert events[-1] == last_of(path, stream=True)
    assert not any(isinstance(event, Ended | Broken) for event in events[:-1])
    told = passed(events)
    if isinstance(events[-1], Ended):
        assert told.removesuffix(DONE).startswith(sent.removesuffix(DONE).rstrip())
        assert FOLDERS[path.parent.name][1] not in {"chat", "mistral"} or told.endswith(DONE)
    else:
        assert sent.startswith(told)


def test_a_stream_that_ends_within_its_first_event_ends() -> None:
    decoder = codec_for("generic").decoder(target("generic"), stream=True)
    forwarding = Forwarding(decoder, Original(dialect="chat", body=b"{}"), stream=True)
    assert forwarding.feed(b'data: {"id":"x","choices":[]}\n') == ()
    assert isinstance(forwarding.finish()[-1], Broken)


@pytest.mark.parametrize("path", BODIES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_body_is_passed_on_when_it_is_known_to_be_an_answer(path: Path) -> None:
    events = forwarded(path, [path.read_bytes()], stream=False)
    assert events[-1] == last_of(path, stream=False)
    whole = path.read_bytes() if isinstance(events[-1], Ended) else b""
    assert passed(events) == whole


@pytest.mark.parametrize("path", TRANSLATED, ids=lambda path: path.stem)
@given(data=st.data())
def test_a_stream_that_no_client_could_read_is_read_for_it(path: Path, data: st.DataObject) -> None:
    """Its items come without their places, say, or its ids change."""
    sent = path.read_bytes()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(sent)), max_size=6)))
    pieces = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    backend, _ = FOLDERS[path.parent.name]
    decoder = codec_for(backend).decoder(target(backend), stream=True)
    expected = [event for piece in pieces for event in decoder.feed(piece)]
    assert forwarded(path, pieces, stream=True) == [*expected, *decoder.finish()]


@pytest.mark.parametrize("path", MENDED, ids=lambda path: path.stem)
def test_calls_without_numbers_of_their_own_are_numbered(path: Path) -> None:
    sent = passed(forwarded(path, [path.read_bytes()], stream=True))
    chunks = [json.loads(line[6:]) for line in sent.splitlines() if line.startswith(b"data: {")]
    calls = [
        call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())
    ]
    assert [call["index"] for call in calls] == [0, 1]
    decoder = codec_for("generic").decoder(target("generic"), stream=True)
    expected = [*decoder.feed(path.read_bytes()), *decoder.finish()]
    decoder = codec_for("generic").decoder(target("generic"), stream=True)
    assert [*decoder.feed(sent), *decoder.finish()] == expected


@pytest.mark.parametrize("path", BREAKING, ids=lambda path: path.stem)
def test_a_stream_that_no_client_could_read_on_breaks_there(path: Path) -> None:
    """Its ids change, or its places have a gap."""
    sent = path.read_bytes()
    events = forwarded(path, [sent], stream=True)
    assert isinstance(events[-1], Broken)
    assert sent.startswith(passed(events))
    assert b"output_text.delta" in passed(events)


@pytest.mark.parametrize("path", STREAMS[:3], ids=lambda path: path.stem)
def test_nothing_is_passed_on_where_the_answer_has_another_form_than_was_asked_for(
    path: Path,
) -> None:
    assert passed(forwarded(path, [path.read_bytes()], stream=False)) == b""


REQUEST = ModelRequest(messages=(User((Text("Hello"),)),), stream=False)
BODY = b'{"model": "auto", "messages": [{"role": "user"}], "odd": [1.50, "\\u00e9"]}'


@pytest.mark.parametrize(
    ("backend", "dialect", "path"),
    [
        ("generic", "chat", "/chat/completions"),
        ("azure", "chat", "/openai/deployments/m/chat/completions"),
        ("mistral", "mistral", "/chat/completions"),
        ("anthropic", "messages", "/messages"),
        ("responses", "responses", "/responses"),
    ],
)
def test_a_request_goes_on_but_for_its_model(backend: Backend, dialect: Dialect, path: str) -> None:
    headers = (("anthropic-beta", "odd-2026"),)
    request = replace(REQUEST, original=Original(dialect=dialect, body=BODY, headers=headers))
    aim = target(backend)
    assert is_forwarded(request, aim)
    assert fitted(request, aim) is request
    call = forwarding_call(request, aim, codec_for(backend))
    assert call.path == path
    assert json.loads(call.body) == {**json.loads(BODY), "model": "m"}
    assert b'"odd":[1.50, "\\u00e9"]' in call.body
    assert headers[0] in call.headers
    assert not call.stream


@pytest.mark.parametrize(
    ("backend", "dialect"), [("generic", "messages"), ("mistral", "chat"), ("anthropic", "chat")]
)
def test_whoever_speaks_otherwise_gets_it_in_their_own_words(
    backend: Backend, dialect: Dialect
) -> None:
    request = replace(REQUEST, original=Original(dialect=dialect, body=BODY))
    assert not is_forwarded(request, target(backend))
    assert fitted(request, target(backend)).original is None


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(b"{}", {"include_usage": True}, id="nothing"),
        pytest.param(b'{"stream_options":null}', {"include_usage": True}, id="null"),
        pytest.param(
            b'{"stream_options":{"include_usage":false,"include_obfuscation":false}}',
            {"include_usage": True, "include_obfuscation": False},
            id="another option",
        ),
        pytest.param(b'{"stream_options":"odd"}', "odd", id="what is none"),
    ],
)
def test_the_provider_of_a_chat_is_asked_for_usage_in_any_case(
    sent: bytes, expected: object
) -> None:
    original = Original(dialect="chat", body=sent)
    request = replace(REQUEST, stream=True, original=original)
    call = forwarding_call(request, target("generic"), codec_for("generic"))
    assert json.loads(call.body)["stream_options"] == expected


@pytest.mark.parametrize(
    ("is_all", "stream", "takes"),
    [(True, True, True), (False, False, True), (False, True, False)],
    ids=["what nobody else could say", "no stream", "who knows no such option"],
)
def test_it_is_not_asked_where_that_could_cost_the_answer(
    is_all: bool, stream: bool, takes: bool
) -> None:
    original = Original(dialect="chat", body=b"{}", is_all=is_all)
    request = replace(REQUEST, stream=stream, original=original)
    aim = replace(target("generic"), quirks=Quirks(stream_options=takes))
    call = forwarding_call(request, aim, codec_for("generic"))
    assert json.loads(call.body) == {"model": "m"}


@pytest.mark.parametrize(
    ("dialect", "body"),
    [
        ("chat", b'{"choices":[{"message":{"content":"%b"},"finish_reason":"stop"}]}'),
        (
            "messages",
            b'{"type":"message","content":[{"type":"text","text":"%b"}],"stop_reason":"end_turn"}',
        ),
    ],
)
def test_a_whole_answer_without_usage_is_counted_by_its_text(dialect: Dialect, body: bytes) -> None:
    backend: Backend = "generic" if dialect == "chat" else "anthropic"
    decoder = codec_for(backend).decoder(target(backend), stream=False)
    forwarding = Forwarding(decoder, Original(dialect=dialect, body=b"{}"), stream=False)
    sent = body % b"Hello there"
    events = (*forwarding.feed(sent[:20]), *forwarding.feed(sent[20:]), *forwarding.finish())
    assert [each for each in events if isinstance(each, Passed)] == [Passed(sent, pieces=3)]
