"""What a person has allowed for good: rules, each for one folder, kept in the state folder.

A folder is known by its real path. The file is written whole or not at all, by its owner alone to
be read; one that is damaged allows nothing, and is put aside before another takes its place.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from vibe.config.write import rewrite
from vibe.domain.rule import BadRule, Rule, Rules, rule
from vibe.errors import UsageError


class Grant(Struct, frozen=True, kw_only=True):
    """`rule` as it was shown, allowed in `folder` since `at` (seconds of the wall clock)."""

    folder: str
    rule: str
    at: float


class Granted(Struct, frozen=True, kw_only=True):
    """All grants, in the order of their making. `trouble` is None if the file could be read."""

    grants: tuple[Grant, ...] = ()
    trouble: str | None = None


class _Store(Struct, frozen=True, kw_only=True):
    version: Literal[1] = 1
    grants: tuple[Grant, ...] = ()


def read_grants(store: Path) -> Granted:
    try:
        return Granted(grants=_decoded(store.read_bytes()).grants)
    except FileNotFoundError:
        return Granted()
    except OSError as error:
        why = error.strerror or "it cannot be read"
    except ValueError:
        why = "it is damaged"
    return Granted(trouble=f"{store} counts for nothing, {why}: what it allowed is asked again")


def with_grants(rules: Rules, granted: Granted, *, folder: Path) -> Rules:
    """`rules`, and what was allowed for good in this folder."""
    own = (_sound(each.rule) for each in granted.grants if each.folder == _key(folder))
    return replace(rules, allow=(*rules.allow, *filter(None, own)))


def grant(store: Path, rules: Iterable[str], *, folder: Path, at: float) -> None:
    """Allow this for good. Each rule is one that `Part.always` told."""
    here = _key(folder)

    def changed(old: tuple[Grant, ...]) -> tuple[Grant, ...]:
        known = {each.rule for each in old if each.folder == here}
        new = (text for text in dict.fromkeys(rules) if text not in known)
        return (*old, *(Grant(folder=here, rule=text, at=at) for text in new))

    _change(store, changed)


def forget(store: Path, numbers: Iterable[int]) -> tuple[Grant, ...]:
    """Take back the grants that have these numbers, counted from 1; returns them."""
    forgotten: list[Grant] = []

    def changed(old: tuple[Grant, ...]) -> tuple[Grant, ...]:
        for number in wanted:
            if not 1 <= number <= len(old):
                raise UsageError(f"there is no grant {number}", hint="vibe permissions list")
        forgotten[:] = [old[number - 1] for number in sorted(wanted)]
        return tuple(each for at, each in enumerate(old, start=1) if at not in wanted)

    wanted = set(numbers)
    _change(store, changed)
    return tuple(forgotten)


def _change(store: Path, changed: Callable[[tuple[Grant, ...]], tuple[Grant, ...]]) -> None:
    def content(old: bytes | None) -> bytes:
        try:
            known = _Store() if old is None else _decoded(old)
        except ValueError:
            _put_aside(store, old or b"")
            known = _Store()
        new = _Store(grants=changed(known.grants))
        return msgspec.json.format(msgspec.json.encode(new), indent=1) + b"\n"

    rewrite(store, content)


def _decoded(data: bytes) -> _Store:
    return msgspec.json.decode(data, type=_Store)


def _key(folder: Path) -> str:
    """A name that is no text is told by its bytes."""
    return os.fsencode(os.path.realpath(folder)).decode(errors="backslashreplace")


def _sound(text: str) -> Rule | None:
    """None for what another version of vibe, or an editor, has written there."""
    try:
        return rule(text)
    except BadRule:
        return None


def _put_aside(store: Path, data: bytes) -> None:
    """Beside the store, under a name of its content: the same damage is kept once."""
    name = f"{store.name}.damaged-{hashlib.sha256(data).hexdigest()[:12]}"
    with suppress(FileExistsError):
        descriptor = os.open(store.with_name(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
