"""What was typed and not yet sent, and what may be asked of the place where it stands."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct


class Draft(Struct, frozen=True, kw_only=True):
    """What was typed, and `whole` with what was pasted in the place of its words."""

    typed: str
    whole: str


class Composing(Protocol):
    """`text` is what is seen, `whole` is with what was pasted."""

    text: str

    @property
    def whole(self) -> str: ...

    @property
    def is_command_line(self) -> bool:
        """Whether it is for the shell."""
        ...

    def breaks_line(self) -> bool:
        """Whether it goes on in a new line, which has begun then."""
        ...

    def take(self) -> Draft:
        """The whole of it, which is then gone from here."""
        ...

    def give_back(self, draft: Draft) -> None: ...
