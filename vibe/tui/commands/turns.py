"""Commands that are a turn of their own: to sum up, to write AGENTS.md."""

from __future__ import annotations

from vibe.tui.chat import Chat
from vibe.tui.commands.beside import is_free


def compact(chat: Chat, keep: str) -> None:
    if not is_free(chat):
        return
    if not chat.talk.session:
        chat.tell("nothing was said yet that could be summed up")
        return
    chat.talk.compact(f"/compact {keep}".strip(), keep=keep)


def write_instructions(chat: Chat, _: str = "") -> None:
    """By the model, as it would be asked for it by hand."""
    from vibe.agent.prompt import init

    if is_free(chat):
        chat.talk.send(init())
