"""Texts in a file that may be secrets in a wrong place, so that nothing shows them again.

A guess, made on the raw text, because a file that holds a key by mistake may hold other mistakes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vibe.config.locate import sensitive_value

_SHORTEST = 8
_TOKEN = re.compile(r"[^\s\"'“”‘’=,;{}\[\]#]{8,}")
# Letters and digits in one go, as Mistral's and Azure's keys are; no name is so long.
_OPAQUE = re.compile(r"(?<![\w/.-])[A-Za-z0-9]{28,}+(?![\w/.-])")
_BREAK = re.compile(r"[\s\"']")
_AFTER_SCHEME = re.compile(r"/{0,2}(?P<user>[^:/]*)(?::(?P<password>.*))?")


def suspects(text: str) -> frozenset[str]:
    """What stands as the value of something that sounds like a credential, or before an `@`."""
    found: set[str] = set()
    for line in text.split("\n"):
        value = sensitive_value(line)
        if value is not None:
            found.update(_TOKEN.findall(value))
        if "api_base" in line:
            for before in line.split("@")[:-1]:
                found.update(_userinfo(_BREAK.split(before)[-1]))
    for word in _OPAQUE.findall(text):
        if not (word.isalpha() or word.isdigit()):
            found.add(word)
    return frozenset(each for each in found if len(each) >= _SHORTEST)


def _userinfo(text: str) -> Iterator[str]:
    """User and password in what stands before an `@`, with or without a scheme."""
    first, colon, rest = text.partition(":")
    if "/" not in first and colon and (found := _AFTER_SCHEME.fullmatch(rest)):
        yield from filter(None, found.groups())
        return
    yield first.rpartition("/")[2]
    yield rest
