"""A key that vibe knows is never on the terminal, whoever says it, and in however many pieces."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.cli.on_terminal import on_terminal
from tests.cli.running import VIBE
from tests.cli.serving import ENV, KEY, configured, serving
from tests.plain.terminal import sitting_at
from vibe.testing.exchange import Answer, Asked, call

SPOKEN: Final = f"the key is {KEY}, or {KEY[:12]} and {KEY[12:]}. end-of-answer"
OPEN: Final = "●"


def behaviour(asked: Asked) -> Answer:
    if asked.results:
        return Answer(text=SPOKEN)
    if "run" in asked.last_user_text:
        return Answer(
            calls=(call("bash", command=f"touch made; printf %s {KEY[:9]}; echo {KEY[9:]}"),)
        )
    return Answer(text=SPOKEN)


def test_neither_a_model_nor_a_command_shows_it_in_the_chat(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(f"{KEY}\n")
    with serving(behaviour) as server:
        configured(tmp_path, server.api_base)
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV) as terminal:
            terminal.until(OPEN)
            terminal.press("\x0f")  # the details of what comes
            terminal.press("say it\r")
            terminal.until("end-of-answer")
            terminal.press("!cat key.txt; echo end-of-'own'\r")
            terminal.until("end-of-own")
            terminal.press("run it\r")
            terminal.until("Allow")
            terminal.answer("y")
            terminal.until("end-of-answer")
            recorded = bytes(terminal.recorded)
    assert (KEY.encode() in recorded, b"***" in recorded) == (False, True)


@pytest.mark.parametrize("args", [("--plain", "say it"), ("-p", "say it")], ids=["plain", "print"])
def test_nor_does_a_chat_without_a_screen(args: tuple[str, str], tmp_path: Path) -> None:
    with serving(behaviour) as server:
        configured(tmp_path, server.api_base)
        with sitting_at(*args, home=tmp_path) as person:
            person.until("end-of-answer")
            shown = person.shown
    assert (KEY.encode() in shown, b"***" in shown) == (False, True)
