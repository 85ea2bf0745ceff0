"""What has come of an answer is put into its session every now and then, and no key with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, closing
from pathlib import Path

from tests.agent.rig import assistant, house, session_in
from tests.agent.test_loop import end_of
from tests.mux.pools import Line, member
from tests.session.samples import NOON, STRONG, arrived, said
from vibe.agent.loop import CUT_OFF
from vibe.agent.parts import EVERY_S, Parts
from vibe.clock import SystemClock
from vibe.domain.event import FailedOver, PoolEvent, Retracted, Routed, Seam
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import Producer, Text, User
from vibe.domain.model import Alias, ProviderName
from vibe.domain.stream import CallDelta, TextDelta, ThinkingDelta
from vibe.domain.turn import TurnEnd
from vibe.domain.usage import Usage
from vibe.secret import Redactor
from vibe.session.part import ENDED
from vibe.session.record import Answered, Arrived, TurnBegan
from vibe.session.resume import load
from vibe.session.session import Session
from vibe.testing.script import says

KEY = "canary7F3a9c21D4e8b6A0zz"
SMALL = Alias("small")
CUT = Failure(kind=FailureKind.BROKEN_STREAM)
ROUTED = Routed(alias=STRONG, why="order")
SEAM = Seam(from_alias=STRONG, to_alias=SMALL, failure=CUT, tokens=3)


class Beats(SystemClock):
    """Who sleeps by it wakes at each `beat`; `slept` is for how long."""

    def __init__(self) -> None:
        self.slept: set[float] = set()
        self._asleep: asyncio.Queue[asyncio.Future[None]] = asyncio.Queue()
        self._last: asyncio.Future[None] | None = None

    async def sleep(self, seconds: float) -> None:
        self.slept.add(seconds)
        woken = asyncio.get_running_loop().create_future()
        self._asleep.put_nowait(woken)
        await woken

    async def beat(self) -> None:
        """Until it is asleep again."""
        (self._last or await self._asleep.get()).set_result(None)
        self._last = await self._asleep.get()


class Coming:
    """An answer of the first turn of a session on disk."""

    def __init__(self, session: Session, parts: Parts, clock: Beats) -> None:
        self._session = session
        self._parts = parts
        self.clock = clock

    async def come(self, *events: PoolEvent) -> None:
        for event in events:
            self._parts.note(event)
        await self.clock.beat()

    def pay(self) -> None:
        self._parts.paid()

    @property
    def kept(self) -> Sequence[Arrived]:
        assert self._session.place
        return [each for each in load(self._session.place).records if isinstance(each, Arrived)]

    @property
    def text(self) -> str:
        return "".join(each.text for each in self.kept)


@asynccontextmanager
async def coming(root: Path) -> AsyncGenerator[Coming]:
    redactor, clock = Redactor((KEY,)), Beats()
    session = Session.begin(root, folder="/", at=NOON, redactor=redactor, tell=print)
    session.put(TurnBegan(turn=1, message=said("question"), at=NOON))
    members = [member(Line(alias=STRONG), NoServer(), SystemClock())]
    parts = Parts(session, members, sent=40)
    async with parts.kept(clock):
        yield Coming(session, parts, clock)
    session.close()


class NoServer:
    api_base = "http://127.0.0.1:1/v1"


async def test_only_what_is_new_is_put_and_only_if_anything_is(tmp_path: Path) -> None:
    async with coming(tmp_path) as answer:
        await answer.come(ROUTED, TextDelta("\n\n"))
        assert answer.kept == []
        await answer.come(TextDelta("one two "), TextDelta("three "))
        await answer.come()
        await answer.come(TextDelta("four "))
        assert answer.clock.slept == {EVERY_S}
        assert list(answer.kept) == [
            put("\n\none two three ", output=4),
            put("four ", output=5),
        ]


def put(text: str, *, output: int) -> Arrived:
    return Arrived(
        turn=1,
        number=0,
        alias=STRONG,
        producer=Producer(provider=ProviderName(STRONG), model="strong-model"),
        text=text,
        usage=Usage(input=40, output=output),
        cost_uusd=40 + 2 * output,
    )


async def test_a_key_is_not_put_in_pieces_either(tmp_path: Path) -> None:
    async with coming(tmp_path) as answer:
        await answer.come(ROUTED, TextDelta(f"the key is {KEY[:13]}"))
        await answer.come(TextDelta(f"{KEY[13:]} and so on, "))
        assert answer.text == "the key is *** and so on, "


async def test_thought_and_calls_are_counted_and_not_put(tmp_path: Path) -> None:
    async with coming(tmp_path) as answer:
        arguments = CallDelta(call=0, arguments="{}" * 10)
        await answer.come(ROUTED, ThinkingDelta("hm, " * 5), arguments, TextDelta("well "))
        assert [(each.text, each.usage.output) for each in answer.kept] == [("well ", 11)]


async def test_each_piece_is_told_with_its_writer_and_what_was_told_is_not_paid_again(
    tmp_path: Path,
) -> None:
    async with coming(tmp_path) as answer:
        await answer.come(ROUTED, TextDelta("one two"))
        answer.pay()
        await answer.come(TextDelta(" three"), SEAM, TextDelta(" four "))
        assert [(each.alias, each.text, each.usage.input) for each in answer.kept] == [
            (STRONG, "one ", 40),
            (STRONG, "two three", 0),
            (SMALL, " four ", 40),
        ]
        assert [each.cost_uusd for each in answer.kept[1:]] == [0, None]


async def test_what_was_taken_back_is_not_put_later(tmp_path: Path) -> None:
    switched = FailedOver(from_alias=STRONG, to_alias=SMALL, failure=CUT, delay_s=0.1)
    async with coming(tmp_path) as answer:
        await answer.come(ROUTED, TextDelta("one two"))
        taken_back = Retracted(alias=STRONG, failure=CUT)
        await answer.come(TextDelta(" three"), taken_back, switched, TextDelta("anew "))
        assert [(each.alias, each.text) for each in answer.kept] == [
            (STRONG, "one "),
            (SMALL, "anew "),
        ]


async def test_nothing_is_put_once_the_answer_is_over(tmp_path: Path) -> None:
    async with coming(tmp_path) as answer:
        await answer.come(ROUTED, TextDelta("one "))
    await asyncio.sleep(0)
    assert answer.text == "one "


# In a turn


async def test_an_answer_that_became_whole_stands_once(tmp_path: Path) -> None:
    where, clock = house(tmp_path), Beats()
    story = " ".join(f"word{number}" for number in range(30))
    async with assistant(where, Line(alias="model", behaviour=says(story))) as desk:
        desk.agent._clock = clock  # pyright: ignore[reportPrivateUsage]  the pool has its own
        events = desk.agent.turn(User((Text("tell me"),)))
        async for event in events:
            if isinstance(event, TextDelta) and not desk.agent.session.transcript.part:
                await clock.beat()
        session = desk.agent.session
        assert session.place
        records = load(session.place).records
    kept = [each for each in records if isinstance(each, Arrived | Answered)]
    assert [type(each) for each in kept] == [Arrived, Answered]
    assert session.transcript.part is None
    assert (len(session.transcript.turns[0].steps), session.transcript.spent[0].answers) == (1, 1)


async def test_a_turn_that_was_killed_while_it_was_answered_goes_on_from_there(
    tmp_path: Path,
) -> None:
    where = house(tmp_path)
    with closing(session_in(where, None, print)) as killed:
        killed.put(TurnBegan(turn=1, message=said("question"), at=NOON), arrived("half an answer"))
    async with assistant(where, Line(alias="model"), resume=killed.session) as desk:
        events = await desk.go_on()
        request = json.loads(desk.rig.servers["model"].requests[-1].body)
        steps = desk.agent.session.transcript.turns[0].steps
    told = [(each["role"], each["content"]) for each in request["messages"][-3:]]
    assert told == [
        ("user", "question"),
        ("assistant", "half an answer"),
        ("user", text_in(CUT_OFF)),
    ]
    assert end_of(events).end is TurnEnd.FINISHED
    assert [step.answer.cut for step in steps] == [ENDED, None]


def text_in(message: User) -> str:
    return "".join(part.text for part in message.parts if isinstance(part, Text))
