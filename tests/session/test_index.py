"""All sessions: listed without reading them, found by what a person types, and deleted."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.session.samples import NOON, OPENED, PLAIN, STRONG, answer, said, session, whole_turn
from tests.session.sessions import Person, begun, going_on, written
from vibe.domain.turn import TurnEnd
from vibe.errors import UsageError
from vibe.session.blobs import Blobs
from vibe.session.index import delete, find, latest, summaries
from vibe.session.journal import SessionInUse
from vibe.session.place import Place, new_id
from vibe.session.record import Answered, Opened, Record, Rewound, SessionId, TurnBegan, TurnEnded
from vibe.session.resume import load
from vibe.session.session import Session
from vibe.session.summary import Summary, summary_of
from vibe.session.transcript import Transcript


def stored(root: Path, number: int, folder: str = "/work/shop") -> SessionId:
    """One turn, so many hours after the others."""
    at = NOON + 3600.0 * number
    opened = Opened(session=new_id(at, bytes([number] * 3)), folder=folder, at=at, vibe="1.0")
    began = TurnBegan(turn=1, message=said(f"task {number}"), at=at)
    ended = TurnEnded(turn=1, end=TurnEnd.FINISHED, at=at + 60.0)
    return written(root, opened, began, ended).session


def listed(root: Path) -> list[SessionId]:
    return [each.session for each in summaries(root, redactor=PLAIN)]


def test_a_summary_tells_what_a_list_shows(tmp_path: Path):
    written(tmp_path, *session(2))
    assert summaries(tmp_path, redactor=PLAIN) == (
        Summary(
            session=OPENED.session,
            title="question 1",
            folder="/work/shop",
            began=NOON,
            last=NOON + 150.0,
            turns=2,
            cost_uusd=28,
            models=(STRONG,),
        ),
    )


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Fix the test", "Fix the test"),
        ("  Fix\n\tthe   test\n", "Fix the test"),
        ("word " * 30, "word word word word word word word word word word word word …"),
        ("x" * 70, "x" * 60 + " …"),
        ("", ""),
    ],
    ids=["short", "white space", "long", "one long word", "empty"],
)
def test_the_title_is_the_first_words(text: str, title: str):
    transcript = Transcript().apply(TurnBegan(turn=1, message=said(text), at=NOON))
    assert summary_of(OPENED.session, transcript, redactor=PLAIN).title == title


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        pytest.param([3, 4], (7, True), id="known"),
        pytest.param([3, None], (3, False), id="known in part"),
        pytest.param([None], (None, False), id="not known"),
        pytest.param([0], (0, True), id="free"),
        pytest.param([], (0, True), id="nothing"),
    ],
)
def test_a_cost_that_is_not_known_is_not_free(
    costs: list[int | None], expected: tuple[int | None, bool]
):
    answers = [
        Answered(turn=1, number=number, answer=replace(answer(), cost_uusd=cost))
        for number, cost in enumerate(costs)
    ]
    told = summary_of(OPENED.session, Transcript().applied(answers), redactor=PLAIN)
    assert (told.cost_uusd, told.is_exact) == expected


def test_the_session_that_was_used_last_comes_first(tmp_path: Path, person: Person):
    ids = [stored(tmp_path, number) for number in (1, 2, 3)]
    assert listed(tmp_path) == ids[::-1]
    with closing(resume_of(tmp_path, ids[0], person)) as first:
        first.put(TurnBegan(turn=2, message=said("again"), at=NOON + 10**6))
    assert listed(tmp_path) == [ids[0], ids[2], ids[1]]


def resume_of(root: Path, session: SessionId, person: Person) -> Session:
    return going_on(Place(root / session), person)


def test_a_list_reads_no_journal_whose_summary_is_current(tmp_path: Path):
    place = written(tmp_path, *session())
    before = summaries(tmp_path, redactor=PLAIN)
    place.journal.write_bytes(bytes(place.journal.stat().st_size))
    assert summaries(tmp_path, redactor=PLAIN) == before


@pytest.mark.parametrize("content", [b"", b"{", b'{"size": 1}'], ids=["empty", "torn", "foreign"])
def test_a_summary_that_is_no_use_is_made_anew(tmp_path: Path, content: bytes):
    place = written(tmp_path, *session())
    before = summaries(tmp_path, redactor=PLAIN)
    place.summary.write_bytes(content)
    assert summaries(tmp_path, redactor=PLAIN) == before


async def test_a_session_keeps_its_summary_current_at_the_end_of_a_turn(
    tmp_path: Path, person: Person
):
    *records, ended = whole_turn()
    assert isinstance(ended, TurnEnded)
    with closing(begun(tmp_path, person, *records)) as session:
        await session.end(ended)
        place = Place(tmp_path / session.session)
        kept = place.summary.read_bytes()
        assert [each.turns for each in summaries(tmp_path, redactor=PLAIN)] == [1]
        assert place.summary.read_bytes() == kept


NOTHING_LEFT: dict[str, tuple[Record, ...]] = {
    "nothing": (),
    "only opened": (OPENED,),
    "rewound to its beginning": (*session(), Rewound(1)),
}


@pytest.mark.parametrize("records", NOTHING_LEFT.values(), ids=NOTHING_LEFT)
def test_a_session_in_which_nothing_was_said_is_not_listed(
    tmp_path: Path, records: tuple[Record, ...]
):
    written(tmp_path, *records)
    assert summaries(tmp_path, redactor=PLAIN) == ()


def test_a_session_that_cannot_be_read_is_listed_with_the_reason(tmp_path: Path):
    place = written(tmp_path)
    place.journal.unlink()
    place.journal.mkdir()
    other = Place(tmp_path / "20261121-120000-efgh")
    other.folder.mkdir()
    other.journal.write_bytes(b"not a journal\n" * 10)
    assert [each.trouble for each in summaries(tmp_path, redactor=PLAIN)] == [
        "140 bytes of the session are damaged; no record is lost",
        f"cannot read the session {place.session}: Is a directory",
    ]


def test_a_folder_without_sessions_has_none(tmp_path: Path):
    (tmp_path / "notes").mkdir()
    assert summaries(tmp_path, redactor=PLAIN) == ()
    assert summaries(tmp_path / "missing", redactor=PLAIN) == ()


# Found


def test_the_last_session_of_a_folder(tmp_path: Path):
    here = stored(tmp_path, 1)
    stored(tmp_path, 2, folder="/work/other")
    assert latest(tmp_path, folder="/work/shop", redactor=PLAIN).session == here
    with pytest.raises(UsageError, match="there is no session of /home"):
        latest(tmp_path, folder="/home", redactor=PLAIN)


@pytest.mark.parametrize("text", ["20261121-13", "20261121-130000-aeaq", "aeaq"])
def test_a_session_is_found_by_the_beginning_or_the_end_of_its_id(tmp_path: Path, text: str):
    wanted = stored(tmp_path, 1)
    stored(tmp_path, 2)
    assert wanted == "20261121-130000-aeaq"
    assert find(tmp_path, text).session == wanted


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("x", 'there is no session "x"', "vibe sessions list --all"),
        ("", 'there is no session ""', "vibe sessions list --all"),
        ("..", 'there is no session ".."', "vibe sessions list --all"),
        (
            "2026",
            '2 sessions are called "2026"',
            "say more: 20261121-130000-aeaq, 20261121-140000-aiba",
        ),
    ],
    ids=["unknown", "empty", "a path", "several"],
)
def test_what_names_no_session_or_several_is_told(
    tmp_path: Path, text: str, message: str, hint: str
):
    stored(tmp_path, 1)
    stored(tmp_path, 2)
    with pytest.raises(UsageError) as refusal:
        find(tmp_path, text)
    assert (refusal.value.message, refusal.value.hint) == (message, hint)


# Deleted


def test_a_deleted_session_leaves_nothing(tmp_path: Path, person: Person):
    with closing(begun(tmp_path, person, *whole_turn())) as session:
        place = Place(tmp_path / session.session)
        Blobs(place.blobs).put(b"old")
        with pytest.raises(SessionInUse):
            delete(place)
        assert load(place).transcript == session.transcript
    delete(place)
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_was_deleted_in_part_can_be_deleted(tmp_path: Path):
    place = written(tmp_path, *session())
    place.blobs.mkdir()
    delete(place)
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_is_no_session(tmp_path: Path):
    place = Place(tmp_path / stored(tmp_path, 1))
    place.journal.unlink()
    os.mkfifo(place.journal)
    assert listed(tmp_path) == []
