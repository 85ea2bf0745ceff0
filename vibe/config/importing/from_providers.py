"""The providers.json of proxies that offer big, middle and small models.

What it says in other words than vibe is translated; what it says besides is noted.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from vibe.clean import quote
from vibe.config.importing.keys import Keys
from vibe.config.importing.plan import Plan, Settings, backend_at, milliseconds
from vibe.config.importing.tree import Node, Unreadable

SIZES: Final = ("big", "middle", "small")
RETRIES: Final = (
    "vibe bounds by itself how often each model is asked for one request, and goes on to the next"
)
LONG_ANSWERS: Final = "raise it, or write idle_timeout_s in its place, if long answers are cut"
_STRATEGIES = {
    "priority": {"mode": "failover"},
    "round_robin": {"mode": "load_balance", "strategy": "round_robin"},
    "random": {"mode": "load_balance", "strategy": "random"},
}
_TOP = ("providers", "fallback_strategy", "circuit_breaker", "health_check_interval")
_KEYS = (
    "name", "enabled", "priority", "api_key", "base_url", "api_version", "timeout", "max_retries",
    "custom_headers", "models",
)  # fmt: skip


class _Account(Struct, frozen=True, kw_only=True):
    """The aliases of one provider, by size; none of one that is disabled."""

    priority: int
    sizes: dict[str, list[str]]


def from_providers(root: Keys, plan: Plan) -> None:
    items = root.items("providers")
    if not items:
        raise Unreadable(root.line, "it names no provider", hint='write "providers": [{…}]')
    ranked = any(isinstance(each.value, dict) and "priority" in each.value for each in items)
    accounts = [_account(each, plan, ranked=ranked) for each in items]
    accounts.sort(key=lambda account: account.priority)
    plan.multiplexer = {"enabled": True, **_strategy(root, plan), **_health(root, plan)}
    root.finish(_TOP)
    for size in SIZES:
        aliases = (alias for account in accounts for alias in account.sizes[size])
        plan.sizes[size] = list(dict.fromkeys(aliases))
    best = next((size for size in SIZES if plan.sizes[size]), "big")
    shares = plan.multiplexer["mode"] == "load_balance"
    plan.pool = [
        {"model": alias, "is_fallback": True} if shares and at else {"model": alias}
        for account in accounts
        for at, alias in enumerate(account.sizes[best])
    ]
    if not plan.pool:
        plan.models.clear()
        plan.notes.say(root.line, "no provider that is enabled has a model: nothing can answer")


def _account(node: Node, plan: Plan, *, ranked: bool) -> _Account:
    keys = Keys(node, "a provider", plan.notes)
    wanted = plan.credentials.literal(keys.text("name") or "", node.line)
    base = keys.text("base_url")
    if not wanted or not base:
        what = "base_url" if wanted else "name"
        raise Unreadable(node.line, f"a provider has no {what}", hint="add it, or leave it out")
    keys.place = f"provider {quote(wanted, limit=40)}"
    priority = plan.within(
        keys.whole("priority") if "priority" in keys else 1,
        keys.line_of("priority"),
        "priority",
        least=-1_000_000,
        most=1_000_000,
    )
    enabled = keys.flag("enabled") is not False
    settings = _settings(keys, base, wanted, plan)
    settings["enabled"] = None if enabled else False
    settings["priority"] = priority if ranked else None
    settings["max_retries"] = plan.within(
        keys.whole("max_retries"), keys.line_of("max_retries"), "max_retries", least=0, most=1000
    )
    name = plan.provider(wanted, node.line, settings)
    sizes: dict[str, list[str]] = {size: [] for size in SIZES}
    if enabled:
        _fill(sizes, keys, name, plan)
    else:
        keys.take("models")
        plan.notes.say(
            node.line,
            f"provider {quote(wanted, limit=40)} is disabled",
            "it is kept with enabled = false, without its models",
        )
    keys.finish(_KEYS)
    return _Account(priority=1 if priority is None else priority, sizes=sizes)


def _settings(keys: Keys, base: str, name: str, plan: Plan) -> Settings:
    version = (keys.text("api_version") or "").strip()
    variable = plan.credentials.variable(keys.text("api_key"), name, keys.line_of("api_key"))
    if version:
        base = re.sub(r"/openai(?:/.*)?$", "", base.strip())
    backend = "azure" if version else backend_at(base)
    line = keys.line_of("base_url")
    timeout = plan.seconds(keys.number("timeout"), keys.line_of("timeout"), "timeout")
    if timeout is not None:
        told = "timeout is written as timeout_s, which bounds the whole answer"
        plan.notes.say(keys.line_of("timeout"), told, LONG_ANSWERS)
    headers = keys.table("custom_headers", "custom_headers")
    wanted = headers.all_texts() if headers else ()
    return {
        "api_base": plan.address(base, line, backend=backend, sends_key=bool(variable)),
        "api_key_env_var": variable,
        "backend": backend,
        "api_version": version or None,
        "timeout_s": timeout,
        "headers": plan.credentials.headers(wanted, name) or None,
    }


def _fill(sizes: dict[str, list[str]], keys: Keys, provider: str, plan: Plan) -> None:
    models = keys.table("models", f"models of {quote(provider, limit=40)}")
    if models is None:
        return
    for size in SIZES:
        names = (plan.credentials.literal(text, line) for line, text in models.texts(size))
        aliases = (plan.model(provider, name, settings={}) for name in names if name)
        sizes[size] += dict.fromkeys(aliases)
    models.finish(SIZES)


def _strategy(root: Keys, plan: Plan) -> Settings:
    wanted = root.text("fallback_strategy") or "priority"
    if wanted not in _STRATEGIES:
        plan.notes.say(
            root.line_of("fallback_strategy"),
            f"there is no fallback_strategy {quote(wanted, limit=40)}",
            'providers are asked in the order of priority, with mode = "failover"',
        )
    return dict(_STRATEGIES.get(wanted, _STRATEGIES["priority"]))


def _health(root: Keys, plan: Plan) -> Settings:
    found: Settings = {}
    if breaker := root.table("circuit_breaker", "circuit_breaker"):
        threshold = plan.within(
            breaker.whole("failure_threshold"),
            breaker.line_of("failure_threshold"),
            "failure_threshold",
            least=1,
            most=1000,
        )
        rest = plan.within(
            milliseconds(breaker.number("recovery_timeout")),
            breaker.line_of("recovery_timeout"),
            "recovery_timeout, in milliseconds,",
            least=0,
            most=86_400_000,
        )
        found |= {"failure_threshold": threshold, "persistent_error_disable_duration_ms": rest}
        breaker.finish(("failure_threshold", "recovery_timeout"))
    line = root.line_of("health_check_interval")
    interval = plan.seconds(root.number("health_check_interval"), line, "health_check_interval")
    found["health_check_interval_s"] = interval
    return {name: value for name, value in found.items() if value is not None}
