"""How quick the chat is, on a terminal of its own, beside a minimal Textual app.

    python benchmarks/chat.py [--runs N] [CHAPTER …]

The provider is another process. The best of several runs counts where it says so: on a machine with
others on it the rest tells of them. Prints Markdown tables; judges nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import chat_speed
from chat_field import Field, field

CHAPTERS: Final[dict[str, Callable[[Field, int], Iterator[str]]]] = {
    "paint": chat_speed.paint,
    "answer": chat_speed.answer,
    "minute": chat_speed.minute,
    "typing": chat_speed.typing,
    "sessions": chat_speed.sessions,
    "memory": chat_speed.memory,
    "idle": chat_speed.idle,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the chat.")
    parser.add_argument("chapters", nargs="*", choices=[[], *CHAPTERS], metavar="CHAPTER")
    parser.add_argument("--runs", type=int, default=9)
    told = parser.parse_args()
    print(
        f"{datetime.now(tz=UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, "
        f"{platform.python_implementation()} {platform.python_version()}, "
        f"Textual {version('textual')}, {told.runs} runs"
    )
    with field() as found:
        for name in told.chapters or CHAPTERS:
            print(f"\n{name}\n")
            for line in CHAPTERS[name](found, told.runs):
                print(line, flush=True)


if __name__ == "__main__":
    main()
