"""Which commands a rule is about, for certain or perhaps, and the rule about a command.

What a rule about files is about, is told in `file_rules.py`. Which of the rules counts is decided
in `opinion.py`.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from vibe.agent.permissions.shell.words import Words
from vibe.domain.rule import Rule


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
