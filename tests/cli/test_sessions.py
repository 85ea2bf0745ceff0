"""`vibe sessions …`: what is on disk, shown, handed on, copied, undone and deleted."""

from __future__ import annotations

import json
import os
import re
from contextlib import nullcontext
from pathlib import Path

import pytest

from tests.drive import Outcome, Terminal, vibe
from tests.session.samples import NOON, OPENED, key, said, session
from tests.session.sessions import ASKED, written
from vibe.session.blobs import Blobs, digest_of
from vibe.session.index import held
from vibe.session.place import Place
from vibe.session.record import (
    Changed,
    File,
    NoFile,
    NotKept,
    Opened,
    Record,
    SessionId,
    Started,
    TurnBegan,
    Unknown,
)
from vibe.session.resume import load

CANARY = "canary-0123456789-ABCDEFGHIJ"


def sessions(home: Path, *args: str, stdin: Terminal | None = None) -> Outcome:
    outcome = vibe("sessions", *args, home=home, cwd=Path("/work/shop"), stdin=stdin)
    return Outcome(code=outcome.code, out=timeless(outcome.out), err=outcome.err)


def timeless(text: str) -> str:
    """With another time for each, as this machine may be in any zone."""
    return re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d\b(?! UTC)", "2026-01-01 00:00", text)


def root_of(home: Path) -> Path:
    return home / ".local" / "state" / "vibe" / "sessions"


def stored(home: Path, *records: Record) -> Place:
    return written(root_of(home), *(records or session(2)))


def elsewhere(home: Path) -> None:
    opened = Opened(session=SessionId("20261122-120000-efgh"), folder="/work", at=NOON, vibe="1")
    stored(home, opened, TurnBegan(turn=1, message=said("other"), at=NOON))


def test_before_there_is_a_session_it_says_so(tmp_path: Path) -> None:
    told = "there are no sessions of this folder\n"
    assert sessions(tmp_path, "list") == Outcome(code=0, out="", err=told)
    elsewhere(tmp_path)
    told = "there are no sessions of this folder; 1 of others: vibe sessions list --all\n"
    assert sessions(tmp_path, "list") == Outcome(code=0, out="", err=told)
    assert sessions(tmp_path, "list", "--json") == Outcome(code=0, out="[]\n", err="")


def test_the_sessions_of_a_folder_and_of_all(tmp_path: Path) -> None:
    stored(tmp_path)
    elsewhere(tmp_path)
    assert sessions(tmp_path, "list").out == (
        "ID                    LAST              TURNS  COST      TITLE\n"
        "20261121-120000-abcd  2026-01-01 00:00  2      $0.00003  question 1\n"
    )
    assert sessions(tmp_path, "list", "--all").out == (
        "ID                    LAST              TURNS  COST      TITLE       FOLDER\n"
        "20261121-120000-abcd  2026-01-01 00:00  2      $0.00003  question 1  /work/shop\n"
        "20261122-120000-efgh  2026-01-01 00:00  1      $0.000    other       /work\n"
    )


def test_a_list_as_json_tells_the_same(tmp_path: Path) -> None:
    stored(tmp_path)
    assert json.loads(sessions(tmp_path, "list", "--json").out) == [
        {
            "session": "20261121-120000-abcd",
            "title": "question 1",
            "folder": "/work/shop",
            "branch": "",
            "began": NOON,
            "last": NOON + 150.0,
            "turns": 2,
            "cost_uusd": 28,
            "is_exact": True,
            "models": ["strong"],
            "origin": None,
            "trouble": "",
        }
    ]


def test_a_session_in_brief(tmp_path: Path) -> None:
    asked = (ASKED[0], ASKED[1], Unknown(call=key(1, 0)))
    big, passed_over = NotKept("big"), NotKept("passed over", may_be_same=True)
    stored(
        tmp_path,
        OPENED,
        *asked,
        Changed(turn=1, path="/work/a", before=passed_over, after=big),
        Changed(turn=1, path="/work/b", before=passed_over, after=big),
        Changed(turn=1, path="/work/a", before=big, after=NoFile()),
    )
    assert sessions(tmp_path, "show") == Outcome(
        code=0,
        out="question\n"
        "20261121-120000-abcd   /work/shop   2026-01-01 00:00   <$0.00001\n"
        "TURN  STATE   ANSWERS  CALLS          TITLE\n"
        "1     ◐ open  1        1 (1 unknown)  question\n"
        "MODEL   ANSWERS  READ  CACHED  WROTE  COST\n"
        "strong  1        100   0       10     <$0.00001\n"
        "changed /work/a\n"
        "perhaps changed /work/b\n",
        err="",
    )


def test_what_is_missing_of_a_session_is_told(tmp_path: Path) -> None:
    place = stored(tmp_path)
    place.journal.write_bytes(place.journal.read_bytes().replace(b"question 2", b"question X"))
    outcome = sessions(tmp_path, "show", "abcd")
    assert "[A part of the conversation was damaged" in outcome.out
    assert re.fullmatch(
        r"warning: \d+ bytes of the session are damaged; 1 record is lost\n", outcome.err
    )


def test_a_session_in_brief_as_json(tmp_path: Path) -> None:
    stored(tmp_path)
    data = json.loads(sessions(tmp_path, "show", "--json").out)
    assert data["turns"][1] == {
        "number": 2,
        "title": "question 2",
        "began": NOON + 120.0,
        "end": "finished",
        "answers": 2,
        "calls": 1,
        "unknown": 0,
    }
    assert (data["files"], data["problems"], data["usage"][0]["answers"]) == ([], [], 4)


@pytest.mark.parametrize(
    ("form", "begin"), [("md", "# question 1\n"), ("html", "<!DOCTYPE html>\n"), ("json", "{\n")]
)
def test_an_export_goes_to_stdout_or_into_a_file(tmp_path: Path, form: str, begin: str) -> None:
    stored(tmp_path)
    file = tmp_path / "out"
    outcome = sessions(tmp_path, "export", "2026", "--format", form)
    assert sessions(tmp_path, "export", "--format", form, "-o", str(file)).out == ""
    assert outcome.out.startswith(begin)
    assert timeless(file.read_text()) == outcome.out


def test_what_a_session_holds_of_a_key_that_is_known_now_is_not_shown(tmp_path: Path) -> None:
    stored(tmp_path, OPENED, TurnBegan(turn=1, message=said(f"use {CANARY}"), at=NOON))
    for command in ("list", "show", "export"):
        outcome = vibe(
            *("sessions", command, *(("--all",) if command == "list" else ("abcd",))),
            home=tmp_path,
            env={"ACME_API_KEY": CANARY},
        )
        assert (CANARY in outcome.out, "use ***" in outcome.out) == (False, True)


def test_a_fork_has_an_id_of_its_own_and_the_turns_asked_for(tmp_path: Path) -> None:
    stored(tmp_path)
    name = sessions(tmp_path, "fork", "abcd", "--turn", "1").out.strip()
    forked = load(Place(root_of(tmp_path) / name)).transcript
    assert (forked.origin, len(forked.turns)) == (OPENED.session, 1)
    data = json.loads(sessions(tmp_path, "fork", "abcd", "--json").out)
    assert data["origin"] == OPENED.session


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A file that the second turn of a session has changed."""
    file = Path(os.path.realpath(tmp_path)) / "a.py"
    blobs = Blobs(Place(root_of(tmp_path) / OPENED.session).blobs)
    before = File(digest=blobs.put(b"old"), mode=0o644)
    after = File(digest=digest_of(b"new"), mode=0o644)
    stored(tmp_path, *session(2), Changed(turn=2, path=str(file), before=before, after=after))
    file.write_bytes(b"new")
    return file


def test_files_are_brought_back(tmp_path: Path, changed: Path) -> None:
    trial = sessions(tmp_path, "restore", "--dry-run")
    assert changed.read_bytes() == b"new"
    assert sessions(tmp_path, "restore") == trial
    assert trial == Outcome(code=0, out=f"● restored  {changed}\n", err="")
    assert changed.read_bytes() == b"old"
    again = f"– left  {changed}: it is as it was\n"
    assert sessions(tmp_path, "restore") == Outcome(code=0, out=again, err="")
    none = "no file was changed from turn 3 on\n"
    assert sessions(tmp_path, "restore", "--turn", "3") == Outcome(code=0, out="", err=none)


def test_a_file_that_has_changed_since_is_left_alone(tmp_path: Path, changed: Path) -> None:
    changed.write_bytes(b"mine")
    told = f"! left alone  {changed}: it has changed since\n"
    assert sessions(tmp_path, "restore") == Outcome(code=1, out=told, err="")
    data = json.loads(sessions(tmp_path, "restore", "--json").out)
    why = "it has changed since"
    assert data == [{"path": str(changed), "way": "refuse", "why": why, "copy": ""}]
    assert changed.read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("is_in_use", "state", "outcome", "warning"),
    [
        pytest.param(
            True,
            "it is under way",
            "### Tool: bash\n\n```\n{}\n```\n\n```\nIt is under way.\n```\n",
            "warning: another vibe is writing this session: its last turn is not over\n",
            id="in use",
        ),
        pytest.param(
            False,
            "it was interrupted, with vibe",
            "### Tool: bash (failed)\n\n```\n{}\n```\n\n```\ninterrupted: outcome unknown.",
            "",
            id="left behind",
        ),
    ],
)
def test_a_command_is_told_as_under_way_as_long_as_it_is(
    tmp_path: Path, is_in_use: bool, state: str, outcome: str, warning: str
) -> None:
    place = stored(tmp_path, OPENED, *ASKED, Started(call=key(1, 0)))
    with held(place, "write") if is_in_use else nullcontext():
        exported = sessions(tmp_path, "export", "abcd")
        plan = sessions(tmp_path, "restore", "--dry-run", "abcd")
    assert outcome in exported.out
    assert exported.err == warning
    told = f'! left alone  /work/shop: what "bash" changed is not known: {state}\n'
    assert plan == Outcome(code=1, out=told, err="")


def test_a_session_in_use_is_not_restored(tmp_path: Path, changed: Path) -> None:
    with held(Place(root_of(tmp_path) / OPENED.session), "write"):
        refused = sessions(tmp_path, "restore")
    assert (refused.code, refused.err.partition("\n")[0], changed.read_bytes()) == (
        1,
        f"error: another vibe is writing the session {OPENED.session}",
        b"new",
    )


@pytest.mark.parametrize(
    ("answer", "code", "left"), [("y\n", 0, []), ("n\n", 1, ["20261121-120000-abcd"])]
)
def test_a_session_is_deleted_by_who_says_so(
    tmp_path: Path, answer: str, code: int, left: list[str]
) -> None:
    stored(tmp_path)
    outcome = sessions(tmp_path, "delete", "abcd", stdin=Terminal(answer))
    assert outcome.code == code
    assert outcome.err.startswith("Delete 20261121-120000-abcd? [y/N]")
    assert [each.name for each in root_of(tmp_path).iterdir()] == left


def test_nothing_is_deleted_without_a_word(tmp_path: Path) -> None:
    place = stored(tmp_path)
    assert sessions(tmp_path, "delete", "abcd") == Outcome(
        code=2,
        out="",
        err="error: nobody is here to be asked\n  help: vibe sessions delete --yes ID\n",
    )
    with held(place, "write"):
        in_use = sessions(tmp_path, "delete", "--yes", "abcd")
    assert in_use.err.startswith(
        "error: another vibe is writing the session 20261121-120000-abcd\n"
    )
    assert place.journal.exists()
    assert sessions(tmp_path, "delete", "--yes", "abcd").err == "deleted 20261121-120000-abcd\n"


def test_a_session_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert sessions(tmp_path, "show", "nope") == Outcome(
        code=2,
        out="",
        err='error: there is no session "nope"\n  help: vibe sessions list --all\n',
    )
    assert sessions(tmp_path, "show").err.startswith("error: there is no session of /work/shop\n")
