"""What vibe sends, held to the types of the vendors' own clients, which nothing of vibe imports."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final, cast

import msgspec
import pytest
from msgspec.structs import replace

from tests.wire.messages_samples import (
    CURRENT,
    FULL,
    HELLO,
    NOW,
    OLDER,
    READ,
    call,
    result,
    thought,
)
from vibe.domain.message import Assistant, Results, System, Text
from vibe.domain.model import Backend, ProviderName
from vibe.domain.request import JsonFormat, ModelRequest, OneTool
from vibe.domain.target import Target
from vibe.wire.codec import HttpCall
from vibe.wire.dialects import codec_for
from vibe.wire.messages_request import encode_count
from vibe.wire.portability import fitted
from vibe.wire.presets import quirks_for

pytestmark = pytest.mark.real

CALLED: Final = (HELLO, Assistant(parts=(thought("Hm.", "s"), call(1))), Results((result(1),)))
REDACTED: Final = Assistant(parts=(thought("", "redacted:abc"), Text("Hi")))
REQUESTS: Final = {
    "everything": FULL,
    "a forced tool": ModelRequest(messages=CALLED, tools=(READ,), tool_choice=OneTool("read")),
    "an answer to go on from": ModelRequest(messages=(HELLO, REDACTED)),
    "no tool": ModelRequest(messages=(HELLO,), tools=(NOW,), tool_choice="none", stream=False),
    "a system message": ModelRequest(messages=(HELLO, System("Be brief."), HELLO)),
    "effort": ModelRequest(messages=(HELLO,), system="S", format=JsonFormat(), effort="high"),
}


def openai(backend: Backend, model: str, *, thinks: bool) -> Target:
    quirks = quirks_for("https://api.openai.com/v1", backend, model=model)
    name = ProviderName("openai")
    return Target(provider=name, model=model, backend=backend, quirks=quirks, thinks=thinks)


CHAT: Final = "openai.types.chat.completion_create_params.CompletionCreateParams"
RESPONSES: Final = "openai.types.responses.response_create_params.ResponseCreateParams"
MESSAGES: Final = "anthropic.types.MessageCreateParams"
COUNT: Final = "anthropic.types.MessageCountTokensParams"


@pytest.mark.parametrize(
    ("target", "form"),
    [
        pytest.param(openai("generic", "gpt-4.1", thinks=False), CHAT, id="chat"),
        pytest.param(openai("generic", "gpt-5.1", thinks=True), CHAT, id="chat of a thinker"),
        pytest.param(openai("responses", "gpt-4.1", thinks=False), RESPONSES, id="responses"),
        pytest.param(
            openai("responses", "gpt-5.1", thinks=True), RESPONSES, id="responses of a thinker"
        ),
        pytest.param(replace(OLDER, thinks=True), MESSAGES, id="messages"),
        pytest.param(replace(CURRENT, thinks=True), MESSAGES, id="messages of a current model"),
    ],
)
@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_the_vendors_client_could_send_it(
    target: Target, form: str, request_: ModelRequest
) -> None:
    assert_fits(codec_for(target.backend).encode(fitted(request_, target), target), form)


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_the_vendors_client_could_ask_for_a_count(request_: ModelRequest) -> None:
    assert_fits(encode_count(fitted(request_, OLDER), OLDER), COUNT)


def assert_fits(sent: HttpCall, form: str) -> None:
    """The type takes the body and leaves out no member, as it would one that it does not know."""
    pydantic: Any = import_module("pydantic")
    module, _, name = form.rpartition(".")
    typed = pydantic.TypeAdapter(getattr(import_module(module), name))
    body = msgspec.json.decode(sent.body)
    assert whole(typed.validate_python(body)) == body


def whole(value: object) -> object:
    """Read to its end, for pydantic reads an `Iterable` only when it is read itself."""
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value)
        return {key: whole(inner) for key, inner in fields.items()}
    if isinstance(value, str | bytes) or not hasattr(value, "__iter__"):
        return value
    return [whole(inner) for inner in cast("list[object]", value)]
