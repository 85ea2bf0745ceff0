"""Every conversation that one dialect leaves, as it is sent to each of the others and to itself."""

from __future__ import annotations

import msgspec
import pytest

from tests.wire.portability.corpus import HERE, PAIRS, bodies, file_of, written
from tests.wire.portability.grammar import GRAMMARS, conversation, faults
from tests.wire.portability.histories import PARTIES, histories
from tests.wire.schema import Schema
from vibe.domain.model import Backend

CASES = tuple(histories(PARTIES["generic"]))
SCHEMAS = {
    "azure": ("openai_chat", "CreateChatCompletionRequest"),
    "mistral": ("mistral_chat", "ChatCompletionRequest"),
}

pair = pytest.mark.parametrize(
    ("producer", "backend"), [pytest.param(*pair, id="-to-".join(pair)) for pair in PAIRS]
)


def golden(producer: Backend, backend: Backend) -> dict[str, bytes]:
    text = file_of(producer, backend).read_bytes()
    raw = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    return {case: bytes(body) for case, body in raw.items()}


@pair
def test_each_history_is_sent_as_was_found_right(producer: Backend, backend: Backend) -> None:
    assert written(bodies(producer, backend)) == file_of(producer, backend).read_text("utf-8")


def test_every_pair_has_its_file_and_no_other_is_there() -> None:
    assert sorted(HERE.iterdir()) == sorted(file_of(*pair) for pair in PAIRS)


@pytest.mark.parametrize("case", CASES)
@pair
def test_what_is_sent_keeps_the_grammar(producer: Backend, backend: Backend, case: str) -> None:
    assert faults(conversation(backend, golden(producer, backend)[case]), GRAMMARS[backend]) == []


@pytest.mark.parametrize("backend", SCHEMAS)
@pytest.mark.parametrize("producer", PARTIES)
def test_what_is_sent_keeps_the_published_schema(producer: Backend, backend: Backend) -> None:
    name, rule = SCHEMAS[backend]
    schema = Schema(name)
    sent = golden(producer, backend)
    assert {case: schema.faults(rule, body) for case, body in sent.items()} == {
        case: [] for case in CASES
    }


@pair
def test_thought_and_seals_go_back_to_their_producer_alone(
    producer: Backend, backend: Backend
) -> None:
    sent = file_of(producer, backend).read_text("utf-8")
    party = PARTIES[producer]
    held = {secret for secret in (*party.secrets, *party.forgotten) if secret in sent}
    assert held == (set(party.secrets) if producer == backend else set())
