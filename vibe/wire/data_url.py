"""Images and documents that come inside a request, as `data:` addresses in base64."""

from __future__ import annotations

import re
from binascii import a2b_base64
from typing import Final

from vibe.clean import quote
from vibe.domain.message import Document, Image
from vibe.errors import UsageError

_HEAD: Final = re.compile(r"data:(?P<type>[\w.+-]+/[\w.+-]+)(?:;[^;,]*)*;base64")


def image_at(url: str) -> Image:
    """Raises `UsageError` where nobody could show it."""
    if url.startswith(("https://", "http://")):
        return Image(url=url)
    if found := _data(url, "image_url"):
        media_type, data = found
        return Image(media_type=media_type, data=data)
    raise UsageError(
        f"image_url: {quote(url, limit=60)} is no http(s) address and no data: URL in base64"
    )


def document_in(url: str, name: str) -> Document:
    """Raises `UsageError` where there is none in it."""
    if found := _data(url, "file_data"):
        media_type, data = found
        return Document(media_type=media_type, data=data, name=name)
    raise UsageError(f"file_data: {quote(url, limit=60)} is no data: URL in base64")


def whole_base64(data: str, place: str) -> bytes:
    """Raises `UsageError` where it is none."""
    try:
        return a2b_base64(data, strict_mode=True)
    except ValueError:
        raise UsageError(f"{place}: the data is not whole base64") from None


def _data(url: str, place: str) -> tuple[str, bytes] | None:
    head, _, data = url.partition(",")
    if not (found := _HEAD.fullmatch(head)):
        return None
    content = whole_base64(data, place)
    return (found["type"], content) if content else None
