"""A copy of a conversation, from where it can go another way. The original may be in use.

Costs, and the files as they were before a turn, stay with the original.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import assert_never

from vibe.errors import UsageError
from vibe.secret import Redactor
from vibe.session.place import Place
from vibe.session.record import (
    Added,
    Answered,
    Approved,
    Arrived,
    Changed,
    Compacted,
    Finished,
    Forked,
    Gap,
    Noted,
    Opened,
    Record,
    Restored,
    Rewound,
    Started,
    TurnBegan,
    TurnEnded,
    Unknown,
    Used,
)
from vibe.session.resume import load, require_known_format
from vibe.session.session import Session


def fork(
    source: Place,
    root: Path,
    *,
    last_turn: int | None = None,
    at: float,
    redactor: Redactor,
    tell: Callable[[str], None],
) -> Session:
    """A new session that has the turns up to and with `last_turn`; None: all that there are."""
    loaded = load(source)
    transcript = loaded.transcript
    require_known_format(transcript)
    numbers = [turn.number for turn in transcript.turns]
    if last_turn is not None and last_turn not in numbers:
        told = f"there is no turn {last_turn} in the session {source.session}"
        raise UsageError(told, hint=f"vibe sessions show {source.session}")
    kept = {each for each in numbers if last_turn is None or each <= last_turn}
    copied = [record for record in loaded.records if _turn_of(record) in kept]
    opened = transcript.opened
    forked = Session.begin(
        root,
        folder=opened.folder if opened else "",
        branch=opened.branch if opened else "",
        at=at,
        redactor=redactor,
        tell=tell,
    )
    forked.put(*copied)
    forked.put(*forked.transcript.unheard, Forked(origin=source.session))
    return forked


def _turn_of(record: Record) -> int | None:
    """None for what is not copied."""
    match record:
        case Opened() | Forked() | Gap() | Rewound() | Used() | Changed() | Restored():
            return None
        case Approved() | Started() | Finished() | Unknown():
            return record.call.turn
        case TurnBegan() | Answered() | Arrived() | Added() | Compacted() | Noted() | TurnEnded():
            return record.turn
    assert_never(record)
