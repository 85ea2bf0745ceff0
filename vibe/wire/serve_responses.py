"""A request in the form of OpenAI's Responses, read into vibe's own: for whoever serves it.

What has a wrong form is refused in one sentence that names its place. What a client sends along of
earlier answers that only OpenAI can read is passed over, so that it can go on here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final, TypeAlias, assert_never, cast

import msgspec
from msgspec import Raw

from vibe.domain.message import (
    Assistant,
    AssistantPart,
    CallId,
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
from vibe.domain.request import JsonFormat, ModelRequest
from vibe.errors import UsageError
from vibe.wire.complaint import Untold, decoded
from vibe.wire.data_url import document_in, image_at
from vibe.wire.depth import is_too_deep
from vibe.wire.loose import label
from vibe.wire.seals import unsealed
from vibe.wire.serve_responses_form import (
    ANY,
    BODY,
    CALL,
    CUSTOM_CALL,
    KIND,
    MESSAGE,
    OUTPUT,
    REASONING,
    TOOLS,
    Body,
    Content,
    Format,
    MessageItem,
    ObjectFormat,
    OutputItem,
    Part,
    ReasoningItem,
    SchemaFormat,
    TextFormat,
    json_text,
)
from vibe.wire.serve_responses_tools import Offer, Origin, arguments_of
from vibe.wire.serving import EFFORTS, Wanted

_CALL: Final = "_call"
_RESULT: Final = "_call_output"
_SAID_ELSEWHERE: Final = frozenset({"type", "id", "call_id", "status"})

_Told: TypeAlias = System | User | AssistantPart | ToolResult


class ResponsesWanted(Wanted, frozen=True, kw_only=True):
    """`origins` has the tools as the client knows them, by the names that the model is told."""

    origins: Mapping[str, Origin]


def read_responses_request(body: bytes) -> ResponsesWanted:
    """Raises `UsageError` where it is not of that form."""
    read = decoded(BODY, body)
    _refuse_what_is_kept(read)
    offer = Offer()
    offer.add(read.tools or (), at="tools")
    messages = tuple(_messages(read.input, offer))
    tools, choice = offer.chosen(read.tool_choice, offer.tools)
    session = read.prompt_cache_key or ""
    return ResponsesWanted(
        model=read.model,
        is_streamed=bool(read.stream),
        tells_usage=True,
        session=session,
        origins=offer.origins,
        request=ModelRequest(
            messages=messages,
            system=read.instructions or "",
            tools=tools,
            tool_choice=choice,
            parallel_calls=read.parallel_tool_calls,
            max_output_tokens=read.max_output_tokens,
            temperature=read.temperature,
            top_p=read.top_p,
            format=_format(read.text.format) if read.text else None,
            effort=EFFORTS.get(read.reasoning.effort or "") if read.reasoning else None,
            cache_key=session,
        ),
    )


def _refuse_what_is_kept(read: Body) -> None:
    """Of one request, nothing is left for the next."""
    for name in ("previous_response_id", "conversation"):
        if getattr(read, name) is not None:
            raise UsageError(
                f"{name}: this gateway keeps no conversations", hint="send the whole of it as input"
            )
    if read.prompt is not None:
        raise UsageError("prompt: this gateway keeps no prompts", hint="send its text as input")
    if read.background:
        raise UsageError(
            "background: this gateway keeps no answers", hint="leave it out, and wait for this one"
        )


def _messages(given: str | list[Raw], offer: Offer) -> Iterator[Message]:
    """All items of one answer are one message, and so are the results of its calls."""
    if isinstance(given, str):
        yield User((Text(given),))
        return
    for kind, group in groupby(_told(given, offer), _kind_of_message):
        if kind is Assistant:
            yield Assistant(parts=tuple(cast("Iterator[AssistantPart]", group)))
        elif kind is Results:
            yield Results(tuple(cast("Iterator[ToolResult]", group)))
        else:
            yield from cast("Iterator[System | User]", group)


def _kind_of_message(told: _Told) -> type[Message]:
    match told:
        case Text() | Thinking() | ToolCall():
            return Assistant
        case ToolResult():
            return Results
        case System() | User():
            return type(told)
    assert_never(told)


def _told(items: Iterable[Raw], offer: Offer) -> Iterator[_Told]:
    names: dict[str, str] = {}  # of the tools, by the ids of their calls
    for index, raw in enumerate(items):
        at = f"input[{index}]"
        head = decoded(KIND, raw, at=at)
        match head.type or ("message" if head.role else None):
            case "message":
                yield from _said(decoded(MESSAGE, raw, at=at))
            case "reasoning":
                yield from _thought(decoded(REASONING, raw, at=at))
            case "function_call" | "custom_tool_call" as kind:
                call = _call(raw, kind, offer, at=at)
                names[call.id] = call.name
                yield call
            case "function_call_output" | "custom_tool_call_output":
                output = decoded(OUTPUT, raw, at=at)
                yield _result(output, names.get(output.call_id, ""))
            case "additional_tools":
                offer.add(decoded(TOOLS, raw, at=at).tools, at=f"{at}.tools")
            case "item_reference":
                raise UsageError(f"{at}: this gateway keeps no items", hint="send the item itself")
            case None:
                raise UsageError(f"{at}: object missing required field type")
            case kind:
                if is_too_deep(bytes(raw)):
                    raise UsageError(f"{at}: nested too deeply")
                yield from _other(kind, decoded(ANY, raw, at=at))


def _said(message: MessageItem) -> Iterator[_Told]:
    match message.role:
        case "user":
            yield User(tuple(_shown(message.content)))
        case "assistant":
            yield from _texts(message.content)
        case "system" | "developer":
            yield System("\n".join(part.text for part in _texts(message.content)))


def _texts(content: Content) -> Iterator[Text]:
    if isinstance(content, str):
        yield Text(content)
    else:
        yield from (Text(part.text or part.refusal) for part in content)


def _shown(content: Content) -> Iterator[UserPart]:
    if isinstance(content, str):
        yield Text(content)
    else:
        yield from map(_part, content)


def _part(part: Part) -> UserPart:
    """What a client has uploaded is with OpenAI, and an address is for a model's provider alone."""
    match part.type:
        case "input_image":
            if part.image_url is None:
                raise Untold("input_image: this gateway keeps no files", hint="send image_url")
            return image_at(part.image_url)
        case "input_file":
            if part.file_data is None:
                raise Untold(
                    "input_file: this gateway keeps and fetches no files", hint="send file_data"
                )
            return document_in(part.file_data, part.filename or "")
        case _:
            return Text(part.text or part.refusal)


def _thought(item: ReasoningItem) -> Iterator[Thinking]:
    """Only its producer can go on from a thought, and only on vibe's own stands whose it is."""
    if found := unsealed(item.encrypted_content or ""):
        producer, seal = found
        text = "\n\n".join(part.text for part in item.summary or ())
        yield Thinking(text=text, producer=producer, seal=seal)


def _call(raw: Raw, kind: str, offer: Offer, *, at: str) -> ToolCall:
    if kind == "function_call":
        call = decoded(CALL, raw, at=at)
        arguments = call.arguments
    else:
        call = decoded(CUSTOM_CALL, raw, at=at)
        arguments = arguments_of(call.input)
    name = offer.name_of(call.name, namespace=call.namespace)
    return ToolCall(id=CallId(call.call_id), name=name, arguments=arguments)


def _result(output: OutputItem, name: str) -> ToolResult:
    return ToolResult(call=CallId(output.call_id), name=name, parts=tuple(_shown(output.output)))


def _other(kind: str, item: dict[str, object]) -> Iterator[ToolCall | ToolResult]:
    """A tool of the client's own, such as `local_shell`, was called, and what came of it; all else
    OpenAI has run by itself, and what came of that is in the answer."""
    call = CallId(label(item.get("call_id")))
    if call and kind.endswith(_CALL):
        said = {key: value for key, value in item.items() if key not in _SAID_ELSEWHERE}
        yield ToolCall(id=call, name=kind.removesuffix(_CALL), arguments=_json(said))
    elif call and kind.endswith(_RESULT):
        output = item.get("output")
        text = output if isinstance(output, str) else _json(output)
        yield ToolResult(call=call, name=kind.removesuffix(_RESULT), parts=(Text(text),))


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _format(format: Format | None) -> JsonFormat | None:
    match format:
        case None | TextFormat():
            return None
        case ObjectFormat():
            return JsonFormat()
        case SchemaFormat(name, schema, strict):
            return JsonFormat(name=name, schema=json_text(schema), strict=bool(strict))
    assert_never(format)
