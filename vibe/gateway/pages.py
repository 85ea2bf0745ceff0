"""What can be read of the gateway: its models, health, metrics and pool. Nothing changes here."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from vibe.clean import quote
from vibe.domain.model import ProviderName
from vibe.gateway.asgi import Scope, Send, answer, header
from vibe.gateway.health import health
from vibe.gateway.listing import listed, one
from vibe.gateway.metrics import CONTENT_TYPE, Metrics
from vibe.gateway.offer import Offer
from vibe.gateway.refusal import Refusal

MODELS = "/v1/models"
PATHS = frozenset({"/", "/health", "/metrics", "/mux", MODELS})


class Pages:
    """`unreachable` and `under_way` are asked for whenever a page tells of them."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        unreachable: Callable[[], frozenset[ProviderName]],
        under_way: Callable[[], int],
    ) -> None:
        self._metrics = metrics
        self._unreachable = unreachable
        self._under_way = under_way

    def has(self, path: str) -> bool:
        return path in PATHS or path.startswith(f"{MODELS}/")

    async def show(self, offer: Offer, scope: Scope, send: Send) -> Refusal | None:
        match scope["path"]:
            case "/":
                await answer(send, status=200, body=b'{"service":"vibe"}')
            case "/health":
                found = health(offer.mux.snapshot(), offer.priorities, self._unreachable())
                status = 503 if found.status == "unhealthy" else 200
                await answer(send, status=status, body=msgspec.json.encode(found))
            case "/metrics":
                snapshot = offer.mux.snapshot()
                text = self._metrics.text(snapshot, under_way=self._under_way())
                await answer(send, status=200, body=text, content_type=CONTENT_TYPE)
            case "/mux":
                await answer(send, status=200, body=msgspec.json.encode(offer.mux.snapshot()))
            case path:
                return await _models(offer, path, scope, send)
        return None


async def _models(offer: Offer, path: str, scope: Scope, send: Send) -> Refusal | None:
    for_anthropic = header(scope, b"anthropic-version") is not None
    created = int(offer.began)
    if path == MODELS:
        body = listed(offer.names, created=created, for_anthropic=for_anthropic)
    else:
        name = path.removeprefix(f"{MODELS}/")
        found = one(offer.names, name, created=created, for_anthropic=for_anthropic)
        if found is None:
            sentence = f"{quote(name, limit=80)} is none of the models of {MODELS}"
            return Refusal(status=404, code="model", sentence=sentence)
        body = found
    await answer(send, status=200, body=body)
    return None
