"""A call in one line, for people."""

from __future__ import annotations

from typing import Final

import msgspec

from vibe.clean import clean_line
from vibe.domain.message import ToolCall

MOST: Final = 100
TELLING: Final = ("path", "command", "pattern", "question", "id")


def brief(call: ToolCall) -> str:
    """The tool and the argument that says most about the call."""
    try:
        arguments = msgspec.json.decode(call.arguments or "{}", type=dict[str, object])
    except msgspec.DecodeError:
        arguments = {}
    told = [str(arguments[name]) for name in TELLING if arguments.get(name)]
    line = clean_line(" ".join((call.name, *told[:2])).replace("\n", " ⏎ "))
    return line if len(line) <= MOST else f"{line[: MOST - 1]}…"
