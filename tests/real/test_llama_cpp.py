"""What llama.cpp answers to vibe, in each of the dialects that it speaks, streamed and whole."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.real.asking import Answer, answer, listing_of, said
from tests.real.tiny_model import CONTEXT_TOKENS
from tests.wire.portability.corpus import TOOLS
from tests.wire.portability.histories import PARTIES, PICTURE, histories
from vibe.assemble import Line
from vibe.domain.failure import Failure, FailureKind
from vibe.domain.message import Message, Results, Text, ToolResult, User
from vibe.domain.model import Backend
from vibe.domain.request import ModelRequest
from vibe.wire.listing import ListedModel
from vibe.wire.portability import continued

pytestmark = pytest.mark.real

GREETING = User((Text("Hello."),))
QUESTION = User((Text("Where is it warmer?"),))
SAYS = Answer(text="Oslo is cold: 3 °C.", output_tokens=5, end="end")
THINKS = Answer(thinking="Let me see.\n", text="\nIt is cold.", output_tokens=7, end="end")
CALLS = Answer(
    text="I look up one city and another.\n",
    calls=(("get_weather", {"city": "Oslo"}), ("get_weather", {"city": "Rome"})),
    output_tokens=20,
    end="calls",
)
CONCLUDES = Answer(text="Rome is warmer.", output_tokens=3, end="end")

# The Responses route calls every answer completed.
TELLS_CUTS = ("generic", "anthropic")


def asking(*history: Message, stream: bool) -> ModelRequest:
    return ModelRequest(messages=history, stream=stream)


def offering_tools(*history: Message, stream: bool) -> ModelRequest:
    return ModelRequest(messages=history, system="Be brief.", tools=TOOLS, stream=stream)


def test_text_arrives_as_it_was_said(line: Line, stream: bool) -> None:
    assert answer(line, asking(GREETING, stream=stream)) == SAYS


def test_sampling_is_taken(line: Line, stream: bool) -> None:
    request = asking(GREETING, stream=stream)
    assert answer(line, replace(request, temperature=0.3, top_p=0.9, seed=7)) == SAYS


def test_thought_is_told_from_the_answer_and_goes_back(line: Line, stream: bool) -> None:
    riddle = User((Text("Think."),))
    assert answer(line, asking(riddle, stream=stream)) == THINKS
    thought = said(line, asking(riddle, stream=stream))
    assert answer(line, asking(riddle, thought, GREETING, stream=stream)) == SAYS


def test_parallel_calls_arrive_and_their_results_go_back(line: Line, stream: bool) -> None:
    assert answer(line, offering_tools(QUESTION, stream=stream)) == CALLS
    called = said(line, offering_tools(QUESTION, stream=stream))
    results = Results(
        tuple(
            ToolResult(call=call.id, name=call.name, parts=(Text(f"{degrees} °C"),))
            for call, degrees in zip(called.calls, (3, 17), strict=True)
        )
    )
    assert answer(line, offering_tools(QUESTION, called, results, stream=stream)) == CONCLUDES


@pytest.mark.parametrize("producer", PARTIES)
def test_what_any_provider_left_is_gone_on_with(
    line: Line, stream: bool, producer: Backend
) -> None:
    found = {
        case: answer(line, offering_tools(*history, stream=stream))
        for case, history in histories(PARTIES[producer]).items()
    }
    assert found == {case: CONCLUDES if case == "parallel tools" else CALLS for case in found}


def test_a_part_of_an_answer_is_gone_on_with(line: Line, stream: bool) -> None:
    request = continued(asking(GREETING, stream=stream), "It is cold!", line.target)
    # An answer that is not streamed begins with what it goes on from.
    goes_on = Answer(text=" Brr." if stream else "It is cold! Brr.", output_tokens=2, end="end")
    asked_in_words = line.target.backend == "responses"
    assert answer(line, request) == (SAYS if asked_in_words else goes_on)


@pytest.mark.parametrize("bound", [16, None], ids=["its bound", "the end of the context"])
def test_a_text_that_is_cut_says_so(line: Line, stream: bool, bound: int | None) -> None:
    request = replace(asking(User((Text("Sing."),)), stream=stream), max_output_tokens=bound)
    tokens = bound or 2023  # the prompt has 25
    end = "length" if line.target.backend in TELLS_CUTS else "end"
    assert answer(line, request) == Answer(text="la " * tokens, output_tokens=tokens, end=end)


HALF_A_CALL = Failure(
    kind=FailureKind.BROKEN_STREAM, detail="the response is complete, but one of its calls is not"
)


def test_a_call_that_is_cut_is_not_whole(line: Line, stream: bool) -> None:
    cut = replace(offering_tools(QUESTION, stream=stream), max_output_tokens=16)
    end = "length" if line.target.backend in TELLS_CUTS else HALF_A_CALL
    expected = replace(CALLS, calls=CALLS.calls[:1], output_tokens=16, end=end)
    assert answer(line, cut) == expected


@pytest.mark.parametrize(
    ("message", "failure"),
    [
        pytest.param(
            User((Text("x" * CONTEXT_TOKENS),)),
            Failure(
                kind=FailureKind.CONTEXT_TOO_LONG,
                detail="request (2068 tokens) exceeds the available context size (2048 tokens), "
                "try increasing it",
                status=400,
                window=CONTEXT_TOKENS,
            ),
            id="more than its context",
        ),
        pytest.param(
            User((PICTURE,)),
            Failure(
                kind=FailureKind.BAD_REQUEST,
                detail="image input is not supported - hint: if this is unexpected, you may need "
                "to provide the mmproj",
                status=500,
                lacks=True,
            ),
            id="an image without a projector",
        ),
    ],
)
def test_what_it_cannot_take_is_told_from_other_failures(
    line: Line, stream: bool, message: User, failure: Failure
) -> None:
    seeing = replace(line, target=replace(line.target, sees_images=True))
    assert answer(seeing, asking(message, stream=stream)) == Answer(end=failure)


def test_its_models_are_listed(line: Line) -> None:
    assert listing_of(line) == (ListedModel(name="tiny", window=CONTEXT_TOKENS),)
