"""The demo model acts on what it is asked, reports what its tools really bring, and is honest."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from tests.testing.client import ask_model
from tests.testing.told import told
from vibe.domain.message import Assistant, CallId, Message, Results, Text, ToolResult, User
from vibe.domain.request import Tool
from vibe.testing.demo import demo
from vibe.testing.exchange import Answer, Asked, Call, call
from vibe.testing.fault_server import FaultServer


def tool(name: str, *keys: str) -> Tool:
    schema = {"type": "object", "properties": {key: {"type": "string"} for key in keys}}
    return Tool(name=name, description="", parameters=msgspec.json.encode(schema).decode())


READ = tool("read", "path", "offset")
EDIT = tool("edit", "file_path", "old_string", "new_string")
BASH = tool("bash", "command")
TOOLS = (READ, EDIT, BASH)


def answer(
    text: str, *results: tuple[str, str], tools: tuple[Tool, ...] = TOOLS, fails: bool = False
) -> Answer:
    messages: list[Message] = [User((Text(text),))]
    for number, (name, content) in enumerate(results):
        messages.append(Assistant(parts=(Text("…"),)))
        result = ToolResult(
            call=CallId(f"c{number}"), name=name, parts=(Text(content),), is_error=fails
        )
        messages.append(Results((result,)))
    return demo(Asked(dialect="generic", messages=tuple(messages), tools=tools))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Read src/a.py, please.", call("read", path="src/a.py"), id="read"),
        pytest.param("explain @notes.md.", call("read", path="notes.md"), id="a mention"),
        pytest.param("What is in the file README?", call("read", path="README"), id="a known name"),
        pytest.param('show me "my file"', call("read", path="my file"), id="a quoted name"),
        pytest.param("run ls -l | wc", call("bash", command="ls -l | wc"), id="run"),
        pytest.param("Please run `make test`", call("bash", command="make test"), id="quoted"),
        pytest.param("Replace a with b in c.txt", call("read", path="c.txt"), id="look first"),
    ],
)
def test_a_sentence_that_it_knows_becomes_a_call(text: str, expected: Call) -> None:
    assert answer(text).calls == (expected,)


def test_a_change_is_made_once_the_file_is_known_to_hold_it() -> None:
    text = "replace “blue car” with “red car” in c.txt"
    edit = call("edit", file_path="c.txt", old_string="blue car", new_string="red car")
    read = ("read", "     1\tmy blue car\n")
    assert answer(text, read).calls == (edit,)
    assert answer(text, ("read", "     1\tmy bike\n")) == Answer(
        text="There is no “blue car” in c.txt, so I have changed nothing."
    )
    assert answer(text, read, ("edit", "1 replacement")) == Answer(
        text="In c.txt, “blue car” is now “red car”. 1 replacement"
    )


def test_without_a_tool_to_read_a_change_is_made_at_once() -> None:
    found = answer("change a to b in c.txt", tools=(EDIT,))
    assert found.calls == (call("edit", file_path="c.txt", old_string="a", new_string="b"),)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(
            "     1\timport os\n     2\t\n     3\tdef run(x):\n     4\t    return x\n",
            "a.py has 4 lines and 6 words. It begins with “import os”. I see these definitions or"
            " headings: run. More than that a demo model cannot tell.",
            id="code with line numbers",
        ),
        pytest.param(
            "# Title\nText\n",
            "a.py has 2 lines and 3 words. It begins with “# Title”. I see these definitions or"
            " headings: Title. More than that a demo model cannot tell.",
            id="a page",
        ),
        pytest.param("\n", "a.py is empty.", id="nothing"),
        pytest.param(
            "error: no such file: a.py",
            "I could not read a.py. The tool says:\n\nerror: no such file: a.py",
            id="an error in words",
        ),
    ],
)
def test_a_file_is_told_of_by_what_is_in_it(content: str, expected: str) -> None:
    assert answer("read a.py", ("read", content)) == Answer(text=expected)


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param("a.txt\nb.txt\n", "`ls` printed:\n\na.txt\nb.txt", id="some lines"),
        pytest.param("", "`ls` has run and printed nothing.", id="nothing"),
        pytest.param(
            "\n".join(map(str, range(30))),
            "`ls` printed:\n\n" + "\n".join(map(str, range(20))) + "\n… and 10 more lines",
            id="many lines",
        ),
    ],
)
def test_a_command_is_told_of_by_what_it_printed(output: str, expected: str) -> None:
    assert answer("run ls", ("bash", output)) == Answer(text=expected)


@pytest.mark.parametrize(
    ("text", "used"),
    [
        pytest.param("read a.py", "read", id="read"),
        pytest.param("replace a with b in a.py", "read", id="replace"),
        pytest.param("run ls", "bash", id="run"),
    ],
)
def test_what_a_tool_refuses_is_never_told_as_done(text: str, used: str) -> None:
    found = answer(text, (used, "the person said no"), fails=True)
    assert found.text.startswith("I could not ")
    assert found.text.endswith("The tool says:\n\nthe person said no")
    assert not found.calls


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("read a.py", "I would read a.py, but", id="read"),
        pytest.param("replace a with b in c", "I would replace “a” with “b” in c, but", id="edit"),
        pytest.param("run ls", "I would run `ls`, but", id="run"),
    ],
)
def test_without_tools_it_says_what_it_would_do(text: str, expected: str) -> None:
    text = text.replace(" in c", " in c.txt")
    found = answer(text, tools=())
    assert found.text.startswith(expected.replace(" in c,", " in c.txt,"))
    assert "demo model" in found.text
    assert not found.calls


def test_talk_is_answered_honestly_and_by_what_was_said() -> None:
    one, other = answer("Why is the sky blue?"), answer("explain recursion to me")
    assert "recursion" in other.text
    assert all("without any intelligence" in each.text for each in (one, other))
    assert one.text.endswith(
        "You said “Why is the sky blue?”: 5 words, the longest is “blue”. To count them is all that"
        " I can do with it."
    )
    assert answer("?").text.endswith("You have said nothing in words yet.")


def test_its_words_come_one_by_one() -> None:
    async def run() -> tuple[str, int]:
        async with FaultServer(demo) as server:
            got = await ask_model(server.api_base, "generic", "Hello")
        return told("generic", got.body, stream=True).text, len(got.chunks)

    text, chunks = asyncio.run(run())
    assert text == answer("Hello").text
    assert chunks > len(text.split())
