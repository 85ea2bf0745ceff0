"""The keyboard of a line-oriented chat: lines are read with readline, in the main thread alone.

There alone a key ends a read; so the chat itself runs in a thread of its own, and wants lines from
here. Owns the signals meanwhile.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import termios
from collections.abc import Callable, Coroutine, Generator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, redirect_stdout, suppress
from enum import Enum
from queue import SimpleQueue
from threading import Thread, main_thread
from typing import Any, Final, TextIO, TypeVar

from msgspec import Struct

T = TypeVar("T")
AGAIN_S: Final = 0.2


class Key(Enum):
    INTERRUPT = "Ctrl+C"
    END = "Ctrl+D"
    HANGUP = "somebody ends the process"


class Prompt(Struct, frozen=True, kw_only=True):
    """What is wanted. `is_fresh`: what was typed before counts for nothing. `draft` stands there
    already. A message has a history, and is completed."""

    text: str
    draft: str = ""
    is_fresh: bool = False
    is_message: bool = False


class Wanted(Struct, frozen=True, kw_only=True):
    prompt: Prompt
    reply: Callable[[str | Key], None]


class _Ended(Exception):
    pass


class Keyboard:
    # `_hear` is told of keys that came while nothing was read. `_is_reading` says whether a signal
    # may end a read by an exception; `_reads` counts them. `_bell` rings with each signal.
    def __init__(self, stdin: TextIO, stdout: TextIO) -> None:
        self.ended_by: signal.Signals | None = None
        self._stdin = stdin
        self._stdout = stdout
        self._wanted: SimpleQueue[Wanted | None] = SimpleQueue()
        self._hear: Callable[[Key], None] = _ignored
        self._is_reading = False
        self._reads = 0
        self._bell, self._button = socket.socketpair()
        self._bell.setblocking(False)
        self._button.setblocking(False)

    # In the thread of the chat.

    def listen(self, hear: Callable[[Key], None]) -> None:
        loop = asyncio.get_running_loop()

        def pressed(key: Key) -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(hear, key)

        self._hear = pressed
        loop.add_reader(self._bell, self._rung)

    def _rung(self) -> None:
        """A signal that came in the moment before readline waits is not seen by it; so who is not
        back from a read after a while gets it again."""
        numbers, read = self._bell.recv(16), self._reads

        def again() -> None:
            if self._is_reading and self._reads == read:
                signal.pthread_kill(main_thread().ident or 0, numbers[-1])

        asyncio.get_running_loop().call_later(AGAIN_S, again)

    async def line(self, prompt: Prompt) -> str | Key:
        loop = asyncio.get_running_loop()
        typed: asyncio.Future[str | Key] = loop.create_future()

        def settle(got: str | Key) -> None:
            if not typed.done():
                typed.set_result(got)

        def reply(got: str | Key) -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(settle, got)

        self._wanted.put(Wanted(prompt=prompt, reply=reply))
        return await typed

    def remember(self, entries: Sequence[str]) -> None:
        """The messages that Up brings back, the oldest first; of one line each."""
        import readline

        readline.clear_history()
        for entry in entries:
            if entry and "\n" not in entry:
                readline.add_history(entry)

    def complete_by(self, found: Callable[[str], Sequence[str]]) -> None:
        """What a line that was begun could become."""
        import readline

        def complete(_: str, state: int) -> str | None:
            lines = found(readline.get_line_buffer())
            return lines[state] if state < len(lines) else None

        readline.set_completer_delims("")
        readline.set_completer(complete)
        readline.parse_and_bind("tab: complete")

    # In the main thread.

    def beside(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What `work` returns, which runs in another thread; lines are read here until then."""
        came: Future[T] = Future()

        def run() -> None:
            try:
                came.set_result(asyncio.run(work()))
            except BaseException as error:  # raised again below
                came.set_exception(error)
            finally:
                self._wanted.put(None)

        thread = Thread(target=run)
        with self._signals(), redirect_stdout(self._stdout):  # or readline would not read
            thread.start()
            while (wanted := self._wanted.get()) is not None:
                wanted.reply(self._read(wanted.prompt))
            thread.join()
        self._bell.close()
        self._button.close()
        return came.result()

    def _read(self, prompt: Prompt) -> str | Key:
        import readline

        readline.set_auto_history(False)
        readline.set_startup_hook(lambda: readline.insert_text(prompt.draft))
        if prompt.is_fresh:
            with suppress(termios.error):
                termios.tcflush(self._stdin.fileno(), termios.TCIFLUSH)
        try:
            self._reads += 1
            self._is_reading = True
            if self.ended_by is not None:
                return Key.HANGUP
            return self._lines(prompt)
        except KeyboardInterrupt:
            return Key.INTERRUPT
        except (EOFError, OSError):  # the latter where the terminal is gone
            return Key.END
        except _Ended:
            return Key.HANGUP
        finally:
            self._is_reading = False

    def _lines(self, prompt: Prompt) -> str:
        """A message goes on after a backslash."""
        text = input(prompt.text)
        while prompt.is_message and text.endswith("\\"):
            text = f"{text[:-1]}\n{input('… ')}"
        return text

    @contextmanager
    def _signals(self) -> Generator[None]:
        """What was ignored, as nohup wants it, still is."""
        ours = {signal.SIGINT: self._interrupt, signal.SIGTERM: self._end, signal.SIGHUP: self._end}
        earlier = {number: signal.getsignal(number) for number in ours}
        heard = [number for number in ours if earlier[number] is not signal.SIG_IGN]
        for number in heard:
            signal.signal(number, ours[number])
        before = signal.set_wakeup_fd(self._button.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(before)
            for number in heard:
                signal.signal(number, earlier[number])

    def _interrupt(self, number: int, frame: object) -> None:
        del number, frame
        if self._is_reading:
            self._is_reading = False
            raise KeyboardInterrupt
        self._hear(Key.INTERRUPT)

    def _end(self, number: int, frame: object) -> None:
        del frame
        if self.ended_by is not None:  # a closed terminal tells it twice
            return
        self.ended_by = signal.Signals(number)
        if self._is_reading:
            self._is_reading = False
            raise _Ended
        self._hear(Key.HANGUP)


def _ignored(key: Key) -> None:
    del key
