"""kill -9 in the middle of an answer: what stood on the screen is there again, and only once."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.cli.on_terminal import Terminal, on_terminal
from tests.cli.running import VIBE
from tests.cli.serving import ENV, Serving, configured, serving
from tests.drive import vibe
from vibe.agent.loop import CUT_OFF
from vibe.domain.message import Text
from vibe.session.place import Place, places
from vibe.testing.exchange import Answer, Asked
from vibe.testing.faults import at, play

OPEN: Final = "●"
STORY: Final = " ".join(f"word{number}" for number in range(200))
DRAFT: Final = "and then tell me why"
SEEN: Final = 50  # words that stood on the screen for sure
STATE: Final = Path(".local") / "state" / "vibe"


def tells(asked: Asked) -> Answer:
    return Answer(text=STORY if asked.last_user_text[-7:] == "tell me" else "It is over.")


@contextmanager
def telling(home: Path) -> Generator[Serving]:
    """The first answer comes to a stand in the middle."""
    with serving(tells, faults=at({1: play("stall_in_body", at_event=100)})) as server:
        configured(home, server.api_base)
        yield server


def place_in(home: Path) -> Place | None:
    return next(iter(places(home / STATE / "sessions")), None)


def journal_in(home: Path) -> Path | None:
    place = place_in(home)
    return place and place.journal


def unsent_in(home: Path) -> Path | None:
    place = place_in(home)
    return place and place.unsent


def killed(terminal: Terminal) -> None:
    os.kill(terminal.pid, signal.SIGKILL)
    assert terminal.ended() == -signal.SIGKILL


def said_to(server: Serving) -> list[tuple[str, str]]:
    """All that the last request told, without the system prompt."""
    messages: list[dict[str, Any]] = json.loads(server.requests[-1].body)["messages"]
    return [(each["role"], each["content"]) for each in messages[1:]]


def is_told_once(home: Path) -> str:
    """By all that shows the session; and what it was."""
    (turn, *_) = json.loads(vibe("sessions", "show", "--json", home=home, env=ENV).out)["turns"]
    assert turn["answers"] >= 1
    exported = vibe("sessions", "export", home=home, env=ENV).out
    assert exported.count("word0 ") == 1
    assert "The answer was cut here." in exported
    (usage,) = json.loads(vibe("sessions", "show", "--json", home=home, env=ENV).out)["usage"]
    assert usage["estimated"] == 1
    return exported


def test_an_answer_and_a_draft_are_there_again_after_a_kill(tmp_path: Path) -> None:
    with telling(tmp_path) as server:
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN)
            terminal.press("tell me\r")
            terminal.until(f"word{SEEN}")
            terminal.press(DRAFT)
            terminal.until_kept(f"word{SEEN} ", partial(journal_in, tmp_path))
            terminal.until_kept(DRAFT, partial(unsent_in, tmp_path))
            killed(terminal)
        is_told_once(tmp_path)
        with on_terminal((str(VIBE), "-c"), home=tmp_path, env=ENV) as terminal:
            terminal.until(f"word{SEEN}", "this turn was cut off", DRAFT)
            terminal.press("\r")
            terminal.until("It is over.")
            terminal.press("\x04")
            assert terminal.ended() == 0
        question, answer, draft = said_to(server)
    assert (question[0], answer[0], draft) == ("user", "assistant", ("user", DRAFT))
    assert STORY.startswith(answer[1].rstrip())
    assert f"word{SEEN} " in answer[1]
    assert is_told_once(tmp_path).count(DRAFT) == 1
    place = place_in(tmp_path)
    assert place
    assert not place.unsent.exists()


def test_a_draft_from_before_the_first_message_is_there_again_after_a_kill(tmp_path: Path) -> None:
    with telling(tmp_path):
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN)
            terminal.press(DRAFT)
            terminal.until_kept(DRAFT, lambda: next((tmp_path / STATE).glob("unsent/*.json"), None))
            killed(terminal)
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN, DRAFT)


def test_without_a_chat_it_is_gone_on_with_from_there(tmp_path: Path) -> None:
    with telling(tmp_path) as server:
        with on_terminal((str(VIBE), "-p", "tell me"), home=tmp_path, env=ENV) as terminal:
            terminal.until_kept(f"word{SEEN} ", partial(journal_in, tmp_path))
            killed(terminal)
        is_told_once(tmp_path)
        assert "It is over." in vibe("-p", "--continue", home=tmp_path, env=ENV).out
        question, answer, cut_off = said_to(server)
    assert question[1].endswith("tell me")
    assert STORY.startswith(answer[1].rstrip())
    assert [("user", part.text) for part in CUT_OFF.parts if isinstance(part, Text)] == [cut_off]
    is_told_once(tmp_path)
