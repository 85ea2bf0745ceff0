"""The tools as models are told of them: few words, the same ones in every run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tools.rooms import called, room_in, told
from vibe.domain.message import Text
from vibe.errors import ToolError
from vibe.tools.base import Done, RunsCommand, Todo, Touch, TouchesFile, TouchesNothing
from vibe.tools.kinds import KINDS, kind_of

MOST_BYTES = 5_800


def test_models_are_told_of_all_tools_in_few_words() -> None:
    tools = [kind.tool for kind in KINDS]
    told = "".join(tool.name + tool.description + tool.parameters for tool in tools)
    assert [tool.name for tool in tools] == [
        "read", "grep", "edit", "write", "bash", "job", "todo", "ask",
    ]  # fmt: skip
    assert all(tool.description for tool in tools)
    assert len(told.encode()) < MOST_BYTES


def test_parameters_are_told_without_what_goes_without_saying() -> None:
    assert json.loads(kind_of("read").tool.parameters) == {
        "type": "object",
        "properties": {
            "path": {"type": "string"},
            "offset": {"type": "integer", "description": "first line, from 1"},
            "limit": {"type": "integer", "description": "lines"},
        },
        "required": ["path"],
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "touch"),
    [
        ("read", {"path": "a"}, TouchesFile(use="read", path="a")),
        ("grep", {"pattern": "a"}, TouchesFile(use="grep", path=".")),
        ("grep", {"pattern": "a", "path": "b"}, TouchesFile(use="grep", path="b")),
        ("edit", {"path": "a", "edits": []}, TouchesFile(use="edit", path="a")),
        ("write", {"path": "a", "content": ""}, TouchesFile(use="write", path="a")),
        ("bash", {"command": "ls"}, RunsCommand("ls")),
        ("bash", {"command": "ls", "background": True}, RunsCommand("ls")),
        ("bash", {"command": "ls", "outside": "the net"}, RunsCommand("ls", "the net")),
        ("job", {"id": 1, "action": "read"}, TouchesNothing()),
        ("job", {"id": 1, "action": "stop"}, TouchesNothing()),
        ("job", {"id": 1, "action": "write", "text": "rm 'a'"}, RunsCommand(
            """job 1 <<< 'rm '"'"'a'"'"''"""
        )),
        ("todo", {"items": []}, TouchesNothing()),
        ("ask", {"question": "a"}, TouchesNothing()),
    ],
)  # fmt: skip
def test_what_a_call_would_touch_is_told_before_it_is_made(
    tool: str, arguments: dict[str, object], touch: Touch
) -> None:
    kind = kind_of(tool)
    assert kind.touches(kind.read(json.dumps(arguments))) == touch


@pytest.mark.parametrize(
    ("tool", "arguments", "message"),
    [
        ("read", "{}", "read: Object missing required field `path`"),
        ("read", '{"path": 1}', "read: Expected `str`, got `int` - at `$.path`"),
        ("read", '{"file": "a"}', "read: Object contains unknown field `file`"),
        ("read", '{"path": "a"', "read: Input data was truncated"),
        ("job", '{"id": 1, "action": "kill"}', "job: Invalid enum value 'kill' - at `$.action`"),
    ],
)
def test_wrong_arguments_are_named_with_those_there_are(
    tool: str, arguments: str, message: str
) -> None:
    kind = kind_of(tool)
    with pytest.raises(ToolError) as refused:
        kind.read(arguments)
    takes = ", ".join(kind.arguments.__struct_fields__)
    assert refused.value.message == f"{message}; it takes: {takes}"


def test_numbers_and_truths_may_be_written_as_strings() -> None:
    kind = kind_of("bash")
    loose = '{"command": "ls", "timeout": "30", "background": "false"}'
    assert kind.read(loose) == kind.read('{"command": "ls", "timeout": 30, "background": false}')


def test_an_unknown_tool_is_answered_with_those_there_are() -> None:
    with pytest.raises(ToolError, match="there is no tool shell; there are: read, grep, edit"):
        kind_of("shell")


async def test_a_plan_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    room = room_in(tmp_path)
    await called(room, "todo", items=[{"text": "a"}])

    done = await called(room, "todo", items=[{"text": "b", "state": "done"}, {"text": "c"}])

    assert room.plan == (Todo(text="b", state="done"), Todo(text="c"))
    details = '[{"text":"b","state":"done"},{"text":"c","state":"open"}]'
    assert done == Done(content=(Text("The plan stands: 1 of 2 done."),), details=details)


async def test_the_answer_of_the_person_goes_to_the_model(tmp_path: Path) -> None:
    assert await told(room_in(tmp_path), "ask", question="Which?", choices=["a", "b"]) == "a"
    assert await told(room_in(tmp_path), "ask", question="Why?") == "no idea: Why?"
    assert "is empty" in await told(room_in(tmp_path), "ask", question=" ")
