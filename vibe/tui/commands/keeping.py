"""Commands that keep something of a conversation elsewhere: a file, the clipboard."""

from __future__ import annotations

import asyncio
from pathlib import Path

from vibe.clean import clean_line
from vibe.session.record import SessionId
from vibe.tui.chat import Chat
from vibe.tui.commands.beside import beside, shelf_of
from vibe.tui.draw.ink import line
from vibe.tui.draw.markdown import Code, blocks
from vibe.tui.history.items import Note
from vibe.tui.panels.confirm import Choice, Confirm


def export(chat: Chat, file: str) -> None:
    export_session(chat, SessionId(chat.talk.session), file)


def export_session(chat: Chat, session: SessionId, file: str = "") -> None:
    """As Markdown, into that file, or one of its own name in this folder."""
    if not session:
        chat.put(Note(mark="!", text="nothing was said yet that could be kept", ink="warn"))
        return
    path = _path(chat, file or f"{session}.md")
    if not path.exists():
        beside(chat, _exported(chat, session, path))
        return

    def replace() -> None:
        chat.show(None)
        beside(chat, _exported(chat, session, path))

    chat.show(
        Confirm(
            line("There is such a file already", "strong"),
            (line(clean_line(str(path))),),
            (Choice(key="y", does="replace it", act=replace),),
            declined=lambda: chat.show(None),
        )
    )


def copy(chat: Chat, number: str = "") -> None:
    """The last answer, or a block of code in it."""
    answer = chat.talk.story.last_answer
    found = _code_in(answer)
    if not answer:
        chat.tell("there is no answer yet")
    elif not number:
        chat.copy(answer)
    elif number.isdecimal() and 1 <= int(number) <= len(found):
        chat.copy(found[int(number) - 1])
    else:
        told = f"the last answer has {len(found)} block{'s' * (len(found) != 1)} of code"
        chat.put(Note(mark="!", text=told, ink="warn", hint="/copy copies all of it"))


async def _exported(chat: Chat, session: SessionId, path: Path) -> None:
    from vibe.config.write import rewrite

    shelf = shelf_of(chat)

    def write() -> None:
        text = shelf.markdown(session)
        rewrite(path, lambda _: text.encode())

    await asyncio.to_thread(write)
    chat.put(Note(mark="·", text=f"written: {clean_line(str(path))}"))


def _path(chat: Chat, file: str) -> Path:
    path = Path(file)
    if path.parts[:1] == ("~",):
        return chat.house.home.joinpath(*path.parts[1:])
    return chat.house.folder / path


def _code_in(markdown: str) -> list[str]:
    return ["\n".join(each.lines) for each in blocks(markdown) if isinstance(each, Code)]
