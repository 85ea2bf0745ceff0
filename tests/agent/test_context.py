"""What fills a window: named by what it is, in parts that sum up to the whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from tests.session.samples import HISTORIES, answer, call, result, said
from vibe.agent.compaction import summed_up
from vibe.agent.context import Share, shares
from vibe.agent.prompt import context
from vibe.domain.message import Assistant, Image, Message, Results, Text, User
from vibe.domain.request import ModelRequest, Tool
from vibe.session.conversation import messages
from vibe.session.record import Record
from vibe.session.transcript import Transcript
from vibe.wire.capability import estimated_tokens

READ = call("read")
INSTRUCTIONS = '<instructions from="/work/AGENTS.md">\nBe brief.\n</instructions>'
AROUND = context(Path("/"), date="2026-11-21", platform="linux", instructions="")
INSTRUCTED = context(Path("/"), date="2026-11-21", platform="linux", instructions=INSTRUCTIONS)


@pytest.mark.parametrize(
    ("message", "names"),
    [
        (said("hello"), ["your messages"]),
        (User((Text(AROUND), Text("hello"))), ["surroundings", "your messages"]),
        (User((Text(INSTRUCTED),)), ["surroundings", "instructions"]),
        (User((Text('<file path="a">\nx\n</file>'),)), ["files you attached"]),
        (User((Image(data=b"x"),)), ["pictures, documents"]),
        (summed_up("all", context="", last=said("go")), ["summary of earlier", "your messages"]),
        (summed_up("all", context="", last=None), ["summary of earlier"]),
        (answer("<summary> of it", READ).message, ["answers", "calls"]),
        (Results((result(READ), result(call("grep")))), ["results of read", "results of grep"]),
        (Results((result(READ, INSTRUCTIONS),)), ["instructions"]),
    ],
    ids=[
        "words", "the first", "AGENTS.md", "a file", "a picture", "a summary",
        "a summary asked for", "an answer", "results", "instructions on the way",
    ],
)  # fmt: skip
def test_what_a_part_is_called(message: Message, names: list[str]) -> None:
    found = shares(ModelRequest(messages=(message,)))
    assert [each.name for each in found] == ["system prompt", *names]


def test_parts_of_a_kind_are_counted_together() -> None:
    tool = Tool(name="read", description="x" * 20, parameters="{}")
    spoken = Assistant(parts=(Text("a" * 40),))
    request = ModelRequest(system="s" * 400, tools=(tool, tool), messages=(spoken, spoken))
    assert shares(request) == (
        Share(name="system prompt", tokens=101, count=1),
        Share(name="tools", tokens=14, count=2),
        Share(name="answers", tokens=22, count=2),
    )


@given(HISTORIES)
def test_they_sum_up_to_the_estimate_of_the_whole(records: list[Record]) -> None:
    said_so_far = messages(Transcript().applied(records))
    opening = User((Text(INSTRUCTED), Text("hello")))
    request = ModelRequest(messages=(opening, *said_so_far), system="be kind")
    assert sum(each.tokens for each in shares(request)) == estimated_tokens(request)
