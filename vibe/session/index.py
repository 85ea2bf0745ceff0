"""All sessions of a person: listed, found and deleted.

A list reads a small summary for each; a journal only where its summary is behind.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from vibe.clean import quote
from vibe.errors import UsageError
from vibe.secret import Redactor
from vibe.session import summary
from vibe.session.journal import locked
from vibe.session.place import Place, places
from vibe.session.resume import Unreadable, load, unreadable
from vibe.session.summary import Summary

_SHOWN = 5


def summaries(root: Path, *, redactor: Redactor) -> tuple[Summary, ...]:
    """Of all sessions in which anything was said, the one that was used last at the front."""
    found = (_summary(place, redactor) for place in places(root))
    told = [each for each in found if each.turns or each.trouble]
    return tuple(sorted(told, key=lambda each: (each.last, each.session), reverse=True))


def latest(root: Path, *, folder: str, redactor: Redactor) -> Place:
    """The session that was used last in this folder."""
    return Place(root / of_folder(root, folder=folder, redactor=redactor)[0].session)


def of_folder(root: Path, *, folder: str, redactor: Redactor) -> tuple[Summary, ...]:
    """The sessions of this folder, at least one, as `summaries` has them."""
    found = summaries(root, redactor=redactor)
    own = tuple(each for each in found if each.folder == folder and not each.trouble)
    if not own:
        raise UsageError(f"there is no session of {folder}", hint="vibe sessions list --all")
    return own


def find(root: Path, text: str) -> Place:
    """The one session whose id begins with `text`, or has it for its last part."""
    found = [place for place in places(root) if _is_meant(place, text)]
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"there is no session {quote(text)}", hint="vibe sessions list --all")
    names = ", ".join(place.session for place in found[-_SHOWN:])
    raise UsageError(f"{len(found)} sessions are called {quote(text)}", hint=f"say more: {names}")


def delete(place: Place) -> None:
    """The journal last: as long as anything is left of a session, it can be found and deleted."""
    with held(place, "delete"):
        try:
            for path in place.folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path != place.journal:
                    path.unlink()
            place.journal.unlink()
            place.folder.rmdir()
        except OSError as error:
            raise unreadable(place, error, "delete") from error


@contextmanager
def held(place: Place, what: str) -> Generator[None]:
    """Until this is left, nobody else writes it. `what` is done meanwhile, in a word."""
    try:
        file = locked(place.journal, os.O_RDONLY)
    except OSError as error:
        raise unreadable(place, error, what) from error
    try:
        yield
    finally:
        os.close(file)


def _is_meant(place: Place, text: str) -> bool:
    session = place.session
    return bool(text) and (session.startswith(text) or session.rpartition("-")[2] == text)


def _summary(place: Place, redactor: Redactor) -> Summary:
    try:
        size = place.journal.stat().st_size
        if (known := summary.kept(place, size=size)) is not None:
            return known
        loaded = load(place)
    except (OSError, Unreadable) as error:
        return Summary(session=place.session, trouble=str(error))
    if loaded.problems and not loaded.transcript.turns:
        return Summary(session=place.session, trouble=loaded.problems[0])
    made = summary.summary_of(place.session, loaded.transcript, redactor=redactor)
    summary.keep(made, place, size=size, redactor=redactor)
    return made
