"""Texts in a file that may be secrets in a wrong place, so that nothing shows them again.

A guess, made on the raw text, because a file that holds a key by mistake may hold other mistakes.
"""

from __future__ import annotations

import re

from vibe.config.locate import sensitive_value

_SHORTEST = 8
_TOKEN = re.compile(r"[^\s\"'“”‘’=,;{}\[\]#]{8,}")
_USERINFO = re.compile(
    r"(?:[^\s\"'@:/]*:)?/{0,2}(?P<user>[^\s\"'@:/]*)(?::(?P<password>[^\s\"'@]*))?@"
)


def suspects(text: str) -> frozenset[str]:
    """What stands as the value of something that sounds like a credential, or before an `@`."""
    found: set[str] = set()
    for line in text.split("\n"):
        value = sensitive_value(line)
        if value is not None:
            found.update(_TOKEN.findall(value))
        if "api_base" in line:
            for part in _USERINFO.finditer(line):
                found.update(filter(None, part.groups()))
    return frozenset(each for each in found if len(each) >= _SHORTEST)
