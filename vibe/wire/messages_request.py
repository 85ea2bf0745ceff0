"""What is sent to Anthropic's Messages API, and to servers that speak its dialect.

The same request gives the same bytes, because the provider caches by prefix. What a model can do is
not asked here: the request has been fitted to the target. Version 2023-06-01 of the API is spoken,
for 2026-10-21 refuses `temperature` and `top_p` even where the model takes them.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import Final, Literal, TypeAlias

import msgspec

from vibe.domain.message import (
    Assistant,
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
    UserPart,
)
from vibe.domain.request import Effort, ModelRequest, OneTool, Tool
from vibe.domain.target import Target
from vibe.wire.codec import HttpCall

Json: TypeAlias = dict[str, object]

API_VERSION: Final = "2023-06-01"
DEFAULT_MAX_TOKENS: Final = 32_000  # a bound has to be sent; every Claude since 4 takes this one
REDACTED: Final = "redacted:"  # begins the seal of thinking that came encrypted as a whole

MIN_BUDGET: Final = 1024  # a smaller one is refused
BUDGETS: Final[dict[Effort, int]] = {
    "minimal": MIN_BUDGET,
    "low": 4_000,
    "medium": 8_000,
    "high": 16_000,
}
EFFORTS: Final[dict[Effort, str]] = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
}
CACHED_TURNS: Final = 2  # with the tools and the system prompt these make the four marks allowed
NO_OUTPUT: Final = "(no output)"  # an error without any content is refused
ONLY_JSON: Final = "Answer with one JSON value and nothing else: no prose, no code fence."
COUNTED: Final = frozenset({
    "model", "system", "tools", "tool_choice", "messages", "thinking", "output_config",
})  # fmt: skip

_OBJECT: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Turn(msgspec.Struct):
    role: Literal["user", "assistant", "system"]
    content: list[Json]


class _Count(msgspec.Struct):
    input_tokens: int


def encode(request: ModelRequest, target: Target) -> HttpCall:
    return _call("/messages", _body(request, target), target, stream=request.stream)


def encode_count(request: ModelRequest, target: Target) -> HttpCall:
    """Asks how many tokens the request has."""
    body = {key: value for key, value in _body(request, target).items() if key in COUNTED}
    return _call("/messages/count_tokens", body, target, stream=False)


def read_count(body: bytes) -> int | None:
    """The tokens that were counted; None if the answer does not say."""
    try:
        return msgspec.json.decode(body, type=_Count).input_tokens
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


def _call(path: str, body: Json, target: Target, *, stream: bool) -> HttpCall:
    return HttpCall(
        path=path,
        body=msgspec.json.encode(body),
        auth="x-api-key",
        headers=(("anthropic-version", target.api_version or API_VERSION),),
        stream=stream,
    )


def _body(request: ModelRequest, target: Target) -> Json:
    max_tokens = request.max_output_tokens or target.max_output_tokens or DEFAULT_MAX_TOKENS
    turns = _turns(request.messages)
    thinking = _thinking(request, target, turns, max_tokens)
    fields: Json = {
        "model": target.model,
        "max_tokens": max_tokens,
        "stream": request.stream,
        "system": _system(request, target) or None,
        "tools": _tools(request, target) or None,
        "tool_choice": _tool_choice(request),
        "messages": turns,
        "thinking": thinking,
        "output_config": _output_config(request, target) or None,
        "stop_sequences": [text for text in request.stop if text.strip()] or None,
    }
    if target.quirks.sampling and not thinking:
        fields |= _sampling(request)
    return {key: value for key, value in fields.items() if value is not None}


def _sampling(request: ModelRequest) -> Json:
    if request.temperature is None:
        return {"top_p": request.top_p}
    return {"temperature": request.temperature}  # Claude 4.5 and later refuse the two together


def _system(request: ModelRequest, target: Target) -> list[Json]:
    texts = [request.system]
    if request.format and not _native_schema(request, target):
        schema = request.format.schema
        texts.append(f"{ONLY_JSON} It has to match this schema:\n{schema}" if schema else ONLY_JSON)
    return _marked([_text(text) for text in texts if text.strip()])


def _turns(history: tuple[Message, ...]) -> list[_Turn]:
    """One a message: Anthropic itself joins results and what the user says after them, and in one
    message llama.cpp would put the words before the results (server-chat.cpp, November 2026)."""
    turns = [turn for message in history if (turn := _turn(message)).content]
    if turns and turns[-1].role == "assistant":
        _as_prefill(turns[-1].content)
    # The turn before the last one was the last of the request before: its mark finds that cache
    # even after more blocks than the provider looks back by itself, which are 20.
    said = [list(run)[-1] for role, run in groupby(turns, attrgetter("role")) if role == "user"]
    for turn in said[-CACHED_TURNS:]:
        _marked(turn.content)
    return turns


def _turn(message: Message) -> _Turn:
    match message:
        case System(text):
            return _Turn("system", _said((Text(text),)))  # fitted: it is taken there
        case User(parts):
            return _Turn("user", _said(parts))
        case Results(results):
            return _Turn("user", [_tool_result(result) for result in results])
        case Assistant(parts=parts):
            blocks = [block for part in parts if (block := _answered(part))]
            while blocks and _is_thinking(blocks[-1]):
                blocks.pop()  # “The final block in an assistant message cannot be `thinking`.”
            return _Turn("assistant", blocks)


def _said(parts: tuple[UserPart, ...]) -> list[Json]:
    # A text that is blank is refused.
    return [_part(part) for part in parts if not isinstance(part, Text) or part.text.strip()]


def _part(part: UserPart) -> Json:
    match part:
        case Text(text):
            return _text(text)
        case Image(url=url) if url:
            return {"type": "image", "source": {"type": "url", "url": url}}
        case Image(media_type=media_type, data=data):
            source = {"type": "base64", "media_type": media_type, "data": data}
            return {"type": "image", "source": source}
        case Document():
            return _document(part)


def _document(document: Document) -> Json:
    source: Json = {"type": "base64", "media_type": document.media_type, "data": document.data}
    if document.media_type != "application/pdf":
        text = document.data.decode("utf-8", "replace")
        source = {"type": "text", "media_type": "text/plain", "data": text}
    title: Json = {"title": document.name} if document.name else {}
    return {"type": "document", "source": source} | title


def _tool_result(result: ToolResult) -> Json:
    content = _said(result.parts)
    block: Json = {"type": "tool_result", "tool_use_id": result.call}
    if result.is_error:
        return block | {"content": content or [_text(NO_OUTPUT)], "is_error": True}
    return block | ({"content": content} if content else {})


def _answered(part: Text | Thinking | ToolCall) -> Json | None:
    match part:
        case Text(text):
            return _text(text) if text.strip() else None
        case Thinking(text=text, seal=seal):
            return _sealed(text, seal) if seal else None
        case ToolCall():
            whole = members(part.arguments) is not None
            arguments = msgspec.Raw(part.arguments if whole else "{}")
            return {"type": "tool_use", "id": part.id, "name": part.name, "input": arguments}


def _sealed(text: str, seal: str) -> Json:
    if seal.startswith(REDACTED):
        return {"type": "redacted_thinking", "data": seal.removeprefix(REDACTED)}
    return {"type": "thinking", "thinking": text, "signature": seal}


def _as_prefill(blocks: list[Json]) -> None:
    """Without thinking, which is off in such a request, and without white space at the end."""
    blocks[:] = [block for block in blocks if not _is_thinking(block)]
    if blocks[-1]["type"] == "text":
        blocks[-1] = _text(str(blocks[-1]["text"]).rstrip())


def _is_thinking(block: Json) -> bool:
    return block["type"] in {"thinking", "redacted_thinking"}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _marked(blocks: list[Json]) -> list[Json]:
    """Asks for all up to the last block to be cached."""
    if blocks:
        blocks[-1]["cache_control"] = {"type": "ephemeral"}
    return blocks


def _tools(request: ModelRequest, target: Target) -> list[Json]:
    return _marked([_tool(tool, target) for tool in request.tools])


def _tool(tool: Tool, target: Target) -> Json:
    block: Json = {"name": tool.name}
    if tool.description:
        block["description"] = tool.description
    block["input_schema"] = {"type": "object"} | (members(tool.parameters) or {})
    if tool.strict and target.quirks.json_schema:
        block["strict"] = True
    return block


def _tool_choice(request: ModelRequest) -> Json | None:
    choice: Json
    match request.tool_choice:
        case _ if not request.tools:
            return None
        case "none":
            return {"type": "none"}
        case "auto":
            choice = {"type": "auto"}
        case "required":
            choice = {"type": "any"}
        case OneTool(name):
            choice = {"type": "tool", "name": name}
    if request.parallel_calls is False:
        choice["disable_parallel_tool_use"] = True
    return choice


def _thinking(
    request: ModelRequest, target: Target, turns: list[_Turn], max_tokens: int
) -> Json | None:
    if not target.thinks or not turns or turns[-1].role == "assistant":
        return None
    if target.quirks.effort:
        # From 4.7 on, Claude keeps its thinking to itself unless it is asked for.
        return {"type": "adaptive", "display": "summarized"}
    budget = min(BUDGETS[request.effort or "medium"], max_tokens // 2)  # the bound counts both
    forced = request.tools and request.tool_choice not in {"auto", "none"}
    if budget < MIN_BUDGET or forced or _calls_without_thinking(turns):
        return None
    return {"type": "enabled", "budget_tokens": budget}


def _calls_without_thinking(turns: list[_Turn]) -> bool:
    """Whether the last answer called tools without thought that this provider has sealed.

    So it is after a failover in the middle of a turn. A request to think is refused then.
    """
    last = next((turn.content for turn in reversed(turns) if turn.role == "assistant"), None)
    if last is None:
        return False
    return any(block["type"] == "tool_use" for block in last) and not _is_thinking(last[0])


def _output_config(request: ModelRequest, target: Target) -> Json:
    config: Json = {}
    if request.effort and target.quirks.effort:
        config["effort"] = EFFORTS[request.effort]
    if schema := _native_schema(request, target):
        config["format"] = {"type": "json_schema", "schema": schema}
    return config


def _native_schema(request: ModelRequest, target: Target) -> dict[str, msgspec.Raw] | None:
    """The schema, where the provider itself can hold the model to it.

    It knows no JSON without a schema, and refuses one that leaves properties open, as a schema may
    that is not strict: these are asked for in words.
    """
    form = request.format
    if form and form.strict and target.quirks.json_schema:
        return members(form.schema)
    return None


def members(text: str | bytes | bytearray) -> dict[str, msgspec.Raw] | None:
    """The members of a JSON object as they stand; None if the text is none."""
    try:
        return _OBJECT.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        return None
