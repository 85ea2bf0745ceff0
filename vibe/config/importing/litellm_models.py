"""The entries of LiteLLM's `model_list` as models of vibe."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from vibe.clean import quote
from vibe.config.importing.from_providers import RETRIES
from vibe.config.importing.keys import LEFT_OUT, Keys
from vibe.config.importing.litellm_accounts import Accounts, text_of
from vibe.config.importing.plan import Plan, Settings
from vibe.config.importing.tree import Node

_MOST_TOKENS = 1_000_000_000
_MODES: Final = ("chat", "completion", "responses", "embedding")
_ELSEWHERE = {
    "max_retries": RETRIES,
    "num_retries": RETRIES,
    "stream_timeout": "write first_token_timeout_s or idle_timeout_s into the provider",
}
_PRICES = {
    "input_cost_per_token": "input_price",
    "output_cost_per_token": "output_price",
    "cache_read_input_token_cost": "cached_input_price",
}


class Deployment(Struct, frozen=True, kw_only=True):
    """One entry. `group` is the name that clients have for it; what it does not say is None."""

    group: str
    alias: str
    line: int
    weight: float | None
    order: int | None
    max_concurrent: int | None
    is_chat: bool


def deployment(node: Node, accounts: Accounts, plan: Plan, *, is_alone: bool) -> Deployment | None:
    """None where vibe cannot speak to it. Clients know a model that `is_alone` by its alias."""
    entry = Keys(node, "an entry of model_list", plan.notes)
    group = plan.credentials.literal(entry.text("model_name") or "", node.line)
    params = entry.table("litellm_params", f"litellm_params of {quote(group, limit=40)}")
    info = entry.table("model_info", f"model_info of {quote(group, limit=40)}")
    entry.finish()
    if not group or params is None or not text_of(params, "model"):
        plan.notes.say(node.line, "an entry has no model_name or no model", LEFT_OUT)
        return None
    info = info or Keys(Node(line=node.line, value={}), "model_info", plan.notes)
    mode = info.text("mode") or "chat"
    if "*" in f"{group}{params.text('model')}" or mode not in _MODES:
        told = f"{quote(group, limit=40)} is not one model to talk to"
        plan.notes.say(node.line, told, LEFT_OUT)
        return None
    place = accounts.place(params)
    if place is None:
        return None
    settings = {**_limits(params, info, plan), **_prices(params, info)}
    alias = plan.model(*place, alias=group if is_alone else "", settings=settings)
    if is_alone and alias != group:
        told = f"{quote(group, limit=40)} cannot be the name of this model"
        plan.notes.say(node.line, told, f"it is {quote(alias)}")
    found = _routed(params, group=group, alias=alias, is_chat=mode != "embedding")
    _leave(params, info, plan)
    return found


def _routed(params: Keys, *, group: str, alias: str, is_chat: bool) -> Deployment:
    weights = [params.number(name) for name in ("weight", "rpm", "tpm")]
    slots = params.whole("max_parallel_requests")
    return Deployment(
        group=group,
        alias=alias,
        line=params.line,
        weight=next((each for each in weights if each is not None and each >= 0), None),
        order=params.whole("order"),
        max_concurrent=slots if slots and 1 <= slots <= 100_000 else None,
        is_chat=is_chat,
    )


def _leave(params: Keys, info: Keys, plan: Plan) -> None:
    """Note whatever of an entry was not read."""
    for name in ("rpm", "tpm"):
        if name in params:
            told = f"{name} is a share of the pool here, and no limit"
            plan.notes.say(
                params.line_of(name), told, "vibe heeds what a provider tells of its own"
            )
    params.foreign(_ELSEWHERE)
    params.finish()
    for name in ("id", "base_model", "max_tokens"):
        info.take(name)
    info.finish()


def _limits(params: Keys, info: Keys, plan: Plan) -> Settings:
    longest = [params.whole("max_tokens"), info.whole("max_output_tokens")]
    answer = next((each for each in longest if each is not None), None)
    line = params.line_of("max_tokens")
    temperature = params.number("temperature")
    if temperature is not None and not 0 <= temperature <= 2:
        told = "temperature goes from 0 to 2"
        plan.notes.say(params.line_of("temperature"), told, LEFT_OUT)
        temperature = None
    return {
        "context_window": plan.within(
            info.whole("max_input_tokens"),
            info.line_of("max_input_tokens"),
            "max_input_tokens",
            least=1,
            most=_MOST_TOKENS,
        ),
        "max_output_tokens": plan.within(
            answer, line, "the longest answer", least=1, most=_MOST_TOKENS
        ),
        "temperature": temperature,
        "supports_tools": info.flag("supports_function_calling"),
        "supports_images": info.flag("supports_vision"),
    }


def _prices(params: Keys, info: Keys) -> Settings:
    """Dollars per token there, per million of them here."""
    found: Settings = {}
    for theirs, ours in _PRICES.items():
        costs = [params.number(theirs), info.number(theirs)]
        cost = next((each for each in costs if each is not None), None)
        if cost is not None and 0 <= cost <= 1:
            found[ours] = round(cost * 1_000_000, 6)
    return found
