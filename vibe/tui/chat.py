"""What commands and panels may ask of the chat. The app is the one that there is."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Protocol

from vibe.tui.conversation import Conversation
from vibe.tui.desk import House
from vibe.tui.draw.ink import ThemeName
from vibe.tui.history.items import Item
from vibe.tui.panels.panel import Panel
from vibe.tui.typing.custom import Custom
from vibe.tui.typing.recall import Recall


class Chat(Protocol):
    @property
    def house(self) -> House: ...

    @property
    def talk(self) -> Conversation: ...

    @property
    def recall(self) -> Recall:
        """What was sent before."""
        ...

    @property
    def customs(self) -> tuple[Custom, ...]:
        """The commands that the person or the project brought."""
        ...

    @property
    def typed(self) -> str:
        """What stands in the composer, with what was pasted."""
        ...

    def say(self, text: str) -> None:
        """To the model, as if it had been typed."""
        ...

    def when_open(self, act: Callable[[], None]) -> None:
        """As soon as there is a conversation."""
        ...

    def show(self, panel: Panel | None) -> None:
        """In the place above the composer; None: nothing."""
        ...

    def toggle(self, kind: type[Panel], made: Callable[[], Panel]) -> None:
        """Show one, or nothing where one of its kind is shown."""
        ...

    def put(self, item: Item) -> None:
        """At the end of the history, on the screen alone."""
        ...

    def to_end(self) -> None:
        """Of the history."""
        ...

    def tell(self, tip: str) -> None:
        """For a moment, in the place of the keys."""
        ...

    def write(self, text: str) -> None:
        """Into the composer, in the place of what stands there."""
        ...

    def do(self, name: str) -> None:
        """What the key of that name does."""
        ...

    def copy(self, text: str) -> None: ...

    def work(self, what: Coroutine[object, object, None]) -> None:
        """Beside the screen, which goes on."""
        ...

    def aside(self) -> AbstractContextManager[None]:
        """The terminal as it was, for a program of somebody else."""
        ...

    def dress(self, theme: ThemeName) -> None: ...

    def look(self) -> None: ...

    def leave(self) -> None: ...
