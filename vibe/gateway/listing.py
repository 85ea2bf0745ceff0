"""GET /v1/models: what can be named, in the forms of OpenAI, Mistral and Anthropic.

One object has the members of the first two; the third has a list of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from vibe.clean import clean_line
from vibe.gateway.naming import AUTO, SIZES, Names


def names_of(names: Names) -> Iterator[tuple[str, str]]:
    """Each name that is worth telling, and who owns it. An alias counts before a size."""
    aliases = {clean_line(model.alias): clean_line(model.provider) for model in names.models}
    yield AUTO, "vibe"
    for size, key in SIZES.items():
        if names.sizes[key] and size not in aliases:
            yield size, "vibe"
    yield from aliases.items()


def listed(names: Names, *, created: int, for_anthropic: bool) -> bytes:
    cards = [
        card(name, owner, created=created, for_anthropic=for_anthropic)
        for name, owner in names_of(names)
    ]
    if for_anthropic:
        ends = {"first_id": cards[0]["id"], "last_id": cards[-1]["id"]}
        return msgspec.json.encode({"data": cards, "has_more": False, **ends})
    return msgspec.json.encode({"object": "list", "data": cards})


def one(names: Names, name: str, *, created: int, for_anthropic: bool) -> bytes | None:
    """None for what no model is called, though the big ones would answer."""
    called = {each: clean_line(model.provider) for model in names.models for each in model.names}
    owner = (called | dict(names_of(names))).get(name)
    if owner is None:
        return None
    return msgspec.json.encode(card(name, owner, created=created, for_anthropic=for_anthropic))


def card(name: str, owner: str, *, created: int, for_anthropic: bool) -> dict[str, Any]:
    if for_anthropic:
        day = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"type": "model", "id": name, "display_name": name, "created_at": day}
    return {
        "id": name,
        "object": "model",
        "created": created,
        "owned_by": owner,
        "type": "base",  # without which Mistral's SDK refuses the whole list
        "capabilities": {
            "completion_chat": True,
            "completion_fim": False,
            "function_calling": True,
            "fine_tuning": False,
            "vision": True,
        },
    }
