"""How deeply JSON is nested, told from its bytes before anything parses them."""

from __future__ import annotations

import re
from typing import Final

MAX_JSON_DEPTH: Final = 64

# A string that is never closed reaches to the end of the text, so that no byte is read twice.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|([\[{])|[\]}]', re.DOTALL)


def is_too_deep(text: bytes) -> bool:
    """Whether brackets are nested beyond `MAX_JSON_DEPTH`."""
    if text.count(b"{") + text.count(b"[") <= MAX_JSON_DEPTH:
        return False
    depth = 0
    for token in _TOKEN.finditer(text):
        if token[1]:
            depth += 1
            if depth > MAX_JSON_DEPTH:
                return True
        elif token[0] in b"]}":
            depth -= 1
    return False
