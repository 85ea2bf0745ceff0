"""What a client of Anthropic's Messages may send, as forms that msgspec holds it to.

Members that are not named here are passed over, and so are the marks for caches. What a client says
has to be known in kind; in what a model said before, blocks of tools that Anthropic runs itself may
stand, which nobody else can read.
"""

from __future__ import annotations

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta, Raw, Struct


class Base64Source(Struct, tag_field="type", tag="base64"):
    media_type: str
    data: str


class UrlSource(Struct, tag_field="type", tag="url"):
    url: str


class TextSource(Struct, tag_field="type", tag="text"):
    data: str


class TextBlock(Struct, tag_field="type", tag="text"):
    text: str


class ImageBlock(Struct, tag_field="type", tag="image"):
    source: Base64Source | UrlSource


class DocumentBlock(Struct, tag_field="type", tag="document"):
    source: Base64Source | TextSource
    title: str | None = None


class FoundBlock(Struct, tag_field="type", tag="search_result"):
    title: str
    source: str
    content: list[TextBlock]


class ReferenceBlock(Struct, tag_field="type", tag="tool_reference"):
    """A tool that a client's search among its own tools has found."""

    tool_name: str


Shown: TypeAlias = TextBlock | ImageBlock | DocumentBlock | FoundBlock


class ResultBlock(Struct, tag_field="type", tag="tool_result"):
    tool_use_id: str
    content: str | list[Shown | ReferenceBlock] | None = None
    is_error: bool | None = None


class AnsweredBlock(Struct):
    """A block of any type; which members count, its type says."""

    type: str
    text: str = ""
    thinking: str = ""
    signature: str | None = None
    data: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, Raw] | None = None


class UserTurn(Struct, tag_field="role", tag="user"):
    content: str | list[Shown | ResultBlock]


class AssistantTurn(Struct, tag_field="role", tag="assistant"):
    content: str | list[AnsweredBlock]


Instructions: TypeAlias = str | list[TextBlock]


class SystemTurn(Struct, tag_field="role", tag="system"):
    content: Instructions


Turn: TypeAlias = UserTurn | AssistantTurn | SystemTurn


class DeclaredTool(Struct):
    """One with a `type` of its own is Anthropic's, and has no schema."""

    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: dict[str, Raw] | None = None
    strict: bool | None = None

    @property
    def is_clients(self) -> bool:
        return self.type in {None, "custom"}


class Choice(Struct):
    type: Literal["auto", "any", "tool", "none"] = "auto"
    name: str = ""
    disable_parallel_tool_use: bool | None = None


class ThinkingWish(Struct):
    type: Literal["enabled", "adaptive", "disabled"]
    budget_tokens: int | None = None


class SchemaFormat(Struct, tag_field="type", tag="json_schema"):
    schema: dict[str, Raw]


class OutputConfig(Struct):
    effort: str | None = None
    format: SchemaFormat | None = None


class Metadata(Struct):
    user_id: str | None = None


class CountBody(Struct, kw_only=True):
    """What can be asked of `count_tokens`."""

    model: str
    messages: Annotated[list[Turn], Meta(min_length=1)]
    system: Instructions | None = None
    tools: list[DeclaredTool] | None = None
    tool_choice: Choice | None = None
    thinking: ThinkingWish | None = None
    output_config: OutputConfig | None = None
    output_format: SchemaFormat | None = None  # where `output_config.format` was before 2026


class MessagesBody(CountBody, kw_only=True):
    """`max_tokens` has no default on the wire; that it is missing is said in Anthropic's words."""

    max_tokens: Annotated[int, Meta(ge=1)] | None = None
    stream: bool | None = None
    temperature: Annotated[float, Meta(ge=0)] | None = None
    top_p: Annotated[float, Meta(ge=0, le=1)] | None = None
    stop_sequences: list[str] | None = None
    metadata: Metadata | None = None


BODY: Final = msgspec.json.Decoder(MessagesBody)
COUNT_BODY: Final = msgspec.json.Decoder(CountBody)
