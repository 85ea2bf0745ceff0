"""Whom `vibe -p` may ask, by configuration and `--model`, and whether their prices are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vibe.clean import quote
from vibe.config.layers import Override
from vibe.errors import UsageError

if TYPE_CHECKING:
    from vibe.cli.context import Cli
    from vibe.config.load import Loaded
    from vibe.mux.entry import Entry

AUTO = "auto"


def loaded_for(cli: Cli, model: str | None, *, allow_missing_keys: bool) -> Loaded:
    """The configuration to ask by. Where it has no model, the demo model answers."""
    flags = _alone(model) if model and model != AUTO else ()
    loaded = cli.load(flags=flags, allow_missing_keys=allow_missing_keys)
    settings = loaded.require()
    if not settings.models:
        return loaded
    from vibe.assemble import pool_of

    entries = pool_of(loaded).entries
    if all(entry.trouble for entry in entries):
        raise UsageError(
            f"Missing API key: {entries[0].trouble}",
            hint="set it in the environment or in .env beside the configuration file",
        )
    return loaded


def require_prices(loaded: Loaded) -> None:
    """Of every model that may answer: what has no price could cost anything."""
    from vibe.assemble import pool_of

    lacking = [
        f"{quote(entry.alias)} lacks {' and '.join(keys)}"
        for entry in pool_of(loaded).entries
        if entry.trouble is None and (keys := _lacking(entry))
    ]
    if lacking:
        raise UsageError(
            f"--max-cost needs the price of every model that may answer: {'; '.join(lacking)}",
            hint="add them to the model in the configuration, in dollars per million tokens (0 "
            "where it is free), or leave --max-cost out",
        )


def _lacking(entry: Entry) -> list[str]:
    prices = {"input_price": entry.price.input, "output_price": entry.price.output}
    return [key for key, price in prices.items() if price is None]


def _alone(model: str) -> tuple[Override, ...]:
    """`--model` chooses one model, and leaves the pool aside."""
    active = Override(kind="flag", label="--model", path=("active_model",), value=model)
    mode = Override(kind="flag", label="--model", path=("multiplexer", "mode"), value="single")
    return active, mode
