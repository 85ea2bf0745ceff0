"""Where the chat is measured: a home with a configuration and long sessions, and the program in it.

The provider is another process, and so is the terminal.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
from chat_provider import PAGE, providing
from chat_terminal import Terminal, on_terminal
from msgspec import Struct

from vibe.domain.answer import Answer, Piece
from vibe.domain.message import Producer, Text, User
from vibe.domain.model import Alias, ProviderName
from vibe.domain.turn import TurnEnd
from vibe.secret import Redactor
from vibe.session.record import Answered, Compacted, Record, TurnBegan, TurnEnded
from vibe.session.session import Session

VIBE: Final = str(Path(sys.executable).with_name("vibe"))
MINIMAL: Final = str(Path(__file__).with_name("chat_minimal.py"))
WATCH: Final = str(Path(__file__).with_name("chat_watch.py"))
PAINTED: Final = "command"  # the chat's last line tells how to give one
OPEN: Final = "●"  # an entry's health: the conversation can begin
ALIAS: Final = Alias("devstral-2")
NOON: Final = 1_795_262_400.0
CONFIGURATION: Final = """\
active_model = "devstral-2"

[[providers]]
name = "here"
api_base = "{base}"
api_key_env_var = "HERE_KEY"

[[models]]
name = "devstral"
provider = "here"
alias = "devstral-2"

[[models]]
name = "devstral-small"
provider = "here"
alias = "devstral-small"

[multiplexer]
enabled = true
mode = "failover"

[[multiplexer.pool]]
model = "devstral-2"

[[multiplexer.pool]]
model = "devstral-small"
"""


class Step(Struct, frozen=True, kw_only=True):
    """Of the loop: nothing is drawn and no key is taken meanwhile. `cpu_s` is what the processor
    worked on it; the rest of `took_s` are other threads, and other people."""

    at_s: float = 0.0
    took_s: float = 0.0
    cpu_s: float = 0.0


class Chat:
    """One that runs. What is told of it is since the last `begin`."""

    def __init__(self, terminal: Terminal, steps: Path) -> None:
        self.terminal = terminal
        self._steps = steps
        self._answers = 0
        self._began_s, self._cpu_s = terminal.began_s, 0.0

    def begin(self) -> None:
        self._began_s = self.terminal.now_s
        self._cpu_s = self.terminal.cpu_s

    @property
    def took_s(self) -> float:
        return self.terminal.now_s - self._began_s

    @property
    def cpu_s(self) -> float:
        return self.terminal.cpu_s - self._cpu_s

    @property
    def longest(self) -> Step:
        lines = self._steps.read_bytes().splitlines()
        steps = (msgspec.json.decode(line, type=Step) for line in lines)
        since = (step for step in steps if step.at_s >= self._began_s)
        return max(since, key=lambda step: step.cpu_s, default=Step())

    def ask(self, *, chunks: int, size: int, rate: int) -> str:
        """For an answer: so many chunks, of so many characters, so many a second; 0: in one go. The
        word that it ends with, which no other ends with."""
        self._answers += 1
        last = f"finis{self._answers}"
        self.terminal.press(f"stream {chunks} {size} {rate} {last}\r")
        return last

    def have_answer(self, *, chunks: int, size: int, rate: int) -> None:
        self.terminal.until(self.ask(chunks=chunks, size=size, rate=rate))
        self.terminal.until_quiet()


class Field:
    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "shop"
        self._folder.mkdir()
        self._env = {
            "HOME": str(root),
            "PATH": os.environ["PATH"],
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "HERE_KEY": "key-of-no-account",
        }

    @contextmanager
    def program(self, *command: str) -> Generator[Terminal]:
        with on_terminal(command, env=self._env, cwd=self._folder) as terminal:
            yield terminal

    @contextmanager
    def chat(self, *arguments: str) -> Generator[Chat]:
        """From its start."""
        steps = self._root / "steps.jsonl"
        steps.write_text("")
        with self.program(sys.executable, WATCH, str(steps), *arguments) as terminal:
            terminal.until(PAINTED)
            yield Chat(terminal, steps)

    @contextmanager
    def open_chat(self, *arguments: str) -> Generator[Chat]:
        """Once its conversation is open."""
        with self.chat(*arguments) as chat:
            chat.terminal.until(OPEN)
            chat.terminal.until_quiet()
            chat.begin()
            yield chat

    def session(self, messages: int) -> str:
        """A stored one of so many messages, by its id."""
        session = Session.begin(
            self._root / ".local" / "state" / "vibe" / "sessions",
            folder=str(self._folder),
            at=NOON + messages,
            redactor=Redactor(),
            tell=print,
        )
        session.put(*turns(messages // 2))
        session.close()
        return session.session


def turns(number: int) -> Iterator[Record]:
    """Of a question and an answer each. All before the last was summed up: no model reads more."""
    for turn in range(1, number + 1):
        text = f"This is answer {turn}.\n\n{PAGE}"
        producer = Producer(provider=ProviderName("here"), model="devstral")
        pieces = (Piece(alias=ALIAS, producer=producer, characters=len(text)),)
        began = NOON + 60 * turn
        yield TurnBegan(turn=turn, message=said(f"{turn}. Why does it fail in CI?"), at=began)
        if turn == number:
            yield Compacted(turn=turn, message=said("It is about a test that fails in CI."))
        yield Answered(turn=turn, number=0, answer=Answer(parts=(Text(text),), pieces=pieces))
        yield TurnEnded(turn=turn, end=TurnEnd.FINISHED, at=began + 30)


def said(text: str) -> User:
    return User((Text(text),))


@contextmanager
def field() -> Generator[Field]:
    with TemporaryDirectory() as folder, providing() as base:
        root = Path(folder).resolve()
        config = root / ".config" / "vibe" / "config.toml"
        config.parent.mkdir(parents=True)
        config.write_text(CONFIGURATION.format(base=base))
        yield Field(root)
