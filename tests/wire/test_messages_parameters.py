"""Requests to Anthropic's Messages API: bounds, sampling, thinking, the form of the answer."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from tests.wire.messages_samples import (
    CURRENT,
    FULL,
    HELLO,
    NOW,
    OLDER,
    SCHEMA,
    call,
    result,
    sent,
    thought,
)
from vibe.domain.message import Assistant, Results, Text
from vibe.domain.quirks import Quirks
from vibe.domain.request import JsonFormat, ModelRequest
from vibe.wire.messages_request import encode_count, read_count


@pytest.mark.parametrize(
    ("asked", "configured", "expected"),
    [(None, None, 32_000), (None, 64_000, 64_000), (500, 64_000, 500)],
    ids=["nobody said", "the configuration's", "the request's"],
)
def test_a_bound_of_the_answer_is_always_sent(
    asked: int | None, configured: int | None, expected: int
):
    target = msgspec.structs.replace(OLDER, max_output_tokens=configured)
    request = ModelRequest(messages=(HELLO,), max_output_tokens=asked)
    assert sent(request, target)["max_tokens"] == expected


@pytest.mark.parametrize(
    ("temperature", "top_p", "expected"),
    [
        (None, None, {}),
        (0.0, None, {"temperature": 0.0}),
        (None, 0.9, {"top_p": 0.9}),
        (0.5, 0.9, {"temperature": 0.5}),
    ],
    ids=["neither", "temperature", "top_p", "both"],
)
def test_one_way_of_sampling(
    temperature: float | None, top_p: float | None, expected: dict[str, float]
):
    found = sent(ModelRequest(messages=(HELLO,), temperature=temperature, top_p=top_p))
    assert {key: found[key] for key in ("temperature", "top_p") if key in found} == expected


CALLED = (HELLO, Assistant(parts=(call(1),)), Results((result(1),)))
THOUGHT_AND_CALLED = (HELLO, Assistant(parts=(thought("Hm.", "s"), call(1))), Results((result(1),)))


@pytest.mark.parametrize(
    ("request_", "budget"),
    [
        (ModelRequest(messages=(HELLO,), effort="minimal"), 1_024),
        (ModelRequest(messages=(HELLO,), effort="high"), 16_000),
        (ModelRequest(messages=(HELLO,)), 8_000),
        (ModelRequest(messages=(HELLO,), effort="high", max_output_tokens=9_000), 4_500),
        (ModelRequest(messages=(HELLO,), effort="high", max_output_tokens=2_000), None),
        (ModelRequest(messages=(HELLO, Assistant(parts=(Text("Once"),)))), None),
        (ModelRequest(messages=(HELLO,), tools=(NOW,), tool_choice="required"), None),
        (ModelRequest(messages=(HELLO,), tools=(NOW,), tool_choice="none"), 8_000),
        (ModelRequest(messages=CALLED), None),
        (ModelRequest(messages=THOUGHT_AND_CALLED), 8_000),
        (ModelRequest(messages=(*CALLED, Assistant(parts=(Text("Hi"),)), HELLO)), 8_000),
        (ModelRequest(messages=()), None),
    ],
    ids=[
        "the least effort", "the most effort", "no effort said", "within the bound of the answer",
        "no room to think", "an answer to go on from", "a forced call", "no calls allowed",
        "a call without thought of its own", "a call after thought", "a call of an earlier turn",
        "no messages",
    ],
)  # fmt: skip
def test_thinking_has_a_budget_unless_it_would_be_refused(
    request_: ModelRequest, budget: int | None
):
    target = msgspec.structs.replace(OLDER, thinks=True)
    found = sent(msgspec.structs.replace(request_, temperature=0.5), target)
    thinking = {"type": "enabled", "budget_tokens": budget}
    assert found.get("thinking") == (thinking if budget else None)
    assert ("temperature" in found) == (budget is None)


def test_a_model_that_takes_an_effort_thinks_without_a_budget():
    target = msgspec.structs.replace(CURRENT, thinks=True)
    request = ModelRequest(messages=CALLED, effort="minimal", temperature=0.5, top_p=0.9)
    found = sent(request, target)
    assert found["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert found["output_config"] == {"effort": "low"}
    assert not {"temperature", "top_p"} & found.keys()


def test_a_model_that_does_not_think_is_not_asked_to():
    assert "thinking" not in sent(ModelRequest(messages=(HELLO,), effort="high"), CURRENT)


def test_a_model_that_takes_no_sampling_is_sent_none():
    request = ModelRequest(messages=(HELLO,), temperature=0.5, top_p=0.9)
    assert not {"temperature", "top_p"} & sent(request, CURRENT).keys()


@pytest.mark.parametrize(
    ("form", "quirks", "instruction"),
    [
        (JsonFormat(), Quirks(), "Answer with one JSON value"),
        (JsonFormat(schema=SCHEMA), Quirks(), SCHEMA),
        (JsonFormat(schema=SCHEMA, strict=True), Quirks(json_schema=False), SCHEMA),
    ],
    ids=["without a schema", "with a loose schema", "where the provider knows no schemas"],
)
def test_json_that_the_provider_cannot_hold_to_is_asked_for_in_words(
    form: JsonFormat, quirks: Quirks, instruction: str
):
    target = msgspec.structs.replace(OLDER, quirks=quirks)
    found = sent(ModelRequest(messages=(HELLO,), system="Be brief.", format=form), target)
    first, second = cast("list[dict[str, str]]", found["system"])
    assert first == {"type": "text", "text": "Be brief."}
    assert instruction in second["text"]
    assert "output_config" not in found


def test_a_count_is_asked_for_the_same_prompt():
    target = msgspec.structs.replace(OLDER, thinks=True)
    counted = encode_count(FULL, target)
    whole = sent(FULL, target)
    assert (counted.path, counted.stream) == ("/messages/count_tokens", False)
    assert msgspec.json.decode(counted.body) == {
        key: value
        for key, value in whole.items()
        if key not in {"max_tokens", "stream", "stop_sequences"}
    }


@pytest.mark.parametrize(
    ("body", "count"),
    [
        (b'{"input_tokens":182}', 182),
        (b'{"input_tokens":182,"cache":{}}', 182),
        (b'{"input_tokens":"many"}', None),
        (b"{}", None),
        (b"<html>", None),
        (b"\xff", None),
    ],
    ids=["llama.cpp's", "more fields", "another type", "a field too few", "HTML", "bytes"],
)
def test_a_count_is_read_from_its_answer(body: bytes, count: int | None):
    assert read_count(body) == count
