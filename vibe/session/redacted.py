"""A value as it is written down: in plain builtins, without the secrets that are known."""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct, to_builtins

from vibe.secret import Redactor


def redacted(value: Struct, redactor: Redactor) -> Any:
    return _walked(to_builtins(value, builtin_types=(bytes,)), redactor)


def _walked(value: Any, redactor: Redactor, *, is_seal: bool = False) -> Any:
    match value:
        case str():
            text = _text(value, redactor)
            # Its producer refuses a seal with a part of it blackened, but does without one.
            return "" if is_seal and text != value else text
        case bytes():
            return _data(value, redactor)
        case dict():
            table = cast("dict[str, Any]", value)
            return {
                key: _walked(each, redactor, is_seal=key == "seal") for key, each in table.items()
            }
        case list() | tuple():
            return [_walked(each, redactor) for each in cast("list[Any]", value)]
        case _:
            return value


def _text(text: str, redactor: Redactor) -> str:
    text = redactor.redact(text)
    if text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()  # a lone surrogate cannot be written


def _data(data: bytes, redactor: Redactor) -> bytes:
    """Text in another guise; what is not text, as an image, is left as it is."""
    try:
        return _text(data.decode(), redactor).encode()
    except UnicodeDecodeError:
        return data
