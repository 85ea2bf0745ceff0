"""`vibe` and `python -m vibe`: makes whole what the caller left out, then runs the command line.

Answers `--version` before anything heavy is imported.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from io import TextIOWrapper


def main() -> None:
    try:
        _make_streams_whole()
        if sys.argv[1:] == ["--version"]:
            from vibe import __version__

            with suppress(OSError):  # the long way below tells of it
                sys.stdout.write(f"vibe {__version__}\n")
                sys.stdout.flush()
                return
        sys.exit(_run())
    except KeyboardInterrupt:
        sys.exit(130)


def _run() -> int:
    from vibe.assemble import world_of_this_process
    from vibe.cli.main import run

    try:
        world = world_of_this_process()
    except FileNotFoundError:
        sys.stderr.write("error: the folder that you are in is gone\n  help: cd to another one\n")
        return 2
    return run(sys.argv[1:], world)


def _make_streams_whole() -> None:
    """Nobody further in has to know of streams that were closed, or of bytes that are no text.

    After `<&-`, `>&-` or `2>&-` a stream is None. What was to go to stdout is missed by somebody,
    so it becomes a pipe without a reader.
    """
    if sys.__stdin__ is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY))
    if sys.__stdout__ is None:
        reader, writer = os.pipe()
        os.close(reader)
        sys.stdout = os.fdopen(writer, "w")
    if sys.__stderr__ is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")
    for stream in (sys.stdin, sys.stdout):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


if __name__ == "__main__":
    main()
