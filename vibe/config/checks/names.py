"""Names of providers and aliases of models: each once, and each reference to one that exists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from vibe.clean import quote
from vibe.config.checks.subject import RESERVED, Subject, folded
from vibe.config.codes import Code
from vibe.config.malformed import quoted
from vibe.config.nearest import nearest
from vibe.config.problem import Edit, Problem, problem
from vibe.config.scan import Path

Names: TypeAlias = list[tuple[Path, str]]


def check_names(subject: Subject) -> Iterator[Problem]:
    settings = subject.settings
    providers: Names = [
        (("providers", i, "name"), p.name) for i, p in enumerate(settings.providers)
    ]
    aliases: Names = [(_alias_path(subject, i), m.alias) for i, m in enumerate(settings.models)]
    yield from _duplicates(subject, providers, Code.PROVIDER_DUPLICATE, "provider")
    yield from _duplicates(subject, aliases, Code.ALIAS_DUPLICATE, "alias")
    yield from _reserved(subject, aliases)
    yield from _unknown_providers(subject)


def _alias_path(subject: Subject, index: int) -> Path:
    path: Path = ("models", index, "alias")
    return path if path in subject.origins else ("models", index, "name")


def _duplicates(subject: Subject, names: Names, code: Code, what: str) -> Iterator[Problem]:
    first: dict[str, tuple[Path, str]] = {}
    numbers: dict[str, int] = {}
    taken = {folded(name) for _, name in names}
    for path, name in names:
        if not name or not subject.holds(path):
            continue
        earlier_path, earlier = first.setdefault(folded(name), (path, name))
        if earlier_path == path:
            continue
        number = numbers.get(folded(name), 2)
        while folded(f"{name}-{number}") in taken:
            number += 1
        numbers[folded(name)] = number
        differs = "" if earlier == name else f" (written {quote(earlier)} there)"
        literal = quoted(f"{name}-{number}")
        edits = subject.rewritten(path, literal)
        if path[-1] != what and what == "alias":
            edits = subject.inserted_below(path, f"alias = {literal}")
        yield problem(
            code,
            subject.spot(path),
            f"the {what} {quote(name)} is already taken in {subject.line(earlier_path)}{differs}",
            help=f"give this one a name of its own, such as {literal}",
            edits=edits,
        )


def _reserved(subject: Subject, aliases: Names) -> Iterator[Problem]:
    for path, alias in aliases:
        if folded(alias) == RESERVED and subject.holds(path):
            edits = _renamed(subject, path, alias, "auto-model")
            yield problem(
                Code.ALIAS_RESERVED,
                subject.spot(path),
                'the alias "auto" means the whole pool and cannot name one model',
                help="choose another alias",
                edits=edits,
            )


def _renamed(subject: Subject, path: Path, alias: str, new: str) -> tuple[Edit, ...]:
    """Give the model at `path` another alias, also where it is referred to."""
    literal = quoted(new)
    edits = (
        subject.rewritten(path, literal)
        if path[-1] == "alias"
        else subject.inserted_below(path, f"alias = {literal}")
    )
    for at, entry in subject.pool():
        if entry.model == alias:
            edits += subject.rewritten((*at, "model"), literal)
    if subject.settings.active_model == alias:
        edits += subject.rewritten(("active_model",), literal)
    return edits


def _unknown_providers(subject: Subject) -> Iterator[Problem]:
    if not subject.are_known("providers", "name"):
        return
    known = [str(each.name) for each in subject.settings.providers if each.name]
    for index, model in enumerate(subject.settings.models):
        path: Path = ("models", index, "provider")
        if not model.provider or subject.provider(model.provider) or not subject.holds(path):
            continue
        guess = nearest(model.provider, known) or (known[0] if len(known) == 1 else None)
        where = ""
        if guess:
            position = known.index(guess)
            where = f" (defined in {subject.line(('providers', position, 'name'))})"
        hints = [f'did you mean "{guess}"{where}?'] if guess else []
        hints.append(
            "known providers: " + ", ".join(map(quote, known[:8])) + " …" * (len(known) > 8)
            if known
            else f"define it first: [[providers]] with name = {quoted(model.provider)}"
        )
        yield problem(
            Code.PROVIDER_UNKNOWN,
            subject.spot(path),
            f"unknown provider {quote(model.provider)}",
            help=" ".join(hints),
            edits=subject.rewritten(path, quoted(guess)) if guess else (),
        )
