"""What a client of OpenAI's Responses may send, as forms that msgspec holds it to.

Members that are not named here are passed over. Items and tools are of any kind: which of the forms
one has to be of says its `type`.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct

AUTO: Final = "auto"  # the pool, and no one model of it

Count: TypeAlias = Annotated[int, Meta(ge=1)]
Word: TypeAlias = Literal["auto", "none", "required"]


class Kind(Struct):
    """What an item or a tool is. A message may do without a type."""

    type: str | None = None
    role: str | None = None


class Part(Struct):
    """A part of a message, of a result or of a summary; which members count, its type says."""

    type: Literal[
        "input_text", "output_text", "text", "summary_text", "refusal", "input_image", "input_file"
    ]
    text: str = ""
    refusal: str = ""
    image_url: str | None = None
    file_data: str | None = None
    filename: str | None = None


Content: TypeAlias = str | list[Part]


class MessageItem(Struct):
    role: Literal["user", "assistant", "system", "developer"]
    content: Content


class CallItem(Struct):
    call_id: str
    name: str
    arguments: str = ""
    namespace: str | None = None


class CustomCallItem(Struct):
    call_id: str
    name: str
    input: str = ""
    namespace: str | None = None


class OutputItem(Struct):
    call_id: str
    output: Content


class ReasoningItem(Struct):
    summary: list[Part] | None = None
    encrypted_content: str | None = None


class ToolsItem(Struct):
    """Codex (0.169) sends the tools for some models in this place."""

    tools: list[Raw]


class FunctionTool(Struct):
    name: str
    description: str | None = None
    parameters: dict[str, Raw] | None = None
    strict: bool | None = None


class Grammar(Struct):
    syntax: str = ""
    definition: str = ""


class CustomTool(Struct):
    """It is called with a text, which has to be of the grammar in `format`, if there is one."""

    name: str
    description: str | None = None
    format: Grammar | None = None


class NamespaceTool(Struct):
    name: str
    tools: list[Raw]


class Choice(Struct):
    type: str
    name: str = ""
    namespace: str | None = None
    mode: Literal["auto", "required"] = "auto"
    tools: list[Choice] | None = None


class TextFormat(Struct, tag_field="type", tag="text"):
    pass


class ObjectFormat(Struct, tag_field="type", tag="json_object"):
    pass


class SchemaFormat(Struct, tag_field="type", tag="json_schema"):
    name: str
    schema: dict[str, Raw] | None = None
    strict: bool | None = None


Format: TypeAlias = TextFormat | ObjectFormat | SchemaFormat


class TextConfig(Struct):
    format: Format | None = None


class Reasoning(Struct):
    effort: str | None = None


class Body(Struct):
    input: str | list[Raw]
    model: str = AUTO
    instructions: str | None = None
    tools: list[Raw] | None = None
    tool_choice: Word | Choice | None = None
    parallel_tool_calls: bool | None = None
    max_output_tokens: Count | None = None
    temperature: Annotated[float, Meta(ge=0)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    prompt_cache_key: str | None = None
    stream: bool | None = None
    background: bool | None = None
    previous_response_id: object = None
    conversation: object = None
    prompt: object = None


BODY: Final = msgspec.json.Decoder(Body)
KIND: Final = msgspec.json.Decoder(Kind)
MESSAGE: Final = msgspec.json.Decoder(MessageItem)
CALL: Final = msgspec.json.Decoder(CallItem)
CUSTOM_CALL: Final = msgspec.json.Decoder(CustomCallItem)
OUTPUT: Final = msgspec.json.Decoder(OutputItem)
REASONING: Final = msgspec.json.Decoder(ReasoningItem)
TOOLS: Final = msgspec.json.Decoder(ToolsItem)
FUNCTION: Final = msgspec.json.Decoder(FunctionTool)
CUSTOM: Final = msgspec.json.Decoder(CustomTool)
NAMESPACE: Final = msgspec.json.Decoder(NamespaceTool)
ANY: Final = msgspec.json.Decoder(dict[str, object])


def json_text(value: dict[str, Raw] | None) -> str:
    """As text in which the order of the members stays; empty where there is nothing."""
    return "" if value is None else msgspec.json.encode(value).decode()
