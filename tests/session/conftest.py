"""Who is told of trouble, and the one server of workers for all tests."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing

import pytest

from tests.session.sessions import Person
from tests.session.workers import Workers


@pytest.fixture(scope="session")
def workers() -> Generator[Workers]:
    with closing(Workers()) as workers:
        yield workers


@pytest.fixture
def person() -> Person:
    return Person()
