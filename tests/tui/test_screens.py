"""The screens as they stand in `screens/`, at both sizes. Run as a program, this writes them anew,
for somebody to look at."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import pytest

from tests.mux.pools import Line
from tests.tui.rig import NARROW, WIDE, Room, chat
from vibe.domain.usage import Price
from vibe.testing.exchange import call
from vibe.testing.faults import at, play
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result

SCREENS = Path(__file__).with_name("screens")
SIZES = {"120x36": WIDE, "80x24": NARROW, "60x20": (60, 20)}
ANSWER = """\
The test reads `TZ` from your shell. CI has none, so `now()` is UTC and the 23:30 case rolls over:

```python
due = datetime.now() + timedelta(hours=1)
```

Two ways out:

1. **Freeze the clock** in the fixture, which is smaller.
2. Pass a zone, which is right. I would do *that*, in all of the places that ask for the time.

| place | zone |
|---|---|
| `checkout.py` | none |
"""
CHECKOUT = "class Order:\n    def due(self):\n        return datetime.now() + HOUR\n"
MODEL = Scripted(
    when_asked("Why", calls(call("read", path="checkout.py"))),
    when_asked("do the second", calls(call("read", path="checkout.py"))),
    when_result(
        "read",
        calls(
            call(
                "edit",
                path="checkout.py",
                edits=[
                    {
                        "old": "        return datetime.now() + HOUR",
                        "new": "        return self.clock.now(self.zone) + HOUR",
                    }
                ],
            ),
            call("bash", command="uv run pytest -q tests/test_checkout.py"),
            text="I pass the zone in explicitly and keep `now()` out of the domain code.",
        ),
        holds="Order",
    ),
    otherwise(says(ANSWER)),
)
_TIMES = re.compile(r" +(\S[^·\n]*) · \d+ ms$", re.MULTILINE)
_SPEEDS = re.compile(r" · \d+ tok/s")


async def _empty(room: Room) -> None:
    del room


async def _answered(room: Room) -> None:
    await room.say("Why does it fail on CI but not here?")
    await room.wait_until_idle()


async def _asked(room: Room) -> None:
    await room.say("do the second, then run the tests")
    await room.wait_for("Apply")


async def _helped(room: Room) -> None:
    await room.press("f1")


STATES: dict[str, Callable[[Room], Awaitable[None]]] = {
    "empty": _empty,
    "answered": _answered,
    "approval": _asked,
    "help": _helped,
}


async def screen(home: Path, state: str, size: tuple[int, int]) -> str:
    shop = home / "shop"
    shop.mkdir()
    (shop / "checkout.py").write_text(CHECKOUT if state == "approval" else "x = 1\n")
    (shop / ".git").mkdir()
    (shop / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    price = Price()
    first = Line(
        alias="devstral-2",
        behaviour=MODEL,
        window=9_000_000,
        price=price,
        faults=at({1: play("rate_limit")}),
    )
    second = Line(alias="devstral-small", behaviour=MODEL, window=9_000_000, price=price)
    async with chat(home, first, second, size=size) as room:
        await STATES[state](room)
        await room.pilot.pause()
        shown = room.screen
    timed = _SPEEDS.sub("", shown)
    return _TIMES.sub(r"  \1 · N ms", timed) + "\n"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("state", STATES)
async def test_a_screen_is_as_it_was_looked_at(tmp_path: Path, state: str, size: str) -> None:
    expected = (SCREENS / f"{state}-{size}.txt").read_text("utf-8")
    shown = await screen(tmp_path, state, SIZES[size])
    assert _rested(shown) == _rested(expected)


def _rested(screen: str) -> str:
    """Whether a rest is over by the time of a look hangs on the machine."""
    return screen.replace("◐", "○")


async def _written() -> AsyncGenerator[Path]:
    for state in STATES:
        for name, size in SIZES.items():
            with tempfile.TemporaryDirectory() as home:
                file = SCREENS / f"{state}-{name}.txt"
                file.write_text(await screen(Path(home), state, size), "utf-8")
                yield file


async def _main() -> None:
    SCREENS.mkdir(exist_ok=True)
    async for file in _written():
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    asyncio.run(_main())
