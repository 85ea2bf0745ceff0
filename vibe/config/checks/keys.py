"""API keys: whether the variable that each model needs is named rightly and holds a key.

A key is looked at, never shown: no message of this file can contain a value.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from vibe.clean import quote
from vibe.config.checks.subject import Subject
from vibe.config.codes import Code
from vibe.config.known import usual_variable
from vibe.config.malformed import quoted
from vibe.config.problem import Problem, Severity, problem
from vibe.config.scan import Path
from vibe.config.schema import Provider
from vibe.config.variables import BadReference, Variables
from vibe.secret import looks_like_key

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACEHOLDER = re.compile(
    r"(?:.*[-_])?your[-_ ].*|.*[-_ ]here|.*(?:\.{3}|…)|(?:sk-)?x{3,}|<.*>|\$\{?\w+\}?|"
    r"change[-_ ]?me|replace[-_ ]?me|todo|placeholder|example|dummy-key",
    re.IGNORECASE,
)


def check_keys(subject: Subject, *, allow_missing: bool) -> Iterator[Problem]:
    users: dict[str, list[tuple[Path, str]]] = {}
    for path, alias in subject.answering():
        found = subject.model(alias)
        if found is not None:
            users.setdefault(found[1].provider, []).append((path, alias))
    for index, provider in enumerate(subject.settings.providers):
        here: Path = ("providers", index, "api_key_env_var")
        name = provider.api_key_env_var
        if not name or not subject.holds(here):
            continue
        if not _VARIABLE.fullmatch(name) or looks_like_key(name):
            yield _pasted(subject, here, provider)
        elif provider.name in users and provider.enabled:
            trouble = key_trouble(name, subject.variables)
            if trouble:
                yield _missing(
                    subject,
                    here,
                    provider,
                    trouble,
                    users[provider.name],
                    allow_missing=allow_missing,
                    can_go_without=_is_answered(subject, users),
                )
    yield from _azure_versions(subject)


def key_trouble(name: str, variables: Variables) -> str | None:
    """Why the variable `name` holds no usable key; None where it does."""
    try:
        value = variables.get(name)
    except BadReference as error:
        return f"cannot be worked out: {error.message}"
    if value is None:
        return "is not set"
    if not value:
        return "is empty"
    if not value.strip():
        return "holds nothing but blanks"
    if value != value.strip():
        return "begins or ends with a blank or a line break"
    if value[0] in "\"'" or value[-1] in "\"'":
        return "has quotes around the key; they are part of the value"
    if _PLACEHOLDER.fullmatch(value):
        return "still holds the placeholder of an example"
    if not value.isascii() or not value.isprintable() or " " in value:
        return "holds characters that no key has"
    return None


def _is_answered(subject: Subject, users: Container[str]) -> bool:
    """Whether anybody has the key that it needs."""
    return any(
        not provider.api_key_env_var
        or key_trouble(provider.api_key_env_var, subject.variables) is None
        for provider in subject.settings.providers
        if provider.name in users and provider.enabled
    )


def _pasted(subject: Subject, path: Path, provider: Provider) -> Problem:
    variable = usual_variable(provider.name)
    return problem(
        Code.API_KEY_PASTED,
        subject.spot(path),
        f"api_key_env_var of provider {quote(provider.name)}: this looks like a key, "
        "not a variable name; value hidden",
        help=f"put the key into .env as {variable}=… and write the name {variable} here",
        edits=subject.rewritten(path, quoted(variable)),
    )


def _missing(
    subject: Subject,
    path: Path,
    provider: Provider,
    trouble: str,
    users: list[tuple[Path, str]],
    *,
    allow_missing: bool,
    can_go_without: bool,
) -> Problem:
    variable = provider.api_key_env_var
    pooled = users[0][0] != ("active_model",)
    needed = ", ".join(f"{quote(alias)} ({subject.line(user)})" for user, alias in users)
    severity: Severity = "warning" if pooled and allow_missing else "error"
    role = "pool" if pooled else "active_model"
    is_advised = pooled and can_go_without and not allow_missing
    return problem(
        Code.API_KEY_MISSING,
        subject.spot(path),
        f"Missing API key: {variable} {trouble}; provider {quote(provider.name)} needs it for the "
        f"{role} {'entries' if pooled and len(users) > 1 else 'entry' if pooled else 'alias'} "
        + needed,
        help=f"export {variable}=… or write it into .env beside the file"
        + "; --allow-missing-keys starts without it" * is_advised,
        remedy=f"export {variable}=…",
        severity=severity,
    )


def _azure_versions(subject: Subject) -> Iterator[Problem]:
    for index, provider in enumerate(subject.settings.providers):
        if provider.backend != "azure" or provider.api_version:
            continue
        path: Path = ("providers", index, "backend")
        yield problem(
            Code.API_VERSION_MISSING,
            subject.spot(path),
            f"provider {quote(provider.name)} speaks to Azure, which requires api_version",
            help='add api_version = "2024-10-21" to the provider',
            edits=subject.inserted_below(path, 'api_version = "2024-10-21"'),
        )
