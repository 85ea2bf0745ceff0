"""One request for embeddings: the first entry that can embed, and on a failure the next.

It goes by what the pool knows of its entries and adds nothing to that: who cannot embed may still
answer, so that nothing of it is held against an entry.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final, Protocol, runtime_checkable

from msgspec import Struct
from msgspec.structs import replace

from vibe.clean import clean_line
from vibe.domain.event import Outcome, Tried, Unanswered
from vibe.domain.failure import Failure, verdict
from vibe.domain.model import Alias
from vibe.domain.request import EmbeddingRequest
from vibe.domain.target import Target
from vibe.domain.usage import Price, cost_uusd
from vibe.errors import UsageError
from vibe.gateway.asgi import Headers, Scope, Send, answer, request_id
from vibe.gateway.exchange import Tell
from vibe.gateway.faults import MALFORMED, fault_of, malformed
from vibe.gateway.offer import Offer
from vibe.gateway.record import Record, stopped
from vibe.gateway.reply import refuse, told_by
from vibe.wire.embeddings import Embeddings
from vibe.wire.serve_chat_answer import ServedChat
from vibe.wire.serve_embeddings import EmbeddingsWanted, embeddings_body, read_embeddings_request
from vibe.wire.serving import Fault

EMBEDDINGS: Final = "/v1/embeddings"
_SERVED: Final = ServedChat()  # OpenAI has one form of errors for all
_NOBODY: Final = Fault(
    status=MALFORMED,
    trouble="invalid",
    message="none of the models that are meant can embed: name one whose provider has embeddings",
)


@runtime_checkable
class Embedder(Protocol):
    async def embed(self, request: EmbeddingRequest, target: Target) -> Embeddings | Failure: ...


class _Candidate(Struct, frozen=True, kw_only=True):
    alias: Alias
    target: Target
    price: Price
    upstream: Embedder


class Embedding:
    """`_tried` are those who failed, `_asked_s` is when the last was asked."""

    def __init__(self, offer: Offer, scope: Scope, send: Send, tell: Tell) -> None:
        self._offer = offer
        self._send = send
        self._tell = tell
        self._id = request_id(scope)
        self._tried: list[Tried] = []
        self._began_s = self._asked_s = offer.clock.monotonic()
        self.is_over = self.is_left = False
        self._record = Record(id=self._id, path=scope["path"])

    async def run(self, body: bytes) -> None:
        try:
            with self._offer.mux.in_use():
                await self._embed(body)
        except asyncio.CancelledError:
            if not self.is_over:
                self._record = stopped(self._record, by_client=self.is_left)
            raise
        finally:
            self.is_over = True
            self._tell(replace(self._record, took_s=self._offer.clock.monotonic() - self._began_s))

    async def _embed(self, body: bytes) -> None:
        try:
            wanted = read_embeddings_request(body)
        except UsageError as error:
            await self._refuse(malformed(error))
            return
        self._record = replace(self._record, asked=clean_line(wanted.model))
        order = self._offer.names.order(wanted.model) or self._offer.names.pool
        candidates = tuple(self._candidates(order))
        entries = self._offer.mux.snapshot().entries
        usable = {entry.alias for entry in entries if entry.can_answer}
        for each in candidates:
            if each.alias in usable and await self._ask(each, wanted):
                return
        await self._refuse(self._fault(candidates) if candidates else _NOBODY)

    def _candidates(self, order: tuple[Alias, ...]) -> Iterator[_Candidate]:
        members = {member.entry.alias: member for member in self._offer.mux.members}
        for member in (members[alias] for alias in order if alias in members):
            entry, target, upstream = member.entry, member.target, member.upstream
            if target.backend != "anthropic" and isinstance(upstream, Embedder):
                yield _Candidate(
                    alias=entry.alias, target=target, price=entry.price, upstream=upstream
                )

    async def _ask(self, candidate: _Candidate, wanted: EmbeddingsWanted) -> bool:
        """Whether that was the answer."""
        record, alias = self._record, candidate.alias
        self._record = replace(record, alias=alias, attempts=record.attempts + 1)
        self._asked_s = self._offer.clock.monotonic()
        found = await candidate.upstream.embed(wanted.request, candidate.target)
        if isinstance(found, Failure):
            self._tried.append(Tried(alias, found))
            return False
        self.is_over = True
        usage = replace(found.usage, output=found.usage.output or 0)
        cost = cost_uusd(usage, candidate.price)
        self._record = replace(
            self._record, status=200, end="ok", note="", usage=usage, cost_uusd=cost
        )
        body = embeddings_body(wanted, found, id=self._id, model=candidate.target.model)
        await answer(self._send, status=200, body=body, headers=self._headers())
        return True

    def _fault(self, candidates: tuple[_Candidate, ...]) -> Fault:
        """It helps to come again where one of them rests, or has failed in a way that passes."""
        tried = tuple(self._tried)
        order = tuple(each.alias for each in candidates)
        if len(tried) == len(order) and not any(_may_pass(each.failure) for each in tried):
            first = tried[0]
            return fault_of(
                Unanswered(
                    outcome=Outcome.FAILED, failure=first.failure, by=first.alias, tried=tried
                )
            )
        entries = self._offer.mux.snapshot().entries
        waits = [entry.back_in_s for entry in entries if entry.alias in order]
        waits += [each.failure.retry_after_s for each in tried]
        again_in_s = min(filter(None, waits), default=None)
        end = Unanswered(outcome=Outcome.EXHAUSTED, again_in_s=again_in_s, tried=tried)
        return fault_of(end, self._offer.resting(order))

    async def _refuse(self, fault: Fault) -> None:
        self.is_over = True
        end = "refused" if fault.status == MALFORMED else "failed"
        self._record = replace(self._record, end=end, status=fault.status, note=fault.message)
        body = _SERVED.error(fault, request_id=self._id)
        await refuse(self._send, fault, body, self._headers())

    def _headers(self) -> Headers:
        record, lost_s = self._record, self._asked_s - self._began_s
        return told_by(record.alias, attempts=record.attempts, lost_s=lost_s)


def _may_pass(failure: Failure) -> bool:
    return verdict(failure.kind).again.startswith("last_resort")
