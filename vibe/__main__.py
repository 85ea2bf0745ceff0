"""`vibe` and `python -m vibe`: makes whole what the caller left out, then runs the command line.

Answers `--version` before anything heavy is imported. Whoever ends the process politely has it end
as by Ctrl+C, so that everything is closed and nothing that was learned is lost.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from io import TextIOWrapper
from types import FrameType

_INTERRUPTED = 130


def main() -> None:
    ended_by: list[int] = []

    def end(number: int, frame: FrameType | None) -> None:
        if ended_by:  # a closed terminal tells it twice, and the second would cut the end short
            return
        ended_by.append(number)
        interrupt = signal.getsignal(signal.SIGINT)  # a loop's own, where one runs
        if callable(interrupt):
            interrupt(signal.SIGINT, frame)

    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A script's job in the background, deaf to Ctrl+C, which it stays. But it can be ended.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # and not ignored, as nohup wants it
            signal.signal(number, end)
    code = _interruptible()
    sys.exit(128 + ended_by[0] if ended_by and code == _INTERRUPTED else code)


def _interruptible() -> int:
    try:
        _make_streams_whole()
        if sys.argv[1:] == ["--version"]:
            from vibe import __version__

            with suppress(OSError):  # the long way below tells of it
                sys.stdout.write(f"vibe {__version__}\n")
                sys.stdout.flush()
                return 0
        return _run()
    except KeyboardInterrupt:
        return _INTERRUPTED


def _run() -> int:
    from vibe.cli.main import run
    from vibe.world import world_of_this_process

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
