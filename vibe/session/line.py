"""A record as one line of a journal, and a journal's bytes as the records that are whole in it.

Each line is JSON with its own checksum and number. A line begins with a mark that no text inside a
record can contain, so that damage to one, be it to its line end, costs no other. No files here.
"""

from __future__ import annotations

from typing import Final
from zlib import crc32

import msgspec
from msgspec import Struct

from vibe.secret import Redactor
from vibe.session.record import Record
from vibe.session.redacted import redacted

_MARK: Final = b'{"crc":"'  # within a string, JSON escapes the quotes
_CRC: Final = 8


class _Line(Struct, frozen=True, kw_only=True):
    seq: int
    record: Record


class _Foreign(Struct, frozen=True):
    """Of a record that only a later vibe knows."""

    seq: int


_LINE = msgspec.json.Decoder(_Line)
_FOREIGN = msgspec.json.Decoder(_Foreign)


class Read(Struct, frozen=True, kw_only=True):
    """What was found. `end` is where the last line ends: what follows was never acknowledged.

    `seq` is the highest number, `missing` how many below it were not found, `foreign` how many
    records are sound but unknown to this vibe; `damaged` are the bytes that make no line.
    """

    records: tuple[Record, ...]
    end: int
    seq: int
    missing: int
    foreign: int
    damaged: int


def line_of(record: Record, *, seq: int, redactor: Redactor) -> bytes:
    body = msgspec.json.encode(redacted(record, redactor))
    rest = b'","seq":%d,"record":%b}' % (seq, body)
    return b"%b%08x%b\n" % (_MARK, crc32(rest), rest)


def read(data: bytes) -> Read:
    end = data.rfind(b"\n") + 1
    head, *chunks = data[:end].split(_MARK)
    records: list[Record] = []
    seen: set[int] = set()
    damaged = len(head)
    for chunk in chunks:
        line, _, rest = chunk.partition(b"\n")
        sound = _sound(line) or _sound(chunk[:-1])  # in the second case its line end is damaged
        damaged += len(rest.strip(b"\n")) if sound else len(_MARK) + len(chunk)
        if sound:
            numbered = _numbered(sound)
            seen.add(numbered.seq)
            records += [numbered.record] if isinstance(numbered, _Line) else []
    seq = max(seen, default=0)
    return Read(
        records=tuple(records),
        end=end,
        seq=seq,
        missing=seq - len(seen),
        foreign=len(seen) - len(records),
        damaged=damaged,
    )


def _sound(line: bytes) -> bytes | None:
    """The JSON of the line, if it is what its checksum says."""
    crc, rest = line[:_CRC], line[_CRC:]
    return b"{" + rest.removeprefix(b'",') if crc == b"%08x" % crc32(rest) else None


def _numbered(sound: bytes) -> _Line | _Foreign:
    try:
        return _LINE.decode(sound)
    except msgspec.ValidationError:
        return _FOREIGN.decode(sound)
