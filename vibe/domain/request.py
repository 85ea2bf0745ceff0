"""One call on a model, in no provider's dialect."""

from __future__ import annotations

from typing import Literal, TypeAlias

from msgspec import Struct

from vibe.domain.message import Message

Effort: TypeAlias = Literal["minimal", "low", "medium", "high"]
Dialect: TypeAlias = Literal["chat", "mistral", "messages", "responses"]  # of a client


class Tool(Struct, frozen=True, kw_only=True):
    """`parameters` is the JSON Schema of the arguments, as JSON text."""

    name: str
    description: str
    parameters: str
    strict: bool = False


class OneTool(Struct, frozen=True):
    """The model has to call this tool."""

    name: str


ToolChoice: TypeAlias = Literal["auto", "none", "required"] | OneTool


class JsonFormat(Struct, frozen=True, kw_only=True):
    """The answer has to be JSON; of the form `schema` (JSON text) where there is one."""

    name: str = "answer"
    schema: str = ""
    strict: bool = False


class Original(Struct, frozen=True, kw_only=True):
    """What a client sent: `body` is one JSON object, `headers` are those that mean something to a
    provider of the same dialect. `is_answered_so`: its answer is passed on as it comes, else read
    as any other. `is_all`: nobody here can say the same in other words."""

    dialect: Dialect
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()
    is_answered_so: bool = True
    is_all: bool = False


class ModelRequest(Struct, frozen=True, kw_only=True):
    """`None` leaves a parameter out, for the provider's own default.

    Where the last message is the model's own, the answer goes on from its end. A target that speaks
    as the `original` does is sent that instead.
    """

    messages: tuple[Message, ...]
    system: str = ""
    tools: tuple[Tool, ...] = ()
    tool_choice: ToolChoice = "auto"
    parallel_calls: bool | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    format: JsonFormat | None = None
    effort: Effort | None = None
    cache_key: str = ""
    stream: bool = True
    original: Original | None = None


class EmbeddingRequest(Struct, frozen=True, kw_only=True):
    inputs: tuple[str, ...]
    dimensions: int | None = None
