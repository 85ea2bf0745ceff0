"""The context windows that providers tell, in the sentence of a refusal and in a list of models."""

from __future__ import annotations

import msgspec
import pytest

from vibe.domain.failure import FailureKind
from vibe.wire.codec import Reply
from vibe.wire.failures import openai_failure
from vibe.wire.listing import ListedModel, read_listing


def told(error: dict[str, object]) -> int | None:
    body = msgspec.json.encode({"error": error})
    failure = openai_failure(Reply(status=400, headers=(), body=body), now=0.0)
    assert failure.kind is FailureKind.CONTEXT_TOO_LONG
    return failure.window


@pytest.mark.parametrize(
    ("number", "window"),
    [
        ("8192", 8192),
        ("131,072", 131_072),
        ("1_048_576", 1_048_576),
        ("1.048.576", 1_048_576),
        ("1000000", 1_000_000),
        ("128k", 128_000),
        ("1 M", 1_000_000),
        ("-1", None),
        ("0", None),
        ("12,34", None),
        ("12,3456", None),
        ("8192.5", None),
        ("2000000000", None),
        ("9" * 30, None),
    ],
)
def test_a_number_in_a_sentence_is_read_whole_or_not_at_all(
    number: str, window: int | None
) -> None:
    sentence = f"This model's maximum context length is {number} tokens. You sent 9."
    assert told({"message": sentence}) == window


@pytest.mark.parametrize("ending", [".", ", however", "tokens", " messages", ")"])
def test_what_follows_a_number_is_no_part_of_it(ending: str) -> None:
    assert told({"message": f"The maximum context length is 8192{ending}"}) == 8192


NUMBERS = pytest.mark.parametrize(
    ("number", "window"),
    [
        (4096, 4096),
        (4096.0, 4096),
        ("4096", 4096),
        (None, None),
        (0, None),
        (-1, None),
        (True, None),
        (10**12, None),
        (1e300, None),
        ("many", None),
        ([4096], None),
    ],
)


@NUMBERS
def test_a_number_of_an_error_is_taken_if_it_can_be_a_window(
    number: object, window: int | None
) -> None:
    assert told({"type": "exceed_context_size_error", "n_ctx": number}) == window


@NUMBERS
@pytest.mark.parametrize("field", ["max_model_len", "max_context_length", "context_length"])
def test_a_number_of_a_listing_is_taken_if_it_can_be_a_window(
    field: str, number: object, window: int | None
) -> None:
    listing = {"data": [{"id": "m", field: number}]}
    listed = read_listing(msgspec.json.encode(listing))
    assert listed == (ListedModel(name="m", window=window),)


def test_the_first_number_that_can_be_a_window_is_taken() -> None:
    listing = {"data": [{"id": "m", "max_model_len": -1, "meta": {"n_ctx": 2048}}]}
    listed = read_listing(msgspec.json.encode(listing))
    assert listed == (ListedModel(name="m", window=2048),)
