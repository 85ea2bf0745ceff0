"""How the work is spread: by weight, in one process and in many, and over slow endpoints."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from mux_field import LIBRARY, MLLM, POOL, ROUTER, Calls, Field, host
from mux_host import Pool, Took

WEIGHTS: Final = ((70, 30), (5, 3, 2), (7, 2, 1))
REQUESTS: Final = 100  # ten full cycles of each
WINDOW: Final = 20
IN_TURN: Final = 20  # processes, each with a few of the requests
AT_ONCE: Final = 4
NAMES: Final = "abcd"
SLOTS: Final = 4
SLOW_MS: Final = 50
PER_SLOT: Final = 20


def shares(field: Field, runs: int) -> Iterator[str]:
    yield "| weights | client | share off, points | worst 20 picks off |"
    yield "|---|---|---:|---:|"
    for weights in WEIGHTS:
        pool = weighed(field, weights)
        said = {
            each.label: field.calls(each, pool, times=REQUESTS).said
            for each in field.present(POOL, LIBRARY, MLLM, ROUTER)
        }
        said[f"{POOL.label}, {IN_TURN} processes in turn"] = of_processes(pool, IN_TURN)
        slow = weighed(field, weights, kind=f"slow-{SLOW_MS}")
        said[f"{POOL.label}, {AT_ONCE} processes at once"] = of_processes(slow, AT_ONCE, AT_ONCE)
        for label, names in said.items():
            share, window = error(names, weights)
            yield f"| {'/'.join(map(str, weights))} | {label} | {share:.1f} | {window:.1f} |"


def weighed(field: Field, weights: Sequence[int], *, kind: str = "says") -> Pool:
    kinds = [f"{kind}/{name}" for name in NAMES[: len(weights)]]
    pool = field.pool(*kinds, model="0/1", mode="load_balance")
    endpoints = zip(pool.endpoints, weights, strict=True)
    return pool._replace(endpoints=tuple(each._replace(weight=n) for each, n in endpoints))


def of_processes(pool: Pool, processes: int, at_once: int = 1) -> list[str]:
    """The answers in order, of processes that share nothing but a store."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        stored = pool._replace(store=str(Path(folder) / "mux.db"))
        workers = stack.enter_context(ThreadPoolExecutor(at_once))
        calls = workers.map(one_process, [stored] * processes, [REQUESTS // processes] * processes)
        took = [each for one in calls for each in one.took]
    return Calls(0.0, took).said


def one_process(pool: Pool, times: int) -> Calls:
    with host(sys.executable) as started:
        found = started.calls(POOL, pool, times=times)
        started.forget()  # so that it has written all
        return found


def error(said: Sequence[str], weights: Sequence[int]) -> tuple[float, float]:
    """How many points a share is off over all, and how many picks at worst within a window."""
    whole = sum(weights)
    due = {name: weight / whole for name, weight in zip(NAMES, weights, strict=False)}
    count = Counter(said)
    share = max(abs(count[name] / len(said) - due[name]) for name in due)
    window = max(
        abs(said[start : start + WINDOW].count(name) - due[name] * WINDOW)
        for start in range(len(said) - WINDOW + 1)
        for name in due
    )
    return share * 100, window


def throughput(field: Field, runs: int) -> Iterator[str]:
    """With as many callers as there are places, and as many again in line."""
    yield f"| endpoints of {SLOW_MS} ms, {SLOTS} at once | client | requests a second | over one |"
    yield "|---:|---|---:|---:|"
    for each in field.present(POOL, MLLM, ROUTER):
        single = 0.0
        for endpoints in (1, 2, 4):
            field.of(each).forget()
            pool = field.pool(*[f"slow-{SLOW_MS}/a"] * endpoints, mode="load_balance")
            bounded = tuple(one._replace(most=SLOTS) for one in pool.endpoints)
            pool, places = pool._replace(endpoints=bounded), SLOTS * endpoints
            field.calls(each, pool, times=places, at_once=places)  # to connect
            times = places * PER_SLOT
            took = field.calls(each, pool, times=times, at_once=2 * places).took
            rate = answered_a_second(took)
            single = single or rate
            yield f"| {endpoints} | {each.label} | {rate:.0f} | {rate / single:.2f}x |"


def answered_a_second(took: Sequence[Took]) -> float:
    began = min(each.until - each.seconds for each in took)
    answered = sum(not each.said.startswith("!") for each in took)
    return answered / (max(each.until for each in took) - began)
