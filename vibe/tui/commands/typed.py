"""Commands about what is typed: what was sent before, an editor of the person's own, the keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vibe.clean import clean, clean_line
from vibe.errors import VibeError
from vibe.tui.chat import Chat
from vibe.tui.draw.ink import Line, Span, line, wrapped
from vibe.tui.history.items import Note, Printed
from vibe.tui.keys import KEYS, Key, keys_of, shown
from vibe.tui.panels.picker import Picker, Row

GAP: Final = "  "


def search_sent(chat: Chat, _: str = "") -> None:
    """The newest first; what is taken stands in the place of what was typed."""
    rows = tuple(
        Row(value=text, line=line(clean_line(text.strip())), text=text)
        for text in chat.recall.entries
    )

    def take(text: str) -> None:
        chat.show(None)
        chat.write(text)

    chat.show(
        Picker(
            lambda: (Span("Sent before", "strong"),),
            lambda _: rows,
            chosen=take,
            close=lambda: chat.show(None),
            does="take",
            about=_whole,
            empty="nothing was sent yet",
        )
    )


def _whole(text: str, width: int) -> tuple[Line, ...]:
    """What does not fit into its row."""
    rows = [each for row in clean(text).split("\n") for each in wrapped(line(row, "muted"), width)]
    return tuple(rows) if len(rows) > 1 else ()


def edit_aside(chat: Chat, _: str = "") -> None:
    try:
        with chat.aside():
            text = chat.house.edit(chat.typed)
    except VibeError as error:
        hint = clean(error.hint or "")
        chat.put(Note(mark="!", text=clean(error.message), ink="warn", hint=hint))
    else:
        chat.write(clean(text))


def list_keys(chat: Chat, _: str = "") -> None:
    chat.put(Printed(tuple(_keys(chat))))


def _keys(chat: Chat) -> Iterator[Line]:
    """With the names that `[ui.keys]` calls them by, and what was changed there."""
    yield line("Keys, by the names that [ui.keys] of config.toml knows", "strong")
    changed = chat.house.changed_keys
    bound = {key.name: _told(keys_of(key.name, changed)) for key in KEYS}
    names, keys = max(map(len, bound)), max(map(len, bound.values()))
    for key in KEYS:
        was = f" · changed, else {_told(key.keys)}" if key.name in changed else ""
        yield (
            Span(f"{key.name:<{names}}{GAP}"),
            Span(f"{bound[key.name]:<{keys}}{GAP}", "accent"),
            Span(_does(key), "muted"),
            Span(was, "warn"),
        )


def _told(keys: tuple[str, ...]) -> str:
    return " ".join(map(shown, keys)) or "none"


def _does(key: Key) -> str:
    return f"{key.does} (/{key.runs})" if key.runs else key.does
