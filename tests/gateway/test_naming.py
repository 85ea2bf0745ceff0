"""Whom a client means by the name that it gives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vibe.domain.model import Alias, ProviderName, Size
from vibe.gateway.naming import Names, Offered, size_of


def offered(alias: str, *, provider: str = "acme", model: str = "") -> Offered:
    return Offered(
        alias=Alias(alias), provider=ProviderName(provider), model=model or f"{alias}-model"
    )


def names(
    *models: Offered,
    pool: tuple[str, ...] = (),
    big: tuple[str, ...] = (),
    middle: tuple[str, ...] = (),
    small: tuple[str, ...] = (),
) -> Names:
    sizes: dict[Size, tuple[str, ...]] = {"big": big, "middle": middle, "small": small}
    return Names(
        models=models,
        pool=tuple(map(Alias, pool)),
        sizes={size: tuple(map(Alias, aliases)) for size, aliases in sizes.items()},
    )


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("claude-opus-4-1-20250805", "big"),
        ("claude-sonnet-4-5", "middle"),
        ("claude-3-5-haiku-latest", "small"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "small"),
        ("Claude-SONNET-4", "middle"),
        ("claude-sonnet-4-5[1m]", "middle"),
        ("opus", "big"),
        ("gpt-5", "big"),
        ("gpt-5-mini", "small"),
        ("gpt-4o-mini-2024-07-18", "small"),
        ("gpt-5-nano", "small"),
        ("gpt-5.1-codex-mini", "small"),
        ("gemini-2.5-pro", "big"),  # which holds the letters of mini
        ("gemini-2.5-flash", "small"),
        ("MiniMax-M2", "big"),
        ("ministral-8b", "big"),
        ("", "big"),
        ("\u202e\x1b", "big"),
    ],
)
def test_a_size_is_told_by_the_words_of_a_name(name: str, size: Size) -> None:
    assert size_of(name) == size


ALL = names(
    offered("strong", model="gpt-4o"),
    offered("also", provider="other", model="gpt-4o"),
    offered("small", model="mini-1"),
    offered("quick", model="q/1"),
    pool=("strong", "also"),
    big=("strong", "quick"),
    middle=("auto", "quick", "strong"),
    small=("quick",),
)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("", (), id="no name is the pool"),
        pytest.param("auto", (), id="auto"),
        pytest.param("also", ("also",), id="an alias"),
        pytest.param("gpt-4o", ("strong", "also"), id="a model of several providers"),
        pytest.param("other/gpt-4o", ("also",), id="a model of one of them"),
        pytest.param("acme/q/1", ("quick",), id="a model with a slash in its name"),
        pytest.param("big", ("strong", "quick"), id="a size"),
        pytest.param("small", ("small",), id="an alias counts before a size"),
        pytest.param("claude-haiku-4-5", ("quick",), id="a family"),
        pytest.param("sonnet", ("strong", "also", "quick"), id="the pool among others"),
        pytest.param("unknown", ("strong", "quick"), id="whatever nobody knows is big"),
        pytest.param("Strong", ("strong", "quick"), id="names are as they are written"),
    ],
)
def test_a_name_means_these_in_this_order(name: str, expected: tuple[str, ...]) -> None:
    assert ALL.order(name) == expected


@pytest.mark.parametrize(
    ("sizes", "name", "expected"),
    [
        pytest.param({}, "gpt-5-mini", (), id="none: the pool"),
        pytest.param({"big": ("strong",)}, "haiku", ("strong",), id="small is big for want of it"),
        pytest.param({"middle": ("quick",)}, "haiku", ("quick",), id="small is middle before big"),
        pytest.param({"small": ("quick",)}, "opus", (), id="big is nothing less"),
        pytest.param({"small": ("quick",)}, "small", ("quick",), id="a size by its name"),
        pytest.param({"big": ("auto",)}, "gpt-9", (), id="the pool, by its own rules"),
    ],
)
def test_a_size_that_is_not_configured_is_the_next_larger(
    sizes: dict[Size, tuple[str, ...]], name: str, expected: tuple[str, ...]
) -> None:
    assert names(offered("strong"), offered("quick"), **sizes).order(name) == expected


@given(name=st.text())
def test_no_name_means_anybody_twice_or_a_stranger(name: str) -> None:
    order = ALL.order(name)
    assert len(set(order)) == len(order)
    assert set(order) <= {each.alias for each in ALL.models}
