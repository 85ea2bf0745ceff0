"""The tools that a client of OpenAI's Responses offers, as functions that every model can call.

A tool inside a namespace gets one name for both; a tool that is called with a text becomes a
function with one argument, `input`. `Origin` tells how to turn a call of either back. Tools that
OpenAI itself runs, such as web search, are left out, as long as another remains.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Final

import msgspec
from msgspec import Raw, Struct

from vibe.clean import quote
from vibe.domain.request import OneTool, Tool, ToolChoice
from vibe.errors import UsageError
from vibe.wire.complaint import Untold, decoded
from vibe.wire.serve_responses_form import (
    CUSTOM,
    FUNCTION,
    KIND,
    NAMESPACE,
    Choice,
    CustomTool,
    FunctionTool,
    Word,
    json_text,
)

_LEGAL: Final = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ILLEGAL: Final = re.compile(r"[^a-zA-Z0-9_-]")
_ONE_TEXT: Final = (
    '{"type":"object","properties":{"input":{"type":"string","description":'
    '"The whole input of the tool, as plain text."}},"required":["input"],'
    '"additionalProperties":false}'
)
_ONLY_HOSTED: Final = (
    "only OpenAI itself runs this tool, and no model of another provider can call it"
)


class Origin(Struct, frozen=True, kw_only=True):
    """A tool as the client knows it. `takes_text`: it is called with a text, and not with JSON."""

    name: str
    namespace: str = ""
    takes_text: bool = False


class _Input(Struct):
    input: str


_INPUT: Final = msgspec.json.Decoder(_Input)


class Offer:
    """`_tools` and `_origins` have the same keys, the values of `_names`: how models know each.

    What is declared again replaces what it was.
    """

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._tools: dict[str, Tool] = {}
        self._origins: dict[str, Origin] = {}
        self._hosted: dict[str, str] = {}  # by their type, where the first of it stands

    @property
    def tools(self) -> tuple[Tool, ...]:
        """Raises `UsageError` where there would be some, but nobody could call any."""
        for kind, at in self._hosted.items():
            if not self._tools:
                raise Untold(f"{at}: {quote(kind, limit=60)}: {_ONLY_HOSTED}")
        return tuple(self._tools.values())

    @property
    def origins(self) -> Mapping[str, Origin]:
        return self._origins

    def add(self, tools: Iterable[Raw], *, at: str, namespace: str = "") -> None:
        for index, raw in enumerate(tools):
            place = f"{at}[{index}]"
            match kind := decoded(KIND, raw, at=place).type:
                case "function":
                    function = decoded(FUNCTION, raw, at=place)
                    self._put(_function(function), Origin(name=function.name, namespace=namespace))
                case "custom":
                    custom = decoded(CUSTOM, raw, at=place)
                    origin = Origin(name=custom.name, namespace=namespace, takes_text=True)
                    self._put(_of_text(custom), origin)
                case "namespace" if not namespace:
                    inner = decoded(NAMESPACE, raw, at=place)
                    self.add(inner.tools, at=f"{place}.tools", namespace=inner.name)
                case None:
                    raise UsageError(f"{place}: object missing required field type")
                case _:
                    self._hosted.setdefault(kind, place)

    def _put(self, tool: Tool, origin: Origin) -> None:
        name = self.name_of(origin.name, namespace=origin.namespace)
        taken = self._origins.get(name, origin)
        if (taken.namespace, taken.name) != (origin.namespace, origin.name):
            name = _marked(origin.namespace, origin.name)
        self._names[origin.namespace, origin.name] = name
        self._tools[name] = msgspec.structs.replace(tool, name=name)
        self._origins[name] = origin

    def name_of(self, name: str, *, namespace: str | None) -> str:
        """How models know this tool, also one that is offered no longer."""
        namespace = namespace or ""
        return self._names.get((namespace, name)) or _joined(namespace, name)

    def chosen(
        self, choice: Word | Choice | None, tools: tuple[Tool, ...]
    ) -> tuple[tuple[Tool, ...], ToolChoice]:
        """The tools that may be called, of those that are offered, and whether one has to be."""
        match choice:
            case None:
                return tools, "auto"
            case Choice(type="allowed_tools"):
                allowed = {self._named(each) for each in choice.tools or ()}
                return tuple(tool for tool in tools if tool.name in allowed), choice.mode
            case Choice():
                return tools, OneTool(self._named(choice))
            case word:
                return tools, word

    def _named(self, choice: Choice) -> str:
        name = self.name_of(choice.name, namespace=choice.namespace)
        if choice.type not in {"function", "custom"}:
            raise Untold(f"tool_choice: {quote(choice.type, limit=60)}: {_ONLY_HOSTED}")
        if name not in self._tools:
            named = quote(choice.name, limit=60)
            raise UsageError(f"tool_choice: {named} is not among the tools")
        return name


def arguments_of(text: str) -> str:
    """How the function that stands for a tool is called with this text."""
    return msgspec.json.encode(_Input(text)).decode()


def text_of(arguments: str) -> str:
    """The text in such a call. Models sometimes write it as it is, without the JSON around it."""
    try:
        return _INPUT.decode(arguments).input
    except (ValueError, RecursionError):
        return arguments


def _joined(namespace: str, name: str) -> str:
    joined = f"{namespace}__{name}" if namespace else name
    return joined if not namespace or _LEGAL.fullmatch(joined) else _marked(namespace, name)


def _marked(namespace: str, name: str) -> str:
    """A legal name that no other tool has, and the same in every request."""
    digest = blake2b(f"{namespace}\n{name}".encode(), digest_size=4).hexdigest()
    return f"{_ILLEGAL.sub('_', f'{namespace}__{name}')[:55]}_{digest}"


def _function(declared: FunctionTool) -> Tool:
    return Tool(
        name=declared.name,
        description=declared.description or "",
        parameters=json_text(declared.parameters),
        strict=bool(declared.strict),
    )


def _of_text(declared: CustomTool) -> Tool:
    description, form = declared.description or "", declared.format
    if form and form.definition:
        description += f"\n\nThe input has to be of this {form.syntax} grammar:\n{form.definition}"
    return Tool(name=declared.name, description=description.strip(), parameters=_ONE_TEXT)
