"""A key that vibe knows is never on the terminal, whoever says it, and in however many pieces."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from tests.cli.on_terminal import on_terminal
from tests.cli.running import VIBE
from tests.cli.serving import ENV, KEY, configured, serving
from tests.plain.terminal import sitting_at
from tests.terminal.payloads import NAMES, PAYLOADS
from tests.terminal.tour import toured
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
    folder = tmp_path / KEY  # so the terminal is titled
    folder.mkdir()
    (folder / "key.txt").write_text(f"{KEY}\n")
    with serving(behaviour) as server:
        configured(tmp_path, server.api_base)
        with on_terminal((str(VIBE),), home=tmp_path, env=ENV, cwd=folder) as terminal:
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
            terminal.press("/export ../kept.md\r")
            terminal.until("written")
            recorded = bytes(terminal.recorded) + (tmp_path / "kept.md").read_bytes()
    assert (KEY.encode() in recorded, b"***" in recorded) == (False, True)


@pytest.mark.slow
def test_nor_does_any_place_of_the_chat_that_shows_what_others_wrote(tmp_path: Path) -> None:
    texts = {name: name if name in NAMES else f"{KEY} {name}" for name in PAYLOADS}
    recorded = toured(tmp_path, texts)
    assert (KEY.encode() in recorded, b"***" in recorded) == (False, True)


@pytest.mark.parametrize("args", [("--plain", "say it"), ("-p", "say it")], ids=["plain", "print"])
def test_nor_does_a_chat_without_a_screen(args: tuple[str, str], tmp_path: Path) -> None:
    with serving(behaviour) as server:
        configured(tmp_path, server.api_base)
        with sitting_at(*args, home=tmp_path) as person:
            person.until("end-of-answer")
            shown = person.shown
    assert (KEY.encode() in shown, b"***" in shown) == (False, True)
