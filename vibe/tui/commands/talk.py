"""Commands about the conversation: a new one, an empty screen, what is asked about, the copy."""

from __future__ import annotations

from typing import Final

from vibe.domain.model import Approval
from vibe.tui.chat import Chat
from vibe.tui.draw.foot import MODES
from vibe.tui.draw.ink import line
from vibe.tui.history.items import Note, Printed

ORDER: Final[tuple[Approval, ...]] = ("plan", "ask", "edits", "auto")


def begin_anew(chat: Chat, _: str = "") -> None:
    if _is_free(chat):
        chat.work(chat.talk.open(None))


def clear_screen(chat: Chat, _: str = "") -> None:
    if _is_free(chat):
        chat.talk.story.clear()
        chat.look()


def copy_answer(chat: Chat, _: str = "") -> None:
    if chat.talk.story.last_answer:
        chat.copy(chat.talk.story.last_answer)
        chat.tell("copied")


def set_mode(chat: Chat, name: str) -> None:
    policy = chat.talk.desk.policy
    if name in ORDER:
        policy.mode = name
    else:
        lines = (line(f"{mode}: {MODES[mode]}") for mode in ORDER)
        chat.put(Printed((line(f"now: {policy.mode}", "strong"), *lines)))


def next_mode(chat: Chat, _: str = "") -> None:
    policy = chat.talk.desk.policy
    policy.mode = ORDER[(ORDER.index(policy.mode) + 1) % len(ORDER)]


def _is_free(chat: Chat) -> bool:
    if chat.talk.is_under_way:
        chat.put(Note(mark="!", text="not while a turn is under way", ink="warn"))
    return not chat.talk.is_under_way
