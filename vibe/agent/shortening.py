"""A conversation made shorter, where that can help: before its window is full, after a refusal, and
when the person wants it.

No model is asked for a summary that could save next to nothing. What stands for the conversation
then is compaction.py's, who is asked and paid is summing.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from vibe.agent.compaction import is_nearly_full, is_worth_it, summed_up
from vibe.agent.ends import End, without
from vibe.agent.overflow import is_the_reason, too_long, too_small
from vibe.agent.summing import Pool, summed
from vibe.domain.event import Event, Unanswered
from vibe.domain.message import Message, User
from vibe.domain.request import ModelRequest
from vibe.domain.turn import ContextCompacted
from vibe.mux.asking import Asking
from vibe.session.conversation import messages
from vibe.session.events import used
from vibe.session.record import Compacted
from vibe.session.session import Session
from vibe.session.transcript import Transcript
from vibe.wire.capability import estimated_tokens


class Shortening:
    """Of one session. `request` tells what would be sent of a transcript, `context` what is told
    again after a summary; `done` is called after each."""

    # `_after` is how many tokens there were after the last try of this turn.
    def __init__(
        self,
        pool: Pool,
        session: Session,
        *,
        request: Callable[[Transcript], ModelRequest],
        context: str,
        tell: Callable[[Event], None],
        done: Callable[[], None],
    ) -> None:
        self._pool = pool
        self._session = session
        self._request = request
        self._context = context
        self._tell = tell
        self._done = done
        self._after = 0

    def begin_turn(self) -> None:
        self._after = 0

    async def before_asking(self, asking: Asking) -> bool:
        """Whether it is shorter now."""
        if not is_nearly_full(self._tokens, self.window):
            return False
        return await self._shorter(asking, window=self.window)

    async def for_those_who_refused(self, ended: Unanswered, asking: Asking) -> bool:
        refused_by = too_small(ended, self._pool.members)
        windows = [each.window for each in refused_by if each.window]
        window = min(windows, default=self.window)
        return bool(refused_by) and await self._shorter(asking, window=window)

    async def as_wished(self, keep: str, asking: Asking) -> bool:
        """All but the message that asked for it; `keep` is what is not to be lost."""
        *said, _ = messages(self._session.transcript)
        return await self._sum_up(said, asking, window=self.window, last=None, keep=keep)

    def end_without(self, ended: Unanswered) -> End:
        """Where it could not be made so short that anybody took it, that is told."""
        members = self._pool.members
        if is_the_reason(ended) and (refused_by := too_small(ended, members)):
            return too_long(refused_by, self._last, self._least, members)
        return without(ended)

    @property
    def window(self) -> int | None:
        """That of whoever answered last."""
        turns = self._session.transcript.turns
        steps = (step for turn in reversed(turns) for step in reversed(turn.steps))
        return self._pool.window_of(next((step.answer.alias for step in steps), None))

    async def _shorter(self, asking: Asking, *, window: int | None) -> bool:
        """Where no summary is to be had, the conversation stays, and the next answer tells why.
        Not tried again before there is much more than was left the last time."""
        if not is_worth_it(self._tokens, max(self._after, self._least)):
            return False
        said = messages(self._session.transcript)
        is_shorter = await self._sum_up(said, asking, window=window, last=self._last)
        self._after = self._tokens
        return is_shorter

    async def _sum_up(
        self,
        said: Sequence[Message],
        asking: Asking,
        *,
        window: int | None,
        last: User | None,
        keep: str = "",
    ) -> bool:
        before, turn = self._tokens, self._session.transcript.last_turn
        summary = await summed(
            self._pool, said, window=window, last=last, asking=asking, keep=keep, tell=self._tell
        )
        self._session.put(*(used(turn, answer) for answer in summary.answers))
        if summary.text is None:
            return False
        compacted = self._compacted(summary.text, last, before=before)
        after = self._tokens_with(compacted)
        if last is not None and after >= before:
            return False
        self._session.put(replace(compacted, tokens_after=after))
        self._done()
        self._tell(ContextCompacted(turn=turn, tokens_before=before, tokens_after=after))
        return True

    def _compacted(self, summary: str, last: User | None, *, before: int | None) -> Compacted:
        message = summed_up(summary, context=self._context, last=last)
        turn = self._session.transcript.last_turn
        return Compacted(turn=turn, message=message, tokens_before=before)

    @property
    def _last(self) -> User:
        return self._session.transcript.turns[-1].message

    @property
    def _tokens(self) -> int:
        return estimated_tokens(self._request(self._session.transcript))

    @property
    def _least(self) -> int:
        """With a summary of no words."""
        return self._tokens_with(self._compacted("", self._last, before=None))

    def _tokens_with(self, compacted: Compacted) -> int:
        return estimated_tokens(self._request(self._session.transcript.apply(compacted)))
