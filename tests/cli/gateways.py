"""A real `vibe serve` beside a test: started on a free port, listened to, and asked over HTTP."""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any, Final

import httpx

from tests.cli.running import process
from vibe.testing.exchange import Answer, Asked

WAITS_S: Final = 30.0  # what has not come by then never comes
READ: Final = "read the configuration again"
_URL: Final = re.compile(r"http://127\.0\.0\.1:\d+")


class Served:
    """`said` is what it has said so far, line by line."""

    def __init__(self, started: subprocess.Popen[str], home: Path) -> None:
        self.process = started
        self.home = home
        self.said: list[str] = []
        self._lines: Queue[str | None] = Queue()
        Thread(target=self._listen, daemon=True).start()
        self.url = ""
        while not self.url:
            found = _URL.search(self._next())
            self.url = found[0] if found else ""
        headers = {"authorization": f"Bearer {self.token}"}
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=WAITS_S)

    @property
    def token_file(self) -> Path:
        return self.home / ".local" / "state" / "vibe" / "gateway.token"

    @property
    def token(self) -> str:
        return self.token_file.read_text().strip()

    def until(self, text: str) -> str:
        """The next line that has it."""
        while text not in (line := self._next()):
            pass
        return line

    def ask(self, model: str = "auto", **more: Any) -> httpx.Response:
        messages = [{"role": "user", "content": "Hello"}]
        body = {"model": model, "messages": messages, **more}
        return self.client.post("/v1/chat/completions", json=body)

    def hang_up(self) -> None:
        """And wait until it has read its configuration."""
        self.process.send_signal(signal.SIGHUP)
        self.until(READ)

    def end(self, number: int = signal.SIGTERM) -> int:
        """Its exit code after a signal."""
        self.process.send_signal(number)
        return self.code()

    def code(self) -> int:
        """Its exit code, once it has said everything."""
        code = self.process.wait(WAITS_S)
        while self._next_or_none() is not None:
            pass
        return code

    def files(self) -> int:
        """How many descriptors it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))

    def _listen(self) -> None:
        for line in self.process.stderr or ():
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _next(self) -> str:
        line = self._next_or_none()
        assert line is not None, ["it has ended", *self.said]
        return line

    def _next_or_none(self) -> str | None:
        line = self._lines.get(timeout=WAITS_S)
        if line is not None:
            self.said.append(line)
        return line


@contextmanager
def served(home: Path, *args: str, env: dict[str, str] | None = None) -> Generator[Served]:
    started = process("serve", "--port", "0", *args, home=home, env=env)
    try:
        gateway = Served(started, home)
        with gateway.client:
            yield gateway
    finally:
        started.kill()
        started.communicate()


class Held:
    """A model that answers once it may."""

    def __init__(self) -> None:
        self.entered, self.may_answer = Event(), Event()

    def __call__(self, asked: Asked) -> Answer:
        self.entered.set()
        assert self.may_answer.wait(WAITS_S)
        return Answer(text="Here it is.")


class Asking:
    """A request under way in a thread of its own."""

    def __init__(self, gateway: Served, model: str = "auto", **more: Any) -> None:
        self._found: Queue[httpx.Response | httpx.HTTPError] = Queue()
        Thread(target=self._ask, args=(gateway, model, more), daemon=True).start()

    def _ask(self, gateway: Served, model: str, more: dict[str, Any]) -> None:
        try:
            self._found.put(gateway.ask(model, **more))
        except httpx.HTTPError as error:
            self._found.put(error)

    def answer(self) -> httpx.Response:
        found = self._found.get(timeout=WAITS_S)
        assert isinstance(found, httpx.Response), found
        return found

    def error(self) -> httpx.HTTPError:
        found = self._found.get(timeout=WAITS_S)
        assert isinstance(found, httpx.HTTPError), found
        return found
