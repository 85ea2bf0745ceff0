"""Where a session lies on disk, and what its id looks like."""

from __future__ import annotations

import re
from base64 import b32encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from vibe.session.record import SessionId

NOISE_BYTES: Final = 3
_ID: Final = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z2-7]{4}")


class Place(Struct, frozen=True):
    """The folder of one session, whether there is one yet or not."""

    folder: Path

    @property
    def session(self) -> SessionId:
        return SessionId(self.folder.name)

    @property
    def journal(self) -> Path:
        return self.folder / "events.jsonl"

    @property
    def summary(self) -> Path:
        return self.folder / "summary.json"

    @property
    def outputs(self) -> Path:
        return self.folder / "outputs"

    @property
    def unsent(self) -> Path:
        """What the person had typed and not sent."""
        return self.folder / "unsent.json"

    @property
    def blobs(self) -> Path:
        return self.folder / "blobs"


def new_id(at: float, noise: bytes) -> SessionId:
    """Ids sort by their time, which is UTC; the end is enough to type. `noise` is random."""
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y%m%d-%H%M%S")
    return SessionId(f"{moment}-{b32encode(noise).decode().lower()[:4]}")


def places(root: Path) -> list[Place]:
    """Of all sessions, in the order of their ids."""
    try:
        names = sorted(folder.name for folder in root.iterdir() if _ID.fullmatch(folder.name))
    except OSError:
        return []
    journals = [Place(root / name).journal for name in names]
    # A pipe would never let go of who reads it.
    return [Place(each.parent) for each in journals if each.exists() and not each.is_fifo()]
