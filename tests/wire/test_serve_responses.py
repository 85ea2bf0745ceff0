"""A request of OpenAI's Responses, read into vibe's own, or refused with its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.wire.told import PRODUCER
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
from vibe.domain.request import JsonFormat, ModelRequest, OneTool, Tool
from vibe.domain.target import Target
from vibe.errors import UsageError
from vibe.wire.responses_request import encode
from vibe.wire.seals import sealed
from vibe.wire.serve_responses import ResponsesWanted, read_responses_request
from vibe.wire.serve_responses_tools import Origin

CODEX: Final = Path(__file__).parent / "codex"
HELLO: Final = User((Text("Hi"),))
THOUGHT: Final = Thinking(text="Hm", producer=PRODUCER, seal="s")
INPUT: Final = (
    '{"type":"object","properties":{"input":{"type":"string","description":'
    '"The whole input of the tool, as plain text."}},"required":["input"],'
    '"additionalProperties":false}'
)


def read(**body: Any) -> ResponsesWanted:
    return read_responses_request(msgspec.json.encode({"input": "Hi", **body}))


def message(role: str, content: object) -> dict[str, object]:
    return {"type": "message", "role": role, "content": content}


def shown(**part: object) -> list[dict[str, object]]:
    return [message("user", [part])]


def called(call: str, name: str = "read", **members: object) -> dict[str, object]:
    return {"type": "function_call", "call_id": call, "name": name, "arguments": "{}", **members}


def output(call: str, output: object) -> dict[str, object]:
    return {"type": "function_call_output", "call_id": call, "output": output}


def call(id: str, name: str = "read", arguments: str = "{}") -> ToolCall:
    return ToolCall(id=CallId(id), name=name, arguments=arguments)


def result(id: str, name: str, *texts: str) -> ToolResult:
    return ToolResult(call=CallId(id), name=name, parts=tuple(map(Text, texts)))


def reasoning(seal: object, *summary: str) -> dict[str, object]:
    parts = [{"type": "summary_text", "text": text} for text in summary]
    return {"type": "reasoning", "id": "rs_1", "summary": parts, "encrypted_content": seal}


def codex(case: str) -> ResponsesWanted:
    return read_responses_request((CODEX / f"{case}.json").read_bytes())


def test_codex_with_functions_and_a_namespace() -> None:
    agent = "multi_agent_v1__close_agent"
    expected = ResponsesWanted(
        model="pool",
        is_streamed=True,
        tells_usage=True,
        session="s-1",
        origins={
            "exec_command": Origin(name="exec_command"),
            agent: Origin(name="close_agent", namespace="multi_agent_v1"),
        },
        request=ModelRequest(
            messages=(
                System("You are a coding agent running in the"),
                User((Text("<environment_context>"),)),
                User((Text("say hi"),)),
                Assistant(
                    parts=(
                        replace(THOUGHT, text="hm"),
                        call("c1", agent, '{"target":"x"}'),
                        call("c2", "exec_command", '{"cmd":"echo hey"}'),
                    )
                ),
                Results(
                    (
                        result("c1", agent, "invalid agent id x: Error(ParseChar {"),
                        result("c2", "exec_command", "Chunk ID: f78eda\nWall time: 0.0000"),
                    )
                ),
            ),
            tools=(
                Tool(
                    name="exec_command",
                    description="Runs a command in a PTY, returning",
                    parameters='{"type":"object","properties":{"cmd":{"type":"string"}},'
                    '"required":["cmd"],"additionalProperties":false}',
                ),
                Tool(
                    name=agent,
                    description="Close an agent and any open descendants",
                    parameters='{"type":"object","properties":{"target":{"type":"string"}},'
                    '"required":["target"],"additionalProperties":false}',
                ),
            ),
            parallel_calls=True,
            cache_key="s-1",
        ),
    )
    read = codex("calls")
    assert replace(read, request=compact(read.request)) == expected


def compact(request: ModelRequest) -> ModelRequest:
    """Schemas without the spaces that a file has between their members."""
    tools = tuple(
        replace(tool, parameters=msgspec.json.encode(msgspec.json.decode(tool.parameters)).decode())
        for tool in request.tools
    )
    return replace(request, tools=tools)


def test_codex_with_tools_in_its_input_one_of_which_takes_a_text() -> None:
    read = codex("code_mode")
    assert read.origins == {
        "functions__exec": Origin(name="exec", namespace="functions", takes_text=True),
        "functions__wait": Origin(name="wait", namespace="functions"),
        "clock__sleep": Origin(name="sleep", namespace="clock"),
    }
    assert [tool.name for tool in read.request.tools] == [*read.origins]
    assert read.request.tools[0] == Tool(
        name="functions__exec",
        description="Run JavaScript code to\n\nThe input has to be of this lark grammar:\n"
        "start: SOURCE",
        parameters=INPUT,
    )
    assert (read.request.effort, read.request.parallel_calls) == ("low", False)
    assert read.request.messages == (
        System("You are Codex, an agent based on GPT-6."),
        User((Text("say hi"),)),
        Assistant(
            parts=(
                call("c1", "functions__exec", '{"input":"text(1)"}'),
                call("c4", "clock__sleep", '{"duration_ms":1}'),
            )
        ),
        Results(
            (
                result(
                    "c1",
                    "functions__exec",
                    "Script completed\nWall time 0.1 seconds\nOutput:\n",
                    "1",
                ),
                result("c4", "clock__sleep", "Wall time: 0.0047 seconds\nSleep completed."),
            )
        ),
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param("Hi", (HELLO,), id="a text"),
        pytest.param([{"role": "user", "content": "Hi"}], (HELLO,), id="a message without a type"),
        pytest.param(
            [message("system", "S"), message("developer", [{"type": "input_text", "text": "D"}])],
            (System("S"), System("D")),
            id="instructions",
        ),
        pytest.param(
            shown(type="input_image", image_url="data:image/png;base64,AAEC", detail="auto"),
            (User((Image(media_type="image/png", data=b"\0\1\2"),)),),
            id="an image",
        ),
        pytest.param(
            shown(type="input_image", image_url="https://h/a.png"),
            (User((Image(url="https://h/a.png"),)),),
            id="an image by its address",
        ),
        pytest.param(
            shown(
                type="input_file", filename="a.pdf", file_data="data:application/pdf;base64,AAEC"
            ),
            (
                User(
                    (Document(media_type="application/pdf", data=b"\0\1\2", name="a.pdf"),),
                ),
            ),
            id="a document",
        ),
        pytest.param(
            [
                message("assistant", [{"type": "output_text", "text": "A"}]),
                message("assistant", [{"type": "refusal", "refusal": "No."}]),
                called("c1"),
                called("c2", "find"),
                output("c2", [{"type": "input_text", "text": "2"}]),
                output("c1", "1"),
                output("c9", "9"),
                message("assistant", "B"),
            ],
            (
                Assistant(parts=(Text("A"), Text("No."), call("c1"), call("c2", "find"))),
                Results(
                    (result("c2", "find", "2"), result("c1", "read", "1"), result("c9", "", "9"))
                ),
                Assistant(parts=(Text("B"),)),
            ),
            id="calls and their results",
        ),
        pytest.param(
            [
                called("c1"),
                output("c1", [{"type": "input_image", "image_url": "https://h/a.png"}]),
            ],
            (
                Assistant(parts=(call("c1"),)),
                Results(
                    (
                        ToolResult(
                            call=CallId("c1"), name="read", parts=(Image(url="https://h/a.png"),)
                        ),
                    )
                ),
            ),
            id="an image as a result",
        ),
        pytest.param(
            [reasoning(sealed(THOUGHT), "Hm"), message("assistant", "A")],
            (Assistant(parts=(THOUGHT, Text("A"))),),
            id="thought, sealed by vibe",
        ),
        pytest.param(
            [reasoning("gAAAA", "Hm"), reasoning(None), message("assistant", "A")],
            (Assistant(parts=(Text("A"),)),),
            id="thought, sealed by another or by nobody",
        ),
        pytest.param([reasoning("gAAAA")], (), id="nothing but that"),
        pytest.param(
            [
                {
                    "type": "local_shell_call",
                    "call_id": "c1",
                    "status": "completed",
                    "action": {"type": "exec", "command": ["ls"]},
                },
                {"type": "local_shell_call_output", "call_id": "c1", "output": '{"stdout":"a"}'},
                {"type": "shell_call_output", "call_id": "c2", "output": [{"stdout": "b"}]},
            ],
            (
                Assistant(
                    parts=(
                        call("c1", "local_shell", '{"action":{"type":"exec","command":["ls"]}}'),
                    )
                ),
                Results(
                    (
                        result("c1", "local_shell", '{"stdout":"a"}'),
                        result("c2", "shell", '[{"stdout":"b"}]'),
                    )
                ),
            ),
            id="other tools of the client",
        ),
        pytest.param(
            [
                {"type": "web_search_call", "id": "ws_1", "status": "completed"},
                {"type": "compaction", "encrypted_content": "x"},
                {"role": "user", "content": "Hi"},
            ],
            (HELLO,),
            id="what only OpenAI can read",
        ),
    ],
)
def test_items_of_every_kind_are_read(given: object, expected: tuple[Message, ...]) -> None:
    assert read(input=given).request.messages == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({}, {}),
        ({"instructions": "S"}, {"system": "S"}),
        ({"temperature": 1, "top_p": 0.5}, {"temperature": 1.0, "top_p": 0.5}),
        ({"max_output_tokens": 5}, {"max_output_tokens": 5}),
        ({"prompt_cache_key": "k"}, {"cache_key": "k"}),
        ({"reasoning": {"effort": "xhigh", "summary": "auto"}}, {"effort": "high"}),
        ({"reasoning": {"effort": "none"}}, {"effort": "minimal"}),
        ({"reasoning": {"effort": "a new one"}}, {}),
        ({"reasoning": {"effort": None}}, {}),
        ({"text": {"verbosity": "low", "format": {"type": "text"}}}, {}),
        ({"text": {"format": {"type": "json_object"}}}, {"format": JsonFormat()}),
        (
            {
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": "n",
                        "schema": {"b": 1, "a": 2},
                        "strict": True,
                    }
                }
            },
            {"format": JsonFormat(name="n", schema='{"b":1,"a":2}', strict=True)},
        ),
        (
            {
                "store": True,
                "include": ["reasoning.encrypted_content"],
                "metadata": {"a": "b"},
                "service_tier": "flex",
                "truncation": "auto",
                "user": "u",
                "background": False,
                "previous_response_id": None,
            },
            {},
        ),
    ],
)
def test_parameters_are_read(parameters: dict[str, Any], expected: dict[str, Any]) -> None:
    assert read(**parameters).request == ModelRequest(messages=(HELLO,), **expected)


def test_what_is_not_for_the_model_stands_beside_its_request() -> None:
    read_ = read(model="gpu-1", stream=True, prompt_cache_key="s")
    request = ModelRequest(messages=(HELLO,), cache_key="s")
    assert read_ == ResponsesWanted(
        request=request,
        model="gpu-1",
        is_streamed=True,
        tells_usage=True,
        session="s",
        origins={},
    )


def test_what_vibe_itself_sends_is_read_as_what_it_was() -> None:
    request = ModelRequest(
        system="S",
        messages=(
            User((Text("Look at this."), Image(media_type="image/png", data=b"\0\1\2"))),
            Assistant(parts=(Text("I call."), call("c1"), call("c2", "find"))),
            Results((result("c1", "read", "1"), result("c2", "find", "2"))),
            System("Now."),
            HELLO,
        ),
        tools=(Tool(name="read", description="D", parameters='{"type":"object"}', strict=True),),
        tool_choice=OneTool("read"),
        parallel_calls=True,
        max_output_tokens=99,
        temperature=0.5,
        format=JsonFormat(name="n", schema='{"type":"object"}'),
        cache_key="k",
    )
    target = Target(provider=ProviderName("p"), model="m", backend="responses")
    assert read_responses_request(encode(request, target).body).request == request


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "the request is not JSON"),
        ('{"input":"\xff"', "the request is not JSON"),
        ("[" * 10_000, "the request: expected object, got array"),
        ('{"input":' + "[" * 10_000, "the request is nested too deeply"),
        ('{"input":[],"tools":[{"x":"\xff"}]}', "the request is not JSON"),
        (
            '{"input":[{"type":"x_call","call_id":"c","x":' + "[" * 99 + "]" * 99 + "}]}",
            "input[0]: nested too deeply",
        ),
        ("{}", "the request: object missing required field input"),
        ('{"input":7}', "input: expected str | array, got int"),
        ('{"input":["Hi"]}', "input[0]: expected object, got str"),
        ('{"input":[{}]}', "input[0]: object missing required field type"),
        ('{"input":[{"role":"robot","content":""}]}', "input[0].role: invalid enum value 'robot'"),
        ('{"input":[{"role":"user"}]}', "input[0]: object missing required field content"),
        (
            '{"input":[{"role":"user","content":[{"type":"input_audio"}]}]}',
            "input[0].content[0].type: invalid enum value 'input_audio'",
        ),
        (
            '{"input":[{"type":"function_call","name":"f"}]}',
            "input[0]: object missing required field call_id",
        ),
        (
            '{"input":[{"type":"function_call_output","call_id":"c","output":7}]}',
            "input[0].output: expected str | array, got int",
        ),
        ('{"input":[],"tools":[{}]}', "tools[0]: object missing required field type"),
        (
            '{"input":[],"tools":[{"type":"function","function":{"name":"f"}}]}',
            "tools[0]: object missing required field name",
        ),
        (
            '{"input":[],"tools":[{"type":"namespace","name":"n","tools":[{"type":"function"}]}]}',
            "tools[0].tools[0]: object missing required field name",
        ),
        (
            '{"input":[{"type":"additional_tools","tools":[{"type":"custom"}]}]}',
            "input[0].tools[0]: object missing required field name",
        ),
        ('{"input":[],"temperature":-1}', "temperature: expected float >= 0.0"),
        ('{"input":[],"text":{"format":{"type":"x"}}}', "text.format.type: invalid value 'x'"),
    ],
    ids=lambda value: value[:50],
)
def test_what_has_a_wrong_form_is_refused_with_its_place(body: str, message: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_responses_request(body.encode("latin-1"))
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("members", "message", "hint"),
    [
        (
            {"previous_response_id": "resp_1"},
            "previous_response_id: this gateway keeps no conversations",
            "send the whole of it as input",
        ),
        (
            {"conversation": {"id": "conv_1"}},
            "conversation: this gateway keeps no conversations",
            "send the whole of it as input",
        ),
        (
            {"prompt": {"id": "pmpt_1"}},
            "prompt: this gateway keeps no prompts",
            "send its text as input",
        ),
        (
            {"background": True},
            "background: this gateway keeps no answers",
            "leave it out, and wait for this one",
        ),
        (
            {"input": [{"type": "item_reference", "id": "msg_1"}]},
            "input[0]: this gateway keeps no items",
            "send the item itself",
        ),
        (
            {"input": shown(type="input_image", file_id="file_1")},
            "input_image: this gateway keeps no files",
            "send image_url",
        ),
        (
            {"input": shown(type="input_file", file_url="https://h/a.pdf")},
            "input_file: this gateway keeps and fetches no files",
            "send file_data",
        ),
        (
            {"input": shown(type="input_file", file_data="file:///etc/passwd")},
            'file_data: "file:///etc/passwd" is no data: URL in base64',
            "",
        ),
        (
            {"input": shown(type="input_file", file_data="data:application/pdf;base64,AAA")},
            "file_data: the data is not whole base64",
            "",
        ),
        (
            {"input": shown(type="input_image", image_url="a.png")},
            'image_url: "a.png" is no http(s) address and no data: URL in base64',
            "",
        ),
        (
            {"tools": [{"type": "web_search"}]},
            'tools[0]: "web_search": only OpenAI itself runs this tool, and no model of another '
            "provider can call it",
            "",
        ),
        (
            {"tool_choice": {"type": "function", "name": "read"}},
            'tool_choice: "read" is not among the tools',
            "",
        ),
        (
            {"tool_choice": {"type": "file_search"}},
            'tool_choice: "file_search": only OpenAI itself runs this tool, and no model of '
            "another provider can call it",
            "",
        ),
    ],
)
def test_what_cannot_be_done_here_is_refused_with_what_to_do(
    members: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(UsageError) as refused:
        read(**members)
    assert (refused.value.message, refused.value.hint) == (message, hint)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "role", "content", "call_id", "output", "name", "tools"]),
            inner,
        )
    ),
    max_leaves=8,
)
kinds = st.sampled_from(
    ["message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "x_call",
     "x_call_output", "additional_tools", "item_reference", "namespace", "function", "custom"]
)  # fmt: skip


@given(kinds, st.dictionaries(st.text(max_size=6), json_values), json_values, json_values)
def test_hostile_bodies_are_read_or_refused_in_one_sentence(
    kind: str, item: dict[str, object], tool: object, choice: object
) -> None:
    body = {"input": [{**item, "type": kind}], "tools": [tool], "tool_choice": choice}
    told = "read"
    try:
        read(**body)
    except UsageError as error:
        told = error.message
    assert told.splitlines() == [told]
