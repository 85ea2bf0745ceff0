"""Rules of the configuration, `bash(git diff *)` and `write(docs/**)`: what each is about.

A rule about commands is words as they would be typed. `*` within a word stands for any text, alone
for any one word, at the end for all further words; in quotes it is itself. What a rule about files
is about, is told in `file_rules.py`. Which of the rules counts is decided in `opinion.py`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from typing import Final, get_args

from msgspec import Struct

from vibe.agent.permissions.shell.words import WORD, Words, pieces
from vibe.agent.permissions.values import FileTool, Tool
from vibe.clean import quote
from vibe.errors import UsageError

_TOOLS: Final = (*get_args(FileTool), "bash")
_RULE: Final = re.compile(rf"({'|'.join(_TOOLS)})(?:\((.*)\))?", re.DOTALL)
_SPLIT: Final = re.compile(rb"[ \t]*+(" + WORD + rb")(?=[ \t]|\Z)")


class BadRule(UsageError):
    """A rule that nothing can be held against."""


class Rule(Struct, frozen=True, kw_only=True):
    """`text` as it was written. A rule about commands has `words`, one about files a `path`.

    `words` are patterns that each word must match, None for any.
    """

    text: str
    tool: Tool
    words: tuple[str | None, ...] = ()
    path: str = ""

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
    """As they stand in the configuration; the first that is none is a `BadRule`."""
    return Rules(
        deny=tuple(map(rule, deny)), ask=tuple(map(rule, ask)), allow=tuple(map(rule, allow))
    )


def rule(text: str) -> Rule:
    found = _RULE.fullmatch(text.strip())
    if found is None:
        raise BadRule(
            f"{quote(text)} is no rule",
            hint=f"write TOOL(…) with one of {', '.join(_TOOLS)}, as in bash(git diff *)",
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


def matches(rule: Rule, words: Words) -> bool:
    """Whether `words` are what the rule is about, whatever bash finds for their patterns."""
    if rule.tool != "bash":
        return False
    *fixed, last = rule.words
    if last is not None:
        fixed.append(last)
        if len(words) != len(fixed):
            return False
    return len(words) >= len(fixed) and all(
        word.shape == "plain" and (wanted is None or re.fullmatch(wanted, word.text, re.DOTALL))
        for wanted, word in zip(fixed, words, strict=False)
    )


def may_match(rule: Rule, words: Words) -> bool:
    """Whether they may turn out to be, once what is not known of them is."""
    sure = next((at for at, word in enumerate(words) if word.shape != "plain"), len(words))
    if sure == len(words) or rule.tool != "bash":
        return matches(rule, words)
    *fixed, last = rule.words
    fixed += [] if last is None else [last]
    return all(
        wanted is None or re.fullmatch(wanted, word.text, re.DOTALL)
        for wanted, word in zip(fixed, words[:sure], strict=False)
    )


def written(argv: Iterable[str], *, has_more: bool = False) -> str:
    """The rule about exactly these words, or about all commands that begin with them."""
    return f"bash({' '.join(map(shlex.quote, argv))}{' *' if has_more else ''})"


def _words(text: str, inside: str) -> tuple[str | None, ...]:
    source, at = inside.encode(), 0
    words: list[str | None] = []
    while at < len(source):
        found = _SPLIT.match(source, at)
        if found is None:
            raise BadRule(
                f"the rule {quote(text)} is not made of plain words",
                hint="put what bash would take for more than text in single quotes",
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
