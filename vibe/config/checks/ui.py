"""The keys of the chat: each does one thing, and no action is left without one by accident."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vibe.clean import quote
from vibe.config.checks.subject import Subject
from vibe.config.codes import Code
from vibe.config.problem import Problem, problem
from vibe.config.scan import Path
from vibe.domain.keys import KEYS, split


def check_ui(subject: Subject) -> Iterator[Problem]:
    given: dict[str, str] = {}  # to which action, by key
    for action, keys in subject.settings.ui.keys.items():
        path = _path(action)
        for key in split(keys) if subject.holds(path) else ():
            other = given.setdefault(key, action)
            if other != action:
                earlier = subject.line(_path(other))
                yield problem(
                    Code.UI_KEY_TWICE,
                    subject.spot(path),
                    f"the key {quote(key)} is given to {other} already, in {earlier}",
                    help=f"give {action} another one, or leave the key out for its own",
                    edits=subject.left_out(path),
                )
    yield from _without_keys(subject, given)


def _without_keys(subject: Subject, given: Mapping[str, str]) -> Iterator[Problem]:
    """Actions of which nothing is written, and all of whose keys were given to others."""
    for each in KEYS:
        name = each.name
        is_written = name in subject.settings.ui.keys or not subject.holds(_path(name))
        if is_written or not all(key in given for key in each.keys):
            continue
        key = each.keys[-1]
        action = given[key]
        yield problem(
            Code.UI_KEY_TAKEN,
            subject.spot(_path(action)),
            f"{name} is left without a key: {quote(key)} is given to {action}",
            help=f'give {action} another one, or {name} its own; {name} = "" says it needs none',
            edits=subject.left_out(_path(action)),
        )


def _path(action: str) -> Path:
    return ("ui", "keys", action)
