"""Keys and local servers that are found without a configuration. The ports are real ones."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack

import pytest

from vibe.config.checks.names import folded
from vibe.config.discover import accepting, found_keys, found_servers
from vibe.config.known import LM_STUDIO, LOCAL_SERVERS, OLLAMA, PROVIDERS

KEY = "k-5Rw8canary0Qz"


def test_every_known_provider_is_found_by_its_variable() -> None:
    assert found_keys({each.variable: KEY for each in PROVIDERS}, {}) == PROVIDERS


@pytest.mark.parametrize(
    ("env", "dotenv", "names"),
    [
        pytest.param({}, {}, [], id="nothing"),
        pytest.param({"GROQ_API_KEY": KEY}, {}, ["groq"], id="the environment"),
        pytest.param({}, {"GROQ_API_KEY": KEY}, ["groq"], id="the file .env"),
        pytest.param({"GROQ_API_KEY": ""}, {"GROQ_API_KEY": KEY}, [], id="emptied on purpose"),
        pytest.param({"GROQ_API_KEY": " "}, {}, [], id="blank"),
        pytest.param({"GROQ_API_KEY": "your-groq-api-key"}, {}, [], id="a placeholder"),
        pytest.param({"GROQ_API_KEY": f'"{KEY}"'}, {}, [], id="in quotes"),
        pytest.param({"MY_API_KEY": KEY}, {}, [], id="a variable of somebody else"),
        pytest.param({}, {"A": KEY, "COHERE_API_KEY": "${A}"}, ["cohere"], id="by reference"),
        pytest.param({}, {"COHERE_API_KEY": "${COHERE_API_KEY}"}, [], id="by itself"),
    ],
)
def test_a_provider_is_found_when_its_variable_holds_what_may_be_a_key(
    env: dict[str, str], dotenv: dict[str, str], names: list[str]
) -> None:
    assert [provider.name for provider in found_keys(env, dotenv)] == names


def test_what_is_found_does_not_hold_the_key() -> None:
    assert KEY not in repr(found_keys({each.variable: KEY for each in PROVIDERS}, {}))


def test_names_variables_ports_and_aliases_are_all_different() -> None:
    everything = (*PROVIDERS, *LOCAL_SERVERS)
    for values in (
        [folded(each.name) for each in everything],
        [folded(each.alias) for each in everything],
        [each.variable for each in PROVIDERS],
        [each.port for each in LOCAL_SERVERS],
    ):
        assert sorted(set(values)) == sorted(values)


def test_a_server_is_found_by_the_port_that_is_usually_its_own() -> None:
    asked: list[int] = []

    def connect(ports: Iterable[int]) -> set[int]:
        asked.extend(ports)
        return {OLLAMA.port, LM_STUDIO.port}

    assert found_servers(connect) == (OLLAMA, LM_STUDIO)
    assert asked == [8080, 11434, 1234, 8000]


@pytest.fixture
def listeners() -> Iterator[list[socket.socket]]:
    opened = [socket.create_server(("127.0.0.1", 0)) for _ in range(3)]
    yield opened
    for each in opened:
        each.close()


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


def test_ports_that_accept_are_told_from_those_that_refuse(listeners: list[socket.socket]) -> None:
    first, second, gone = (port_of(each) for each in listeners)
    listeners[2].close()
    assert accepting([first, gone, second]) == {first, second}


def test_nothing_is_sent_to_a_port(listeners: list[socket.socket]) -> None:
    accepting([port_of(listeners[0])])
    connection, _ = listeners[0].accept()
    with connection:
        assert connection.recv(1) == b""


def test_a_port_that_never_answers_is_given_up(listeners: list[socket.socket]) -> None:
    answering = port_of(listeners[0])
    with socket.create_server(("127.0.0.1", 0), backlog=0) as busy, ExitStack() as queue:
        for _ in range(300):
            queued = queue.enter_context(socket.socket())
            queued.setblocking(False)
            queued.connect_ex(busy.getsockname())
            if not select.select([], [queued], [], 0.1)[1]:
                break
        else:
            pytest.skip("the queue of a listener is never full here")
        assert accepting([port_of(busy), answering]) == {answering}


def test_no_ports_are_asked_when_there_are_none() -> None:
    assert accepting([]) == frozenset()
