"""Sessions in a folder, begun, gone on with, or written by hand; and who is told of trouble."""

from __future__ import annotations

from pathlib import Path

from tests.session.samples import NOON, OPENED, PLAIN, answer, call, said
from vibe.domain.turn import TurnEnd
from vibe.session.line import line_of
from vibe.session.place import Place, places
from vibe.session.record import Answered, Opened, Record, TurnBegan, TurnEnded
from vibe.session.session import Session

BASH = call()
ASKED = (
    TurnBegan(turn=1, message=said("question"), at=NOON),
    Answered(turn=1, number=0, answer=answer("", BASH)),
)
ENDED = TurnEnded(turn=1, end=TurnEnd.FINISHED, at=NOON)


class Person:
    """Who is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def tell(self, text: str) -> None:
        self.told.append(text)


def begun(root: Path | None, person: Person, *records: Record) -> Session:
    begun = Session.begin(root, folder="/work/shop", at=NOON, redactor=PLAIN, tell=person.tell)
    if records:
        begun.put(*records)
    return begun


def resumed(root: Path, person: Person) -> Session:
    return going_on(places(root)[0], person)


def going_on(place: Place, person: Person) -> Session:
    return Session.resume(place, folder="/work/shop", at=NOON, redactor=PLAIN, tell=person.tell)


def written(root: Path, *records: Record) -> Place:
    """A journal of these, under the id that its first record tells."""
    opened = records[0] if records and isinstance(records[0], Opened) else OPENED
    place = Place(root / opened.session)
    place.folder.mkdir(parents=True, exist_ok=True)
    lines = [line_of(each, seq=n, redactor=PLAIN) for n, each in enumerate(records, start=1)]
    place.journal.write_bytes(b"".join(lines))
    return place
