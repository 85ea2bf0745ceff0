"""The least that a Textual app can be: what the chat's first paint is compared with."""

from __future__ import annotations

from typing import Final

from textual.app import App, ComposeResult
from textual.widgets import Static

SHOWN: Final = "Hello"


class Minimal(App[None]):
    def compose(self) -> ComposeResult:
        yield Static(SHOWN)


if __name__ == "__main__":
    Minimal().run()
