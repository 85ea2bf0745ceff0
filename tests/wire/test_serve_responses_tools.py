"""Tools that clients of OpenAI's Responses offer, under names that every model can call."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from vibe.domain.message import Assistant
from vibe.domain.request import OneTool, Tool, ToolChoice
from vibe.wire.serve_responses import ResponsesWanted, read_responses_request
from vibe.wire.serve_responses_tools import Origin

Json = dict[str, Any]


def function(name: str) -> Json:
    return {"type": "function", "name": name}


def namespace(name: str, *tools: Json) -> Json:
    return {"type": "namespace", "name": name, "description": "", "tools": tools}


def offered(*tools: Json, **members: object) -> ResponsesWanted:
    body = {"input": "Hi", "tools": tools, **members}
    return read_responses_request(msgspec.json.encode(body))


@pytest.mark.parametrize(
    ("tools", "origins"),
    [
        pytest.param(
            [function("f"), namespace("n", function("f"))],
            {"f": Origin(name="f"), "n__f": Origin(name="f", namespace="n")},
            id="in a namespace and in none",
        ),
        pytest.param(
            [namespace("n", {"type": "custom", "name": "f"})],
            {"n__f": Origin(name="f", namespace="n", takes_text=True)},
            id="takes a text",
        ),
        pytest.param(
            [namespace("a", function("b__c")), namespace("a__b", function("c"))],
            {
                "a__b__c": Origin(name="b__c", namespace="a"),
                "a__b__c_223817d1": Origin(name="c", namespace="a__b"),
            },
            id="names that would be the same",
        ),
        pytest.param(
            [namespace("n.m", function("x" * 70))],
            {f"n_m__{'x' * 50}_232caaa6": Origin(name="x" * 70, namespace="n.m")},
            id="a name that nobody takes",
        ),
        pytest.param(
            [function("f"), {"type": "web_search"}, namespace("n", namespace("m", function("f")))],
            {"f": Origin(name="f")},
            id="others are left out",
        ),
        pytest.param([function("f"), function("f")], {"f": Origin(name="f")}, id="twice"),
    ],
)
def test_each_tool_has_a_name_of_its_own(tools: list[Json], origins: dict[str, Origin]) -> None:
    read = offered(*tools)
    assert read.origins == origins
    assert [tool.name for tool in read.request.tools] == [*origins]


def test_what_is_declared_of_a_function_is_kept() -> None:
    declared: Json = {
        **function("f"),
        "description": "D",
        "parameters": {"type": "object", "properties": {"b": {}, "a": {}}},
        "strict": True,
    }
    assert offered(declared).request.tools == (
        Tool(
            name="f",
            description="D",
            parameters='{"type":"object","properties":{"b":{},"a":{}}}',
            strict=True,
        ),
    )


@pytest.mark.parametrize("format", [None, {"type": "text"}])
def test_a_text_without_a_grammar_needs_no_words(format: object) -> None:
    (tool,) = offered({"type": "custom", "name": "f", "format": format}).request.tools
    assert tool.description == ""


def test_a_call_of_before_has_the_name_that_its_tool_has_now() -> None:
    read = offered(
        namespace("a", function("b__c")),
        namespace("a__b", function("c")),
        input=[
            {"type": "function_call", "call_id": "1", "name": "c", "namespace": "a__b"},
            {"type": "function_call", "call_id": "2", "name": "gone", "namespace": "n"},
        ],
    )
    (answer,) = read.request.messages
    assert isinstance(answer, Assistant)
    assert [call.name for call in answer.calls] == [[*read.origins][1], "n__gone"]


@pytest.mark.parametrize(
    ("choice", "names", "expected"),
    [
        (None, ["f", "n__g"], "auto"),
        ("required", ["f", "n__g"], "required"),
        ("none", ["f", "n__g"], "none"),
        ({"type": "function", "name": "f"}, ["f", "n__g"], OneTool("f")),
        ({"type": "custom", "name": "g", "namespace": "n"}, ["f", "n__g"], OneTool("n__g")),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [function("f")]},
            ["f"],
            "required",
        ),
    ],
)
def test_who_may_be_called(choice: object, names: list[str], expected: ToolChoice) -> None:
    tools = [function("f"), namespace("n", {"type": "custom", "name": "g"})]
    request = offered(*tools, tool_choice=choice).request
    assert [tool.name for tool in request.tools] == names
    assert request.tool_choice == expected
