"""What `vibe serve` tells while it runs: a line for each request and each fallback, and the table
that it begins with. Each provider keeps one colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from vibe.cli.terminal import Ink, Paint, Painted, joined
from vibe.domain.model import Alias, LogForm, ProviderName, Size
from vibe.domain.telling import money, tokens, told
from vibe.gateway.health import Health, Status
from vibe.gateway.naming import SIZES, Names
from vibe.gateway.record import End, Record, Switched

_COLOURS: Final[tuple[Ink, ...]] = ("cyan", "magenta", "blue", "green", "yellow")
_STATUS: Final[dict[Status, tuple[str, Ink]]] = {
    "healthy": ("✓ healthy", "green"),
    "half_open": ("◐ being tried again", "yellow"),
    "circuit_open": ("✗ resting", "red"),
    "unreachable": ("✗ unreachable", "red"),
    "unavailable": ("– not usable: no key, or disabled", "dim"),
}
_FAMILY: Final[dict[Size, str]] = {
    "big": "big (opus)", "middle": "middle (sonnet)", "small": "small (haiku)",
}  # fmt: skip


def colours_of(names: Names) -> dict[Alias, Ink]:
    """By alias; of its provider, in the order of the file."""
    providers = list(dict.fromkeys(model.provider for model in names.models))
    return {m.alias: _COLOURS[providers.index(m.provider) % len(_COLOURS)] for m in names.models}


class Log:
    """`names` may change with a reload; `wall` is the time that each line begins with."""

    def __init__(
        self,
        say: Callable[[Painted], None],
        paint: Paint,
        *,
        form: LogForm,
        names: Callable[[], Names],
        wall: Callable[[], float],
    ) -> None:
        self._say = say
        self._paint = paint
        self._form = form
        self._names = names
        self._wall = wall

    def note(self, event: Record | Switched) -> None:
        if self._form == "json":
            self._say(self._paint.code(self._json(event)))
        elif isinstance(event, Switched):
            self._say(self._line(event.id, self._switched(event)))
        else:
            self._say(self._line(event.id, self._request(event)))

    def _json(self, event: Record | Switched) -> str:
        at = datetime.fromtimestamp(self._wall(), UTC).isoformat(timespec="milliseconds")
        kind = "fallback" if isinstance(event, Switched) else "request"
        fields = msgspec.to_builtins(event)
        text = msgspec.json.encode({"time": at, "event": kind, **fields}).decode()
        return self._paint.without_secrets(text)

    def _line(self, id: str, parts: Iterator[Painted]) -> Painted:
        paint = self._paint
        at = datetime.fromtimestamp(self._wall(), UTC).astimezone().strftime("%H:%M:%S")
        return joined([paint(at, "dim"), *parts, paint(id, "dim")], "  ")

    def _switched(self, event: Switched) -> Iterator[Painted]:
        yield self._paint("↷", "yellow")
        yield self._paint(told(event.event), colours_of(self._names()).get(event.event.to_alias))

    def _request(self, record: Record) -> Iterator[Painted]:
        paint = self._paint
        inks: dict[End, Ink] = {"ok": "green", "gone": "dim", "refused": "yellow"}
        yield paint(str(record.status), inks.get(record.end, "red"))
        if record.alias:
            yield paint(record.alias, colours_of(self._names()).get(record.alias))
        yield paint(record.path)
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
