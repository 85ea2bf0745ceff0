"""GET /metrics: what the gateway did and how the pool stands, in the text form of Prometheus.

Labels are of the configuration and of closed sets alone; nothing that a client sent becomes one.
Counters of models are of this process, as in the pool's snapshot.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct

from vibe.clean import clean_line
from vibe.domain.event import Seam
from vibe.gateway.record import Record, Switched
from vibe.mux.snapshot import EntrySnapshot, MuxSnapshot

CONTENT_TYPE: Final = b"text/plain; version=0.0.4; charset=utf-8"
_BUCKETS_S: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
_UUSD: Final = 1_000_000
_STATES: Final = ("closed", "half_open", "open")
_OTHER: Final = "other"


class _Family(Struct, frozen=True, kw_only=True):
    """One number of each model: its name without the prefix, what it is, and where it is from."""

    name: str
    kind: str
    about: str
    value: Callable[[EntrySnapshot], float]


_FAMILIES: Final = (
    _Family(
        name="attempts_total", kind="counter", about="Attempts that were begun.",
        value=lambda entry: entry.requests,
    ),
    _Family(
        name="attempts_ok_total", kind="counter", about="Attempts that brought a whole answer.",
        value=lambda entry: entry.ok,
    ),
    _Family(
        name="attempts_limited_total", kind="counter", about="Attempts that were rate limited.",
        value=lambda entry: entry.limited,
    ),
    _Family(
        name="attempts_failed_total", kind="counter", about="Attempts that failed otherwise.",
        value=lambda entry: entry.failed,
    ),
    _Family(
        name="input_tokens_total", kind="counter", about="Tokens sent, some of them estimated.",
        value=lambda entry: entry.input_tokens,
    ),
    _Family(
        name="output_tokens_total", kind="counter", about="Tokens written, some estimated.",
        value=lambda entry: entry.output_tokens,
    ),
    _Family(
        name="cost_usd_total", kind="counter", about="Cost of what has a known price.",
        value=lambda entry: entry.cost_uusd / _UUSD,
    ),
    _Family(
        name="unpriced_total", kind="counter", about="Attempts whose cost is not known.",
        value=lambda entry: entry.unpriced,
    ),
    _Family(
        name="attempts_estimated_total", kind="counter", about="Attempts with estimated tokens.",
        value=lambda entry: entry.estimated,
    ),
    _Family(
        name="busy", kind="gauge", about="Attempts under way.", value=lambda entry: entry.busy
    ),
)  # fmt: skip


class Metrics:
    """Counts requests as their records come."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = frozenset(paths)
        self._requests: Counter[tuple[str, int, str]] = Counter()
        self._durations: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        self._switches: Counter[str] = Counter()

    def note(self, told: Record | Switched) -> None:
        if isinstance(told, Switched):
            self._switches["seam" if isinstance(told.event, Seam) else "failover"] += 1
            return
        path = told.path if told.path in self._paths else _OTHER
        self._requests[path, told.status, told.end] += 1
        if told.end == "refused":
            return
        counts = self._durations.setdefault(path, [0] * (len(_BUCKETS_S) + 1))
        counts[bisect_left(_BUCKETS_S, told.took_s)] += 1
        self._sums[path] = self._sums.get(path, 0.0) + told.took_s

    def text(self, snapshot: MuxSnapshot, *, under_way: int) -> bytes:
        lines = (*self._of_requests(), *_of_pool(snapshot, under_way), *_of_models(snapshot))
        return ("\n".join(lines) + "\n").encode()

    def _of_requests(self) -> Iterator[str]:
        yield from _head("requests_total", "counter", "Requests by path, status and end.")
        for (path, status, end), count in sorted(self._requests.items()):
            yield _line("requests_total", count, path=path, status=str(status), end=end)
        yield from _head(
            "request_duration_seconds",
            "histogram",
            "From all of it to its end.",
        )
        for path, counts in sorted(self._durations.items()):
            so_far = 0
            for bound, count in zip((*map(str, _BUCKETS_S), "+Inf"), counts, strict=True):
                so_far += count
                yield _line("request_duration_seconds_bucket", so_far, path=path, le=bound)
            yield _line("request_duration_seconds_sum", self._sums[path], path=path)
            yield _line("request_duration_seconds_count", so_far, path=path)
        yield from _head("fallbacks_total", "counter", "Attempts that took the place of another.")
        for kind in ("failover", "seam"):
            yield _line("fallbacks_total", self._switches[kind], kind=kind)


def _of_pool(snapshot: MuxSnapshot, under_way: int) -> Iterator[str]:
    gauges = (
        ("requests_under_way", "Requests of clients.", under_way),
        ("pool_available", "Models that can answer now.", snapshot.available),
        ("pool_size", "Models of the pool.", snapshot.total),
        ("pool_waiting", "Requests that wait for a model.", snapshot.waiting),
    )
    for name, about, value in gauges:
        yield from _head(name, "gauge", about)
        yield _line(name, value)


def _of_models(snapshot: MuxSnapshot) -> Iterator[str]:
    for family in _FAMILIES:
        name = f"model_{family.name}"
        yield from _head(name, family.kind, family.about)
        for entry in snapshot.entries:
            yield _line(name, family.value(entry), model=entry.alias, provider=entry.provider)
    yield from _head("model_state", "gauge", "1 for the state that the circuit is in.")
    for entry in snapshot.entries:
        for state in _STATES:
            labels = {"model": entry.alias, "provider": entry.provider, "state": state}
            yield _line("model_state", int(entry.state == state), **labels)


def _head(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP vibe_{name} {about}"
    yield f"# TYPE vibe_{name} {kind}"


def _line(name: str, value: float, /, **labels: str) -> str:
    told = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
    return f"vibe_{name}{{{told}}} {_number(value)}" if told else f"vibe_{name} {_number(value)}"


def _escaped(label: str) -> str:
    return clean_line(label).replace("\\", "\\\\").replace('"', '\\"')


def _number(value: float) -> str:
    return str(value) if isinstance(value, int) else repr(float(value))
