"""All sessions of a person, for whoever lets one choose among them: what can be done with each.

Knows no screen and asks nobody. Everything waits for the disk, so it is called beside a screen.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from vibe.secret import Redactor
from vibe.session.export import Form, export
from vibe.session.fork import fork
from vibe.session.index import delete, summaries
from vibe.session.journal import is_in_use
from vibe.session.place import Place
from vibe.session.record import SessionId
from vibe.session.resume import beginning, load
from vibe.session.summary import Summary
from vibe.session.transcript import Transcript


class Shelf(Struct, frozen=True, kw_only=True):
    """`root` is the folder of all sessions."""

    root: Path
    redactor: Redactor

    def place(self, session: SessionId) -> Place:
        return Place(self.root / session)

    def all(self) -> tuple[Summary, ...]:
        """The one that was used last at the front."""
        return summaries(self.root, redactor=self.redactor)

    def beginning(self, session: SessionId) -> Transcript:
        return beginning(self.place(session))

    def has(self, session: SessionId) -> bool:
        """Whether anything of it could be written down."""
        return os.access(self.place(session).journal, os.R_OK)

    def is_in_use(self, session: SessionId) -> bool:
        """Whether a process writes it now, be it this one."""
        with suppress(OSError):
            return is_in_use(self.place(session).journal)
        return False

    def fork(
        self,
        session: SessionId,
        *,
        last_turn: int | None = None,
        at: float,
        tell: Callable[[str], None],
    ) -> SessionId:
        """The copy, which nobody writes yet."""
        forked = fork(
            self.place(session),
            self.root,
            last_turn=last_turn,
            at=at,
            redactor=self.redactor,
            tell=tell,
        )
        forked.close()
        return forked.session

    def markdown(self, session: SessionId) -> str:
        transcript = load(self.place(session)).transcript
        return export(session, transcript, Form.MARKDOWN, redactor=self.redactor)

    def delete(self, session: SessionId) -> None:
        delete(self.place(session))
