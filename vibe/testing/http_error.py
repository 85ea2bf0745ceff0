"""A fault that is an answer of HTTP: what it takes to write one down as data."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from vibe.domain.failure import FailureKind
from vibe.domain.model import Backend
from vibe.testing.dialects import DIALECTS
from vibe.testing.fault import Fault, Scene
from vibe.testing.reply import Headers, Reply

HeadersAt: TypeAlias = Callable[[float], Headers]  # those that tell a date hang on the time


class HttpError(Struct, frozen=True):
    """A body is JSON, unless it says by its first byte that it is a page."""

    status: int
    body: bytes
    headers: Headers | HeadersAt = ()


Errors: TypeAlias = dict[Backend, HttpError]


def http_fault(
    name: str,
    says: str,
    errors: Errors,
    *,
    kind: FailureKind,
    retry_after_s: float | None = None,
    window: int | None = None,
    lacks: bool = False,
) -> Fault:
    """A fault of the dialects that have such an error."""

    def act(scene: Scene) -> Reply:
        error = errors[scene.asked.dialect]
        headers = error.headers(scene.now) if callable(error.headers) else error.headers
        media_type = "text/html" if error.body.startswith(b"<") else "application/json"
        return Reply(
            status=error.status,
            headers=(("content-type", media_type), *headers),
            steps=(error.body,) if error.body else (),
        )

    return Fault(
        name=name,
        says=says,
        act=act,
        kind=kind,
        retry_after_s=retry_after_s,
        window=window,
        lacks=lacks,
        dialects=tuple(dialect for dialect in DIALECTS if dialect in errors),
    )


def by_vendor(
    status: int,
    *,
    openai: bytes | None = None,
    azure: bytes | None = None,
    anthropic: bytes | None = None,
    mistral: bytes | None = None,
) -> Errors:
    """One status with each vendor's body. OpenAI's is Azure's as well, if that has none."""
    bodies: dict[Backend, bytes | None] = {
        "generic": openai,
        "mistral": mistral,
        "anthropic": anthropic,
        "responses": openai,
        "azure": azure or openai,
    }
    return {
        dialect: HttpError(status, body) for dialect, body in bodies.items() if body is not None
    }


def compatible(status: int, body: bytes) -> Errors:
    """An error of somebody who speaks OpenAI's chat completions."""
    return {"generic": HttpError(status, body)}


def everywhere(error: HttpError) -> Errors:
    return dict.fromkeys(DIALECTS, error)


def page(status: int, title: str) -> Errors:
    """What something in front of any vendor says, in HTML."""
    html = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\r\n"
    return everywhere(HttpError(status, html.encode(), (("server", "nginx"),)))


def with_headers(errors: Errors, headers: Headers | HeadersAt) -> Errors:
    return {
        dialect: HttpError(error.status, error.body, headers) for dialect, error in errors.items()
    }
