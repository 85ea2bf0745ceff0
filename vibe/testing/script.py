"""A scripted model: rules, the first of which that fits the request answers it.

A rule looks at the conversation and at nothing else, never at how many requests there were. So a
script goes on where it was when a request is sent again, or to another provider.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from vibe.testing.exchange import Answer, Asked, Behaviour, Call, text_of

Fits: TypeAlias = Callable[[Asked], bool]


class Rule(Struct, frozen=True):
    fits: Fits
    does: Behaviour


class NoRuleFits(Exception):
    """The script has nothing to say to a request; the message tells what was asked."""


class Scripted:
    """The behaviour of a list of rules."""

    def __init__(self, *rules: Rule) -> None:
        self._rules = rules

    def __call__(self, asked: Asked, /) -> Answer:
        for rule in self._rules:
            if rule.fits(asked):
                return rule.does(asked)
        brought = asked.results[-1].name if asked.results else "nothing"
        raise NoRuleFits(f"{asked.last_user_text!r}, and {brought} has brought a result")


def says(text: str, *, thinking: str = "") -> Behaviour:
    """The same text, whatever was asked."""
    answer = Answer(text=text, thinking=thinking)
    return lambda _asked: answer


def calls(*wanted: Call, text: str = "") -> Behaviour:
    """These calls, after some text if there is one."""
    answer = Answer(text=text, calls=wanted)
    return lambda _asked: answer


def when_asked(words: str, does: Behaviour) -> Rule:
    """The person has just said something in which these words occur."""

    def fits(asked: Asked) -> bool:
        return not asked.results and words in asked.last_user_text

    return Rule(fits, does)


def when_result(tool: str, does: Behaviour, *, holds: str = "") -> Rule:
    """What came last since the person spoke is a result of this tool, with these words in it."""

    def fits(asked: Asked) -> bool:
        if not asked.results:
            return False
        last = asked.results[-1]
        return last.name == tool and holds in text_of(last.parts)

    return Rule(fits, does)


def otherwise(does: Behaviour) -> Rule:
    return Rule(lambda _asked: True, does)
