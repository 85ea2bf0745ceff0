"""What `vibe serve` says while it runs, to be read or as a JSON object a line: what it offers, a
line for each request and each fallback, and what becomes of itself. Each provider has a colour."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any, Final, cast

import msgspec

from vibe.cli.context import Cli
from vibe.cli.problems import as_data
from vibe.cli.terminal import Ink, Paint, Painted, joined
from vibe.config.problem import ConfigError
from vibe.domain.event import Seam
from vibe.domain.model import Alias, LogForm, ProviderName, Size
from vibe.domain.telling import money, tokens, told
from vibe.errors import VibeError
from vibe.gateway.health import Health, Status
from vibe.gateway.naming import SIZES, Names
from vibe.gateway.record import End, Record, Switched

_COLOURS: Final[tuple[Ink, ...]] = (
    "cyan", "magenta", "blue", "green", "yellow",
    "azure", "rose", "olive", "plum", "coral", "pine", "violet", "brown", "teal",
)  # fmt: skip
_STATUS: Final[dict[Status, tuple[str, Ink]]] = {
    "healthy": ("✓ healthy", "green"),
    "half_open": ("◐ being tried again", "yellow"),
    "circuit_open": ("✗ resting", "red"),
    "unreachable": ("✗ unreachable", "red"),
    "unavailable": ("– not usable: no key, or disabled", "dim"),
}
_ENDS: Final[dict[End, Ink]] = {"ok": "green", "gone": "dim", "refused": "yellow"}
_FAMILY: Final[dict[Size, str]] = {
    "big": "big (opus)", "middle": "middle (sonnet)", "small": "small (haiku)",
}  # fmt: skip


class Log:
    """`form` may change at any moment; `wall` is the time of each line."""

    def __init__(self, cli: Cli, *, form: LogForm, wall: Callable[[], float]) -> None:
        self.form: LogForm = form
        self._cli = cli
        self._paint = cli.terminal.talk_paint
        self._wall = wall
        self._inks: dict[Alias, Ink] = {}

    def offers(self, names: Names) -> None:
        """From now on: each provider keeps the colour of its place in the file, if that stays."""
        self._inks = colours_of(names)

    def began(self, names: Names, health: Health, *, url: str, token: str) -> None:
        if self.form == "json":
            providers = msgspec.to_builtins(health.providers)
            self._object("started", url=url, token_in=token, providers=providers)
            return
        for line in table(self._paint, names, health, url=url, token=token):
            self._cli.terminal.talk(line)

    def note(self, event: Record | Switched) -> None:
        if isinstance(event, Switched):
            if self.form == "json":
                kind = "seam" if isinstance(event.event, Seam) else "failover"
                fields = msgspec.to_builtins(event.event)
                self._object("fallback", request_id=event.id, kind=kind, **fields)
            else:
                self._line(event.id, self._switched(event))
        elif self.form == "json":
            fields = msgspec.to_builtins(event)
            self._object("request", request_id=fields.pop("id"), **fields)
        else:
            self._line(event.id, self._request(event))

    def say(self, sentence: str) -> None:
        if self.form == "json":
            self._object("notice", message=sentence)
        else:
            self._cli.terminal.talk(self._paint(sentence, "dim"))

    def warn(self, sentence: str) -> None:
        if self.form == "json":
            self._object("warning", message=sentence)
        else:
            self._cli.warn(sentence)

    def tell(self, error: VibeError) -> None:
        if self.form != "json":
            self._cli.tell(error)
        elif isinstance(error, ConfigError):
            for problem in error.problems:
                self._object("problem", **as_data(problem))
        else:
            self._object("error", message=error.message, hint=error.hint)

    def _object(self, event: str, /, **fields: Any) -> None:
        """In ASCII, in which no control can hide; secrets are taken out of each text by itself, or
        what is around one in JSON would be taken for a part of it."""
        at = datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="milliseconds")
        safe = _without(self._paint.without_secrets, {"time": at, "event": event, **fields})
        self._cli.terminal.talk(Painted(json.dumps(safe)))

    def _line(self, id: str, parts: Iterator[Painted]) -> None:
        paint = self._paint
        at = datetime.fromtimestamp(self._wall()).strftime("%H:%M:%S")  # noqa: DTZ006 - as on a clock
        self._cli.terminal.talk(joined([paint(at, "dim"), *parts, paint(id, "dim")], "  "))

    def _switched(self, event: Switched) -> Iterator[Painted]:
        yield self._paint("↷", "yellow")
        yield self._paint(told(event.event), self._inks.get(event.event.to_alias))

    def _request(self, record: Record) -> Iterator[Painted]:
        paint = self._paint
        yield paint(str(record.status), _ENDS.get(record.end, "red"))
        if record.alias:
            yield paint(record.alias, self._inks.get(record.alias))
        yield paint(record.path or "-")
        if record.end != "refused":
            yield paint(f"{record.took_s:.2f} s")
        if record.usage.output is not None:
            about = "~" if record.is_estimated else ""
            sent, written = tokens(record.usage.input or 0), tokens(record.usage.output)
            yield paint(f"{about}{sent} → {written} tok")
            yield paint(money(record.cost_uusd, is_estimate=record.is_estimated))
        if record.end == "gone":
            yield paint("the client went away", "dim")
        if record.note:
            yield paint(record.note)


def _without(redact: Callable[[str], str], value: Any) -> Any:
    """Every text in a value of JSON."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value)
        return {key: _without(redact, each) for key, each in members.items()}
    if isinstance(value, list):
        return [_without(redact, each) for each in cast("list[Any]", value)]
    return value


def colours_of(names: Names) -> dict[Alias, Ink]:
    """By alias; of its provider, in the order of the file."""
    providers = list(dict.fromkeys(model.provider for model in names.models))
    inks: dict[ProviderName, Ink] = {
        name: _COLOURS[place % len(_COLOURS)] for place, name in enumerate(providers)
    }
    return {model.alias: inks[model.provider] for model in names.models}


def table(paint: Paint, names: Names, health: Health, *, url: str, token: str) -> Iterator[Painted]:
    """What is offered, provider by provider, before the first request."""
    inks = colours_of(names)
    colours: dict[ProviderName, Ink] = {model.provider: inks[model.alias] for model in names.models}
    yield joined([paint("vibe serve", "bold"), paint(url)], "  ")
    yield paint(f"the token stands in {token}", "dim")
    for name, provider in health.providers.items():
        word, ink = _STATUS[provider.status]
        head = [paint(f"[{name}]", colours[name]), paint(f"priority {provider.priority}")]
        yield Painted("")
        yield joined([*head, paint(word, ink)], "  ")
        for title, models in _of(names, name):
            yield joined([paint(f"  {title}:", "dim"), paint(", ".join(models))], " ")
    yield Painted("")


def _of(names: Names, provider: ProviderName) -> Iterator[tuple[str, list[str]]]:
    """Its models by what they are for; those for nothing of it can be named all the same."""
    own = [model.alias for model in names.models if model.provider == provider]
    told_of = {"pool": [alias for alias in names.pool if alias in own]}
    for key in SIZES.values():
        told_of[_FAMILY[key]] = [alias for alias in names.sizes[key] if alias in own]
    told = {alias for aliases in told_of.values() for alias in aliases}
    told_of["by name"] = [alias for alias in own if alias not in told]
    yield from ((title, list(map(str, aliases))) for title, aliases in told_of.items() if aliases)
