"""What the chat is handed of a real configuration: its models, a trial, what is written down."""

from __future__ import annotations

import asyncio
import io
import json
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from tests.cli.pooled import pooled
from tests.cli.serving import ENV
from tests.mux.pools import ask
from vibe.assemble import mux_of
from vibe.cli.chat_catalogue import catalogue_of
from vibe.cli.context import Cli
from vibe.cli.status import pool_now
from vibe.cli.terminal import Terminal
from vibe.clock import SystemClock
from vibe.domain.failure import FailureKind
from vibe.domain.model import Alias, ProviderName
from vibe.domain.usage import Price
from vibe.errors import UsageError
from vibe.mux.mux import Mux
from vibe.mux.wishes import Wishes
from vibe.testing.faults import play
from vibe.tui.catalogue import Catalogue, Offered
from vibe.world import World

SMALL = Alias("small")


def cli_in(home: Path) -> Cli:
    world = World(
        env={"HOME": str(home), "PATH": os.environ["PATH"], **ENV},
        cwd=home,
        uid=os.getuid(),
        platform="linux",
        stdin=io.StringIO(),
        stdout=io.StringIO(),
        stderr=io.StringIO(),
    )
    return Cli(world=world, terminal=Terminal(world))


@asynccontextmanager
async def catalogued(cli: Cli) -> AsyncGenerator[tuple[Catalogue, Mux]]:
    loaded = cli.load()
    mux = mux_of(loaded, clock=SystemClock(), memory=cli.memory())
    try:
        yield catalogue_of(cli, loaded, mux, cli.load), mux
    finally:
        await mux.aclose()


async def test_every_model_of_the_configuration_is_offered(tmp_path: Path) -> None:
    with pooled(tmp_path):
        async with catalogued(cli_in(tmp_path)) as (catalogue, _):
            assert catalogue.models[-1] == Offered(
                alias=SMALL,
                provider=ProviderName("other"),
                price=Price(input=1.0, output=2.0),
            )


async def test_a_trial_asks_that_model_alone_and_is_held_against_nobody(tmp_path: Path) -> None:
    with pooled(tmp_path, play("server_error")) as (strong, small):
        async with catalogued(cli_in(tmp_path)) as (catalogue, mux):
            assert catalogue.try_out is not None
            told = await catalogue.try_out(SMALL)
            failed = await catalogue.try_out(Alias("strong"))
            assert (told.failure, told.first_s is None) == (None, False)
            assert failed.failure is not None
            assert failed.failure.kind is FailureKind.SERVER
            assert len(small.requests) == 1
            assert len(strong.requests) >= 1
            assert mux.snapshot().available == 2


async def test_any_model_can_be_a_guest_of_the_pool(tmp_path: Path) -> None:
    with pooled(tmp_path) as (strong, small):
        async with catalogued(cli_in(tmp_path)) as (catalogue, mux):
            assert catalogue.member is not None
            mux.wish(Wishes().pin(SMALL), guest=catalogue.member(SMALL))
            await ask(mux)
            assert (len(strong.requests), len(small.requests)) == (0, 1)


async def test_what_is_saved_keeps_the_comments_and_is_what_the_pool_goes_by(
    tmp_path: Path,
) -> None:
    strong, small = "weight = 70 # most of it", "weight = 30"
    with pooled(tmp_path, mode="load_balance", strong=strong, small=small):
        async with catalogued(cli_in(tmp_path)) as (catalogue, mux):
            assert catalogue.save is not None
            file = await catalogue.save({'multiplexer.pool["strong"].weight': 45})
            text = await asyncio.to_thread(Path(file).read_text, "utf-8")
            assert "weight = 45 # most of it" in text
            assert [entry.weight for entry in mux.snapshot().entries] == [45, 30]


async def test_who_was_saved_with_no_weight_comes_back_with_another(tmp_path: Path) -> None:
    with pooled(tmp_path, mode="load_balance", strong="weight = 70", small="weight = 30"):
        async with catalogued(cli_in(tmp_path)) as (catalogue, mux):
            assert catalogue.save is not None
            await catalogue.save({'multiplexer.pool["small"].weight': 0})
            assert [entry.can_answer for entry in mux.snapshot().entries] == [True, False]
            mux.wish(mux.wishes.weigh(SMALL, 1))
            assert [entry.can_answer for entry in mux.snapshot().entries] == [True, True]


async def test_what_the_file_does_not_have_is_not_saved(tmp_path: Path) -> None:
    with pooled(tmp_path):
        async with catalogued(cli_in(tmp_path)) as (catalogue, _):
            assert catalogue.save is not None
            with pytest.raises(UsageError, match="has no"):
                await catalogue.save({'multiplexer.pool["nobody"].weight': 1})


async def test_the_status_is_what_the_command_line_prints_and_agrees_with_the_pool(
    tmp_path: Path,
) -> None:
    cli = cli_in(tmp_path)
    with pooled(tmp_path, play("rate_limit")):
        async with catalogued(cli) as (catalogue, mux):
            await ask(mux)
            assert catalogue.status is not None
            while not (await asyncio.to_thread(pool_now, cli)).pool.requests:
                pass  # it is written a moment later
            told = json.loads(catalogue.status())["pool"]
            own = msgspec.to_builtins(mux.snapshot())
            for of in ("mode", "available", "total", "requests", "failovers", "seams"):
                assert told[of] == own[of]
            counted = ("alias", "ok", "limited", "failed", "input_tokens", "cost_uusd", "state")
            for one, other in zip(told["entries"], own["entries"], strict=True):
                assert {of: one[of] for of in counted} == {of: other[of] for of in counted}
