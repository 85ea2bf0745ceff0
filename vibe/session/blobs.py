"""What files held before they were changed: contents by their digest, beside the journal.

They are the person's own files, byte by byte: nothing is taken out of them, and only their owner
can read them. What comes back is what was put in, or nothing. Waits for the disk.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from vibe.config.write import rewrite
from vibe.session.record import BlobId


def digest_of(content: bytes) -> BlobId:
    return BlobId(sha256(content).hexdigest())


class Blobs:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, content: bytes) -> BlobId:
        """Once it returns, the disk has it. Raises `WriteError`."""
        digest = digest_of(content)
        rewrite(self._folder / digest, lambda _: content)
        return digest

    def put_soon(self, content: bytes) -> BlobId:
        """Once it returns, the system has it, and the disk a while later: for what is changed
        already, where a wait would save nothing. Raises OSError."""
        digest = digest_of(content)
        path = self._soon(digest)
        with suppress(OSError):
            if path.stat().st_size == len(content):
                return digest
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = path.with_suffix(".tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(temporary, flags, 0o600), "wb") as file:
            file.write(content)
        temporary.replace(path)
        return digest

    def path_of(self, digest: BlobId) -> Path:
        return self._folder / digest

    def get(self, digest: BlobId) -> bytes | None:
        """None where it is missing, or no longer what was put in."""
        for path in (self.path_of(digest), self._soon(digest)):
            with suppress(OSError, ValueError):
                content = path.read_bytes()
                if digest_of(content) == digest:
                    return content
        return None

    def _soon(self, digest: BlobId) -> Path:
        """A place of its own, so that who waits for the disk does not take it for there."""
        return self._folder / f"{digest}.soon"
