"""What has come of an answer, put into its session every now and then: a kill costs seconds of it.

That an answer is there, or was taken back, the loop puts there, and then these records count for
nothing. What could be the beginning of a key waits for what follows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Final

from vibe.clock import Clock
from vibe.domain.event import FailedOver, PoolEvent, Retracted, Routed, Seam
from vibe.domain.message import Producer
from vibe.domain.model import Alias, ProviderName
from vibe.domain.stream import CallDelta, TextDelta, ThinkingDelta
from vibe.domain.usage import Price, Usage, cost_uusd
from vibe.mux.member import Member
from vibe.secret import RedactedStream
from vibe.session.part import NOTHING
from vibe.session.record import Arrived
from vibe.session.session import Session
from vibe.wire.capability import BYTES_A_TOKEN

EVERY_S: Final = 2.0
NOBODY: Final = Producer(provider=ProviderName(""), model="")


class Parts:
    """Of one answer. `sent` is about how many tokens were sent for it."""

    # `_new` is what came since the last look, `_held` what is to be put and was blank until then.
    # `_wrote` counts the characters of this attempt; None: what it has used was told by itself.
    def __init__(self, session: Session, members: Sequence[Member], *, sent: int) -> None:
        self._session = session
        self._members = {member.entry.alias: member for member in members}
        self._sent = sent
        self._alias = Alias("")
        self._new: list[str] = []
        self._held = ""
        self._redacted = RedactedStream(session.redactor)
        self._wrote: int | None = 0

    @asynccontextmanager
    async def kept(self, clock: Clock) -> AsyncGenerator[None]:
        """As long as the answer comes."""
        task = asyncio.create_task(self._keep(clock))
        try:
            yield
        finally:
            task.cancel()

    def note(self, event: PoolEvent) -> None:
        """To be told before the session is."""
        match event:
            case TextDelta(text):
                self._new.append(text)
                self._count(text)
            case ThinkingDelta(text) | CallDelta(arguments=text):
                self._count(text)
            case Routed(alias=alias) | FailedOver(to_alias=alias):
                self._alias, self._wrote = alias, 0
            case Seam(to_alias=alias):
                self._put(is_last=True)
                self._alias, self._wrote = alias, 0
            case Retracted():
                self._new.clear()
                self._held, self._redacted = "", RedactedStream(self._session.redactor)
            case _:
                pass

    def paid(self) -> None:
        self._wrote = None

    async def _keep(self, clock: Clock) -> None:
        while True:
            await clock.sleep(EVERY_S)
            self._put()

    def _put(self, *, is_last: bool = False) -> None:
        self._held += self._redacted.feed("".join(self._new))
        self._held += self._redacted.finish() if is_last else ""
        self._new.clear()
        if not self._held.strip():  # which no model could be sent
            return
        text, self._held = self._held, ""
        member = self._members.get(self._alias)
        usage, cost = NOTHING, 0
        if self._wrote is not None:
            usage = Usage(input=self._sent, output=self._wrote // BYTES_A_TOKEN)
            cost = cost_uusd(usage, member.entry.price if member else Price())
        transcript = self._session.transcript
        self._session.put(
            Arrived(
                turn=transcript.last_turn,
                number=transcript.next_answer,
                alias=self._alias,
                producer=member.target.producer if member else NOBODY,
                text=text,
                usage=usage,
                cost_uusd=cost,
            )
        )

    def _count(self, text: str) -> None:
        if self._wrote is not None:
            self._wrote += len(text)
