"""A reference to a model by an alias that no model has, and what was most likely meant by it."""

from __future__ import annotations

from collections.abc import Sequence

from vibe.clean import quote
from vibe.config.checks.subject import Subject
from vibe.config.codes import Code
from vibe.config.corrections import commented_value, uncommented
from vibe.config.malformed import quoted
from vibe.config.nearest import nearest
from vibe.config.problem import Edit, Problem, Severity, problem
from vibe.config.scan import Path

_SHOWN = 8


def is_unknown(subject: Subject, alias: str) -> bool:
    return subject.model(alias) is None and subject.are_known("models", "alias", "name")


def unknown_alias(
    subject: Subject,
    path: Path,
    alias: str,
    code: Code,
    *,
    free: Sequence[str],
    severity: Severity | None = None,
) -> Problem:
    """`free` are the names that may stand at `path`: one used already would be the next mistake."""
    known = [model.alias for model in subject.settings.models if model.alias]
    hint, edits = _meant(subject, path, alias, free)
    listed = ", ".join(map(quote, known[:_SHOWN])) + (" …" if len(known) > _SHOWN else "")
    listed = f"known aliases: {listed}" if known else "no [[models]] are defined yet"
    return problem(
        code,
        subject.spot(path),
        f"unknown model alias {quote(alias)}",
        help=f"{hint} {listed}".strip(),
        edits=edits,
        severity=severity,
    )


def _meant(
    subject: Subject, path: Path, alias: str, free: Sequence[str]
) -> tuple[str, tuple[Edit, ...]]:
    """What to say of an unknown alias, and the edit that puts the right one there."""
    source = subject.source()
    if source and (number := commented_value(source, "alias", alias)):
        hint = f"in line {number} it is only a comment;"
        return hint, (uncommented(source, "alias", number),)
    named = subject.named(alias)
    if named is not None:
        index, model = named
        place = subject.line(("models", index, "alias"))
        hint = f"that is a model name; its alias is {quote(model.alias)} ({place});"
        return hint, subject.rewritten(path, quoted(model.alias))
    near = nearest(alias, free)
    guess = near or (free[0] if len(free) == 1 else None)
    if guess is None:
        return "", ()
    found = subject.model(guess)
    place = f" ({subject.line(('models', found[0], 'alias'))})" if found else ""
    hint = f"did you mean {quote(guess)}{place}?" if near else f"use {quote(guess)}{place};"
    return hint, subject.rewritten(path, quoted(guess))
