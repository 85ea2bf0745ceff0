"""The others that are measured, each as its own documentation shows it: none is part of vibe.

They are untyped here, since they are installed in virtualenvs of their own alone.
"""

from __future__ import annotations

import importlib
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from mux_host import KEY, SAID, Ask, Endpoint, Pool


@asynccontextmanager
async def openai(pool: Pool) -> AsyncGenerator[Ask]:
    """The SDK of the first endpoint, with no pool before it."""
    endpoint = pool.endpoints[0]
    async with sdk_client(endpoint, retries=None) as client:

        async def ask(streamed: bool) -> str:
            create = client.chat.completions.create
            return await text_of(create(model=endpoint.model, messages=SAID, stream=streamed))

        yield ask


@asynccontextmanager
async def multiplexer_llm(pool: Pool, retries: int | None = None) -> AsyncGenerator[Ask]:
    """Over clients of the SDK, which by themselves try each request three times."""
    imported: Any = importlib.import_module("multiplexer_llm")
    async with AsyncExitStack() as stack:
        multiplexer = await stack.enter_async_context(imported.Multiplexer())
        for index, each in enumerate(pool.endpoints):
            client = await stack.enter_async_context(sdk_client(each, retries=retries))
            is_fallback = pool.mode == "failover" and index > 0
            add = multiplexer.add_fallback_model if is_fallback else multiplexer.add_model
            add(client, each.weight, each.model, max_concurrent=each.most)

        async def ask(streamed: bool) -> str:
            create = multiplexer.chat.completions.create
            return await text_of(create(messages=SAID, stream=streamed))

        yield ask


@asynccontextmanager
async def multiplexer_llm_at_once(pool: Pool) -> AsyncGenerator[Ask]:
    """The same with the retries of the SDK switched off by hand."""
    async with multiplexer_llm(pool, retries=0) as ask:
        yield ask


@asynccontextmanager
async def litellm(pool: Pool) -> AsyncGenerator[Ask]:
    """One model, with no router before it."""
    imported = quiet_litellm()
    parameters = of_litellm(pool.endpoints[0])

    async def ask(streamed: bool) -> str:
        return await text_of(imported.acompletion(messages=SAID, stream=streamed, **parameters))

    yield ask


@asynccontextmanager
async def router(pool: Pool, retries: int | None = None) -> AsyncGenerator[Ask]:
    """LiteLLM's router: one group by weight, or a group each, the later ones as fallbacks."""
    imported = quiet_litellm()
    is_ordered = pool.mode == "failover"
    groups = [f"group-{index if is_ordered else 0}" for index in range(len(pool.endpoints))]
    parameters: dict[str, Any] = {} if retries is None else {"num_retries": retries}
    if is_ordered:
        parameters["fallbacks"] = [{groups[0]: groups[1:]}]
    routed = imported.Router(
        model_list=[
            {"model_name": group, "litellm_params": of_litellm(endpoint, is_pooled=True)}
            for group, endpoint in zip(groups, pool.endpoints, strict=True)
        ],
        **parameters,
    )

    async def ask(streamed: bool) -> str:
        return await text_of(routed.acompletion(groups[0], messages=SAID, stream=streamed))

    yield ask


@asynccontextmanager
async def router_at_once(pool: Pool) -> AsyncGenerator[Ask]:
    """The same with its retries switched off by hand."""
    async with router(pool, retries=0) as ask:
        yield ask


def sdk_client(endpoint: Endpoint, *, retries: int | None) -> Any:
    """`retries` None leaves them as shipped."""
    sdk: Any = importlib.import_module("openai")
    parameters = {} if retries is None else {"max_retries": retries}
    return sdk.AsyncOpenAI(base_url=endpoint.base, api_key=KEY, **parameters)


def quiet_litellm() -> Any:
    imported: Any = importlib.import_module("litellm")
    imported.suppress_debug_info = True
    return imported


def of_litellm(endpoint: Endpoint, *, is_pooled: bool = False) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "model": f"openai/{endpoint.model}",
        "api_base": endpoint.base,
        "api_key": KEY,
    }
    if is_pooled:
        parameters["weight"] = endpoint.weight
        if endpoint.most is not None:
            parameters["max_parallel_requests"] = endpoint.most
    return parameters


async def text_of(coming: Any) -> str:
    """Of an answer, or of its chunks, whichever comes."""
    answer = await coming
    if not hasattr(answer, "__aiter__"):
        return answer.choices[0].message.content or ""
    text = ""
    async for chunk in answer:
        for choice in chunk.choices:
            text += choice.delta.content or ""
    return text
