"""Rules, `bash(git diff *)` and `write(docs/**)`: how they are written, and what each is about.

A rule about commands is words as they would be typed. `*` within a word stands for any text, alone
for any one word, at the end for all further words; in quotes it is itself. What is held against a
rule, and which of several counts, is none of this.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias, get_args

from msgspec import Struct

from vibe.clean import quote
from vibe.domain.quoting import WORD, pieces
from vibe.errors import UsageError

FileTool: TypeAlias = Literal["read", "grep", "edit", "write"]
Tool: TypeAlias = Literal["bash", FileTool]

TOOLS: Final = (*get_args(FileTool), "bash")
_RULE: Final = re.compile(rf"({'|'.join(TOOLS)})(?:\((.*)\))?", re.DOTALL)
_SPLIT: Final = re.compile(rb"[ \t]*+(" + WORD + rb")(?=[ \t]|\Z)")


class BadRule(UsageError):
    """A rule that nothing can be held against."""


class Rule(Struct, frozen=True, kw_only=True):
    """`text` as it was written. A rule about commands has `words`, one about files a `path`.

    `words` are patterns that each word must match, None for any. `place` is the file and the line
    that it stands in, "" where it stands in none.
    """

    text: str
    tool: Tool
    words: tuple[str | None, ...] = ()
    path: str = ""
    place: str = ""

    def __str__(self) -> str:
        return f"{self.text} of {self.place}" if self.place else self.text

    @property
    def is_exact(self) -> bool:
        """Whether it names one command, word for word, or one file."""
        if self.tool == "bash":
            return all(word is not None and ".*" not in word for word in self.words)
        return "/" in self.path and not re.search(r"(?<!\\)[*?]", self.path)


class Rules(Struct, frozen=True, kw_only=True):
    deny: tuple[Rule, ...] = ()
    ask: tuple[Rule, ...] = ()
    allow: tuple[Rule, ...] = ()


def rules(*, deny: Iterable[str] = (), ask: Iterable[str] = (), allow: Iterable[str] = ()) -> Rules:
    """The first that is none is a `BadRule`."""
    return Rules(
        deny=tuple(map(rule, deny)), ask=tuple(map(rule, ask)), allow=tuple(map(rule, allow))
    )


def rule(text: str) -> Rule:
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise BadRule(
            f"{quote(text)} is no rule",
            hint=f"write TOOL(…) with one of {', '.join(TOOLS)}, as in bash(git diff *)",
        )
    tool: Tool = found[1]  # pyright: ignore[reportAssignmentType]  # the pattern has no others
    inside = found[2]
    if inside is None:
        inside = "*" if tool == "bash" else "/**"
    elif not inside.strip():
        raise BadRule(f"the rule {quote(text)} is about nothing", hint=f"{tool} is about all")
    if tool == "bash":
        return Rule(text=text, tool=tool, words=_words(text, inside.strip()))
    if inside != inside.strip():
        raise BadRule(f"the path of the rule {quote(text)} has blanks around", hint="delete them")
    return Rule(text=text, tool=tool, path=inside)


def _words(text: str, inside: str) -> tuple[str | None, ...]:
    source, at = inside.encode(errors="replace"), 0
    words: list[str | None] = []
    while at < len(source):
        found = _SPLIT.match(source, at)
        if found is None:
            raise BadRule(
                f"the rule {quote(text)} is not made of plain words",
                hint="put what bash would take for more than text in single quotes",
            )
        if found[1].startswith(b"~"):  # commands are held against it with the folder put in
            raise BadRule(
                f"the rule {quote(text)} begins a word with ~",
                hint="write the folder in full, or ~ in single quotes for the sign itself",
            )
        words.append(_pattern(found[1]))
        at = found.end()
    return tuple(words)


def _pattern(source: bytes) -> str | None:
    if source == b"*":
        return None
    found = pieces(source) or ()
    return "".join(
        re.escape(piece.text.decode())
        if piece.is_quoted
        else ".*".join(re.escape(part) for part in piece.text.decode().split("*"))
        for piece in found
    )
