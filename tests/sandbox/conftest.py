"""One process for each backend and user, for all tests of a file that run commands in it.

In the default lane as whoever runs the tests; where that is root, as an ordinary user in the slow
one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import cast

import pytest

from tests.sandbox.sandboxes import Session, User, session

IN_ITS_LANE = pytest.mark.slow if os.geteuid() == 0 else ()
USERS = [
    pytest.param("root", id="root"),
    pytest.param("ordinary", id="ordinary", marks=IN_ITS_LANE),
]


@pytest.fixture(scope="module", params=USERS)
def user(request: pytest.FixtureRequest) -> User:
    return cast("User", request.param)


@pytest.fixture(scope="module", params=["bwrap", "landlock"])
def any_session(request: pytest.FixtureRequest, user: User) -> Iterator[Session]:
    with session(cast("str", request.param), user) as opened:
        yield opened


@pytest.fixture
def sandboxed(any_session: Session) -> Session:
    any_session.furnish()
    return any_session


@pytest.fixture(scope="module")
def bwrap_session(user: User) -> Iterator[Session]:
    with session("bwrap", user) as opened:
        yield opened


@pytest.fixture
def in_bwrap(bwrap_session: Session) -> Session:
    bwrap_session.furnish()
    return bwrap_session
