"""Tests may be coroutines; each gets a loop of its own, and may leave no task behind. One that
hangs fails after ten minutes, so that the others are still run.

What this machine's kernel does not let be tried is counted at the end, since nobody reads skips.
"""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import Generator
from inspect import iscoroutinefunction
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("vibe", deadline=None)  # no test is about how long something took
settings.load_profile("vibe")


HANGS_S = 600


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The vendors' SDKs take their time to load, and only the lanes that are for them have them."""
    lanes = str(config.getoption("markexpr")).split(" or ")
    is_for_sdks = collection_path.name.startswith("test_sdk_")
    return True if is_for_sdks and not {"sdks", "real"} & set(lanes) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    def give_up(*_: object) -> None:
        raise TimeoutError(f"the test has not ended within {HANGS_S} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(HANGS_S)
    try:
        return (yield)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    test = pyfuncitem.obj
    if not iscoroutinefunction(test):
        return None
    names = pyfuncitem._fixtureinfo.argnames  # pyright: ignore[reportPrivateUsage] - no public way
    arguments = {name: pyfuncitem.funcargs[name] for name in names}

    async def run() -> None:
        await test(**arguments)
        await asyncio.sleep(0)  # what was cancelled last is let go
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left, f"left behind: {left}"

    asyncio.run(run())
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped: list[pytest.TestReport] = terminalreporter.stats.get("skipped", [])
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: sandbox: ")
        for report in skipped
        if isinstance(report.longrepr, tuple) and report.longrepr[2].startswith("Skipped: sandbox:")
    )
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"sandbox: {count} tests skipped: {reason}", yellow=True)
