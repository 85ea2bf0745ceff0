"""A key that was seen in a session is in none of its files, and in no export."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest

from tests.session.samples import NOON, OPENED, PRODUCER, answer, call, key, said
from tests.session.sessions import Person
from vibe.domain.answer import Answer
from vibe.domain.message import Document, Image, Text, Thinking, ToolCall, ToolResult, User
from vibe.domain.turn import TurnEnd
from vibe.secret import Redactor
from vibe.session.export import Form, export
from vibe.session.place import places
from vibe.session.record import (
    Added,
    Answered,
    Approved,
    Compacted,
    Finished,
    Noted,
    Record,
    TurnBegan,
    TurnEnded,
)
from vibe.session.resume import load
from vibe.session.session import Session
from vibe.session.summary import summary_of
from vibe.session.transcript import Transcript

CANARY = "canary-0123456789-ABCDEFGHIJ"
SHAPED = "sk-ant-0123456789abcdefghij"
SAID = f"it is {CANARY}, or {SHAPED}."
FORMS = [CANARY, SHAPED, b64encode(CANARY.encode()).decode().rstrip("=")]
ASKED = call(arguments=f'{{"header": "authorization: Bearer {CANARY}"}}')


def everywhere() -> tuple[Record, ...]:
    """A session in which the key stands wherever there is a text."""
    data = f"key = {CANARY}".encode()
    message = User(
        (Text(SAID), Document(media_type="text/plain", data=data, name=SAID), Image(url=SAID))
    )
    parts = (Thinking(text=SAID, producer=PRODUCER, seal=SAID), Text(SAID), ASKED)
    told = ToolResult(call=ASKED.id, name="bash", parts=(Text(SAID),))
    return (
        TurnBegan(turn=1, message=message, at=NOON, context=SAID),
        Answered(turn=1, number=0, answer=Answer(parts=parts, pieces=answer().pieces)),
        Approved(call=key(1, 0), by=SAID),
        Finished(call=key(1, 0), result=told, details=f'{{"shown": "{SAID}"}}'),
        Added(turn=1, message=said(SAID)),
        Compacted(turn=1, message=said(SAID)),
        Noted(turn=1, text=SAID),
    )


async def test_no_file_of_a_session_holds_a_key(tmp_path: Path, person: Person):
    session = Session.begin(
        tmp_path, folder=f"/{CANARY}", at=NOON, redactor=Redactor([CANARY]), tell=person.tell
    )
    session.put(*everywhere())
    await session.end(TurnEnded(turn=1, end=TurnEnd.FAILED, at=NOON, detail=SAID))
    session.close()
    (place,) = places(tmp_path)
    files = {path.name: path.read_text() for path in (place.journal, place.summary)}
    assert [name for name, text in files.items() for form in FORMS if form in text] == []
    assert load(place).transcript.turns[0].message.parts[0] == Text("it is ***, or ***.")


def test_a_title_does_not_hold_half_a_key():
    transcript = Transcript().apply(
        TurnBegan(turn=1, message=said("x" * 50 + f" {CANARY}"), at=NOON)
    )
    told = summary_of(OPENED.session, transcript, redactor=Redactor([CANARY]))
    assert told.title == "x" * 50 + " ***"


@pytest.mark.parametrize("form", Form)
def test_no_export_holds_a_key(form: Form):
    transcript = Transcript().applied((OPENED, *everywhere()))
    text = export(OPENED.session, transcript, form, redactor=Redactor([CANARY]))
    assert [each for each in FORMS if each in text] == []
    assert "***" in text


async def test_a_key_that_is_learnt_later_is_not_written_from_then_on(
    tmp_path: Path, person: Person
):
    redactor = Redactor()
    session = Session.begin(tmp_path, folder="/", at=NOON, redactor=redactor, tell=person.tell)
    redactor.learn([CANARY])
    session.put(*everywhere())
    session.close()
    assert CANARY not in places(tmp_path)[0].journal.read_text()


def test_a_seal_is_kept_whole_or_not_at_all(tmp_path: Path, person: Person):
    seals = ["QUJD" * 8, f"{SHAPED}-"]
    thoughts = [Thinking(text="", producer=PRODUCER, seal=seal) for seal in seals]
    sealed = ToolCall(id=ASKED.id, name="bash", arguments="{}", seal=seals[0])
    parts = (*thoughts, sealed)
    session = Session.begin(tmp_path, folder="/", at=NOON, redactor=Redactor(), tell=person.tell)
    session.put(Answered(turn=1, number=0, answer=Answer(parts=parts, pieces=())))
    session.close()
    (step,) = load(places(tmp_path)[0]).transcript.turns[0].steps
    assert step.answer.parts == (
        thoughts[0],
        Thinking(text="", producer=PRODUCER, seal=""),
        sealed,
    )


def test_an_image_is_kept_byte_by_byte(tmp_path: Path, person: Person):
    image = Image(media_type="image/png", data=bytes(range(256)) * 20)
    session = Session.begin(tmp_path, folder="/", at=NOON, redactor=Redactor(), tell=person.tell)
    session.put(TurnBegan(turn=1, message=User((image,)), at=NOON))
    session.close()
    assert load(places(tmp_path)[0]).transcript.turns[0].message == User((image,))


def test_half_a_surrogate_pair_is_replaced_for_it_cannot_be_written(tmp_path: Path, person: Person):
    session = Session.begin(tmp_path, folder="/", at=NOON, redactor=Redactor(), tell=person.tell)
    session.put(TurnBegan(turn=1, message=said("a\ud83dz, ü"), at=NOON))
    session.close()
    assert load(places(tmp_path)[0]).transcript.turns[0].message == said("a?z, ü")
