"""Which codec speaks for which backend."""

from __future__ import annotations

from typing import assert_never

from vibe.domain.model import Backend
from vibe.wire.azure import Azure
from vibe.wire.chat import Chat
from vibe.wire.codec import Codec
from vibe.wire.messages import Messages
from vibe.wire.mistral import Mistral
from vibe.wire.responses import Responses


def codec_for(backend: Backend) -> Codec:
    match backend:
        case "generic":
            return Chat()
        case "mistral":
            return Mistral()
        case "anthropic":
            return Messages()
        case "responses":
            return Responses()
        case "azure":
            return Azure()
    assert_never(backend)
