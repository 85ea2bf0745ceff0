"""LiteLLM's config.yaml: its models, and of its routing what a single pool can do.

Entries of one name are a pool there, and there may be many; vibe has one. The first becomes it.
"""

from __future__ import annotations

import re
from collections import Counter
from math import gcd
from typing import Final

from vibe.clean import quote
from vibe.config.importing.from_providers import RETRIES
from vibe.config.importing.keys import Keys
from vibe.config.importing.litellm_accounts import Accounts
from vibe.config.importing.litellm_models import Deployment, deployment
from vibe.config.importing.plan import Plan, Settings, milliseconds
from vibe.config.importing.tree import Node, Unreadable

_MOST_WEIGHT: Final = 1_000_000
_STRATEGIES: Final = {"simple-shuffle": "weighted", "least-busy": "least_busy"}
_OF_A_POOL = ("routing_strategy", "allowed_fails", "cooldown_time")
_ROUTER = {
    "num_retries": RETRIES,
    "retry_after": "vibe waits as long as the provider says",
    "context_window_fallbacks": "vibe leaves out who has too small a context_window by itself",
    "content_policy_fallbacks": "a refusal is an answer to vibe",
    "model_group_alias": "give the model this alias, or ask for it by its own",
    "enable_pre_call_checks": "vibe always looks before it asks",
    "redis_host": "all vibe processes of one person share what they know by themselves",
    "redis_port": "all vibe processes of one person share what they know by themselves",
    "redis_password": "all vibe processes of one person share what they know by themselves",
}
_SETTINGS = {
    "num_retries": RETRIES,
    "drop_params": "vibe leaves out what a provider does not take by itself",
    "set_verbose": "vibe --verbose logs more",
    "json_logs": '[gateway] log = "json" has the same effect',
    "context_window_fallbacks": "vibe leaves out who has too small a context_window by itself",
    "content_policy_fallbacks": "a refusal is an answer to vibe",
}
_GENERAL = {
    "master_key": "vibe serve makes a token by itself, and asks clients for it",
    "database_url": "vibe keeps what it counts in a file of its own",
}


def from_litellm(root: Keys, plan: Plan) -> None:
    items = root.items("model_list")
    if not items:
        raise Unreadable(
            root.line, "it names no model", hint="write model_list: with - model_name:"
        )
    router = root.table("router_settings", "router_settings")
    settings = root.table("litellm_settings", "litellm_settings")
    named = Counter(map(_name, items))
    accounts = Accounts(plan, timeout_s=_timeout(settings, plan))
    found = [deployment(each, accounts, plan, is_alone=named[_name(each)] == 1) for each in items]
    deployments = [each for each in found if each]
    if not deployments:
        raise Unreadable(root.line, "none of its models can be asked by vibe")
    fallbacks = _fallbacks(router, plan) | _fallbacks(settings, plan)
    _pool(deployments, fallbacks, router, plan)
    _rest(root, router, settings, plan)


def _name(node: Node) -> str:
    name = node.value.get("model_name") if isinstance(node.value, dict) else None
    return name.value if name and isinstance(name.value, str) else ""


def _timeout(settings: Keys | None, plan: Plan) -> float | None:
    if settings is None:
        return None
    line = settings.line_of("request_timeout")
    return plan.seconds(settings.number("request_timeout"), line, "request_timeout")


def _fallbacks(keys: Keys | None, plan: Plan) -> dict[str, tuple[str, ...]]:
    """By name, "*" for any, those that are asked in its stead."""
    found: dict[str, tuple[str, ...]] = {}
    for node in keys.items("fallbacks") if keys else ():
        each = Keys(node, "an item of fallbacks", plan.notes)
        for name in each.names():
            found.setdefault(name, tuple(text for _, text in each.texts(name)))
    if keys and (instead := keys.texts("default_fallbacks")):
        found["*"] = tuple(text for _, text in instead)
    return found


def _pool(
    deployments: list[Deployment],
    fallbacks: dict[str, tuple[str, ...]],
    router: Keys | None,
    plan: Plan,
) -> None:
    talking = [each for each in deployments if each.is_chat]
    groups = list(dict.fromkeys(each.group for each in talking))
    members = {name: [each for each in talking if each.group == name] for name in groups}
    head = next(
        (name for name in groups if len(members[name]) > 1),
        next((name for name in groups if fallbacks.get(name) or "*" in fallbacks), None),
    )
    if head is None:
        plan.models.sort(key=lambda model: model["alias"] not in {e.alias for e in talking})
        if router:
            router.foreign(dict.fromkeys(_OF_A_POOL, "no name here has several models to share it"))
        return
    instead = [
        each
        for name in dict.fromkeys((*fallbacks.get(head, ()), *fallbacks.get("*", ())))
        if name != head
        for each in members.get(name, [])
    ]
    plan.multiplexer = _routing(router, members[head], plan)
    by_alias = _shares(members[head])
    for each in instead:
        by_alias.setdefault(each.alias, _entry(each, is_fallback=True))
    plan.pool = list(by_alias.values())
    plan.sizes = {"big": ["auto"]}
    _tell(head, members, fallbacks, plan)


def _shares(members: list[Deployment]) -> dict[str, Settings]:
    """The entries of the pool, by alias; those whose order is not the first one's are fallbacks."""
    first = min((each.order for each in members if each.order is not None), default=None)
    found: dict[str, Settings] = {}
    for is_fallback in (False, True):
        ranked = [each for each in members if (each.order != first) is is_fallback]
        shares: Counter[str] = Counter()
        for each, weight in zip(ranked, _weights(ranked), strict=True):
            shares[each.alias] += weight
            found.setdefault(each.alias, _entry(each, is_fallback=is_fallback))
        for alias, share in shares.items():
            if share != 1:
                found[alias].setdefault("weight", min(share, _MOST_WEIGHT))
    return found


def _entry(each: Deployment, *, is_fallback: bool) -> Settings:
    slots = {"max_concurrent": each.max_concurrent} if each.max_concurrent else {}
    return {"model": each.alias, **slots, **({"is_fallback": True} if is_fallback else {})}


def _weights(members: list[Deployment]) -> list[int]:
    """As whole numbers in the same ratio; those that say nothing weigh as much as one that does."""
    if not members:
        return []
    least = min((each.weight for each in members if each.weight), default=1)
    wanted = [least if each.weight is None else each.weight for each in members]
    most = max(wanted)
    if most > _MOST_WEIGHT or any(weight != int(weight) for weight in wanted):
        wanted = [max(weight > 0, round(weight / most * 1000)) for weight in wanted]
    whole = [int(weight) for weight in wanted]
    shared = gcd(*whole)
    return [weight // shared for weight in whole] if shared else [1] * len(members)


def _routing(router: Keys | None, members: list[Deployment], plan: Plan) -> Settings:
    found: Settings = {"enabled": True, "mode": "failover" if len(members) == 1 else "load_balance"}
    if router is None:
        return found
    strategy = router.text("routing_strategy") or "simple-shuffle"
    if strategy not in _STRATEGIES:
        plan.notes.say(
            router.line_of("routing_strategy"),
            f"routing_strategy {quote(strategy, limit=40)} has no equivalent",
            'the pool is shared by weight; strategy = "least_busy" is the other choice',
        )
    if found["mode"] == "load_balance" and _STRATEGIES.get(strategy) == "least_busy":
        found["strategy"] = "least_busy"
    if (fails := router.whole("allowed_fails")) is not None:
        line = router.line_of("allowed_fails")
        plan.notes.say(line, "allowed_fails counts failures in a minute, vibe those in a row")
        found["failure_threshold"] = plan.within(
            fails + 1, line, "allowed_fails", least=1, most=1000
        )
    rest = plan.within(
        milliseconds(router.number("cooldown_time")),
        router.line_of("cooldown_time"),
        "cooldown_time, in milliseconds,",
        least=0,
        most=86_400_000,
    )
    if rest is not None:
        found["rate_limit_disable_duration_ms"] = rest
        found["persistent_error_disable_duration_ms"] = rest
    return found


def _tell(
    head: str,
    members: dict[str, list[Deployment]],
    fallbacks: dict[str, tuple[str, ...]],
    plan: Plan,
) -> None:
    """What one pool cannot do that many could."""
    plan.notes.say(
        members[head][0].line,
        f"{quote(head, limit=40)} is the pool now",
        'clients ask for it as "auto", or by a name that no model has',
    )
    for name, group in members.items():
        if name == head:
            continue
        if len(group) > 1:
            plan.notes.say(
                group[0].line,
                f"vibe has one pool, and {quote(name, limit=40)} is another",
                f"ask for one of its models: {', '.join(quote(e.alias) for e in group[:8])}",
            )
        elif fallbacks.get(name):
            plan.notes.say(
                group[0].line,
                f"vibe has one pool, and {quote(name, limit=40)} with its fallbacks is another",
                "list them in [gateway.models], or ask for the pool",
            )


def _rest(root: Keys, router: Keys | None, settings: Keys | None, plan: Plan) -> None:
    """Everything that is not about models."""
    general = root.table("general_settings", "general_settings")
    for name in ("master_key", "database_url"):
        node = general.take(name) if general else None
        if node and isinstance(node.value, str) and not re.match(r"os\.environ/", node.value):
            plan.credentials.secrets.append(node.value)
    for keys, known in ((router, _ROUTER), (settings, _SETTINGS), (general, _GENERAL)):
        if keys:
            keys.foreign(known)
            keys.finish()
    if variables := root.table("environment_variables", "environment_variables"):
        for _, text, line in variables.all_texts():
            plan.credentials.secrets.append(text)
            plan.notes.say(
                line, "variables are not set by config.toml", "put them into .env beside it"
            )
    root.finish(("model_list", "router_settings", "litellm_settings", "general_settings"))
