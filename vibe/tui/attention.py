"""Calls a person back who looks elsewhere: when a long turn has ended, or asks him something.

Knows no terminal but by its name; what is to be written to it is handed out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from vibe.clean import clean_line
from vibe.domain.event import Event
from vibe.domain.turn import ApprovalAsked, QuestionAsked, TurnFinished, TurnStarted

LONG_S: Final = 10.0
BELL: Final = "\x07"
_BY_OSC_9: Final = ("iTerm.app", "WezTerm", "ghostty")  # TERM_PROGRAM
_BY_OSC_777: Final = ("foot", "rxvt-unicode")  # TERM


def notification(text: str, env: Mapping[str, str]) -> str:
    """What makes the terminal say it; the bell, where it is not known to say anything."""
    told = clean_line(text).replace(";", ",")
    term = env.get("TERM", "")
    if env.get("TMUX") or env.get("STY"):
        return BELL
    if env.get("TERM_PROGRAM") in _BY_OSC_9 or term.startswith("xterm-kitty"):
        return f"\x1b]9;{told}\x07"
    if term.startswith(_BY_OSC_777):
        return f"\x1b]777;notify;vibe;{told}\x07"
    return BELL


class Attention:
    """`is_away` tells whether the person looks elsewhere; `call` gets what to say to him."""

    def __init__(
        self,
        *,
        is_away: Callable[[], bool],
        call: Callable[[str], None],
        now: Callable[[], float],
    ) -> None:
        self._is_away = is_away
        self._call = call
        self._now = now
        self._began_s = float("inf")

    def note(self, event: Event) -> None:
        match event:
            case TurnStarted():
                self._began_s = self._now()
            case ApprovalAsked() | QuestionAsked():
                self._say("vibe asks you something")
            case TurnFinished():
                self._say("vibe is done")
            case _:
                pass

    def _say(self, text: str) -> None:
        if self._now() - self._began_s > LONG_S and self._is_away():
            self._call(text)
