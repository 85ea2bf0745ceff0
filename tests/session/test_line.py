"""What a journal's bytes tell, whole, torn or damaged."""

from __future__ import annotations

from itertools import accumulate
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.session.samples import HISTORIES, NOON, PLAIN, session
from vibe.domain.message import Text, User
from vibe.session.line import Read, line_of, read
from vibe.session.record import Record, TurnBegan

RECORDS = session()


def lines_of(records: tuple[Record, ...]) -> list[bytes]:
    return [line_of(each, seq=n, redactor=PLAIN) for n, each in enumerate(records, start=1)]


LINES = lines_of(RECORDS)
WHOLE = b"".join(LINES)
ENDS = [0, *accumulate(map(len, LINES))]


def of(records: tuple[Record, ...], *, end: int, seq: int, missing: int = 0, damaged: int = 0):
    return Read(records=records, end=end, seq=seq, missing=missing, foreign=0, damaged=damaged)


def without(index: int) -> tuple[Record, ...]:
    return RECORDS[:index] + RECORDS[index + 1 :]


def test_a_line_is_json_with_its_number_and_checksum():
    record = TurnBegan(turn=1, message=User((Text("hi\n"),)), at=NOON)
    assert line_of(record, seq=7, redactor=PLAIN) == (
        b'{"crc":"b7ab08ff","seq":7,"record":{"type":"turn","turn":1,"message":{"type":"user",'
        b'"parts":[{"type":"text","text":"hi\\n"}]},"at":1795262400.0,"context":""}}\n'
    )


@given(HISTORIES)
def test_what_was_written_is_read(records: list[Record]):
    lines = lines_of(tuple(records))
    data = b"".join(lines)
    assert read(data) == of(tuple(records), end=len(data), seq=len(records))


def test_truncated_at_any_byte_it_holds_the_records_before():
    for length in range(len(WHOLE) + 1):
        whole = sum(end <= length for end in ENDS[1:])
        assert read(WHOLE[:length]) == of(RECORDS[:whole], end=ENDS[whole], seq=whole)


@given(st.data())
def test_a_damaged_byte_costs_at_most_its_own_record(data: st.DataObject):
    place = data.draw(st.integers(0, len(WHOLE) - 2))
    byte = data.draw(st.integers(0, 255))
    hit = sum(end <= place for end in ENDS[1:])
    found = read(WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :])
    assert found.records in (RECORDS, without(hit))
    assert found.end == len(WHOLE)


@given(st.data())
def test_damage_to_a_stretch_costs_only_what_it_touches(data: st.DataObject):
    begin = data.draw(st.integers(0, len(WHOLE) - 2))
    stretch = data.draw(st.binary(min_size=1, max_size=len(WHOLE) - 1 - begin))
    end = begin + len(stretch)
    found = read(WHOLE[:begin] + stretch + WHOLE[end:])
    untouched = [
        record
        for record, first, last in zip(RECORDS, ENDS[:-1], ENDS[1:], strict=True)
        if last <= begin or first >= end
    ]
    assert [record for record in found.records if record in untouched] == untouched
    assert all(record in RECORDS for record in found.records)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", of((), end=0, seq=0), id="nothing"),
        pytest.param(b"not a journal", of((), end=0, seq=0), id="a torn text"),
        pytest.param(
            b"not a journal\n" + LINES[0],
            of(RECORDS[:1], end=14 + ENDS[1], seq=1, damaged=14),
            id="a foreign line",
        ),
        pytest.param(
            LINES[0] + bytes(512), of(RECORDS[:1], end=ENDS[1], seq=1), id="zeros of a power cut"
        ),
        pytest.param(
            LINES[0] + bytes(512) + b"\n" + LINES[1],
            of(RECORDS[:2], end=ENDS[2] + 513, seq=2, damaged=512),
            id="zeros in the middle",
        ),
        pytest.param(
            LINES[0] + LINES[2],
            of((RECORDS[0], RECORDS[2]), end=len(LINES[0] + LINES[2]), seq=3, missing=1),
            id="a line cut out",
        ),
        pytest.param(
            LINES[0][:-1] + b"?" + LINES[1],
            of(RECORDS[:2], end=ENDS[2], seq=2),
            id="a damaged line end",
        ),
        pytest.param(
            LINES[0] + LINES[1][:20] + b"\n" + LINES[2],
            of(
                (RECORDS[0], RECORDS[2]),
                end=ENDS[1] + 21 + len(LINES[2]),
                seq=3,
                missing=1,
                damaged=21,
            ),
            id="a line cut short",
        ),
    ],
)
def test_what_is_no_line_is_counted_and_skipped(data: bytes, expected: Read):
    assert read(data) == expected


def changed(line: bytes, old: bytes, new: bytes) -> bytes:
    """The line as a newer vibe would have written it."""
    rest = line[16:-1].replace(old, new)
    return line[:8] + b"%08x" % crc32(rest) + rest + b"\n"


def test_a_record_of_a_newer_vibe_is_skipped_and_is_no_damage():
    data = LINES[0] + changed(LINES[1], b'"type":"turn"', b'"type":"soon"') + LINES[2]
    assert read(data) == Read(
        records=(RECORDS[0], RECORDS[2]), end=len(data), seq=3, missing=0, foreign=1, damaged=0
    )


def test_a_field_of_a_newer_vibe_is_passed_over():
    data = changed(LINES[0], b'"vibe":', b'"mood":"good","vibe":')
    assert read(data) == of(RECORDS[:1], end=len(data), seq=1)
