"""Tests may be coroutines; each gets a loop of its own, and may leave no task behind."""

from __future__ import annotations

import asyncio
from inspect import iscoroutinefunction

import pytest
from hypothesis import settings

settings.register_profile("vibe", deadline=None)  # no test is about how long something took
settings.load_profile("vibe")


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
