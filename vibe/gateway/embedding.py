"""One request for embeddings, asked of the pool and told in OpenAI's form."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol, runtime_checkable

from msgspec.structs import replace

from vibe.domain.event import Outcome, Unanswered
from vibe.domain.failure import Failure, FailureKind, verdict
from vibe.domain.model import Alias
from vibe.domain.request import EmbeddingRequest
from vibe.domain.target import Target
from vibe.domain.usage import Usage
from vibe.errors import UsageError
from vibe.gateway.asgi import Headers, Scope, Send, answer, request_id
from vibe.gateway.exchange import Tell
from vibe.gateway.faults import MALFORMED, fault_of, malformed
from vibe.gateway.offer import Offer
from vibe.gateway.record import Record, Switched, as_asked, stopped
from vibe.gateway.reply import refuse, told_by
from vibe.mux.member import Member
from vibe.mux.question import Found, Question
from vibe.wire.capability import tokens_in
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
_CANNOT: Final = Failure(kind=FailureKind.BAD_REQUEST, detail="has no embeddings", lacks=True)


@runtime_checkable
class Embedder(Protocol):
    async def embed(self, request: EmbeddingRequest, target: Target) -> Embeddings | Failure: ...


class Embedding:
    """`_question` is there once somebody is asked."""

    def __init__(self, offer: Offer, scope: Scope, send: Send, tell: Tell) -> None:
        self._offer = offer
        self._send = send
        self._tell = tell
        self._id = request_id(scope)
        self._began_s = offer.clock.monotonic()
        self._question: Question[Embeddings] | None = None
        self.is_over = self.is_left = False
        self._record = Record(id=self._id, path=scope["path"])

    async def run(self, body: bytes) -> None:
        try:
            await self._embed(read_embeddings_request(body))
        except UsageError as error:
            await self._refuse(malformed(error))
        except asyncio.CancelledError:
            if not self.is_over:
                self._record = stopped(self._record, by_client=self.is_left)
            raise
        finally:
            self.is_over = True
            self._tell(self._told())

    async def _embed(self, wanted: EmbeddingsWanted) -> None:
        self._record = replace(self._record, asked=as_asked(wanted.model))
        offer = self._offer
        order = offer.names.order(wanted.model)
        meant = offer.meant(order)
        if not any(map(_embedder, meant)):
            await self._refuse(_NOBODY)
            return

        async def ask(member: Member) -> Found[Embeddings]:
            embedder = _embedder(member)
            if embedder is None:  # a reload has brought it just now
                return _CANNOT
            found = await embedder.embed(wanted.request, member.target)
            return found if isinstance(found, Failure) else (found, found.usage)

        asked = self._question = offer.mux.question(
            ask,
            order=order,
            unable={m.entry.alias: _CANNOT.detail for m in meant if not _embedder(m)},
            tokens=sum(map(tokens_in, wanted.request.inputs)),
            told=lambda switch: self._tell(Switched(id=self._id, event=switch)),
        )
        found = await asked.answered()
        if isinstance(found, Outcome):
            await self._refuse(self._fault(asked, order))
            return
        self.is_over = True
        self._record = replace(self._record, status=200, end="ok", note="")
        by = offer.model_of(asked.alias) if asked.alias else None
        body = embeddings_body(wanted, found, id=self._id, model=by.model if by else wanted.model)
        await answer(self._send, status=200, body=body, headers=self._headers())

    def _fault(self, asked: Question[Embeddings], order: tuple[Alias, ...]) -> Fault:
        """It helps to come again where somebody rests, or has failed in a way that passes."""
        tried = tuple(asked.tried)
        if tried and not any(_may_pass(each.failure) for each in tried):
            first = tried[0]
            end = Unanswered(
                outcome=Outcome.FAILED, failure=first.failure, by=first.alias, tried=tried
            )
        else:
            now = self._offer.clock.monotonic()
            again_in_s = None if asked.again_at is None else max(0.0, asked.again_at - now)
            end = Unanswered(outcome=Outcome.EXHAUSTED, again_in_s=again_in_s, tried=tried)
        return fault_of(end, self._offer.resting(order))

    async def _refuse(self, fault: Fault) -> None:
        self.is_over = True
        end = "refused" if fault.status == MALFORMED else "failed"
        self._record = replace(self._record, end=end, status=fault.status, note=fault.message)
        body = _SERVED.error(fault, request_id=self._id)
        await refuse(self._send, fault, body, self._headers())

    def _headers(self) -> Headers:
        asked = self._question
        if asked is None:
            return told_by(None, attempts=0, lost_s=0.0)
        lost_s = asked.asked_at - self._began_s
        return told_by(asked.alias, attempts=len(asked.attempts), lost_s=lost_s)

    def _told(self) -> Record:
        asked = self._question
        record = replace(self._record, took_s=self._offer.clock.monotonic() - self._began_s)
        if asked is None or not asked.attempts:
            return record
        costs = [each.cost_uusd for each in asked.attempts if each.cost_uusd is not None]
        return replace(
            record,
            alias=asked.alias,
            attempts=len(asked.attempts),
            usage=Usage(input=sum(each.input_tokens or 0 for each in asked.attempts), output=0),
            is_estimated=any(each.is_estimated for each in asked.attempts),
            cost_uusd=sum(costs) if len(costs) == len(asked.attempts) else None,
        )


def _embedder(member: Member) -> Embedder | None:
    upstream = member.upstream
    has_any = member.target.backend != "anthropic"
    return upstream if has_any and isinstance(upstream, Embedder) else None


def _may_pass(failure: Failure) -> bool:
    return verdict(failure.kind).again in {"last_resort", "last_resort_once"}
