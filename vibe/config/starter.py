"""The file that `vibe config init` writes: it works as it is, and shows the next step in comments.

Text only: what this machine offers is found in discover.py, and writing is done elsewhere.
"""

from __future__ import annotations

import re

from vibe.config.known import LLAMACPP, OLLAMA, KnownProvider, LocalServer

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
name = "{model}"
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
_POOL = """
[multiplexer]
enabled = true
# "failover" asks the models in this order; "load_balance" spreads requests over them by weight.
mode = "failover"

[[multiplexer.pool]]
model = "{first}"
# Requests under way at once; without this line, any number.
max_concurrent = 3

[[multiplexer.pool]]
model = "{second}"
# Used only while no other model can be.
is_fallback = true
"""


def starter(provider: KnownProvider | LocalServer) -> str:
    """A configuration for `provider`, with a pool of two models that waits to be switched on."""
    second = LLAMACPP if provider == OLLAMA else OLLAMA
    pool = _POOL.format(first=provider.alias, second=second.alias)
    return "".join(
        (
            _FRONT.format(alias=provider.alias),
            _tables(provider),
            _SECOND,
            _held_back(_tables(second) + pool),
        )
    )


def _tables(provider: KnownProvider | LocalServer) -> str:
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
        model=provider.model,
        alias=provider.alias,
        input_price=provider.input_price,
        output_price=provider.output_price,
    )


def _held_back(text: str) -> str:
    """Each setting behind a `#`; what explains, and what is empty, as it is."""
    return re.sub(r"(?m)^(?=[^#\n])", "#", text)
