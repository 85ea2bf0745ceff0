"""Every case of the corpus gives the bytes that were meant, or is refused in the right words."""

from __future__ import annotations

import pytest

from tests.tools.corpus import copying, first_letter, refusals, whitespace
from tests.tools.corpus.case import Case
from vibe.errors import ToolError
from vibe.tools.editing.edit import edited

CASES = (
    *whitespace.TRAILING_BLANKS,
    *whitespace.LINE_ENDS,
    *whitespace.TABS,
    *whitespace.DE_INDENTED,
    *whitespace.BLANK_LINES,
    *whitespace.LAST_LINE_END,
    *copying.QUOTES,
    *copying.LINE_NUMBERS,
    *copying.ESCAPES,
    *first_letter.FIRST_LETTER,
    *refusals.TWO_PLACES,
    *refusals.NO_PLACE,
    *refusals.CHANGED,
    *refusals.SEVERAL,
    *refusals.NO_TEXT,
)


def cases(*, refused: bool) -> list[object]:
    return [
        pytest.param(case, id=case.name)
        for case in CASES
        if isinstance(case.result, tuple) == refused
    ]


@pytest.mark.parametrize("case", cases(refused=False))
def test_an_edit_gives_the_bytes_that_were_meant_and_names_its_repairs(case: Case) -> None:
    done = edited(case.content, case.edits, path=case.path, seen=case.seen)

    repairs = frozenset[object]().union(*done.repairs)
    assert (done.content, repairs) == (case.result, case.repairs)
    assert all(repair.value in done.told for repair in case.repairs)


@pytest.mark.parametrize("case", cases(refused=True))
def test_what_is_not_sure_is_refused_in_words_that_help(case: Case) -> None:
    with pytest.raises(ToolError) as caught:
        edited(case.content, case.edits, path=case.path, seen=case.seen)

    told = caught.value.message
    assert told.startswith(f"{case.path} was not changed: ")
    assert [words for words in case.result if str(words) not in told] == []
