"""The conversation in vibe's own form, whoever wrote a part of it and whoever is asked next.

What only its producer can read (a signature, encrypted reasoning) is a `seal`: an opaque text that
goes back to that producer unchanged and to nobody else.
"""

from __future__ import annotations

from typing import NewType, TypeAlias

from msgspec import Struct

from vibe.domain.model import ProviderName

CallId = NewType("CallId", str)


class Producer(Struct, frozen=True, kw_only=True):
    """Who wrote a block: a provider's model, by the provider's own name for it."""

    provider: ProviderName
    model: str


class Text(Struct, frozen=True, tag="text"):
    text: str


class Thinking(Struct, frozen=True, kw_only=True, tag="thinking"):
    """Thought before an answer. `text` is empty where the provider keeps it to itself."""

    text: str
    producer: Producer
    seal: str = ""


class Image(Struct, frozen=True, kw_only=True, tag="image"):
    """Either `data` or an address that the provider itself fetches; vibe never does."""

    media_type: str = ""
    data: bytes = b""
    url: str = ""


class Document(Struct, frozen=True, kw_only=True, tag="document"):
    media_type: str
    data: bytes
    name: str = ""


class ToolCall(Struct, frozen=True, kw_only=True, tag="call"):
    """`arguments` is the JSON text as the model wrote it, valid or not."""

    id: CallId
    name: str
    arguments: str
    seal: str = ""


class ToolResult(Struct, frozen=True, kw_only=True, tag="result"):
    """What came of the call `call`; `name` is that of its tool, which some dialects repeat."""

    call: CallId
    name: str
    parts: tuple[Text | Image | Document, ...]
    is_error: bool = False


UserPart: TypeAlias = Text | Image | Document
AssistantPart: TypeAlias = Text | Thinking | ToolCall


class System(Struct, frozen=True, tag="system"):
    """An instruction in the middle of a conversation, as some clients of the gateway send."""

    text: str


class User(Struct, frozen=True, tag="user"):
    parts: tuple[UserPart, ...]


class Assistant(Struct, frozen=True, kw_only=True, tag="assistant"):
    """One answer. `producer` is None for what a client of the gateway sent as history."""

    parts: tuple[AssistantPart, ...]
    producer: Producer | None = None

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        return tuple(part for part in self.parts if isinstance(part, ToolCall))


class Results(Struct, frozen=True, tag="results"):
    """The results of the calls of the answer before it."""

    results: tuple[ToolResult, ...]


Message: TypeAlias = System | User | Assistant | Results
