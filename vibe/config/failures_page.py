"""The part of docs/errors.md that tells how providers fail, made from the verdicts themselves."""

from __future__ import annotations

from vibe.domain.advice import meaning, remedy
from vibe.domain.failure import Again, Elsewhere, FailureKind, Rest, Scope, verdict

_INTRODUCTION = """\
## When a provider fails

Every way in which a provider can fail is one of these kinds, whatever it says and however. The kind
decides what may be asked next, and what is left alone for how long.

| kind | means | the same again | another model | left alone | for how long | held against it |
|---|---|---|---|---|---|---|
"""
_REMEDIES = """\

What you can do:

| kind | remedy |
|---|---|
"""
_AGAIN: dict[Again, str] = {
    "no": "no",
    "once": "once",
    "last_resort": "if nothing else can serve",
    "last_resort_once": "once, if nothing else can serve",
}
_ELSEWHERE: dict[Elsewhere, str] = {
    "no": "no",
    "yes": "yes",
    "larger_window": "with a larger window",
    "if_lacks": "if this one lacks a capability",
    "by_configuration": "only if configured",
    "seam": "goes on from the cut",
}
_SCOPE: dict[Scope, str] = {
    "nothing": "nothing",
    "entry": "the entry",
    "key": "all entries of the key",
    "origin": "all entries of the host",
}
_REST: dict[Rest, str] = {
    "none": "–",
    "rate_limit": "as the provider says, else `rate_limit_disable_duration_ms`",
    "error": "as the provider says, else `persistent_error_disable_duration_ms`",
    "until_change": "until the configuration or the environment changes",
    "until_reset": "until the reset if known, else an hour and longer each time",
    "ten_minutes": "ten minutes",
    "second_time": "from the second time within a minute",
    "by_inner": "as the error inside it",
}


def failures_section() -> str:
    rows = "".join(_row(kind) for kind in FailureKind)
    remedies = "".join(f"| `{kind}` | {remedy(kind)} |\n" for kind in FailureKind if remedy(kind))
    return _INTRODUCTION + rows + _REMEDIES + remedies


def _row(kind: FailureKind) -> str:
    judged = verdict(kind)
    cells = (
        f"`{kind}`",
        meaning(kind),
        _AGAIN[judged.again],
        _ELSEWHERE[judged.elsewhere],
        _SCOPE[judged.scope],
        _REST[judged.rest],
        "yes" if judged.counts else "no",
    )
    return f"| {' | '.join(cells)} |\n"
