"""One chat on a pseudo-terminal, led past every place where it shows what others wrote.

The same tour can be taken with harmless texts; what is then sent to the terminal is all that may be
sent with hostile ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from tests.cli.on_terminal import Terminal, on_terminal
from tests.cli.running import VIBE
from tests.cli.serving import ENV, configured, said, serving
from tests.drive import vibe
from tests.terminal.payloads import NAMES, as_bytes, as_json, as_name, as_toml
from vibe.testing.dialects import refusal_body
from vibe.testing.envelopes import Refused
from vibe.testing.exchange import Answer, Asked, Call, call
from vibe.testing.fault import Fault, Scene
from vibe.testing.faults import Play
from vibe.testing.reply import Reply, json_reply

SIZE: Final = (160, 240)  # so high that all of it is drawn
TITLED: Final = 8  # payloads of one title, which is cut
OPEN: Final = "●"
APPEND: Final = 'for each in h*; do echo more >> "$each"; done'
ESCAPE: Final = "\x1b"
CLEARED: Final = "\x15"  # what was typed
DOWN: Final = "\x1b[B"
PAGE_DOWN: Final = "\x1b[6~"
TEST: Final = "\x14"


class Tour:
    """With whoever sits there."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def show(self, keys: str, *texts: str) -> None:
        self._terminal.press(keys)
        self._terminal.until(*texts)

    def walk(self, steps: int, *, by: str = DOWN, until: str = "›") -> None:
        """Through a list, so that each row of it is drawn."""
        for _ in range(steps):
            self._terminal.press(by)
            self._terminal.until(until)


def toured(home: Path, payloads: Mapping[str, str]) -> bytes:
    """All that was sent to the terminal until it was left."""
    texts = tuple(payloads.values())
    shop = _folder(home, texts)
    groups = tuple(_groups(texts))
    with serving(partial(_answered, texts), faults=partial(_fails, groups)) as server:
        models, pool = named_by([payloads[name] for name in NAMES], server.api_base)
        configured(home, server.api_base, models=models, pool=pool)
        for titled in groups:
            vibe("-p", as_json(titled), home=home, env=ENV, cwd=shop)
        with on_terminal((str(VIBE),), home=home, env=ENV, cwd=shop, size=SIZE) as terminal:
            tour = Tour(terminal)
            _led(tour, terminal, len(texts), len(groups))
            whole, _, _ = bytes(terminal.recorded).rpartition(b"\x1b")  # the last may be in halves
            tour.show("\x03", "again leaves")
            terminal.press("\x03")
            assert terminal.ended() == 0, terminal.text
    return whole


def _led(tour: Tour, terminal: Terminal, texts: int, groups: int) -> None:
    terminal.until("Trust this folder?")
    tour.show("v", "look-ends")
    tour.walk(2 * texts, by="\t", until="–")
    terminal.answer("y")
    terminal.until(OPEN)
    terminal.press("\x0f")  # the details of what comes
    for word in ("text", "calls", "output", "names", "found"):
        tour.show(f"{word}\r", f"end-of-{word}")
    for number in range(groups):
        tour.show(f"error-{number}\r", f"fault-{number}")
    tour.show("!cat notes.txt; echo end-of-'own'\r", "end-of-own")
    tour.show("change\r", "Apply")
    terminal.answer("y")
    terminal.until("end-of-change")
    _changed(tour, terminal, texts)
    _shown_pool(tour, terminal)
    tour.show("question\r", "Question", "in your own words")
    terminal.press("this one\r")
    terminal.until("end-of-question")
    tour.show("@h", "› ")
    tour.walk(40)
    tour.show(f"{CLEARED}/c", "› ")
    tour.walk(40)
    for command, told in (("palette", "› "), ("rewind", "Rewind"), ("sessions", "title")):
        terminal.answer(f"{CLEARED}/{command}\r")  # else it would be one key with the one before
        terminal.until(told)
        tour.walk(8)
        terminal.press(ESCAPE)


def _changed(tour: Tour, terminal: Terminal, texts: int) -> None:
    """Meanwhile much else is said, which waits."""
    tour.show("append\r", "Allow")
    for number in range(texts):
        tour.show(f"/c{number:02}\r", f"queued{number:02}")
    tour.show("last\r", "last")
    terminal.answer("y")
    terminal.until("end-of-last")
    tour.show("/diff\r", "Changes")
    tour.show(PAGE_DOWN, "–")
    terminal.press(ESCAPE)


def _shown_pool(tour: Tour, terminal: Terminal) -> None:
    """Those who answer, and where they are."""
    terminal.answer(f"{CLEARED}/model\r")
    terminal.until("a0 ", "p0 ", "a4 ", "p4 ")
    tour.walk(2)
    tour.show(TEST, "the first word after")
    tour.show("\r", "answers in this session")
    tour.show("who is it\r", "hello")
    for command, told in (("mux", "pinned"), ("cost", "not in the sum"), ("config", "ctrl+s")):
        tour.show(f"/{command}\r", told)
        terminal.press(ESCAPE)
        terminal.answer(CLEARED)


def _folder(home: Path, texts: tuple[str, ...]) -> Path:
    shop = home / "shop"  # in one of a strange name nothing may be written
    (shop / ".git").mkdir(parents=True)
    (shop / ".git" / "HEAD").write_bytes(b"ref: refs/heads/" + as_bytes("".join(texts)) + b"\n")
    commands = shop / ".vibe" / "commands"
    commands.mkdir(parents=True)
    content = as_bytes("\n".join(texts))
    (shop / "AGENTS.md").write_bytes(content)
    (commands / "a.md").write_bytes(content + b"\nlook-ends\n")  # the first in the order of names
    (shop / "notes.txt").write_bytes(content)
    for number, text in enumerate(texts):
        (shop / _named(number, text)).write_bytes(b"needle " + as_bytes(text) + b"\n")
        (commands / f"c{number:02}.md").write_bytes(
            b"description: " + as_bytes(text) + b"\nqueued%02d " % number + as_bytes(text)
        )
        (commands / os.fsdecode(b"d" + as_name(text) + b".md")).write_bytes(b"Go on.")
    return shop


def _named(number: int, text: str) -> str:
    return os.fsdecode(b"h%02d" % number + as_name(text))


def named_by(names: Iterable[str], api_base: str) -> tuple[str, str]:
    """A provider, a model and an alias by each; and their pool."""
    models, pool = "", '[multiplexer]\nenabled = true\nmode = "failover"\n'
    pool += '[[multiplexer.pool]]\nmodel = "strong"\n'
    for number, name in enumerate(names):
        called = f"{number} {as_json(name)}"
        models += f"""
[[providers]]
name = {as_toml(f"p{called}")}
api_base = "{api_base}"
api_key_env_var = "TEST_API_KEY"

[[models]]
name = {as_toml(f"m{called}")}
provider = {as_toml(f"p{called}")}
alias = {as_toml(f"a{called}")}
"""
        pool += f"[[multiplexer.pool]]\nmodel = {as_toml(f'a{called}')}\nis_fallback = true\n"
    return models, pool


def _groups(texts: tuple[str, ...]) -> Iterator[str]:
    for start in range(0, len(texts), TITLED):
        yield "title " + "".join(texts[start : start + TITLED]).replace("\x00", "")


def _answered(texts: tuple[str, ...], asked: Asked) -> Answer:
    word = _word(asked)
    if asked.results:
        return Answer(text=f"end-of-{word}")
    answers: Mapping[str, Callable[[], Answer]] = {
        "text": lambda: Answer(thinking=_all(texts), text=f"{_all(texts)}\n\nend-of-{word}"),
        "calls": lambda: Answer(calls=tuple(_strange(texts))),
        "output": lambda: Answer(calls=(call("bash", command="cat notes.txt"),)),
        "names": lambda: Answer(calls=tuple(_reads(texts))),
        "found": lambda: Answer(calls=(call("grep", pattern="needle"),)),
        "change": lambda: Answer(calls=(_write(texts),)),
        "last": lambda: Answer(text=f"end-of-{word}"),
        "append": lambda: Answer(calls=(call("bash", command=APPEND),)),
        "question": lambda: Answer(calls=(_ask(texts),)),
    }
    return answers.get(word, lambda: Answer(text="hello"))()


def _word(asked: Asked) -> str:
    """What was typed, without the instructions that come before a first message."""
    return said(asked).rpartition("\n")[2]


def _all(texts: tuple[str, ...]) -> str:
    return as_json("\n\n".join(texts))


def _strange(texts: tuple[str, ...]) -> Iterator[Call]:
    """Of tools that there are not, and with arguments that no tool takes."""
    for text in map(as_json, texts):
        yield call(f"tool{text}", path=text, **{f"more{text}": text})
        yield call("read", path=f"missing{text}", more=text)
        yield Call(name="bash", arguments=f"[{text}")


def _reads(texts: tuple[str, ...]) -> Iterator[Call]:
    for number, text in enumerate(texts):
        yield call("read", path=as_json(_named(number, text)))


def _write(texts: tuple[str, ...]) -> Call:
    return call("write", path="new", content=_all(texts).replace("\x00", ""))


def _ask(texts: tuple[str, ...]) -> Call:
    return call("ask", question=_all(texts), choices=[f"c{as_json(text)}" for text in texts])


def _fails(groups: tuple[str, ...], asked: Asked, _number: int) -> Play | None:
    word, _, number = _word(asked).partition("-")
    if word != "error":
        return None
    message = f"fault-{number}: {groups[int(number)]}"

    def act(scene: Scene) -> Reply:
        refused = Refused(as_json(message), status=400)
        return json_reply(refusal_body(scene.asked.dialect, refused), status=400)

    return Play(fault=Fault(name="hostile", says="refuses in such words", act=act))
