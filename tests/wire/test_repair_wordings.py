"""What real providers said of a request that they refused, and what then changes in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
import pytest

from tests.wire.portability.histories import PARTIES, histories
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import (
    Assistant,
    CallId,
    Message,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import Backend, ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import JsonFormat, ModelRequest, Tool
from vibe.domain.target import Target
from vibe.wire.codec import Reply
from vibe.wire.dialects import codec_for
from vibe.wire.portability import fitted
from vibe.wire.presets import quirks_for
from vibe.wire.repair import repaired

GONE: Final = "(gone)"
EVERYTHING: Final = Quirks(effort=True, cache_key=True, thinking="reasoning_content")
TOOL: Final = Tool(name="read", description="Reads.", parameters='{"type":"object"}', strict=True)
CALL: Final = ToolCall(id=CallId("call_of_another_kind"), name="read", arguments="{}")
ASKED: Final = User((Text("Read it."),))


def at(
    backend: Backend = "generic", quirks: Quirks = EVERYTHING, *, thinks: bool = False
) -> Target:
    return Target(
        provider=ProviderName("p"), model="m", backend=backend, quirks=quirks, thinks=thinks
    )


def claude(model: str) -> Target:
    quirks = quirks_for("", "anthropic", model=model)
    return Target(
        provider=ProviderName("a"), model=model, backend="anthropic", quirks=quirks, thinks=True
    )


def request(*messages: Message) -> ModelRequest:
    """With every parameter."""
    return ModelRequest(
        messages=messages or (ASKED,),
        system="Be brief.",
        tools=(TOOL,),
        tool_choice="required",
        parallel_calls=False,
        max_output_tokens=50_000,
        temperature=0.2,
        top_p=0.9,
        seed=7,
        stop=("END",),
        format=JsonFormat(schema='{"type":"object"}'),
        effort="low",
        cache_key="k",
    )


def with_call(target: Target) -> tuple[Message, ...]:
    thought = Thinking(text="hm", producer=target.producer, seal='{"a":1}')
    result = ToolResult(call=CALL.id, name="read", parts=(Text("words"),))
    answer = Assistant(parts=(thought, CALL), producer=target.producer)
    return ASKED, answer, Results((result,)), User((Text("And?"),))


def body(request: ModelRequest, target: Target) -> dict[str, object]:
    call = codec_for(target.backend).encode(fitted(request, target), target)
    return msgspec.json.decode(call.body, type=dict[str, object])


def changes(
    before: tuple[ModelRequest, Target], after: tuple[ModelRequest, Target]
) -> dict[str, object]:
    was, now = body(*before), body(*after)
    return {name: now.get(name, GONE) for name in was | now if was.get(name) != now.get(name)}


def failure(target: Target, message: str) -> Failure:
    error = msgspec.json.encode({"error": {"message": message, "type": "invalid_request_error"}})
    return codec_for(target.backend).failure(Reply(status=400, body=error), now=0.0)


def said(
    label: str,
    message: str,
    changed: Mapping[str, object],
    *,
    target: Target | None = None,
) -> object:
    return pytest.param(target or at(), message, changed, id=label)


NEW_BOUND: Final = {"max_tokens": GONE, "max_completion_tokens": 50_000}


@pytest.mark.parametrize(
    ("target", "message", "changed"),
    [
        # microsoft/semantic-kernel#10510, 2025
        said("stream options", "Validation error at #/stream_options", {"stream_options": GONE}),
        # FlowiseAI/Flowise#2866, 2024: Fireworks
        said(
            "extra fields",
            "Extra inputs are not permitted, field: 'stream_options'",
            {"stream_options": GONE},
        ),
        # continuedev/continue#8209, 2025
        said(
            "streams of the verified",
            "Your organization must be verified to stream this model. Please go to: …",
            {"stream": False, "stream_options": GONE},
        ),
        # nomic-ai/gpt4all#3150, 2024
        said(
            "no streams",
            "Unsupported value: 'stream' does not support true with this model. Only the default "
            "(false) value is supported.",
            {"stream": False, "stream_options": GONE},
        ),
        # evalstate/fast-agent#279, 2025
        said(
            "parallel calls",
            "Unsupported parameter: 'parallel_tool_calls' is not supported with this model.",
            {"parallel_tool_calls": GONE},
        ),
        # TheAgenticAI/TheAgenticBrowser#4, 2025
        said(
            "Gemini's parallel calls",
            "Parallel tool calls are not supported.",
            {"parallel_tool_calls": GONE},
        ),
        # Vali-98/ChatterUI#227, 2025
        said(
            "Gemini's unknown names",
            'Invalid JSON payload received. Unknown name "seed": Cannot find field.',
            {"seed": GONE},
        ),
        # johny-b/llmcomp#69, 2026
        said(
            "temperature",
            "Unsupported value: 'temperature' does not support 0.2 with this model. Only the "
            "default (1) value is supported.",
            {"temperature": GONE, "top_p": GONE},
        ),
        # Vali-98/ChatterUI#564, 2026
        said(
            "temperature and top_p",
            "`temperature` and `top_p` cannot both be specified for this model. Please use only "
            "one.",
            {"temperature": GONE, "top_p": GONE},
        ),
        # huggingface/smolagents#1662, 2025
        said(
            "stop",
            "Unsupported parameter: 'stop' is not supported with this model.",
            {"stop": GONE},
        ),
        # anomalyco/opencode#37964, 2026
        said(
            "the bound's name",
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            NEW_BOUND,
        ),
        # community.openai.com/t/738029
        said(
            "the bound of OpenAI",
            "max_tokens is too large: 50000. This model supports at most 16384 completion tokens, "
            "whereas you provided 50000.",
            {"max_tokens": 16_384},
        ),
        # sst/opencode#1000: Groq
        said(
            "the bound of Groq",
            "`max_tokens` must be less than or equal to `16384`, the maximum value",
            {"max_tokens": 16_384},
        ),
        # discuss.ai.google.dev/t/101543
        said(
            "the bound of Gemini",
            "Unable to submit request because it has a maxOutputTokens value of 50000 but the "
            "supported range is from 1 (inclusive) to 8193 (exclusive).",
            {"max_tokens": 8_192},
        ),
        # anthropics/claude-code#11302
        said(
            "the bound of Claude",
            "max_tokens: 50000 > 4096, which is the maximum allowed number of output tokens for "
            "claude-3-opus-20240229",
            {"max_tokens": 4_096},
            target=at("anthropic", quirks_for("", "anthropic")),
        ),
        # davidmigloz/langchain_dart#712, 2025
        said(
            "effort",
            "Unrecognized request argument supplied: reasoning_effort",
            {"reasoning_effort": GONE},
        ),
        # BoundaryML/baml#2708, 2025
        said(
            "effort of a model without thought",
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
            {"reasoning": GONE, "include": GONE},
            target=at("responses", thinks=True),
        ),
        # handochan/aelix-ai#258, 2026
        said(
            "thought by a budget",
            '"thinking.type.enabled" is not supported for this model. Use '
            '"thinking.type.adaptive" and "output_config.effort" to control thinking behavior.',
            {
                "thinking": {"type": "adaptive", "display": "summarized"},
                "output_config": {"effort": "low"},
            },
            target=claude("claude-sonnet-4-5"),
        ),
        # askalf/dario#273, 2026
        said(
            "adaptive thought",
            "adaptive thinking is not supported on this model",
            {"thinking": {"type": "enabled", "budget_tokens": 4_000}, "output_config": GONE},
            target=claude("claude-sonnet-5"),
        ),
        # cloudwego/eino#994, 2026
        said(
            "a forced call",
            "<400> InternalError.Algo.InvalidParameter: The tool_choice parameter does not support "
            "being set to required or object in thinking mode",
            {"tool_choice": GONE},
        ),
        # osaurus-ai/osaurus#1940, 2026
        said(
            "a forced call of DeepSeek",
            "Thinking mode does not support this tool_choice",
            {"tool_choice": GONE},
        ),
    ],
)
def test_what_is_named_changes_and_nothing_else(
    target: Target, message: str, changed: Mapping[str, object]
) -> None:
    asked = request()
    if target.backend == "anthropic":
        asked = msgspec.structs.replace(asked, tool_choice="auto")
    found = repaired(asked, target, failure(target, message))
    assert found
    assert changes((asked, target), found) == changed


@pytest.mark.parametrize(
    "message",
    [
        "This response_format type is unavailable now",  # llm-exe#662, 2026: DeepSeek
        "'response_format.type' must be 'json_schema' or 'text'",  # LoadShine/tada#16, 2026
    ],
)
def test_a_form_that_is_not_taken_is_asked_for_in_words(message: str) -> None:
    found = repaired(request(), at(), failure(at(), message))
    assert found
    changed = changes((request(), at()), found)
    assert changed.keys() == {"response_format", "messages"}
    assert '{"type":"object"}' in found[0].system


@pytest.mark.parametrize(
    ("message", "target"),
    [
        # jackmpcollins/magentic#276, 2024
        ("Tool call id was call_1 but must be a-z, A-Z, 0-9, with a length of 9.", at()),
        # AnswerDotAI/fastllm#45, 2026
        (
            "Invalid 'input[95].call_id': string too long. Expected a string with maximum length "
            "64, but got a string with length 116 instead.",
            at("responses"),
        ),
    ],
)
def test_ids_take_the_strictest_form(message: str, target: Target) -> None:
    asked = request(*with_call(target))
    found = repaired(asked, target, failure(target, message))
    assert found
    assert len(changes((asked, target), found)) == 1
    calls = [c for m in found[0].messages if isinstance(m, Assistant) for c in m.calls]
    assert [len(call.id) for call in calls] == [9]


@pytest.mark.parametrize(
    ("message", "target"),
    [
        # anthropics/claude-code#10627, 2025
        (
            "messages.1.content.0: Invalid `signature` in `thinking` block",
            claude("claude-opus-4-5"),
        ),
        # openai/codex#8119, 2025
        ("The encrypted content gAAA...c90= could not be verified.", at("responses", thinks=True)),
        ("Corrupted thought signature.", at(quirks=Quirks(foreign_seal='{"own":1}'))),
        # SimonSchubert/Kai#265, 2026: Groq
        (
            "'messages.2' : for 'role: assistant' the following must be satisfied[('messages.2' : "
            "property 'reasoning_content' is unsupported)]",
            at(),
        ),
    ],
)
def test_a_seal_or_thought_that_is_not_taken_goes(message: str, target: Target) -> None:
    asked = request(*with_call(target))
    found = repaired(asked, target, failure(target, message))
    assert found
    whole = msgspec.json.encode(body(*found))
    assert b'"hm"' not in whole
    assert b"words" in whole


@pytest.mark.parametrize(
    "message",
    [
        # earendil-works/pi#3636, 2026: DeepSeek
        "The `reasoning_content` in the thinking mode must be passed back to the API.",
        # continuedev/continue#11711, 2026: Kimi
        "thinking is enabled but reasoning_content is missing in assistant tool call message at "
        "index 19",
    ],
)
def test_thought_that_is_missed_is_made_up(message: str) -> None:
    target = at(quirks=Quirks())
    asked = request(*with_call(target))
    found = repaired(asked, target, failure(target, message))
    assert found
    assert b"reasoning_content" in msgspec.json.encode(body(*found))


@pytest.mark.parametrize(
    "message",
    [
        # cortexkit/magic-context#511, 2026
        "This model does not support assistant message prefill. The conversation must end with a "
        "user message.",
        # ggml-org/llama.cpp#20861, 2026
        "Assistant response prefill is incompatible with enable_thinking.",
        # 0xPlaygrounds/rig#708, 2025
        "Expected last role User or Tool (or Assistant with prefix True) for serving but got "
        "assistant",
    ],
)
def test_a_part_that_is_not_gone_on_from_is_quoted(message: str) -> None:
    target = at(quirks=Quirks(prefill=True))
    asked = request(ASKED, Assistant(parts=(Text("It sa"),)))
    found = repaired(asked, target, failure(target, message))
    assert found
    assert isinstance(found[0].messages[-1], User)


@pytest.mark.parametrize(
    ("message", "roles"),
    [
        # avante-corp/avante.nvim#2562, 2025
        ("Unexpected role 'user' after role 'tool'", "system user assistant tool assistant user"),
        # moltis-org/moltis#317, 2026
        (
            "Jinja Exception: System message must be at the beginning.",
            "system user assistant tool user",
        ),
        ("System role not supported", "user assistant tool user"),  # † Gemma's template
    ],
)
def test_who_speaks_after_whom(message: str, roles: str) -> None:
    target = at(quirks=Quirks())
    asked = request(*with_call(target), System("Be kind."), User((Text("Well?"),)))
    if "'user'" in message:
        asked = request(*with_call(target))
    found = repaired(asked, target, failure(target, message))
    assert found
    sent = msgspec.convert(body(*found)["messages"], list[dict[str, object]])
    assert " ".join(str(each["role"]) for each in sent) == roles


@pytest.mark.parametrize("backend", PARTIES)
@pytest.mark.parametrize("detail", ["Bad Request", "signature", "call_id", "Extra inputs", "stop"])
def test_nothing_that_was_said_goes(backend: Backend, detail: str) -> None:
    target = PARTIES[backend].target
    refusal = Failure(kind=FailureKind.BAD_REQUEST, detail=detail, status=400)
    for history in histories(PARTIES[backend]).values():
        asked = request(*history)
        found = repaired(asked, target, refusal)
        assert found
        assert fitted(*found) == found[0]
        before = codec_for(backend).encode(fitted(asked, target), target)
        assert codec_for(backend).encode(*found) != before
        assert texts(fitted(asked, target)) <= texts(found[0])
        assert found[0].max_output_tokens == fitted(asked, target).max_output_tokens
        assert [tool.name for tool in found[0].tools] == ["read"]


def texts(request: ModelRequest) -> set[str]:
    found: set[str] = set()
    for message in request.messages:
        match message:
            case System(text):
                found.add(text)
            case User(parts) | Assistant(parts=parts):
                found |= {part.text for part in parts if isinstance(part, Text)}
            case Results(results):
                found |= {p.text for each in results for p in each.parts if isinstance(p, Text)}
    return found


def test_what_the_model_cannot_do_is_not_tried_again() -> None:
    refusal = failure(at(), "registry.ollama.ai/library/m does not support tools")
    assert repaired(request(), at(), refusal) is None
