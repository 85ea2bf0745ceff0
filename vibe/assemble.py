"""Settings made into a pool that can be asked: for each model its provider, its target, its entry.

All processes make their pools here, and so know the scopes of one another's entries by the same
names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf
from typing import TYPE_CHECKING

from msgspec import Struct

from vibe.errors import UsageError

if TYPE_CHECKING:
    from vibe.clock import Clock
    from vibe.config import schema
    from vibe.config.load import Loaded
    from vibe.domain.model import Alias
    from vibe.domain.provider import Patience, Provider
    from vibe.domain.target import Target
    from vibe.mux.entry import Entry, Pool, Rules, Scopes
    from vibe.mux.member import Member, Upstream
    from vibe.mux.memory import Memory
    from vibe.mux.mux import Mux

_THINKS_S = 300.0
_LOADS_S = 600.0


class Line(Struct, frozen=True, kw_only=True):
    """One configured model, ready to be asked; `key_trouble` says why it cannot be, if so."""

    alias: Alias
    provider: Provider
    target: Target
    key_trouble: str | None = None


def lines_of(loaded: Loaded) -> tuple[Line, ...]:
    """Every model whose provider is configured, in the order of the file."""
    providers = {provider.name: provider for provider in loaded.settings.providers}
    return tuple(
        _line(model, providers[model.provider], loaded)
        for model in loaded.settings.models
        if model.provider in providers
    )


def _line(model: schema.Model, provider: schema.Provider, loaded: Loaded) -> Line:
    from vibe.config.checks.keys import key_trouble
    from vibe.domain.provider import Provider
    from vibe.domain.target import Target
    from vibe.secret import Secret
    from vibe.wire.presets import quirks_for

    variable = provider.api_key_env_var
    trouble = key_trouble(variable, loaded.variables) if variable else None
    key = loaded.variables.get(variable) if variable and trouble is None else None
    quirks = quirks_for(
        provider.api_base, provider.backend, model=model.name, overrides=provider.quirks
    )
    return Line(
        alias=model.alias,
        provider=Provider(
            name=provider.name,
            api_base=provider.api_base,
            backend=provider.backend,
            key=Secret(key) if key else None,
            headers=tuple((name, Secret(value)) for name, value in provider.headers.items()),
            api_version=provider.api_version,
            patience=_patience(model, provider),
        ),
        target=Target(
            provider=provider.name,
            model=model.name,
            backend=provider.backend,
            quirks=quirks,
            api_version=provider.api_version,
            max_output_tokens=model.max_output_tokens,
            context_window=model.context_window,
            temperature=model.temperature,
            thinks=model.thinking,
            calls_tools=model.supports_tools,
            sees_images=model.supports_images,
            prefills=model.supports_prefill,
        ),
        key_trouble=f"{variable} {trouble}" if trouble else None,
    )


def pool_of(loaded: Loaded) -> Pool:
    """The entries and rules that the configuration means: a pool of one, unless there is one."""
    from vibe.mux.entry import Pool

    entries = tuple(entry for entry, _ in _entries(loaded))
    return Pool(entries=entries, rules=_rules(loaded.settings.multiplexer))


def mux_of(loaded: Loaded, *, clock: Clock, memory: Memory) -> Mux:
    """The pool, ready to be asked. Models of one provider share its connections."""
    return mux_over(loaded, _sharing(clock), clock=clock, memory=memory)


def mux_for_all(loaded: Loaded, *, clock: Clock, memory: Memory) -> Mux:
    """As `mux_of`, and beside the pool every other model, to be asked by its name; for many
    requests at once."""
    mux = mux_over(loaded, _sharing(clock, for_load=True), clock=clock, memory=memory)
    refit_for_all(mux, loaded, clock=clock)
    return mux


def refit_for_all(mux: Mux, loaded: Loaded, *, clock: Clock) -> None:
    """As `refit`, for a pool that has every other model beside it."""
    settings = loaded.settings.multiplexer
    upstream_of = _sharing(clock, before=mux.members, for_load=True)
    members = _members(loaded, upstream_of) + _beside(loaded, upstream_of)
    mux.set_members(members, _rules(settings), on_broken=settings.on_broken_stream)


def _beside(loaded: Loaded, upstream_of: Callable[[Line], Upstream]) -> list[Member]:
    from msgspec.structs import replace

    from vibe.config.schema import PoolEntry

    pooled = {entry.alias for entry, _ in _entries(loaded)}
    entries = (
        (_entry(PoolEntry(model=line.alias), line, loaded), line)
        for line in lines_of(loaded)
        if line.alias not in pooled
    )
    return [
        _member(replace(entry, by_name=True), line, upstream_of(line)) for entry, line in entries
    ]


def refit(mux: Mux, loaded: Loaded, *, clock: Clock) -> None:
    """A pool that runs becomes what the configuration says now."""
    settings = loaded.settings.multiplexer
    members = _members(loaded, _sharing(clock, before=mux.members))
    mux.set_members(members, _rules(settings), on_broken=settings.on_broken_stream)


def mux_over(
    loaded: Loaded,
    upstream_of: Callable[[Line], Upstream],
    *,
    clock: Clock,
    memory: Memory,
    seed: int | None = None,
) -> Mux:
    """The pool by its own rules, each entry asked through what `upstream_of` makes for it."""
    from random import Random

    from vibe.mux.mux import Mux

    settings = loaded.settings.multiplexer
    rng = Random(seed)  # noqa: S311 - it spreads load, and keeps no secret
    return Mux(
        _members(loaded, upstream_of),
        _rules(settings),
        clock=clock,
        rng=rng,
        memory=memory,
        on_broken=settings.on_broken_stream,
    )


def _sharing(
    clock: Clock, *, before: Sequence[Member] = (), for_load: bool = False
) -> Callable[[Line], Upstream]:
    """One for each provider: that of `before`, where the provider is the same as it was."""
    from vibe.transport.upstream import Upstream

    upstreams = [each.upstream for each in before if isinstance(each.upstream, Upstream)]

    def shared(line: Line) -> Upstream:
        for upstream in upstreams:
            if upstream.provider == line.provider:
                return upstream
        upstreams.append(Upstream(line.provider, clock=clock, for_load=for_load))
        return upstreams[-1]

    return shared


def _members(loaded: Loaded, upstream_of: Callable[[Line], Upstream]) -> list[Member]:
    return [_member(entry, line, upstream_of(line)) for entry, line in _entries(loaded)]


def member_of(loaded: Loaded, alias: Alias, *, clock: Clock) -> Member:
    """Any model of the configuration by itself, as if it were alone in the pool."""
    from vibe.config.schema import PoolEntry
    from vibe.transport.upstream import Upstream

    line = next(line for line in lines_of(loaded) if line.alias == alias)
    entry = _entry(PoolEntry(model=alias), line, loaded)
    return _member(entry, line, Upstream(line.provider, clock=clock))


def _member(entry: Entry, line: Line, upstream: Upstream) -> Member:
    from vibe.mux.member import Member

    return Member(
        entry=entry,
        target=line.target,
        upstream=upstream,
        first_token_s=line.provider.patience.first_token_s,
    )


def mux_of_one(alias: Alias, *, api_base: str, clock: Clock) -> Mux:
    """A pool of one model that needs no key and no configuration, on this machine."""
    from vibe.domain.model import ProviderName
    from vibe.domain.provider import Provider
    from vibe.domain.target import Target
    from vibe.domain.usage import Price
    from vibe.mux.entry import Entry, Rules
    from vibe.mux.member import Member
    from vibe.transport.upstream import Upstream

    name = ProviderName(alias)
    provider = Provider(name=name, api_base=api_base, backend="generic")
    member = Member(
        entry=Entry(
            alias=alias,
            scopes=scopes_of(provider, alias, is_local=True),
            price=Price(input=0.0, output=0.0),
        ),
        target=Target(provider=name, model=alias, backend="generic"),
        upstream=Upstream(provider, clock=clock),
    )
    return mux_by_itself([member], Rules(mode="single"), clock=clock)


def mux_by_itself(members: Sequence[Member], rules: Rules, *, clock: Clock) -> Mux:
    """A pool that no other process knows of."""
    from random import Random

    from vibe.mux.memory import Forgetful
    from vibe.mux.mux import Mux

    rng = Random()  # noqa: S311 - it spreads load, and keeps no secret
    return Mux(members, rules, clock=clock, rng=rng, memory=Forgetful())


def _entries(loaded: Loaded) -> list[tuple[Entry, Line]]:
    """In the order of failover; the file's, where no priority says otherwise."""
    settings = loaded.settings
    lines = {line.alias: line for line in lines_of(loaded)}
    if not _is_pooled(settings.multiplexer):
        only = _alone(settings)
        return [(_entry(only, lines[only.model], loaded), lines[only.model])]
    ranks = {provider.name: provider.priority for provider in settings.providers}
    pool = [entry for entry in settings.multiplexer.pool if entry.model in lines]

    def rank(entry: schema.PoolEntry) -> tuple[bool, float]:
        own = entry.priority
        priority = ranks[lines[entry.model].provider.name] if own is None else own
        return entry.is_fallback, inf if priority is None else priority

    ordered = sorted(pool, key=rank)
    return [(_entry(entry, lines[entry.model], loaded), lines[entry.model]) for entry in ordered]


def _is_pooled(multiplexer: schema.Multiplexer) -> bool:
    return multiplexer.enabled and multiplexer.mode != "single"


def _alone(settings: schema.Settings) -> schema.PoolEntry:
    """The pool entry that a lone `active_model` amounts to; its bound in the pool stays."""
    from vibe.config.schema import PoolEntry

    pool = settings.multiplexer.pool
    alias = settings.active_model or next((entry.model for entry in pool), None)
    if alias is None:
        raise UsageError("no active_model is configured", hint="vibe config set active_model ALIAS")
    own = next((entry for entry in pool if entry.model == alias), None)
    return PoolEntry(model=alias, max_concurrent=own.max_concurrent if own else None)


def _entry(pooled: schema.PoolEntry, line: Line, loaded: Loaded) -> Entry:
    from vibe.config.checks.addresses import is_on_this_machine
    from vibe.domain.usage import Price
    from vibe.mux.entry import NO_WEIGHT, Entry

    settings = loaded.settings
    model = next(model for model in settings.models if model.alias == pooled.model)
    provider = next(each for each in settings.providers if each.name == model.provider)
    is_weighed = settings.multiplexer.mode == "load_balance" and _is_pooled(settings.multiplexer)
    trouble = line.key_trouble
    if not provider.enabled:
        trouble = f"its provider {provider.name} is not enabled"
    elif trouble is None and is_weighed and not pooled.weight:
        trouble = NO_WEIGHT
    return Entry(
        alias=pooled.model,
        provider=line.provider.name,
        scopes=scopes_of(line.provider, model.name, is_local=is_on_this_machine(provider.api_base)),
        weight=pooled.weight,
        max_concurrent=pooled.max_concurrent,
        is_fallback=pooled.is_fallback,
        rate_limited_by_key=line.target.quirks.limits_by == "key",
        window=model.context_window,
        price=Price(
            input=model.input_price,
            output=model.output_price,
            cached_input=model.cached_input_price,
        ),
        trouble=trouble,
        most_asked=None if provider.max_retries is None else provider.max_retries + 1,
    )


def scopes_of(provider: Provider, model: str, *, is_local: bool) -> Scopes:
    """What fails together with this model. A key shows in them only as a hash of itself."""
    from hashlib import sha256
    from urllib.parse import urlsplit

    from vibe.mux.entry import ScopeId, Scopes

    address = urlsplit(provider.api_base)
    port = address.port or {"http": 80, "https": 443}.get(address.scheme, 0)
    origin = f"{address.scheme}://{address.hostname}:{port}"
    key = provider.key.reveal() if provider.key else ""
    account = sha256(f"{origin}\n{key}".encode()).hexdigest()[:16]
    return Scopes(
        own=ScopeId(f"model {account} {model}"),
        key=ScopeId(f"key {account}"),
        origin=ScopeId(f"origin {origin}"),
        network=ScopeId("" if is_local else "network"),
    )


def _rules(multiplexer: schema.Multiplexer) -> Rules:
    from vibe.mux.entry import Rules

    hedge_after_ms = multiplexer.hedge_after_ms
    return Rules(
        mode=multiplexer.mode if _is_pooled(multiplexer) else "single",
        strategy=multiplexer.strategy,
        overflow=multiplexer.overflow,
        rate_limit_s=multiplexer.rate_limit_disable_duration_ms / 1000,
        error_s=multiplexer.persistent_error_disable_duration_ms / 1000,
        failure_threshold=multiplexer.failure_threshold,
        max_wait_s=multiplexer.max_wait_ms / 1000,
        hedge_after_s=None if hedge_after_ms is None else hedge_after_ms / 1000,
        hedge_priced=multiplexer.hedge_priced,
    )


def _patience(model: schema.Model, provider: schema.Provider) -> Patience:
    """As configured, else as long as such a model usually takes: one on this machine may load."""
    from vibe.config.checks.addresses import is_on_this_machine
    from vibe.domain.provider import Patience

    usual = Patience()
    first_token_s = usual.first_token_s
    if model.thinking:
        first_token_s = _THINKS_S
    if is_on_this_machine(provider.api_base):
        first_token_s = _LOADS_S
    return Patience(
        first_token_s=provider.first_token_timeout_s or first_token_s,
        idle_s=provider.idle_timeout_s or usual.idle_s,
        total_s=provider.timeout_s,
    )
