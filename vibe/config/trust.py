"""Which project files the person trusts, by folder and content: a changed file is a new one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from vibe.config.write import rewrite
from vibe.errors import UsageError


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def is_trusted(file: Path, data: bytes | None, *, store: Path) -> bool:
    """Whether `file` was trusted with exactly this content; with any, if it has none to read."""
    trusted = entries(store).get(_name(file))
    return trusted is not None and (data is None or trusted == digest(data))


def everything_below(file: Path, *, home: Path) -> Path | None:
    """The folder whose project file this is, if it holds all others and so cannot be trusted."""
    folder = file.parent.parent.resolve()
    return folder if folder in (home.resolve(), Path("/")) else None


def trust(file: Path, data: bytes, *, store: Path, home: Path) -> None:
    """Remember that `file` with this content is trusted."""
    if folder := everything_below(file, home=home):
        raise UsageError(
            f"{folder} is never trusted as a project: everything lies below it",
            hint="put the settings into your own config.toml instead",
        )

    change(store, {_name(file): digest(data)})


def revoke(file: Path, *, store: Path) -> bool:
    """Forget it; whether there was anything to forget."""
    return change(store, {_name(file): None})


def entries(store: Path) -> Mapping[str, str]:
    """The digest of each path that is trusted."""
    try:
        return _known(store.read_bytes())
    except OSError:
        return {}


def change(store: Path, digests: Mapping[str, str | None]) -> bool:
    """Trust these paths with these digests, or no more; whether one of them was known."""
    found = False

    def changed(old: bytes | None) -> bytes:
        nonlocal found
        known = _known(old or b"")
        found = not known.keys().isdisjoint(digests)
        whole = {**known, **digests}
        return _written({path: each for path, each in whole.items() if each is not None})

    rewrite(store, changed)
    return found


def _name(file: Path) -> str:
    """The folder is what is trusted: a link in it may lead anywhere, but not lend its trust."""
    return str(file.parent.parent.resolve().joinpath(*file.parts[-2:]))


def _known(data: bytes) -> dict[str, str]:
    """A damaged store trusts nothing."""
    try:
        return cast("dict[str, str]", dict(json.loads(data)))
    except (ValueError, TypeError):
        return {}


def _written(known: dict[str, str]) -> bytes:
    return json.dumps(known, indent=1, sort_keys=True).encode() + b"\n"
