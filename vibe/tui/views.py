"""The values that the first and the last line of the screen are drawn from, and the lines of what
waits to be told and of what came unseen."""

from __future__ import annotations

from typing import Final

from vibe.clean import clean_line
from vibe.domain.model import Alias
from vibe.tui.conversation import Conversation
from vibe.tui.desk import House
from vibe.tui.draw.foot import FootView
from vibe.tui.draw.header import HeaderView, dots, folder_told, rule
from vibe.tui.draw.ink import Line, Span, cropped
from vibe.tui.history.items import said_by
from vibe.tui.history.scroll import History
from vibe.tui.keys import KEYS, keys_of, shown

# Names of keys, or keys as they are, and what they do; the dearest first.
IDLE: Final = (
    ("send", "send"),
    ("@", "file"),
    ("/", "command"),
    ("help", "help"),
    ("!", "shell"),
    ("mux", "mux"),
    ("newline", "newline"),
)
BUSY: Final = (("stop", "stop"), ("mux", "mux"), ("details", "details"))
_BOUND: Final = frozenset(key.name for key in KEYS)


def header_view(house: House, talk: Conversation, branch: str) -> HeaderView:
    """Until somebody answered, the alias is that of whoever is asked first."""
    hide = house.redactor.redact
    folder, branch = hide(folder_told(house.folder, house.home)), hide(branch)
    if not talk.is_open:
        return HeaderView(
            folder=folder,
            branch=branch,
            mode=house.outlook.mode,
            alias=clean_line(house.outlook.alias),
            help_key=key_of(house, "help"),
        )
    from vibe.session.spent import in_all  # after the first paint

    desk, progress = talk.desk, talk.story.progress
    snapshot, spent = desk.mux.snapshot(), in_all(desk.agent.session.transcript.spent)
    first = snapshot.entries[0].alias if snapshot.entries else Alias("")
    alias = snapshot.pinned or (Alias(progress.alias) if progress.alias else first)
    return HeaderView(
        folder=folder,
        branch=branch,
        mode=snapshot.mode,
        is_pinned=snapshot.pinned is not None,
        alias=clean_line(alias),
        dots=dots(snapshot),
        used=progress.context,
        window=desk.mux.window_of(alias or None),
        cost_uusd=spent.known_cost_uusd,
        is_estimate=bool(spent.cost_uusd and (spent.estimated or spent.unpriced)),
        help_key=key_of(house, "help"),
    )


def foot_view(house: House, talk: Conversation, *, progress: str, tip: str) -> FootView:
    names = BUSY if progress else IDLE
    told = ((key_of(house, name) if name in _BOUND else name, does) for name, does in names)
    hints = tuple((key, does) for key, does in told if key)
    return FootView(
        mode=talk.desk.policy.mode if talk.is_open else house.outlook.approval,
        progress=progress,
        hints=hints,
        tip=tip,
        mode_key=key_of(house, "mode"),
    )


def key_of(house: House, name: str) -> str:
    """As the person has it, and as it is written."""
    return shown(next(iter(keys_of(name, house.changed_keys)), ""))


def queue_lines(house: House, talk: Conversation, width: int) -> tuple[Line, ...]:
    """What was said and is told to a model later."""
    hide = house.redactor.redact
    texts = (clean_line(hide(said_by(each).text)) for each in talk.queued)
    parts = ((Span("  ⋯ ", "muted"), Span(text), Span("   queued", "muted")) for text in texts)
    return tuple(cropped(each, width - 1) for each in parts)


def rule_lines(history: History, width: int) -> tuple[Line, ...]:
    """It tells of what came while one looked elsewhere."""
    if new := history.new:
        return (rule(width, f"{new} new line{'s' * (new != 1)} · End"),)
    return (rule(width, "" if history.is_at_end else "End goes to the end", "muted"),)
