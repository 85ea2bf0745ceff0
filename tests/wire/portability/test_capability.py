"""What a target can be asked, and about how large a request is."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from vibe.domain.message import (
    Assistant,
    CallId,
    Document,
    Image,
    Message,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import ModelRequest, Original, Tool
from vibe.domain.target import Target
from vibe.wire.capability import estimated_tokens, misses, unable

UNKNOWN = Target(provider=ProviderName("p"), model="m", backend="generic")
SEES = replace(UNKNOWN, sees_images=True)
BLIND = replace(UNKNOWN, sees_images=False)
NO_TOOLS = replace(UNKNOWN, calls_tools=False)
TEXT = Text("Look.")
PICTURE = Image(media_type="image/png", data=b"1")
LINK = Image(url="https://example.org/1.png")
PDF = Document(media_type="application/pdf", data=b"%PDF")
READ = Tool(name="read", description="", parameters="")
CALL = ToolCall(id=CallId("a"), name="read", arguments="{}")


def asking(*parts: Text | Image | Document) -> ModelRequest:
    return ModelRequest(messages=(User((TEXT, *parts)),))


def result_of(*parts: Text | Image | Document) -> ModelRequest:
    result = ToolResult(call=CALL.id, name="read", parts=parts)
    return ModelRequest(messages=(Assistant(parts=(CALL,)), Results((result,))))


@pytest.mark.parametrize(
    ("request_", "target", "reason"),
    [
        pytest.param(asking(), NO_TOOLS, None, id="text"),
        pytest.param(asking(PICTURE), SEES, None, id="an image"),
        pytest.param(asking(PICTURE), BLIND, "cannot see images", id="an image, blind"),
        pytest.param(asking(PICTURE), UNKNOWN, None, id="an image, doubt"),
        pytest.param(
            asking(PICTURE),
            replace(SEES, quirks=Quirks(images=False)),
            "cannot see images",
            id="an image, no place for it",
        ),
        pytest.param(result_of(PICTURE), BLIND, None, id="an image in a result"),
        pytest.param(asking(LINK), SEES, None, id="an address"),
        pytest.param(
            asking(LINK),
            replace(SEES, quirks=Quirks(image_urls=False)),
            "takes no image by its address",
            id="an address, not fetched",
        ),
        pytest.param(asking(PDF), SEES, "takes no documents", id="a document"),
        pytest.param(
            asking(PDF), replace(UNKNOWN, quirks=Quirks(documents=True)), None, id="taken"
        ),
        pytest.param(
            asking(PICTURE, PDF), UNKNOWN, "takes no documents", id="what is certain comes first"
        ),
        pytest.param(
            replace(asking(), tools=(READ,)), NO_TOOLS, "cannot call tools", id="tools, unable"
        ),
        pytest.param(replace(asking(), tools=(READ,)), UNKNOWN, None, id="tools, assumed"),
        pytest.param(result_of(TEXT), NO_TOOLS, "cannot call tools", id="calls of another model"),
    ],
)
def test_a_target_is_skipped_for_a_reason(
    request_: ModelRequest, target: Target, reason: str | None
) -> None:
    assert unable(request_, target) == reason


def test_what_a_tool_brought_or_was_said_before_is_missed_by_who_cannot_see() -> None:
    earlier = ModelRequest(messages=(*asking(PICTURE).messages, *asking().messages))
    for request in (result_of(PICTURE), earlier):
        assert (unable(request, BLIND), misses(request, BLIND)) == (None, "cannot see images")
        assert misses(request, SEES) is None


def test_that_nobody_has_said_whether_one_sees_is_a_doubt_and_no_more() -> None:
    assert unable(asking(PICTURE), UNKNOWN) is None
    assert misses(asking(PICTURE), UNKNOWN) == "is not known to see images"
    assert misses(asking(), UNKNOWN) is None


def test_what_cannot_be_said_in_other_words_is_for_who_speaks_as_the_client_does() -> None:
    original = Original(dialect="messages", body=b"{}", is_all=True)
    request = replace(asking(), original=original)
    assert unable(request, UNKNOWN) == "does not speak as the client does"
    assert unable(request, replace(UNKNOWN, backend="anthropic")) is None


LONG = "word" * 1_000
THOUGHT = Thinking(text=LONG, producer=UNKNOWN.producer, seal=LONG)


@pytest.mark.parametrize(
    ("message", "tokens"),
    [
        pytest.param(System(LONG), 1_000, id="an instruction"),
        pytest.param(User((Text(LONG),)), 1_000, id="a text"),
        pytest.param(User((Text("字" * 1_000),)), 750, id="Chinese"),
        pytest.param(User((PICTURE, PDF)), 3_000, id="attachments"),
        pytest.param(Assistant(parts=(THOUGHT,)), 2_000, id="thought and its seal"),
        pytest.param(Assistant(parts=(replace(CALL, arguments=LONG),)), 1_000, id="a call"),
        pytest.param(result_of(Text(LONG)).messages[1], 1_000, id="a result"),
    ],
)
def test_a_request_is_about_as_large_as_all_that_it_holds(message: Message, tokens: int) -> None:
    empty = ModelRequest(messages=())
    grown = estimated_tokens(ModelRequest(messages=(message,))) - estimated_tokens(empty)
    assert tokens <= grown <= tokens + 10


def test_the_system_and_the_tools_count() -> None:
    request = ModelRequest(messages=(), system=LONG, tools=(replace(READ, description=LONG),))
    assert 2_000 <= estimated_tokens(request) <= 2_010
