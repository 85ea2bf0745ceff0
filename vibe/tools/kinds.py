"""All tools, in the order in which models are told of them; it is part of what providers cache."""

from __future__ import annotations

from typing import Final

from vibe.errors import ToolError
from vibe.tools import ask, bash, edit, grep, job, read, todo, write
from vibe.tools.base import Kind

KINDS: Final = (
    read.KIND,
    grep.KIND,
    edit.KIND,
    write.KIND,
    bash.KIND,
    job.KIND,
    todo.KIND,
    ask.KIND,
)


def kind_of(name: str) -> Kind:
    """ToolError: there is no such tool."""
    for kind in KINDS:
        if kind.name == name:
            return kind
    known = ", ".join(kind.name for kind in KINDS)
    raise ToolError(f"there is no tool {name}; there are: {known}")
