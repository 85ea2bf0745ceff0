"""The drawn screens as they stand in `screens/`, at each size and in all themes. Run as a program,
this writes them anew, for somebody to look at: `python -m tests.tui.test_screens [NAME …]`."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from pathlib import Path

import pytest
from rich.color import Color
from rich.style import Style
from textual.theme import Theme

from tests.tui.inked import INKS, differing, inked, legend
from tests.tui.rig import NARROW, WIDE
from tests.tui.scenes import SCENES, scene
from vibe.tui.draw.theme import THEMES, Palette

SCREENS = Path(__file__).with_name("screens")
LEGEND = SCREENS / "inks.txt"
OFTEN = ("answered", "streaming", "approval", "mux", "help")
SIZES = {"120x36": WIDE, "80x24": NARROW, "60x20": (60, 20)}


async def drawn(home: Path, name: str) -> AsyncGenerator[tuple[Path, str]]:
    """Of one scene the screen at each size, and the file that it belongs to."""
    async with scene(home, name) as room:
        for size, (width, height) in SIZES.items():
            await room.pilot.resize_terminal(width, height)
            await room.pilot.pause()
            yield SCREENS / f"{name}-{size}.txt", await inked(room)


@pytest.mark.parametrize(
    "name",
    [*OFTEN, *(pytest.param(name, marks=pytest.mark.slow) for name in SCENES if name not in OFTEN)],
)
async def test_a_screen_is_as_it_was_looked_at(tmp_path: Path, name: str) -> None:
    told = [
        f"{file.name}\n{different}"
        async for file, shown in drawn(tmp_path, name)
        if (different := differing(shown, file.read_text("utf-8")))
    ]
    assert not told, "\n\n".join(told)


def test_the_inks_are_those_that_were_looked_at() -> None:
    assert legend() == LEGEND.read_text("utf-8")


@pytest.mark.parametrize("theme", THEMES[:2], ids=lambda theme: theme.name)
def test_every_ink_can_be_read_on_its_ground(theme: Theme) -> None:
    ground = Style.from_color(
        Color.parse(theme.foreground or ""), Color.parse(theme.background or "")
    )
    palette = Palette("dark" if theme.dark else "light", ground)
    faint = {ink: contrast for _, ink in INKS if (contrast := _contrast(palette.style(ink))) < 4.5}
    assert faint == {}


def _contrast(style: Style) -> float:
    """As WCAG counts it; 4.5 is its least for text."""
    assert style.color
    assert style.bgcolor
    dim, bright = sorted(map(_luminance, (style.color, style.bgcolor)))
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.get_truecolor()]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


async def _main(names: Sequence[str]) -> None:
    SCREENS.mkdir(exist_ok=True)
    LEGEND.write_text(legend(), "utf-8")
    for name in names:
        with tempfile.TemporaryDirectory() as home:
            async for file, screen in drawn(Path(home), name):
                file.write_text(screen, "utf-8")
                sys.stdout.write(f"{file}\n")


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1:] or tuple(SCENES)))
