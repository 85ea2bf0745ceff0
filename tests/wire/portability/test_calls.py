"""Ids of calls: what becomes of each is written down, for it may never change."""

from __future__ import annotations

import pytest

from vibe.domain.message import CallId
from vibe.domain.quirks import CallIdForm
from vibe.wire.calls import CallIds


def taken(form: CallIdForm, *ids: str) -> list[str]:
    of_request = CallIds(form)
    return [of_request.take(CallId(each)) for each in ids]


OPENAI = "call_62136354"
ANTHROPIC = "toolu_01NRLabsLyVHZPKxbKvkfSMn"
MISTRAL = "gSIMJiOkT"
KIMI = "functions.read:0"
VLLM = "chatcmpl-tool-0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("form", "call", "sent"),
    [
        pytest.param("any", OPENAI, OPENAI, id="any of OpenAI"),
        pytest.param("any", MISTRAL, MISTRAL, id="any of Mistral"),
        pytest.param("any", KIMI, KIMI, id="any of Kimi"),
        pytest.param("any", VLLM, "call_2HNXNCFeR", id="any of vLLM, which OpenAI finds too long"),
        pytest.param("any", "", "call_8tr70Zu1t", id="any of nothing"),
        pytest.param("any", "a b", "call_t1YwXfH4t", id="any of a blank"),
        pytest.param("anthropic", ANTHROPIC, ANTHROPIC, id="anthropic of Anthropic"),
        pytest.param("anthropic", VLLM, VLLM, id="anthropic of vLLM"),
        pytest.param("anthropic", KIMI, "call_7sMfVBB5z", id="anthropic of Kimi"),
        pytest.param("anthropic", "a" * 65, "call_LCLKT8fRP", id="anthropic of a long one"),
        pytest.param("alnum9", MISTRAL, MISTRAL, id="alnum9 of Mistral"),
        pytest.param("alnum9", OPENAI, "j4AsTN9ON", id="alnum9 of OpenAI"),
        pytest.param("alnum9", "\udce9", "LCrJRbKTv", id="alnum9 of a lone surrogate"),
    ],
)
def test_a_legal_id_stays_and_another_gets_the_same_one_every_time(
    form: CallIdForm, call: str, sent: str
) -> None:
    assert taken(form, call) == [sent]


def test_ids_that_are_used_again_differ() -> None:
    assert taken("any", "call_0", "call_0", "call_0") == [
        "call_0",
        "call_yYd6dgfdm",
        "call_QT9MuAI7p",
    ]
    assert taken("alnum9", "call_0", "call_0") == ["yYd6dgfdm", "QT9MuAI7p"]


def test_an_id_made_for_an_earlier_call_is_not_given_to_a_later_one() -> None:
    made, *others = taken("alnum9", "call_0", "yYd6dgfdm", "call_0")
    assert (made, others) == ("yYd6dgfdm", ["t0touIzO3", "QT9MuAI7p"])


def test_what_was_taken_before_does_not_change() -> None:
    one_more = taken("alnum9", "a", "b", MISTRAL, "a", "c")
    assert taken("alnum9", "a", "b", MISTRAL, "a") == one_more[:4]
