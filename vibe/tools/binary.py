"""Whether a content is text, and if not, what it seems to be."""

from __future__ import annotations

import codecs

_STARTS = (
    (b"\x7fELF", "a program or library (ELF)"),
    (b"MZ", "a program for Windows"),
    (b"\xcf\xfa\xed\xfe", "a program for macOS"),
    (b"\xca\xfe\xba\xbe", "a program for macOS, or a Java class"),
    (b"\0asm", "WebAssembly"),
    (b"PK\x03\x04", "a ZIP archive, or an office document"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"%PDF-", "PDF"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"OggS", "Ogg audio or video"),
    (b"ID3", "MP3 audio"),
    (b"wOF2", "a font"),
)
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def is_utf16(content: bytes) -> bool:
    """By its mark alone, which the first one for UTF-32 also begins with."""
    return content.startswith(_UTF16) and not content.startswith(_UTF32)


def is_binary(content: bytes) -> bool:
    return b"\0" in content and not is_utf16(content)


def what_it_seems(content: bytes) -> str:
    """ "" where nothing is known of it."""
    return next((kind for start, kind in _STARTS if content.startswith(start)), "")
