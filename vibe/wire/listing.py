"""Which models a provider offers: the question and its answer in every dialect, at no tokens."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from vibe.domain.model import Backend
from vibe.wire.codec import HttpCall
from vibe.wire.messages_request import API_VERSION
from vibe.wire.window import window_of


class ListedModel(Struct, frozen=True, kw_only=True):
    """A model on offer; `window` where the provider tells it, as vLLM does."""

    name: str
    window: int | None = None


class _Meta(Struct):
    n_ctx: object = None  # llama.cpp


class _Listed(Struct):
    id: str = ""
    name: str = ""
    max_model_len: object = None
    max_context_length: object = None
    context_length: object = None
    meta: _Meta | None = None

    @property
    def window(self) -> int | None:
        told = (self.max_model_len, self.max_context_length, self.context_length)
        in_meta = self.meta.n_ctx if self.meta else None
        return next((size for each in (*told, in_meta) if (size := window_of(each))), None)


class _Listing(Struct):
    data: tuple[_Listed, ...] = ()


_DECODER = msgspec.json.Decoder(_Listing, strict=False)


def listing_call(backend: Backend, *, api_version: str | None) -> HttpCall:
    match backend:
        case "anthropic":
            return HttpCall(
                method="GET", path="/models", body=b"", auth="x-api-key", stream=False,
                headers=(("anthropic-version", api_version or API_VERSION),),
            )  # fmt: skip
        case "azure":
            return HttpCall(
                method="GET", path="/openai/models", body=b"", auth="api-key", stream=False,
                query=(("api-version", api_version or ""),),
            )  # fmt: skip
        case _:
            return HttpCall(method="GET", path="/models", body=b"", stream=False)


def read_listing(body: bytes) -> tuple[ListedModel, ...] | None:
    """The models on offer; None where the body is no such list."""
    try:
        listing = _DECODER.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return None
    return tuple(
        ListedModel(name=each.id or each.name, window=each.window)
        for each in listing.data
        if each.id or each.name
    )
