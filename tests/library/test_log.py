"""What a program finds in its log. Nothing of it is a warning: who configures none sees none."""

from __future__ import annotations

import logging
import re

import pytest

from tests.library.rig import Line, pool
from vibe.testing.faults import at, play

_DELAY = re.compile(r"\+\d+\.\d\d s")


async def test_the_log_tells_who_was_added_and_who_was_asked(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="vibe")
    lines = (
        Line(name="gpu-1", weight=8, faults=at({2: play("server_error")})),
        Line(name="backup", is_fallback=True),
    )
    async with pool(*lines) as rig:
        for _ in range(3):
            await rig.ask()
    told = [(line.levelname, _DELAY.sub("+0.00 s", line.getMessage())) for line in caplog.records]
    assert told == [
        ("INFO", "Added primary endpoint: gpu-1 (weight: 8)"),
        ("INFO", "Added fallback endpoint: backup (weight: 1)"),
        ("DEBUG", "Request routed to: gpu-1"),
        ("DEBUG", "Request routed to: gpu-1"),
        ("INFO", "gpu-1: 500 server error; backup is asked instead (+0.00 s)"),
        ("DEBUG", "Fallback triggered, using: backup"),
        ("DEBUG", "Fallback triggered, using: backup"),
    ]
