"""A whole chat without a terminal: real sockets, a real session, a screen that is read as text."""

from __future__ import annotations

import io
import os
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from tests.mux.pools import Line, Rig, pool
from vibe.agent.permissions.values import Mode
from vibe.cli.chat_config import workbench
from vibe.cli.chat_records import shelf
from vibe.cli.chat_steps import asked
from vibe.cli.chat_typing import customs, edit, revise
from vibe.cli.context import Cli
from vibe.cli.terminal import Terminal
from vibe.cli.working import Choices, working
from vibe.domain.model import Alias
from vibe.mux.entry import Rules
from vibe.session.spent import Spent
from vibe.testing.clock import FakeClock
from vibe.tui.app import ChatApp
from vibe.tui.catalogue import NO_CATALOGUE, Catalogue
from vibe.tui.desk import Desk, House, Left
from vibe.tui.draw.theme import ThemeName
from vibe.tui.panels.panel import GRACE_S
from vibe.tui.typing.composer import Composer
from vibe.tui.typing.kept import Kept
from vibe.world import World

ELSEWHERE = Spent(alias=Alias("elsewhere"), answers=3, cost_uusd=210_000)
WIDE = (120, 36)
NARROW = (80, 24)


class Room:
    """One chat. `clock` is the screen's own, and stands still until it is told to go on."""

    def __init__(self, app: ChatApp, pilot: Pilot[Left], rig: Rig, clock: FakeClock) -> None:
        self.app = app
        self.pilot = pilot
        self.rig = rig
        self.clock = clock

    @property
    def screen(self) -> str:
        """As a person sees it, without blanks at the ends of lines."""
        compositor = self.app.screen._compositor  # pyright: ignore[reportPrivateUsage]  all of it
        strips = compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips)

    @property
    def typed(self) -> str:
        """What stands in the composer."""
        return self.app.query_one(Composer).text

    async def type(self, text: str) -> None:
        """At once, as if it had been typed: keys one by one take long."""
        self.app.query_one(Composer).insert(text, maintain_selection_offset=False)
        await self.pilot.pause()

    async def say(self, text: str) -> None:
        await self.type(text)
        await self.pilot.press("enter")

    async def press(self, *keys: str) -> None:
        for key in keys:
            await self.pilot.press(key)
            self.app.query_one(Composer).decide()  # as if a moment had passed
            await self.pilot.pause()

    async def wait_for(self, text: str) -> str:
        """Until it is on the screen: a real turn takes its time."""
        for _ in range(400):
            await self.pilot.pause(0.01)
            if text in self.screen:
                return self.screen
        raise AssertionError(f"{text!r} is not on the screen:\n{self.screen}")

    async def wait_until_idle(self) -> str:
        for _ in range(400):
            await self.pilot.pause(0.01)
            if not self.app.is_under_way:
                await self.pilot.pause()
                return self.screen
        raise AssertionError(f"the turn does not end:\n{self.screen}")

    async def let_grace_pass(self) -> None:
        self.clock.advance(GRACE_S + 0.01)
        await self.pilot.pause()


async def _opened(app: ChatApp, pilot: Pilot[Left]) -> None:
    for _ in range(400):
        await pilot.pause(0.01)
        if app.talk.is_open:
            return
    raise AssertionError("the conversation does not open")


@asynccontextmanager
async def chat(
    home: Path,
    *lines: Line,
    size: tuple[int, int] = WIDE,
    mode: Mode = "ask",
    theme: ThemeName = "dark",
    changed_keys: dict[str, str] | None = None,
    resume: str | None = None,
    env: Mapping[str, str] | None = None,
    is_asked: bool = False,
    rules: Rules = Rules(error_s=0.2, rate_limit_s=0.2),  # noqa: B008 - frozen
    catalogue: Catalogue = NO_CATALOGUE,
    today: Callable[[], tuple[Spent, ...]] = lambda: (ELSEWHERE,),
) -> AsyncGenerator[Room]:
    """`is_asked` what comes before a conversation, which then is not open yet."""
    root = home / "shop"
    root.mkdir(exist_ok=True)
    world = World(
        env={"HOME": str(home), "PATH": os.environ["PATH"], **(env or {})},
        cwd=root,
        uid=os.getuid(),
        platform="linux",
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        stderr=io.StringIO(),
        connect=lambda _: (),
    )
    cli = Cli(world=world, terminal=Terminal(world))
    clock = FakeClock()
    async with pool(*lines, rules=rules) as rig:

        async def begin(resume: str | None) -> Desk:
            stack = AsyncExitStack()
            choices = Choices(mode=mode, resume=resume, is_attended=True, confinement="off")
            work = await stack.enter_async_context(working(cli, rig.mux, choices))
            return Desk(
                agent=work.agent,
                questions=work.questions,
                policy=work.policy,
                room=work.room,
                mux=rig.mux,
                close=stack.aclose,
                catalogue=catalogue,
            )

        app = ChatApp(
            House(
                begin=begin,
                folder=root,
                home=home,
                clock=clock,
                hour=lambda _: "12:00:00",
                theme=theme,
                changed_keys=changed_keys or {},
                resume=resume,
                steps=(partial(asked, cli),) if is_asked else (),
                workbench=lambda chat, which: workbench(
                    cli, chat, is_project=which == "project", reload=cli.load
                ),
                shelf=lambda: shelf(cli),
                today=today,
                doctor=lambda: ("● sandbox   bubblewrap", "", "All works."),
                log=home / "vibe.log",
                redactor=cli.terminal.redactor,
                kept=Kept(cli.folders().history, redact=cli.terminal.redactor.redact),
                unsent=cli.folders().unsent,
                edit=partial(edit, cli=cli),
                revise=partial(revise, cli=cli),
                customs=partial(customs, cli),
            )
        )
        async with app.run_test(size=size) as pilot:
            try:
                if not is_asked:
                    await _opened(app, pilot)
                yield Room(app, pilot, rig, clock)
            finally:
                await app.close()
