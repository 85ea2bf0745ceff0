"""A conversation, tools and two targets for the tests of the Messages API."""

from __future__ import annotations

import msgspec

from vibe.domain.message import (
    Assistant,
    CallId,
    Document,
    Image,
    Results,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import JsonFormat, ModelRequest, Tool
from vibe.domain.target import Target
from vibe.wire.messages import Messages

OLDER = Target(provider=ProviderName("anthropic"), model="claude-haiku-4-5", backend="anthropic")
CURRENT = msgspec.structs.replace(
    OLDER, model="claude-opus-5", quirks=Quirks(sampling=False, effort=True)
)
READ = Tool(
    name="read",
    description="Reads a file.",
    parameters='{"type":"object","properties":{"path":{"type":"string"}},"required":["path"],'
    '"additionalProperties":false}',
    strict=True,
)
NOW = Tool(name="now", description="", parameters="")
SCHEMA = '{"type":"object","properties":{},"additionalProperties":false}'
HELLO = User((Text("Hello"),))
IMAGE = Image(media_type="image/png", data=b"\x89PNG")


def call(number: int, arguments: str = "{}") -> ToolCall:
    return ToolCall(id=CallId(f"toolu_{number}"), name="read", arguments=arguments)


def result(number: int, *parts: Text | Image | Document, is_error: bool = False) -> ToolResult:
    return ToolResult(call=CallId(f"toolu_{number}"), name="read", parts=parts, is_error=is_error)


def thought(text: str, seal: str) -> Thinking:
    return Thinking(text=text, seal=seal, producer=OLDER.producer)


def sent(request: ModelRequest, target: Target = OLDER) -> dict[str, object]:
    return msgspec.json.decode(Messages().encode(request, target).body, type=dict[str, object])


FULL = ModelRequest(
    messages=(
        User((Text("What is on these?"), IMAGE, Image(url="https://example.org/cat.png"))),
        Assistant(parts=(thought("Two.", "sealed"), Text("I look."), call(1, '{ "path": "é" }'))),
        Results((result(1, Text("a cat"), IMAGE),)),
        User((Document(media_type="application/pdf", data=b"%PDF", name="cat.pdf"),)),
    ),
    system="Be brief.",
    tools=(READ, NOW),
    tool_choice="auto",
    parallel_calls=False,
    max_output_tokens=10_000,
    temperature=0.5,
    stop=("END", " "),
    format=JsonFormat(schema=SCHEMA, strict=True),
    effort="low",
    seed=7,
    cache_key="session",
)
