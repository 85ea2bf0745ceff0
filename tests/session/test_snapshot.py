"""What became of a folder's files between two moments."""

from __future__ import annotations

import pytest

from vibe.session.record import BlobId, Changed, File, NoFile, NotKept, Past
from vibe.session.snapshot import NO_FILE, NOT_UTF_8, TOO_LARGE, TOO_MUCH, Seen, changes

OLD = File(digest=BlobId("old"), mode=0o644)
NEW = File(digest=BlobId("new"), mode=0o644)
RUN = File(digest=BlobId("old"), mode=0o755)


def seen(held: File | NotKept, state: int = 1) -> Seen:
    return Seen(state=(state,), held=held, is_settled=True)


def case(label: str, before: Seen | None, after: Seen | None, *told: Past) -> object:
    return pytest.param(before, after, told, id=label)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        case("the same", seen(OLD), seen(OLD)),
        case("touched", seen(OLD, 1), seen(OLD, 2)),
        case("changed", seen(OLD, 1), seen(NEW, 2), OLD, NEW),
        case("changed within one step of the clock", seen(OLD), seen(NEW), OLD, NEW),
        case("another mode", seen(OLD, 1), seen(RUN, 2), OLD, RUN),
        case("made", None, seen(NEW), NoFile(), NEW),
        case("deleted", seen(OLD), None, OLD, NoFile()),
        case("large", seen(TOO_LARGE), seen(TOO_LARGE)),
        case("large and changed", seen(TOO_LARGE, 1), seen(TOO_LARGE, 2), TOO_LARGE, TOO_LARGE),
        case("grown large", seen(OLD, 1), seen(TOO_LARGE, 2), OLD, TOO_LARGE),
        case("made a link", seen(OLD, 1), seen(NO_FILE, 2), OLD, NO_FILE),
        case("kept at last, and not changed", seen(TOO_MUCH), seen(OLD)),
    ],
)
def test_what_became_of_a_file(
    before: Seen | None, after: Seen | None, told: tuple[Past, ...]
) -> None:
    found = changes(
        {"a": before} if before else {}, {"a": after} if after else {}, folder="/work", turn=3
    )
    expected = (Changed(turn=3, path="/work/a", before=told[0], after=told[1]),) if told else ()
    assert found == expected


def test_changes_are_in_the_order_of_their_paths() -> None:
    found = changes({"c": seen(OLD), "a": seen(OLD)}, {"b": seen(NEW)}, folder="/", turn=1)
    assert [each.path for each in found] == ["/a", "/b", "/c"]


def test_a_name_that_cannot_be_written_down_is_told_as_well_as_it_can() -> None:
    (found,) = changes({}, {"a\udcff": seen(NEW)}, folder="/work", turn=1)
    assert found == Changed(turn=1, path="/work/a�", before=NOT_UTF_8, after=NOT_UTF_8)
