"""Lines of JSON: each whole, harmless on a terminal, without secrets, and as the schema says."""

from __future__ import annotations

import json
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from tests.headless.events import FINISHED, TextDelta, read_by
from tests.law import ROOT
from vibe.domain.event import Event, FailedOver, Waiting
from vibe.domain.message import Image, Text, User
from vibe.domain.stream import Passed, ThinkingSealed
from vibe.domain.turn import TurnStarted
from vibe.headless import schema
from vibe.headless.envelope import Envelope
from vibe.headless.jsonl import NAMES, RESULT, Lines, json_line
from vibe.secret import Redactor

EVENTS: tuple[type[Struct], ...] = tuple(kind for kind in get_args(Event) if kind in NAMES)


def a(kind: type[Struct]) -> st.SearchStrategy[Struct]:
    """Any value of the kind, of any texts and any floats."""
    return st.from_type(kind)


def lines_of(*events: Any, secrets: tuple[str, ...] = ()) -> list[str]:
    written: list[str] = []
    read_by(events, Lines(written.append, Redactor(secrets)))
    return written


@settings(max_examples=150)
@given(st.lists(st.sampled_from(EVENTS).flatmap(a), max_size=3))
def test_whatever_comes_is_one_line_of_ascii_json_by_its_name(events: list[Struct]) -> None:
    lines = lines_of(*events)
    assert [json.loads(line)["event"] for line in lines] == [NAMES[type(e)] for e in events]
    for event, line in zip(events, lines, strict=True):
        assert line.isascii()
        assert line[:-1].isprintable()
        assert line.endswith("\n")
        fields = json.loads(line)
        del fields["event"]
        assert list(fields) == list(event.__struct_fields__)


def test_text_is_told_as_it_is_and_no_control_in_it_reaches_a_terminal() -> None:
    (line,) = lines_of(TextDelta("é\x1b]52;c;\x07\x9b\u202e\U0001f600\x7f\n"))
    assert json.loads(line)["text"] == "é\x1b]52;c;\x07\x9b\u202e\U0001f600\x7f\n"
    assert line == (
        '{"event":"text_delta","text":"\\u00e9\\u001b]52;c;\\u0007\\u009b\\u202e\\ud83d\\ude00'
        '\\u007f\\n"}\n'
    )


def test_half_a_character_pair_and_what_is_no_number_do_no_harm() -> None:
    text, waiting = lines_of(TextDelta("\ud800"), Waiting(for_s=float("inf"), tries=1))
    assert json.loads(text)["text"] == "?"
    assert json.loads(waiting)["for_s"] is None


def test_what_only_a_provider_can_read_has_no_line() -> None:
    assert lines_of(ThinkingSealed("opaque"), Passed(b"data: {}\n\n")) == []


def test_a_secret_is_in_no_value() -> None:
    key = "canary7F3a9c21D4e8b6A0zz"
    lines = lines_of(
        TextDelta(f"the key is {key}."),
        TurnStarted(turn=1, message=User((Text(f'"{key}"'), Image(data=key.encode())))),
        secrets=(key,),
    )
    assert "canary" not in "".join(lines)
    assert json.loads(lines[0])["text"] == "the key is ***."


def test_a_secret_that_reads_like_a_field_leaves_the_fields_alone() -> None:
    (line,) = lines_of(FINISHED, secrets=("turn_finished",))
    assert list(json.loads(line)) == ["event", *FINISHED.__struct_fields__]


def test_the_result_is_the_envelope_with_its_event() -> None:
    envelope = Envelope(status="ok", termination_reason="finished", exit_code=0, answer="é")
    alone = json.loads(json_line(envelope, Redactor()))
    in_stream = json.loads(json_line(envelope, Redactor(), event=RESULT))
    assert in_stream == {"event": "result", **alone}
    assert alone == json.loads(msgspec.json.encode(envelope))


def test_the_schema_is_current() -> None:
    written = (ROOT / "docs" / "headless.schema.json").read_text("utf-8")
    made = "python -m vibe.headless.schema docs/headless.schema.json"
    assert written == schema.text(), f"the schema is behind: {made}"


@pytest.mark.parametrize("kind", [*EVENTS, FailedOver], ids=lambda kind: kind.__name__)
def test_the_schema_names_every_event_and_all_its_fields(kind: type[Struct]) -> None:
    named = schema.schema()["$defs"][kind.__name__]
    assert named["properties"]["event"] == {"const": NAMES[kind]}
    assert named["required"] == ["event", *kind.__struct_fields__]
