"""Commands about how one talks: an empty screen, what is asked about."""

from __future__ import annotations

from typing import Final

from vibe.clean import clean_line
from vibe.domain.model import Approval
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import is_free
from vibe.tui.draw.foot import MODES
from vibe.tui.draw.ink import line
from vibe.tui.history.items import Note, Printed

ORDER: Final[tuple[Approval, ...]] = ("plan", "ask", "edits", "auto")


def clear_screen(chat: Chat, _: str = "") -> None:
    if is_free(chat):
        chat.talk.story.clear()
        chat.tell("only the screen: the conversation goes on")


def plan(chat: Chat, _: str = "") -> None:
    chat.talk.desk.policy.mode = "plan"
    chat.tell(f"{MODES['plan']}; /approve ask goes back")


def set_mode(chat: Chat, name: str) -> None:
    policy = chat.talk.desk.policy
    if name in ORDER:
        policy.mode = name
    else:
        if name:
            chat.put(Note(mark="!", text=f"there is no mode {clean_line(name)}", ink="warn"))
        lines = (line(f"{mode:<7}{MODES[mode].removeprefix(f'{mode}: ')}") for mode in ORDER)
        chat.put(Printed((line(f"now: {policy.mode}", "strong"), *lines)))


def next_mode(chat: Chat, _: str = "") -> None:
    policy = chat.talk.desk.policy
    policy.mode = ORDER[(ORDER.index(policy.mode) + 1) % len(ORDER)]
