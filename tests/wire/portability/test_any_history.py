"""Any history at all, however absurd: fitted, it is legal, and nothing that was said is lost."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.wire.portability.grammar import GRAMMARS, Grammar, conversation, faults
from tests.wire.portability.histories import PARTIES
from vibe.domain.message import (
    Assistant,
    CallId,
    Document,
    Image,
    Message,
    Producer,
    Results,
    System,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    User,
)
from vibe.domain.model import ProviderName
from vibe.domain.quirks import Quirks
from vibe.domain.request import ModelRequest
from vibe.domain.target import Target
from vibe.wire.dialects import codec_for
from vibe.wire.portability import continued, fitted

OWN = Producer(provider=ProviderName("own"), model="model")
OTHER = Producer(provider=ProviderName("other"), model="model")
SEAL = '{"foreign":"seal"}'
FORMS = {"any": "[!-~]{1,40}", "alnum9": "[a-zA-Z0-9]{9}", "anthropic": "[a-zA-Z0-9_-]{1,64}"}

producers = st.sampled_from([OWN, OTHER])
words = st.integers(0, 99).map("word{}".format)
texts = st.builds(Text, words | st.sampled_from(["", " \n", "x\udc80"]))
ids = st.sampled_from(["", "a", "call_0", "call_0_", "call_with:colon", "l" * 41, "abcdefgh1", "é"])
names = st.sampled_from(["", "read", "functions.read", "n" * 65])
images = st.sampled_from([
    Image(), Image(media_type="image/png", data=b"1"), Image(url="https://example.org/1.png"),
])  # fmt: skip
documents = st.builds(
    Document,
    media_type=st.just("application/pdf"),
    data=st.sampled_from([b"", b"%PDF"]),
    name=st.sampled_from(["", "a.pdf"]),
)
thoughts = st.builds(
    Thinking, text=st.sampled_from(["", "Hm"]), producer=producers, seal=st.sampled_from(["", SEAL])
)
calls = st.builds(
    ToolCall,
    id=ids.map(CallId),
    name=names,
    arguments=st.sampled_from(["", "{}", '{"a": 1}', "[]", '{"a"', '"a"', "[" * 70, "\udc80"]),
    seal=st.sampled_from(["", SEAL]),
)
shown = st.lists(st.one_of(texts, images, documents), max_size=3).map(tuple)
results = st.builds(
    ToolResult, call=ids.map(CallId), name=names, parts=shown, is_error=st.booleans()
)
messages = st.one_of(
    st.builds(System, words | st.just("")),
    st.builds(User, shown),
    st.builds(
        Assistant,
        parts=st.lists(st.one_of(texts, thoughts, calls), max_size=4).map(tuple),
        producer=producers | st.none(),
    ),
    st.builds(Results, st.lists(results, max_size=3).map(tuple)),
)
histories = st.lists(messages, max_size=8).map(tuple)
maybe = st.none() | st.booleans()
quirks = st.builds(
    Quirks,
    call_ids=st.sampled_from(sorted(FORMS)),
    user_after_tool=st.booleans(),
    mid_system=st.booleans(),
    prefix_flag=st.booleans(),
    prefill=st.booleans(),
    thinking=st.sampled_from(["none", "reasoning_content", "reasoning", "chunks"]),
    thinking_required=st.booleans(),
    images=st.booleans(),
    image_urls=st.booleans(),
    documents=st.booleans(),
    max_tokens_required=st.booleans(),
)
targets = st.builds(
    Target,
    provider=st.just(OWN.provider),
    model=st.just(OWN.model),
    backend=st.sampled_from(sorted(GRAMMARS)),
    quirks=quirks,
    max_output_tokens=st.none() | st.integers(1, 9),
    context_window=st.none() | st.integers(1, 99),
    thinks=maybe,
    sees_images=maybe,
    prefills=maybe,
)


def grammar(target: Target) -> Grammar:
    quirks = target.quirks
    prefills = quirks.prefill or quirks.prefix_flag if target.prefills is None else target.prefills
    return Grammar(
        ids=FORMS[quirks.call_ids],
        user_after_tool=quirks.user_after_tool,
        mid_system=quirks.mid_system,
        prefill=prefills and not target.thinks,
    )


def parts_of(messages: tuple[Message, ...]) -> Iterator[object]:
    for message in messages:
        match message:
            case System(text):
                yield Text(text)
            case User(parts) | Assistant(parts=parts):
                yield from parts
            case Results(results):
                yield from (part for result in results for part in result.parts)


def calls_of(request: ModelRequest) -> list[str]:
    return [part.id for part in parts_of(request.messages) if isinstance(part, ToolCall)]


@settings(max_examples=300, deadline=None)
@given(histories, targets)
def test_what_is_sent_keeps_the_grammar(history: tuple[Message, ...], target: Target) -> None:
    request = fitted(ModelRequest(messages=history), target)
    body = codec_for(target.backend).encode(request, target).body
    assert faults(conversation(target.backend, body), grammar(target)) == []


@settings(max_examples=300, deadline=None)
@given(histories, targets)
def test_fitting_again_changes_nothing(history: tuple[Message, ...], target: Target) -> None:
    once = fitted(ModelRequest(messages=history, max_output_tokens=500), target)
    assert fitted(once, target) == once


@settings(deadline=None)
@given(histories, targets)
def test_nothing_that_was_said_is_lost(history: tuple[Message, ...], target: Target) -> None:
    request = fitted(ModelRequest(messages=history), target)
    told = [part.text for part in parts_of(request.messages) if isinstance(part, Text)]
    for part in parts_of(history):
        if isinstance(part, Text) and part.text.strip():
            text = part.text.replace("\udc80", "?")
            assert any(text in each for each in (request.system, *told))


@settings(deadline=None)
@given(histories, targets)
def test_thought_and_seals_are_the_targets_own(
    history: tuple[Message, ...], target: Target
) -> None:
    quirks = replace(target.quirks, thinking_required=False)
    stranger = replace(target, model="another", quirks=quirks)
    for part in parts_of(fitted(ModelRequest(messages=history), stranger).messages):
        assert not isinstance(part, Thinking)
        assert not isinstance(part, ToolCall) or part.seal == ""


@settings(deadline=None)
@given(histories, histories, targets)
def test_what_follows_changes_no_id(
    history: tuple[Message, ...], more: tuple[Message, ...], target: Target
) -> None:
    before = calls_of(fitted(ModelRequest(messages=history), target))
    after = calls_of(fitted(ModelRequest(messages=history + more), target))
    assert after[: len(before)] == before


@settings(deadline=None)
@given(histories, words, targets)
def test_a_part_of_an_answer_is_gone_on_from(
    history: tuple[Message, ...], part: str, target: Target
) -> None:
    request = continued(ModelRequest(messages=history), part, target)
    last = request.messages[-1]
    told = "".join(part.text for part in parts_of((last,)) if isinstance(part, Text))
    assert isinstance(last, Assistant) == grammar(target).prefill
    assert told.endswith(part) or f"{part}\n\nGo on" in told
    assert fitted(request, target) == request


def test_the_targets_of_the_corpus_are_among_these() -> None:
    assert set(PARTIES) == set(GRAMMARS)
