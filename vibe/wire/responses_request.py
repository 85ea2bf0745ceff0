"""What is sent to OpenAI's Responses API, and to servers that speak its dialect.

Nothing is stored at the provider: each request carries the whole conversation, and what a model
thought goes back to it sealed. What a model can do is not asked here: the request has been fitted
to the target. The dialect has no seed, no stop sequences and no answer to be continued.
"""

from __future__ import annotations

import base64
from typing import Final, TypeAlias

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
from vibe.domain.quirks import Quirks
from vibe.domain.request import Effort, JsonFormat, ModelRequest, OneTool, Tool
from vibe.domain.target import Target
from vibe.wire.codec import HttpCall
from vibe.wire.depth import is_too_deep
from vibe.wire.responses_form import REASONING, Reasoning

Json: TypeAlias = dict[str, object]

MIN_OUTPUT_TOKENS: Final = 16  # a smaller bound is refused
NO_PARAMETERS: Final = '{"type":"object","properties":{}}'
EFFORTS: Final[dict[Effort, str]] = {
    "minimal": "low",  # of all models only the first GPT-5 took `minimal`
    "low": "low",
    "medium": "medium",
    "high": "high",
}


def encode(request: ModelRequest, target: Target) -> HttpCall:
    body = msgspec.json.encode(_body(request, target))
    return HttpCall(path="/responses", body=body, stream=request.stream)


def _body(request: ModelRequest, target: Target) -> Json:
    quirks = target.quirks
    bound = request.max_output_tokens
    if bound is None and quirks.max_tokens_required:
        bound = target.max_output_tokens
    fields: Json = {
        "model": target.model,
        "store": False,
        "stream": request.stream,
        "prompt_cache_key": request.cache_key or None,
        "instructions": request.system or None,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "tool_choice": _tool_choice(request),
        "parallel_tool_calls": _parallel(request, quirks),
        "text": {"format": _format(request.format, quirks)} if request.format else None,
        "max_output_tokens": None if bound is None else max(bound, MIN_OUTPUT_TOKENS),
    }
    fields |= _thinking(request) if target.thinks else _sampling(request, target)
    fields["input"] = [item for message in request.messages for item in _items(message)]
    return {key: value for key, value in fields.items() if value is not None}


def _thinking(request: ModelRequest) -> Json:
    reasoning: Json = {"summary": "auto"}
    if request.effort:
        reasoning = {"effort": EFFORTS[request.effort]} | reasoning
    return {"reasoning": reasoning, "include": ["reasoning.encrypted_content"]}


def _sampling(request: ModelRequest, target: Target) -> Json:
    if not target.quirks.sampling:
        return {}
    return {"temperature": request.temperature, "top_p": request.top_p}


def _tool(tool: Tool) -> Json:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": msgspec.Raw(tool.parameters or NO_PARAMETERS),
        "strict": tool.strict,  # left out, it would be true
    }


def _tool_choice(request: ModelRequest) -> str | Json | None:
    if not request.tools:
        return None
    match request.tool_choice:
        case OneTool(name):
            return {"type": "function", "name": name}
        case word:
            return word


def _parallel(request: ModelRequest, quirks: Quirks) -> bool | None:
    return request.parallel_calls if request.tools and quirks.parallel_calls else None


def _format(form: JsonFormat, quirks: Quirks) -> Json:
    if not form.schema or not quirks.json_schema:
        return {"type": "json_object"}
    return {
        "type": "json_schema",
        "name": form.name,
        "schema": msgspec.Raw(form.schema),
        "strict": form.strict,
    }


def _items(message: Message) -> list[Json | Reasoning]:
    match message:
        case System(text):
            return [_message("system", text)]
        case User(parts):
            return [_message("user", _content(parts))] if parts else []
        case Assistant(parts=parts):
            return _answer([item for part in parts if (item := _answered(part))])
        case Results(results):
            return [_result(result) for result in results]


def _message(role: str, content: str | list[Json]) -> Json:
    return {"type": "message", "role": role, "content": content}


def _content(parts: tuple[UserPart, ...]) -> str | list[Json]:
    """Text alone goes as one string, the form that every server knows."""
    texts = [part.text for part in parts if isinstance(part, Text)]
    if len(texts) == len(parts):
        return "\n\n".join(texts)
    return [_part(part) for part in parts]


def _part(part: UserPart) -> Json:
    match part:
        case Text(text):
            return {"type": "input_text", "text": text}
        case Image(media_type=media_type, data=data, url=url):
            address = url or _data_url(media_type, data)
            return {"type": "input_image", "detail": "auto", "image_url": address}
        case Document(media_type=media_type, data=data, name=name):
            return {
                "type": "input_file",
                "filename": name or f"document.{media_type.rpartition('/')[2]}",
                "file_data": _data_url(media_type, data),
            }


def _data_url(media_type: str, data: bytes) -> str:
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _answered(part: Text | Thinking | ToolCall) -> Json | Reasoning | None:
    match part:
        case Text(text):
            # As a string: the published schema asks `output_text` for the id of a stored message.
            return _message("assistant", text) if text else None
        case Thinking(seal=seal):
            return _unsealed(seal)
        case ToolCall(id=call, name=name, arguments=arguments):
            return {
                "type": "function_call", "call_id": call, "name": name, "arguments": arguments,
            }  # fmt: skip


def _answer(items: list[Json | Reasoning]) -> list[Json | Reasoning]:
    """Thought that led to nothing, because the answer was cut, is refused."""
    while items and isinstance(items[-1], Reasoning):
        items.pop()
    return items


def _unsealed(seal: str) -> Reasoning | None:
    try:
        return None if is_too_deep(seal.encode()) else REASONING.decode(seal)
    except (msgspec.DecodeError, UnicodeError):
        return None


def _result(result: ToolResult) -> Json:
    output = _content(result.parts)
    return {"type": "function_call_output", "call_id": result.call, "output": output}
