"""Which front the chat has on a terminal: the screen, or line by line where there is no screen; and
whether its colours can be shown there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from vibe.world import World

Front: TypeAlias = Literal["screen", "plain"]


def front_of(world: World, *, plain: bool) -> Front | None:
    """None: nobody is there to read and type."""
    if not (world.stdin.isatty() and world.stdout.isatty()):
        return None
    is_seen = world.stderr.isatty()  # the screen is drawn there
    return "screen" if is_seen and not plain and _places_cursor(world) else "plain"


def _places_cursor(world: World) -> bool:
    """A terminal that the system does not know by name is most likely a new one, and can."""
    term = world.env.get("TERM", "")
    if term in ("", "dumb"):
        return False
    try:
        import curses
    except ImportError:  # as where Python was built without it
        return True
    try:
        curses.setupterm(term, world.stdout.fileno())  # the first in a process counts
        return curses.tigetstr("cup") is not None
    except (OSError, ValueError, curses.error):
        return True


def has_shades(env: Mapping[str, str]) -> bool:
    """Of 16 colours only the terminal's own look right; a theme's would all become one grey."""
    if env.get("NO_COLOR"):
        return False
    is_true = env.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit")
    return is_true or env.get("TERM", "").endswith(("-256color", "-kitty"))
