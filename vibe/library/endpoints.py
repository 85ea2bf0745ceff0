"""One endpoint as a caller tells of it, judged and made a member of the pool.

Each has connections and a share of its own, also where several serve the same model.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from vibe.assemble import scopes_of
from vibe.clean import quote
from vibe.clock import Clock
from vibe.config.checks.addresses import is_on_this_machine, judge
from vibe.config.explanations import explained
from vibe.domain.model import Alias, ProviderName
from vibe.domain.provider import Patience, Provider
from vibe.domain.target import Target
from vibe.errors import UsageError
from vibe.library.arguments import check
from vibe.mux.entry import Entry, Scopes
from vibe.mux.member import Member, Upstream
from vibe.secret import Secret
from vibe.wire.presets import quirks_for
from vibe.wire.serve_chat import AUTO

PATIENT: Final = Patience(first_token_s=600.0)  # what runs on this machine may have to load first


class Endpoint(Struct, frozen=True, kw_only=True):
    """`client` is None where the address and the key say how it is asked."""

    model: str
    base_url: str = ""
    key: Secret
    headers: tuple[tuple[str, Secret], ...] = ()
    client: Any = None
    name: str = ""
    weight: int = 1
    max_concurrent: int | None = None
    is_fallback: bool = False


def told_of(
    client: object,
    weight: int,
    model_name: str,
    *,
    base_url: str,
    model: str,
    api_key: str,
    name: str | None,
    max_concurrent: int | None,
) -> Endpoint:
    """As the caller has told of it, if each of his words may be so."""
    check(
        weight=weight,
        model_name=model_name,
        base_url=base_url,
        model=model,
        api_key=api_key,
        name=name,
        max_concurrent=max_concurrent,
    )
    return Endpoint(
        client=client,
        base_url=base_url,
        model=model_name or model,
        key=Secret(api_key),
        name=name or "",
        weight=weight,
        max_concurrent=max_concurrent,
    )


def judged(endpoint: Endpoint, taken: Collection[str]) -> Endpoint:
    """With a name that no other has; `UsageError` where it cannot be asked as it is."""
    if not endpoint.model:
        raise UsageError("model: name the model that the endpoint serves")
    if endpoint.name in taken or endpoint.name == AUTO:
        raise UsageError(f"name: {quote(endpoint.name)} is taken", hint="take another one, or none")
    if endpoint.client is None:
        _judge_address(endpoint)
    return endpoint if endpoint.name else replace(endpoint, name=_usual_name(endpoint, taken))


def reached_at_address(endpoint: Endpoint, *, clock: Clock) -> Member:
    """As vibe itself asks."""
    from vibe.transport.upstream import Upstream as Transport

    is_local = is_on_this_machine(endpoint.base_url)
    provider = Provider(
        name=ProviderName(endpoint.name),
        api_base=endpoint.base_url,
        backend="generic",
        key=endpoint.key or None,
        headers=endpoint.headers,
        patience=PATIENT if is_local else Patience(),
    )
    scopes = scopes_of(provider, endpoint.model, is_local=is_local)
    return member_of(endpoint, Transport(provider, clock=clock), scopes)


def member_of(endpoint: Endpoint, upstream: Upstream, scopes: Scopes) -> Member:
    model = endpoint.model
    return Member(
        entry=Entry(
            alias=Alias(endpoint.name),
            scopes=scopes,
            weight=endpoint.weight,
            max_concurrent=endpoint.max_concurrent,
            is_fallback=endpoint.is_fallback,
        ),
        target=Target(
            provider=ProviderName(endpoint.name),
            model=model,
            backend="generic",
            quirks=quirks_for(endpoint.base_url, "generic", model=model),
            sees_images=True,  # else none would be sent: whoever sends one knows whom he asks
        ),
        upstream=upstream,
    )


def _judge_address(endpoint: Endpoint) -> None:
    if not endpoint.base_url:
        raise UsageError(
            "base_url: say where the endpoint is",
            hint="add_model(base_url=…, model=…), or add_model(client, weight, model_name)",
        )
    for flaw in judge(endpoint.base_url, backend="generic", sends_key=bool(endpoint.key)):
        if explained(flaw.code).severity == "error":
            message, hint = (
                text.replace("api_base", "base_url") for text in (flaw.message, flaw.help)
            )
            raise UsageError(message, hint=hint)


def _usual_name(endpoint: Endpoint, taken: Collection[str]) -> str:
    """The host with its port, and a number where that is taken."""
    usual = name = urlsplit(endpoint.base_url).netloc or "client"
    number = 1
    while name in taken:
        number += 1
        name = f"{usual}-{number}"
    return name
