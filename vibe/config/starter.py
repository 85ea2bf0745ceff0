"""The first configuration, of `vibe config init` and of the chat: it works as it is, and explains
itself in comments.

Text only: what this machine offers is found in discover.py, and writing is done elsewhere.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from vibe.config.edit import with_value
from vibe.config.fields import Setting
from vibe.config.keypath import children_of
from vibe.config.known import LLAMACPP, OLLAMA, KnownProvider, LocalServer
from vibe.config.malformed import quoted
from vibe.config.scan import Path

Offer: TypeAlias = KnownProvider | LocalServer

_FRONT = """\
#:schema config.schema.json
# With the file that the line above names, editors complete and check this one. To make it, run
# in this folder: vibe config schema > config.schema.json
#
# vibe's docs/configuration.md explains every key. To check your changes: vibe config validate

# The alias of the model that answers.
active_model = "{alias}"
"""
_CLOUD_ACCOUNT = """
# Your account. The key itself does not stand here: vibe reads it from the variable that
# api_key_env_var names, in the environment or in the file .env beside this one.
"""
_LOCAL_ACCOUNT = """
# {title} on this machine needs no key.
"""
_ACCOUNT = """\
[[providers]]
name = "{name}"
api_base = "{api_base}"
api_key_env_var = "{variable}"
backend = "{backend}"
"""
_CLOUD_MODEL = """
# A model of that account. Names age; {title} lists those that it has today.
"""
_LOCAL_MODEL = """
# A model that it serves. To list them: curl {api_base}/models
"""
_MODEL = """\
[[models]]
name = {model}
provider = "{name}"
alias = "{alias}"
"""
_PRICES = """\
# Dollars per million tokens.
input_price = {input_price}
output_price = {output_price}
"""
_NO_PRICES = """\
# Add input_price and output_price, in dollars per million tokens, to see what a session costs.
"""
_SECOND = """
# A second model, so that work goes on when the first is limited or down. To switch it on, remove
# the # that stands right before each setting from here on.
"""
_SWITCH = """
[multiplexer]
enabled = true
# "failover" asks the models in this order; "load_balance" spreads requests over them by weight.
mode = "failover"
"""
_POOL = (
    _SWITCH
    + """
[[multiplexer.pool]]
model = "{first}"
# Requests under way at once; without this line, any number.
max_concurrent = 3

[[multiplexer.pool]]
model = "{second}"
# Used only while no other model can be.
is_fallback = true
"""
)


def starter(first: Offer, *others: Offer) -> str:
    """A configuration for `first`, with a pool of two models that waits to be switched on; or one
    for a pool of them all, which is on."""
    if others:
        accounts = "".join(map(_tables, (first, *others)))
        entries = "".join(
            f'\n[[multiplexer.pool]]\nmodel = "{e.alias}"\n' for e in (first, *others)
        )
        return _FRONT.format(alias=first.alias) + accounts + _SWITCH + entries
    second = LLAMACPP if first.name == OLLAMA.name else OLLAMA
    pool = _POOL.format(first=first.alias, second=second.alias)
    held_back = _held_back(_tables(second) + pool)
    return "".join((_FRONT.format(alias=first.alias), _tables(first), _SECOND, held_back))


def begun(text: str, *offers: Offer) -> str:
    """The starter for them; in a `text` that has something already, no more than its settings."""
    if not text.strip():
        return starter(*offers)
    text = with_value(text, ("active_model",), offers[0].alias)
    for path, value in _settings(offers, children_of(tomllib.loads(text))):
        text = with_value(text, path, value)
    return text


def _settings(
    offers: tuple[Offer, ...], has: Mapping[str | int, object]
) -> Iterator[tuple[Path, Setting]]:
    """What `starter` says besides, one by one: accounts and models after those that there are."""
    accounts = [
        children_of(each).get("name") for each in children_of(has.get("providers")).values()
    ]
    new = [each for each in offers if each.name not in accounts]
    for number, each in enumerate(new, len(accounts)):
        account: Path = ("providers", number)
        yield (*account, "name"), each.name
        yield (*account, "api_base"), each.api_base
        yield (*account, "api_key_env_var"), each.variable
        yield (*account, "backend"), each.backend
    for number, each in enumerate(offers, len(children_of(has.get("models")))):
        model: Path = ("models", number)
        yield (*model, "name"), each.model
        yield (*model, "provider"), each.name
        yield (*model, "alias"), each.alias
        if each.input_price is not None and each.output_price is not None:
            yield (*model, "input_price"), each.input_price
            yield (*model, "output_price"), each.output_price
    if len(offers) > 1:
        yield ("multiplexer", "enabled"), True
        yield ("multiplexer", "mode"), "failover"
        for number, each in enumerate(offers):
            yield ("multiplexer", "pool", number, "model"), each.alias


def _tables(provider: Offer) -> str:
    is_local = isinstance(provider, LocalServer)
    parts = (
        _LOCAL_ACCOUNT if is_local else _CLOUD_ACCOUNT,
        _ACCOUNT,
        _LOCAL_MODEL if is_local else _CLOUD_MODEL,
        _MODEL,
        _NO_PRICES if provider.input_price is None else _PRICES,
    )
    return "".join(parts).format(
        title=provider.title,
        name=provider.name,
        api_base=provider.api_base,
        variable=provider.variable,
        backend=provider.backend,
        model=quoted(provider.model),
        alias=provider.alias,
        input_price=provider.input_price,
        output_price=provider.output_price,
    )


def _held_back(text: str) -> str:
    """Each setting behind a `#`; what explains, and what is empty, as it is."""
    return re.sub(r"(?m)^(?=[^#\n])", "#", text)
