"""The pool and the active model: every alias known, and traffic that can go somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from vibe.clean import quote
from vibe.config.checks.aliases import is_unknown, unknown_alias
from vibe.config.checks.subject import Subject
from vibe.config.codes import Code
from vibe.config.corrections import commented_setting, uncommented
from vibe.config.malformed import quoted
from vibe.config.problem import Edit, Problem, Severity, problem
from vibe.config.scan import Path


def check_pool(subject: Subject) -> Iterator[Problem]:
    mux = subject.settings.multiplexer
    pooled = mux.enabled and mux.mode != "single"
    yield from _entries(subject, severity="error" if mux.enabled else "warning")
    if pooled:
        yield from _routable(subject)
        yield from _active_outside(subject)
    yield from _active(subject, needed=not pooled)
    yield from _disabled_providers(subject)


def _entries(subject: Subject, *, severity: Severity) -> Iterator[Problem]:
    first: dict[str, Path] = {}
    for path, entry in subject.pool():
        here = (*path, "model")
        if not entry.model or not subject.holds(here):
            continue
        if is_unknown(subject, entry.model):
            yield unknown_alias(
                subject,
                here,
                entry.model,
                Code.POOL_UNKNOWN_ALIAS,
                free=subject.unpooled,
                severity=severity,
            )
        earlier = first.setdefault(entry.model, here)
        if earlier != here:
            yield problem(
                Code.POOL_DUPLICATE,
                subject.spot(here),
                f"{quote(entry.model)} is already in the pool in {subject.line(earlier)}",
                help="keep one entry; a larger share of the traffic is a larger weight",
                edits=subject.left_out(path),
                severity=severity,
            )


def _routable(subject: Subject) -> Iterator[Problem]:
    pool = subject.pool()
    mux = subject.settings.multiplexer
    header: Path = ("multiplexer",)
    if not pool:
        if subject.holds(("multiplexer", "pool")):
            yield _empty(subject, header)
        return
    primaries = [(path, entry) for path, entry in pool if not entry.is_fallback]
    if not primaries:
        path = (*pool[0][0], "is_fallback")
        yield problem(
            Code.POOL_NO_PRIMARY,
            subject.spot(path),
            "the pool needs at least one non-fallback model: no traffic could be routed",
            help="an entry is a fallback only with is_fallback = true",
            edits=subject.rewritten(path, "false"),
        )
    elif mux.mode == "load_balance" and all(entry.weight == 0 for _, entry in primaries):
        path = (*primaries[0][0], "weight")
        if subject.holds(path):
            yield problem(
                Code.POOL_NO_WEIGHT,
                subject.spot(path),
                "all weights are 0: no traffic could be routed",
                help="give at least one entry a weight of 1 or more",
                edits=subject.rewritten(path, "1"),
            )


def _empty(subject: Subject, header: Path) -> Problem:
    models = [model.alias for model in subject.settings.models if model.alias]
    active = subject.settings.active_model
    alias = active if active and active in models else models[0] if models else "ALIAS"
    origin = subject.origin(header)
    edits: tuple[Edit, ...] = ()
    written = (*header, "pool")
    if written in subject.origins and models:
        edits = subject.rewritten(written, f"[{{ model = {quoted(alias)} }}]")
    elif origin is not None and origin.source is not None and models:
        end = len(origin.source.starts) + (not origin.source.text.endswith("\n"))
        text = f"\n[[multiplexer.pool]]\nmodel = {quoted(alias)}"
        edits = (Edit(line=end, delete=0, text=text),)
    return problem(
        Code.POOL_EMPTY,
        subject.spot(header),
        "the pool is empty: no traffic could be routed",
        help=f"pool is empty; add [[multiplexer.pool]] with model = {quoted(alias)}",
        edits=edits,
    )


def _active(subject: Subject, *, needed: bool) -> Iterator[Problem]:
    active = subject.settings.active_model
    path: Path = ("active_model",)
    if active:
        if subject.holds(path) and is_unknown(subject, active):
            yield unknown_alias(
                subject, path, active, Code.ACTIVE_UNKNOWN_ALIAS, free=subject.sound_aliases
            )
    elif needed and subject.settings.models and subject.holds(path):
        yield _active_missing(subject)


def _active_missing(subject: Subject) -> Problem:
    alias = next((m.alias for m in subject.settings.models if m.alias), "ALIAS")
    hint = f"put it at the top of the file: active_model = {quoted(alias)}"
    edits = subject.inserted_below((), f"active_model = {quoted(alias)}")
    source = subject.source()
    if source and (number := commented_setting(source, "active_model", after=0)):
        hint = f"in line {number} it is only a comment"
        edits = (uncommented(source, "active_model", number),)
    return problem(
        Code.ACTIVE_MISSING,
        subject.spot(()),
        "active_model is missing: nothing says which model answers",
        help=hint,
        edits=edits,
    )


def _active_outside(subject: Subject) -> Iterator[Problem]:
    settings = subject.settings
    active = settings.active_model
    pool = settings.multiplexer.pool
    if not active or subject.model(active) is None or any(e.model == active for e in pool):
        return
    if not pool or any(subject.model(entry.model) is None for entry in pool):
        return  # told already; the entry may be the one that is missed here
    yield problem(
        Code.ACTIVE_NOT_IN_POOL,
        subject.spot(("active_model",)),
        f"{quote(active)} is not in the pool: it will not be used unless chosen",
        help="add it to the pool, or name one of the pool here",
        edits=subject.rewritten(("active_model",), quoted(pool[0].model)),
    )


def _disabled_providers(subject: Subject) -> Iterator[Problem]:
    for path, alias in subject.answering():
        model = subject.model(alias)
        provider = subject.provider(model[1].provider) if model else None
        if provider is None or provider[1].enabled:
            continue
        switch: Path = ("providers", provider[0], "enabled")
        alone = path == ("active_model",)
        yield problem(
            Code.PROVIDER_DISABLED,
            subject.spot(path),
            f"{quote(alias)} cannot answer: its provider {quote(provider[1].name)} is disabled in "
            + subject.line(switch),
            help="set enabled = true there, or use another model",
            edits=subject.rewritten(switch, "true"),
            severity="error" if alone else "warning",
        )
