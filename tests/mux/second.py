"""One process more that uses the store: `python -m tests.mux.second PATH WHAT TIMES`.

It says "ready" and begins when told to, so that several begin at once. It ends cleanly at the end
of its input; until then it holds what it has.
"""

from __future__ import annotations

import sys
from pathlib import Path

from vibe.clock import SystemClock
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.model import Alias
from vibe.mux.entry import ScopeId
from vibe.mux.health import Health
from vibe.mux.step import Aside
from vibe.mux.store import Store
from vibe.mux.store_queue import Use

SERVER = Failure(kind=FailureKind.SERVER)


def main(path: str, what: str, times: str) -> None:
    say("ready")
    sys.stdin.readline()
    clock = SystemClock()
    store = Store.open(Path(path), clock)
    for number in range(int(times)):
        match what:
            case "count":
                store.add_sent("pool", Alias("fast"))
                store.raise_sent("pool", Alias("slow"), to=number)
                store.count(Alias("fast"), Use(requests=1))
            case "open":
                until = clock.monotonic() + 100.0 + number
                health = Health(epoch=1, openings=1, until=until, failure=SERVER)
                store.put_health(ScopeId(f"scope-{number}"), health)
            case "close":
                store.put_health(ScopeId(f"scope-{number}"), Health(epoch=1))
            case "lease":
                say("leased" if store.lease([ScopeId("scope")], 3600.0) is None else "denied")
            case "tell":
                store.put_snapshot(Aside(Alias("fast"), what))
            case _:
                sys.exit(f"no such thing: {what}")
        store.flush()
    say(store.notice or "done")
    sys.stdin.read()
    store.close()


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
