"""A request in the form of Anthropic's Messages, read into vibe's own: for whoever serves it.

What has a wrong form is refused in one sentence that names its place. Tools that only Anthropic has
cannot be had from anybody else: a request that offers nothing else is refused, any other goes on
without them. Thinking is kept where its signature says whose it is: see seals.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, assert_never

import msgspec
from msgspec import Raw, Struct

from vibe.clean import quote
from vibe.domain.message import (
    Assistant,
    AssistantPart,
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
    UserPart,
)
from vibe.domain.request import Effort, JsonFormat, ModelRequest, OneTool, Tool, ToolChoice
from vibe.errors import UsageError
from vibe.wire.complaint import Untold, decoded
from vibe.wire.data_url import whole_base64
from vibe.wire.messages_request import BUDGETS
from vibe.wire.seals import unsealed
from vibe.wire.serve_messages_form import (
    BODY,
    COUNT_BODY,
    AnsweredBlock,
    AssistantTurn,
    Base64Source,
    Choice,
    CountBody,
    DeclaredTool,
    DocumentBlock,
    FoundBlock,
    ImageBlock,
    Instructions,
    Metadata,
    OutputConfig,
    ReferenceBlock,
    ResultBlock,
    Shown,
    SystemTurn,
    TextBlock,
    TextSource,
    ThinkingWish,
    Turn,
    UrlSource,
    UserTurn,
)
from vibe.wire.serving import EFFORTS, Wanted

BILLING: Final = "x-anthropic-billing-header:"  # of Claude Code: another with every request

_SESSION: Final = re.compile(r".*_session_(?P<session>[\w-]{1,128})")


class _Session(Struct):
    session_id: str = ""


_SESSION_DECODER: Final = msgspec.json.Decoder(_Session)


def read_messages_request(body: bytes) -> Wanted:
    """Raises `UsageError` where it is not of that form."""
    read = decoded(BODY, body)
    if read.max_tokens is None:
        raise UsageError("max_tokens: Field required")
    session = _session(read.metadata)
    asked = msgspec.structs.replace(
        _request(read),
        max_output_tokens=read.max_tokens,
        temperature=read.temperature,
        top_p=read.top_p,
        stop=tuple(read.stop_sequences or ()),
        cache_key=session,
    )
    return Wanted(
        request=asked,
        model=read.model,
        is_streamed=bool(read.stream),
        tells_usage=True,
        session=session,
    )


def read_count_request(body: bytes) -> Wanted:
    """The same for a request whose tokens are to be counted."""
    read = decoded(COUNT_BODY, body)
    return Wanted(request=_request(read), model=read.model)


def _request(read: CountBody) -> ModelRequest:
    tools = _tools(read.tools or ())
    output = read.output_config or OutputConfig()
    form = output.format or read.output_format
    choice = read.tool_choice or Choice()
    return ModelRequest(
        messages=tuple(_messages(read.messages)),
        system=_instructions(read.system or ""),
        tools=tools,
        tool_choice=_tool_choice(choice, tools),
        parallel_calls=False if choice.disable_parallel_tool_use else None,
        format=JsonFormat(schema=_json(form.schema), strict=True) if form else None,
        effort=EFFORTS.get(output.effort or "") or _effort(read.thinking),
    )


def _session(metadata: Metadata | None) -> str:
    """Claude Code tells it in the id of its user: as JSON, before 2026 at its end."""
    user = (metadata and metadata.user_id) or ""
    if found := _SESSION.fullmatch(user):
        return found["session"]
    try:
        return _SESSION_DECODER.decode(user).session_id
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""


def _effort(wish: ThinkingWish | None) -> Effort | None:
    """The most that fits into the budget; `adaptive` leaves it to the model."""
    match wish:
        case ThinkingWish(type="disabled"):
            return "minimal"
        case ThinkingWish(type="enabled", budget_tokens=int(budget)):
            within: list[Effort] = [each for each, tokens in BUDGETS.items() if tokens <= budget]
            return within[-1] if within else "minimal"
        case _:
            return None


def _instructions(said: Instructions) -> str:
    texts = [said] if isinstance(said, str) else [block.text for block in said]
    return "\n\n".join(text for text in texts if text and not text.startswith(BILLING))


# The conversation.


def _messages(turns: Iterable[Turn]) -> Iterator[Message]:
    names: dict[str, str] = {}
    for number, turn in enumerate(turns):
        match turn:
            case SystemTurn(content):
                yield System(_instructions(content))
            case UserTurn(content):
                yield from _said(
                    [TextBlock(content)] if isinstance(content, str) else content, names
                )
            case AssistantTurn(content):
                place = f"messages[{number}].content"
                parts = tuple(_answered(content, place=place))
                names |= {part.id: part.name for part in parts if isinstance(part, ToolCall)}
                yield Assistant(parts=parts)
            case _:
                assert_never(turn)


def _said(blocks: Iterable[Shown | ResultBlock], names: dict[str, str]) -> Iterator[Message]:
    """Results belong to the answer before, so that what is said beside them comes after them."""
    results = tuple(_result(block, names) for block in blocks if isinstance(block, ResultBlock))
    if results:
        yield Results(results)
    if said := tuple(_part(block) for block in blocks if not isinstance(block, ResultBlock)):
        yield User(said)


def _result(block: ResultBlock, names: dict[str, str]) -> ToolResult:
    content = block.content or ()
    shown = [TextBlock(content)] if isinstance(content, str) else content
    return ToolResult(
        call=CallId(block.tool_use_id),
        name=names.get(block.tool_use_id, ""),
        parts=tuple(map(_part, shown)),
        is_error=bool(block.is_error),
    )


def _part(block: Shown | ReferenceBlock) -> UserPart:
    match block:
        case TextBlock(text) | ReferenceBlock(text):
            return Text(text)
        case FoundBlock(title, source, content):
            return Text("\n".join([title, source, *(each.text for each in content)]))
        case ImageBlock(source):
            return _image(source)
        case DocumentBlock(source, title):
            return _document(source, title or "")
        case _:
            assert_never(block)


def _image(source: Base64Source | UrlSource) -> Image:
    if isinstance(source, Base64Source):
        return Image(media_type=source.media_type, data=_bytes(source.data, "image"))
    if source.url.startswith(("https://", "http://")):
        return Image(url=source.url)
    raise UsageError(f"image: {quote(source.url, limit=60)} is no http(s) address")


def _document(source: Base64Source | TextSource, title: str) -> Document:
    if isinstance(source, TextSource):
        return Document(media_type="text/plain", data=source.data.encode(), name=title)
    content = _bytes(source.data, "document")
    return Document(media_type=source.media_type, data=content, name=title)


def _bytes(data: str, of: str) -> bytes:
    if found := whole_base64(data, of):
        return found
    raise UsageError(f"{of}: there is no data")


def _answered(content: str | list[AnsweredBlock], *, place: str) -> Iterator[AssistantPart]:
    blocks = [AnsweredBlock("text", text=content)] if isinstance(content, str) else content
    for number, block in enumerate(blocks):
        match block.type:
            case "text":
                yield Text(block.text)
            case "thinking":
                if held := unsealed(block.signature or ""):
                    producer, seal = held
                    yield Thinking(text=block.thinking, producer=producer, seal=seal)
            case "tool_use":
                if not block.id or not block.name or block.input is None:
                    raise UsageError(f"{place}[{number}]: a tool_use needs id, name and input")
                arguments = _json(block.input)
                yield ToolCall(id=CallId(block.id), name=block.name, arguments=arguments)
            case _:
                pass  # what Anthropic itself ran or thought, which nobody else can read


# The tools.


def _tools(declared: Iterable[DeclaredTool]) -> tuple[Tool, ...]:
    tools: list[Tool] = []
    foreign: list[str] = []
    for number, tool in enumerate(declared):
        if not tool.is_clients:
            foreign.append(tool.type or "")
        elif tool.name:
            tools.append(_tool(tool))
        else:
            raise UsageError(f"tools[{number}].name: Field required")
    if foreign and not tools:
        known = quote(", ".join(foreign), limit=80)
        raise Untold(f"tools: only Anthropic has {known}; offer tools of your own as well")
    return tuple(tools)


def _tool(declared: DeclaredTool) -> Tool:
    return Tool(
        name=declared.name,
        description=declared.description or "",
        parameters="" if declared.input_schema is None else _json(declared.input_schema),
        strict=bool(declared.strict),
    )


def _tool_choice(choice: Choice, tools: tuple[Tool, ...]) -> ToolChoice:
    match choice.type:
        case "auto" | "none":
            return choice.type
        case "any":
            return "required"
        case "tool":
            if all(tool.name != choice.name for tool in tools):
                raise UsageError(f"tool_choice: no tool {quote(choice.name, limit=60)} is offered")
            return OneTool(choice.name)


def _json(value: dict[str, Raw]) -> str:
    """As text in which the order of the members stays."""
    return msgspec.json.encode(value).decode()
