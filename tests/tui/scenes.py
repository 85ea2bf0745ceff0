"""The screens of screens.md: how each comes about in a real chat. Numbers that hang on the machine
are set to fixed ones, and no test is made here."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from tests.mux.pools import LONG, Line
from tests.tui import test_first_run, test_sessions_panel, test_trust_panel
from tests.tui.rig import WIDE, Room, chat
from tests.tui.samples import ATTEMPTS, COST, OFFERED, POOL, RESTING, UNREACHABLE, WINDOW
from tests.tui.test_config_panel import Bench
from vibe.config.known import PROVIDERS
from vibe.domain.event import Waiting
from vibe.domain.usage import Price
from vibe.mux.entry import Rules
from vibe.testing.exchange import call
from vibe.testing.faults import at, play
from vibe.testing.script import Scripted, calls, otherwise, says, when_asked, when_result
from vibe.tui.draw.ink import line
from vibe.tui.history.toolrow import Row
from vibe.tui.panels.attempts import AttemptsPanel
from vibe.tui.panels.context import context_lines
from vibe.tui.panels.cost import cost_lines
from vibe.tui.panels.models import model_rows
from vibe.tui.panels.picker import Act, Picker
from vibe.tui.panels.pool import PoolPanel
from vibe.tui.panels.reading import Reading
from vibe.tui.panels.wait import Relief, WaitCard

Reached = Callable[[Room], Awaitable[None]]

ANSWER: Final = """\
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
REST: Final = (
    " the time. I would begin with the clock: it is one line in the fixture, no caller changes, and"
    " the test says what it means. The zone can follow once the callers are known."
)
CHECKOUT: Final = "class Order:\n    def due(self):\n        return datetime.now() + HOUR\n"
EDIT: Final = {
    "old": "        return datetime.now() + HOUR",
    "new": "        return self.clock.now(self.zone) + HOUR",
}
ASKS: Final = call(
    "ask",
    question="Two callers pass no zone. What shall they get?",
    choices=["UTC, as on CI", "the zone of the shop", "an error"],
)
MODEL: Final = Scripted(
    when_asked("Why", calls(call("read", path="checkout.py"))),
    when_asked("do the second", calls(call("read", path="checkout.py"))),
    when_asked("find the callers", calls(ASKS, text="Two callers are not covered by a test.")),
    when_result(
        "read",
        calls(
            call("edit", path="checkout.py", edits=[EDIT]),
            call("bash", command="uv run pytest -q tests/test_checkout.py"),
            text="I pass the zone in explicitly and keep `now()` out of the domain code.",
        ),
        holds="Order",
    ),
    otherwise(says(ANSWER)),
)
PRICE: Final = Price(input=0.0, output=0.0)
LASTING: Final = Rules(error_s=60.0, rate_limit_s=60.0)  # so that who rests does so in the end
SWITCHED: Final = (
    Line(
        alias="devstral-2",
        behaviour=MODEL,
        price=PRICE,
        window=128_000,
        faults=at({1: play("rate_limit")}),
    ),
    Line(alias="devstral-small", behaviour=MODEL, price=PRICE, window=128_000),
)
CUT: Final = (
    SWITCHED[0],
    Line(
        alias="devstral-small",
        behaviour=says(ANSWER),
        price=PRICE,
        window=128_000,
        faults=play("close_in_body", at_event=60),
    ),
    Line(
        alias="local",
        behaviour=says(REST),
        price=PRICE,
        window=128_000,
        faults=play("stall_in_body", at_event=24),
        patience=LONG,
    ),
)


async def _empty(room: Room) -> None:
    del room


async def _answered(room: Room) -> None:
    await room.say("Why does it fail on CI but not here?")
    await room.wait_until_idle()


async def _streaming(room: Room) -> None:
    await room.say("What is wrong with the checkout test?")
    await room.wait_for("I would begin")
    await room.pilot.pause(0.2)


async def _approval(room: Room) -> None:
    await room.say("do the second, then run the tests")
    await room.wait_for("Apply")


async def _question(room: Room) -> None:
    await room.say("find the callers that pass no zone")
    await room.wait_for("Two callers pass")


async def _help(room: Room) -> None:
    await room.press("f1")


async def _mux(room: Room) -> None:
    def nothing(*_: object) -> None: ...

    room.app.show(
        PoolPanel(
            lambda: POOL,
            nothing,
            clock=lambda at: f"21:{at / 60:02.0f}:{at % 60:02.0f}",
            acts={"enter": nothing},
            is_changed=lambda: False,
        )
    )


async def _details(room: Room) -> None:
    await _answered(room)
    panel = AttemptsPanel(
        ATTEMPTS[0][1].alias,
        lambda: ATTEMPTS,
        lambda: None,
        clock=lambda at: f"21:{at / 60:02.0f}:{at % 60:02.0f}",
    )
    room.app.show(panel)


async def _model(room: Room) -> None:
    def nothing(_: object) -> None: ...

    room.app.show(
        Picker(
            lambda: line("Model", "strong"),
            lambda width: model_rows(POOL, OFFERED, {}, width),
            chosen=nothing,
            close=lambda: None,
            does="use for this session",
            acts=(
                Act(key="ctrl+s", does="save as active_model", act=nothing),
                Act(key="ctrl+t", does="test", act=nothing),
            ),
            at=1,
        )
    )


async def _sessions(room: Room) -> None:
    room.app.show(test_sessions_panel.Held().panel)


async def _config(room: Room) -> None:
    folder = Path(tempfile.mkdtemp(dir=room.app.house.home))
    room.app.show(Bench(folder).panel)


async def _wait(room: Room) -> None:
    relief = Relief(
        hurry=lambda: None, switch=lambda: None, other=lambda: OFFERED[3], used=lambda: 21_000
    )
    card = WaitCard(
        Waiting(for_s=12.0, tries=3, alias=POOL.entries[2].alias, failure=UNREACHABLE),
        relief,
        lambda: RESTING,
        put_away=lambda: None,
        left_s=lambda: 12.0,
        is_graced=lambda: True,
    )
    room.app.show(card)


async def _first_run(room: Room) -> None:
    panel = test_first_run.Asked(*PROVIDERS[:2]).panel
    panel.serve(test_first_run.SERVED)
    panel.searched()
    room.app.show(panel)


async def _trust(room: Room) -> None:
    room.app.show(test_trust_panel.Asked().panel)


async def _cost(room: Room) -> None:
    title = line("Cost", "strong")
    room.app.show(Reading(title, lambda width: cost_lines(*COST, width), close=lambda: None))


async def _context(room: Room) -> None:
    title = line("Context", "strong")
    room.app.show(Reading(title, lambda width: context_lines(WINDOW, width), close=lambda: None))


SCENES: Final[Mapping[str, Reached]] = {
    "empty": _empty,
    "answered": _answered,
    "streaming": _streaming,
    "approval": _approval,
    "question": _question,
    "mux": _mux,
    "details": _details,
    "model": _model,
    "sessions": _sessions,
    "config": _config,
    "wait": _wait,
    "first-run": _first_run,
    "trust": _trust,
    "cost": _cost,
    "context": _context,
    "help": _help,
}


@asynccontextmanager
async def scene(home: Path, name: str, *, size: tuple[int, int] = WIDE) -> AsyncGenerator[Room]:
    """The chat as it stands there, and stands still."""
    furnish(home, CHECKOUT if name == "approval" else "x = 1\n")
    lines = CUT if name == "streaming" else SWITCHED
    async with chat(home, *lines, size=size, rules=LASTING) as room:
        await SCENES[name](room)
        still(room)
        yield room


def furnish(home: Path, content: str) -> None:
    """The folder that the chat is about, on its branch."""
    shop = home / "shop"
    (shop / ".git").mkdir(parents=True)
    (shop / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (shop / "checkout.py").write_text(content)


def still(room: Room) -> None:
    """What a tool took is told by another clock than the screen's, and how long the first request
    is hangs on the name of the folder."""
    story = room.app.talk.story
    for index, item in enumerate(story.items):
        if isinstance(item, Row):
            facts = tuple("2 ms" if fact.endswith(" ms") else fact for fact in item.facts)
            story.items[index] = replace(item, facts=facts)
    if story.progress.context is not None:
        story.progress = replace(story.progress, context=23_000)
    story.changed = 0
    room.app.look()
