"""The tables of `docs/chat.md`, from those of keys and commands. What stands around them is written
by hand, and stays: `python -m vibe.tui.reference docs/chat.md` makes only the tables anew.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from vibe.tui.commands.table import COMMANDS
from vibe.tui.keys import KEYS, shown

_TABLE: Final = re.compile(r"(<!-- made: (\w+) -->)\n.*?(<!-- end -->)", re.DOTALL)


def with_tables(page: str) -> str:
    made = {"keys": _keys, "commands": _commands}

    def table(found: re.Match[str]) -> str:
        return "\n".join((found[1], *made[found[2]](), found[3]))

    return _TABLE.sub(table, page)


def _keys() -> Iterator[str]:
    yield "| name | keys | what it does |"
    yield "|---|---|---|"
    for key in KEYS:
        command = f" (`/{key.runs}`)" if key.runs else ""
        yield f"| `{key.name}` | {', '.join(map(shown, key.keys))} | {key.does}{command} |"


def _commands() -> Iterator[str]:
    keys = {key.runs: ", ".join(map(shown, key.keys)) for key in KEYS if key.runs}
    yield "| command | key | what it does |"
    yield "|---|---|---|"
    for each in COMMANDS:
        yield f"| `/{each.name}` | {keys.get(each.name, '')} | {each.help} |"


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(with_tables(file.read_text("utf-8")), "utf-8")
