"""Pictures that a model can be shown, known by their first bytes, whatever the file is called."""

from __future__ import annotations

from vibe.domain.message import Image
from vibe.errors import ToolError

MOST_BYTES = 3_750_000  # 5 MB as base64, which is what the narrowest provider takes
_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def picture_of(content: bytes) -> Image | None:
    """None: it is no picture. ToolError: it is one, and too large."""
    media_type = _media_type(content)
    if not media_type:
        return None
    if len(content) > MOST_BYTES:
        raise ToolError(
            f"it is a picture ({media_type}) of {len(content):,} bytes, and a model can be shown "
            f"{MOST_BYTES:,}; make it smaller with a command"
        )
    return Image(media_type=media_type, data=content)


def _media_type(content: bytes) -> str:
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _STARTS if content.startswith(start)), "")
