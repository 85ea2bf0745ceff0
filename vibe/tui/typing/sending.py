"""What Enter does with what was typed: a command, a line for the shell, an answer or a message.

A message goes with the files that it names; where one cannot go that is told, and the text comes
back into the composer.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from vibe.clean import clean, clean_line
from vibe.errors import UsageError
from vibe.tui.history.items import Note

if TYPE_CHECKING:
    from vibe.tui.chat import Chat
    from vibe.tui.typing.draft import Composing, Draft


class Sending:
    """Messages leave in the order in which they were sent. Only what was typed names files: what
    was pasted and folded is full of other `@`."""

    def __init__(self, chat: Chat, composer: Composing) -> None:
        self._chat = chat
        self._composer = composer
        self._turn = asyncio.Lock()

    def enter(self) -> None:
        from vibe.tui.commands.table import is_command  # knows every panel

        composer, talk, asked = self._composer, self._chat.talk, self._chat.talk.asks.first
        if composer.breaks_line() or not composer.text.strip():
            return
        if is_command(composer.text):
            self.call(composer.take().whole)
        elif composer.is_command_line:
            command = composer.take().whole[1:].strip()
            self._chat.when_open(lambda: talk.run(command))
        elif asked is not None and asked.said(composer.whole):
            composer.take()
        else:
            draft = composer.take()
            self._chat.when_open(lambda: self.send(draft))

    def call(self, text: str) -> None:
        """A slash command."""
        from vibe.config.nearest import nearest
        from vibe.tui.commands.table import called, commands

        found = called(text, self._chat)
        if found is None:
            word = clean_line(text.split()[0])
            meant = nearest(word[1:], (each.name for each in commands(self._chat)))
            guess = f"did you mean /{meant}? " if meant else ""
            self._tell(f"there is no command {word}", hint=f"{guess}/help lists them")
            return
        command, rest = found
        self._chat.when_open(lambda: command.does(self._chat, rest))

    def send(self, draft: Draft) -> None:
        if "@" in draft.typed or self._turn.locked():
            self._chat.work(self._with_files(draft))
        else:
            self._chat.talk.send(draft.whole)
            self._chat.to_end()

    async def _with_files(self, draft: Draft) -> None:
        from vibe.agent.attach import attached, without_escapes

        desk = self._chat.talk.desk
        async with self._turn:
            try:
                files = await attached(
                    draft.typed, room=desk.room, judge=desk.policy.judge, tell=self._tell
                )
            except UsageError as error:
                self._tell(error.message, hint=error.hint)
                self._composer.give_back(draft)
                return
            self._chat.talk.send(without_escapes(draft.whole), files)
        self._chat.to_end()

    def _tell(self, text: str, hint: str | None = None) -> None:
        self._chat.put(Note(mark="!", text=clean(text), ink="warn", hint=clean(hint or "")))
