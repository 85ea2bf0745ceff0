"""What an error body says, whoever wrote it: sentences, codes, and the numbers beside them.

Vendors and gateways nest the same few fields in ever new ways (a list, a string of JSON inside a
sentence, `detail`, `metadata.raw`), so fields are known by their names, wherever they stand.
Nothing here judges what was said, and no body raises.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import islice
from string import ascii_letters, digits, punctuation
from typing import Final, TypeAlias, cast

import msgspec
from msgspec import Struct

from vibe.clean import clean_line
from vibe.secret import Redactor
from vibe.wire.codec import Headers
from vibe.wire.window import window_of

Json: TypeAlias = dict[str, object] | list[object]

# A field that is in none of these sets is not looked into: it can echo the request.
_SENTENCES: Final = {"message", "error", "detail", "details", "msg", "raw"}
_CODES: Final = {"code", "type", "status", "raw_status_code", "reason", "error_code", "quotaId"}
_WAITS: Final = {"retryDelay", "retry_after"}
_HEADERS: Final = "headers"
_WINDOW: Final = "n_ctx"
_READ: Final = _SENTENCES | _CODES | _WAITS | {_HEADERS, _WINDOW}
_AROUND: Final = _SENTENCES | {"errors", "response", "metadata", "innererror", "violations"}

_MOST_FIELDS: Final = 100
_LONGEST_SENTENCE: Final = 2_000
_LONGEST_CODE: Final = 100
_LONGEST_DETAIL: Final = 300
_OF_A_KEY: Final = digits + ascii_letters + punctuation
_TITLE = re.compile(r"<title[^>]*>([^<]+)", re.IGNORECASE)
_SAYS_NOTHING: Final = {"Provider returned error"}


class Said(Struct, frozen=True, kw_only=True):
    """`headers` are those that a gateway passes on inside the body; `window` is `n_ctx`."""

    sentences: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()
    headers: Headers = ()
    window: int | None = None
    is_html: bool = False

    @property
    def text(self) -> str:
        """All of it, for a search; the sentences first, as they tell more than a code."""
        return "\n".join((*self.sentences, *self.codes))

    @property
    def status(self) -> int | None:
        """The HTTP status that the body repeats, or that is all there is, as inside a stream."""
        statuses = (int(code) for code in self.codes if re.fullmatch("[3-5][0-9][0-9]", code))
        return next(statuses, None)

    @property
    def detail(self) -> str:
        """The most telling sentence."""
        telling = (text for text in self.sentences if text not in _SAYS_NOTHING)
        return shown(next(telling, "".join(self.sentences[:1])))


def shown(sentence: str) -> str:
    """Foreign text as one short line that is safe to show, without what has the shape of a key."""
    # Cleaned first: an invisible character could hide a key.
    line = Redactor().redact(clean_line(" ".join(sentence.split())))
    return line if len(line) <= _LONGEST_DETAIL else f"{_cut(line, _LONGEST_DETAIL - 1)}…"


def _cut(text: str, longest: int) -> str:
    """Whole words from the start of `text`: half a key could not be told from other text."""
    if len(text) <= longest:
        return text
    return text[:longest].rstrip(_OF_A_KEY).rstrip()


def read_error(body: bytes | str) -> Said:
    text = body if isinstance(body, str) else body.decode("utf-8", "replace")
    text = text.strip("\ufeff \t\r\n")
    if text.startswith("<"):
        title = _TITLE.search(text[:_LONGEST_SENTENCE])
        return Said(sentences=(title[1],) if title else (), is_html=True)
    found = _json(text)
    if found is None:
        return Said(sentences=(_cut(text, _LONGEST_SENTENCE),) if text else ())
    fields = list(islice(_fields(found), _MOST_FIELDS))
    scalars = [(name, str(value)) for name, value in fields if isinstance(value, str | int | float)]
    return Said(
        sentences=tuple(
            _cut(value, _LONGEST_SENTENCE)
            for name, value in fields
            if name in _SENTENCES and isinstance(value, str) and value
        ),
        codes=tuple(value[:_LONGEST_CODE] for name, value in scalars if name in _CODES),
        waits=tuple(value for name, value in scalars if name in _WAITS),
        headers=tuple(pair for name, value in fields if name == _HEADERS for pair in _texts(value)),
        window=next((window_of(value) for name, value in fields if name == _WINDOW), None),
    )


def _fields(found: Json) -> Iterator[tuple[str, object]]:
    """Breadth first: what stands further out was said by whoever is nearer to us."""
    parts: deque[object] = deque([found])
    while parts:
        part = parts.popleft()
        if isinstance(part, list):
            parts.extend(cast("list[object]", part))
        elif isinstance(part, str):
            yield "message", part
        elif isinstance(part, dict):
            fields = cast("dict[str, object]", part)
            if isinstance(path := fields.get("loc"), list):  # pydantic, which echoes the input
                where = ".".join(str(step) for step in cast("list[object]", path))
                yield "message", f"{where}: {fields.get('msg')}"
                continue
            for name, value in fields.items():
                inside = _inside(value) if name in _AROUND else None
                if inside is not None:
                    parts.append(inside)
                elif name in _READ:
                    yield name, value


def _inside(value: object) -> Json | None:
    if isinstance(value, str):
        return _json(value)
    return cast("Json", value) if isinstance(value, dict | list) else None


def _json(text: str) -> Json | None:
    if not text.startswith(("{", "[")):
        return None
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return cast("Json", found) if isinstance(found, dict | list) else None


def _texts(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, text in cast("dict[str, object]", value).items():
            if isinstance(text, str):
                yield name, text
