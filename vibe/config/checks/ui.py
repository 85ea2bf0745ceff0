"""The keys of the chat: each does one thing."""

from __future__ import annotations

from collections.abc import Iterator

from vibe.clean import quote
from vibe.config.checks.subject import Subject
from vibe.config.codes import Code
from vibe.config.problem import Problem, problem
from vibe.config.scan import Path
from vibe.domain.keys import split


def check_ui(subject: Subject) -> Iterator[Problem]:
    """Of what is written alone: that takes a key from what has it by default."""
    first: dict[str, tuple[Path, str]] = {}
    for action, keys in subject.settings.ui.keys.items():
        path: Path = ("ui", "keys", action)
        for key in split(keys) if subject.holds(path) else ():
            earlier, other = first.setdefault(key, (path, action))
            if other != action:
                yield problem(
                    Code.UI_KEY_TWICE,
                    subject.spot(path),
                    f"the key {quote(key)} is given to {other} already, in {subject.line(earlier)}",
                    help=f"give {action} another one, or leave the key out for its own",
                    edits=subject.left_out(path),
                )
