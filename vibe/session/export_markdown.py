"""A session in Markdown, which the answers are written in already.

What a tool was asked and said stands in a fence that is longer than any inside it. Controls, and
what reorders text, are taken out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from vibe.clean import clean, clean_line
from vibe.session.blocks import Block, blocks, facts
from vibe.session.summary import Summary
from vibe.session.turn import Turn

_TICKS = re.compile(r"`{3,}")


def as_markdown(summary: Summary, turns: Iterable[Turn]) -> str:
    title = clean_line(summary.title or summary.session)
    parts = [f"# {title}", clean_line(facts(summary))]
    for turn in turns:
        parts.append(f"## Turn {turn.number}")
        for block in blocks(turn):
            parts += _block(block)
    return "\n\n".join(parts) + "\n"


def _block(block: Block) -> Iterator[str]:
    title = clean_line(block.title)
    text = clean(block.text).strip()
    match block.kind:
        case "person" | "answer" | "summary":
            yield f"### {title}"
            yield text
        case "thinking" | "note":
            yield _quoted(f"*{title}:* {text}")
        case "call":
            yield f"### Tool: {title}"
            yield _fenced(text)
            yield _fenced(clean(block.result))


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _fenced(text: str) -> str:
    longest = max((len(ticks) for ticks in _TICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{text.rstrip()}\n{fence}"
