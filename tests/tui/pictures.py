"""The pictures of README.md, taken of a real chat as SVG. Holds no test: `scripts/screenshots` runs
it. The numbers are those of the run, but for the time, which the chat's own clock is told."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from tests.mux.pools import LONG, Line
from tests.tui.rig import Room, chat
from tests.tui.scenes import ANSWER, CHECKOUT, CUT, MODEL, REST, furnish
from vibe.domain.usage import Price
from vibe.mux.entry import Rules
from vibe.testing.exchange import Asked
from vibe.testing.faults import Play, at, play
from vibe.testing.script import says

IMAGES: Final = Path(__file__).parents[2] / "docs" / "images"
SIZE: Final = (116, 28)
STEP_S: Final = 0.02
PRICE: Final = Price(input=0.4, output=2.0)
SLOW: Final = play("slow_drip")
LIMITED: Final = play("rate_limit")
QUESTION: Final = "Why does the checkout test fail on CI but not here?"
SHORT: Final = says(
    "The test reads `TZ` from your shell, and CI has none: so `now()` is UTC there."
)

_FONT = re.compile(r"@font-face\s*\{[^}]*\}\s*")
_ID = re.compile(r"terminal-\d+")


def _line(alias: str, **changed: object) -> Line:
    line = Line(alias=alias, behaviour=says(ANSWER), price=PRICE, window=128_000, patience=LONG)
    return replace(line, **changed)


def _slow(_asked: Asked, _number: int) -> Play:
    return SLOW


async def _failover(room: Room) -> None:
    await room.say(QUESTION)
    await room.wait_for("I would begin")


async def _mux(room: Room) -> None:
    for _ in range(5):
        await room.say(QUESTION)
        await room.wait_until_idle()
    await room.say(QUESTION)
    await room.press("f2")
    await room.wait_for("RECENT")
    await room.wait_for("1/3")


async def _approval(room: Room) -> None:
    await room.say("do the second, then run the tests")
    await room.wait_for("Apply")


TAKEN: Final[Mapping[str, tuple[Callable[[Room], Awaitable[None]], Rules, tuple[Line, ...]]]] = {
    "failover": (
        _failover,
        Rules(),
        (
            _line("devstral-2", faults=LIMITED),
            _line("devstral-small", faults=CUT[1].faults),
            _line("local", behaviour=says(REST), faults=CUT[2].faults),
        ),
    ),
    "mux": (
        _mux,
        Rules(mode="load_balance"),
        (
            _line("devstral-2", behaviour=SHORT, faults=_slow, weight=70, max_concurrent=3),
            _line(
                "devstral-small",
                faults=at({1: SLOW, 2: LIMITED}),
                behaviour=SHORT,
                weight=30,
                max_concurrent=5,
            ),
            _line("local", is_fallback=True, max_concurrent=1, price=Price(input=0.0, output=0.0)),
        ),
    ),
    "approval": (_approval, Rules(), (_line("devstral-2", behaviour=MODEL, faults=_slow),)),
}


async def _ticking(room: Room) -> None:
    while True:
        await asyncio.sleep(STEP_S)
        room.clock.advance(STEP_S)


async def taken(name: str, home: Path) -> str:
    reach, rules, lines = TAKEN[name]
    async with chat(home, *lines, size=SIZE, rules=rules) as room:
        ticking = asyncio.create_task(_ticking(room))
        try:
            await reach(room)
            return _portable(room.app.export_screenshot(title="vibe"))
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking


def _portable(svg: str) -> str:
    """With the reader's own font: a picture in a page may load none. The same ids in every run."""
    return _ID.sub("vibe", _FONT.sub("", svg)).replace("Fira Code, monospace", "monospace")


def main() -> None:
    IMAGES.mkdir(exist_ok=True)
    for name in TAKEN:
        with tempfile.TemporaryDirectory() as home:
            furnish(Path(home), CHECKOUT)
            picture = asyncio.run(taken(name, Path(home)))
        file = IMAGES / f"{name}.svg"
        file.write_text(picture, "utf-8")
        sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    main()
