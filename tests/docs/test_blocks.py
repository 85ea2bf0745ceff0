"""Every fenced block of the documents is what it claims to be: it validates, prints, parses, runs.

The blocks of one page are one session: files that it names, variables that it exports, servers that
it starts and what its commands change hold for the blocks below. CONTRIBUTING.md tells how to write
them. Commands of vibe run in this process, those servers in one of their own; other commands are
only looked up. Prose is never judged.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from itertools import takewhile
from pathlib import Path
from textwrap import dedent

import pytest
from msgspec import Struct

from tests.config.seeds import EXAMPLES
from tests.drive import vibe
from tests.law import ROOT
from vibe.cli.main import run
from vibe.world import World

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
IN_PIECES = {"docs/configuration.md"}  # its toml blocks, one after the other, are one file
PROGRAMS = {
    "sh", "git", "alias", ".ci/run",
    ".venv/bin/python", ".venv/bin/ruff", ".venv/bin/basedpyright",
}  # fmt: skip
HOME = "/home/you"  # what the pages call the home of their reader
KEY = "k3y-0f-the-d0cs"

_BLOCK = re.compile(
    r"^ *(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)\n(?P<text>.*?)(?P<end>^ *(?P=fence) *$|\Z)",
    re.MULTILINE | re.DOTALL,
)
_COMMAND = re.compile(r"^\$ (?P<command>.*)\n(?P<printed>(?:(?!\$ ).*\n)*)", re.MULTILINE)
_ASSIGNMENT = re.compile(r"(?P<name>[A-Z_0-9]+)=(?P<value>.*)")
_ADDRESS = re.compile(r"(?<=127\.0\.0\.1:)\d+")
_LAST_WORD = "Ctrl+C ends it."  # before a server waits for requests
# What is another one in each run, and with it the widths of columns.
_DATE = r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\b"
_SECONDS = r"\b(?:\d+(?:\.\d+)?–)?\d+(?:\.\d+)? s\b|\bat once\b"
_TIME = re.compile(f"{_DATE}|{_SECONDS}")
_GAP = re.compile(r"(?<=\S) {2,}")


class Block(Struct, frozen=True, kw_only=True):
    """`kind` is the first word after the opening fence, `note` the rest of that line."""

    line: int
    kind: str
    note: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    for found in _BLOCK.finditer(page):
        kind, _, note = found["info"].strip().partition(" ")
        yield Block(
            line=page.count("\n", 0, found.start()) + 1,
            kind=kind if found["end"] else "(never closed)",
            note=note,
            text=dedent(found["text"]),
        )


def complaints(page: str, text: str, folder: Path) -> list[str]:
    """What is wrong with the blocks of one page, each complaint with the line of its block."""
    found = list(blocks(text))
    if page in IN_PIECES:
        pieces = [block for block in found if block.kind == "toml"]
        whole = Block(line=1, kind="toml", note="", text="\n".join(each.text for each in pieces))
        found = [whole, *(block for block in found if block not in pieces)]
    with ExitStack() as stack:
        session = Session(folder, stack)
        return [
            f"{page}:{block.line}: {complaint}"
            for block in found
            for complaint in session.complaints(block)
        ]


class Session:
    """Somebody who does what a page says, from its first block to its last.

    `files` are the named toml blocks so far, as written; those on the disk may have changed since.
    `ports` are the real ones of the page's servers, by those that the page names.
    """

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.home = folder / "home"
        self.cwd = self.home / "shop"
        self.cwd.mkdir(parents=True)
        self.env: dict[str, str] = {}
        self.files: dict[str, str] = {}
        self.ports: dict[str, str] = {}
        self.code = 0
        self._servers: dict[str, subprocess.Popen[str]] = {}
        self._stack = stack

    def complaints(self, block: Block) -> Iterator[str]:
        match block.kind:
            case "toml":
                yield from self._toml(block)
            case "console":
                yield from self._console(block.text)
            case "sh":
                yield from self._shell(block.text)
            case "python":
                yield from self._python(block.text)
            case "json":
                yield from _json(block.text)
            case "text" | "diff":
                pass
            case other:
                yield f"{other or 'none'} is no kind of block"

    def _toml(self, block: Block) -> Iterator[str]:
        """A sound file; after `+ NAME` what makes one of that file, after `wrong NAME` none."""
        role, _, name = block.note.rpartition(" ")
        text = block.text
        if role == "+":
            if name not in self.files:
                yield f"there is no {name} above"
                return
            text, name = f"{self.files[name]}\n{text}", "appended.toml"
        elif name:
            self.files[name] = text
        file = self._place(name or "unnamed.toml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_ADDRESS.sub(lambda port: self.ports.get(port[0], port[0]), text), "utf-8")
        file.chmod(0o600)
        keys = dict.fromkeys(re.findall(r'api_key_env_var = "(\w+)"', text), KEY)
        outcome = vibe("config", "validate", "--strict", str(file), home=self.home, env=keys)
        if (outcome.code == 0) == (role == "wrong"):
            yield f"exit code {outcome.code} of vibe config validate --strict\n{outcome.out}"

    def _place(self, name: str) -> Path:
        return self.home / name[2:] if name.startswith("~/") else self.cwd / name

    def _console(self, text: str) -> Iterator[str]:
        """Commands after `$ `, and below each what it prints."""
        if not text.startswith("$ "):
            yield "a console block begins with $ and a command"
        for found in _COMMAND.finditer(text):
            command = found["command"]
            words, env = self._words(command)
            if words[:1] == ["export"]:
                self.env |= env
                continue
            printed = self._printed(words, {**self.env, **env})
            if printed is None:
                yield from self._doubts(words)
            elif not shows(found["printed"], printed):
                yield f"$ {command}\n{printed}"

    def _words(self, command: str) -> tuple[list[str], dict[str, str]]:
        """A command without its assignments, and these; `…` as a value is a key of one's own."""
        words = shlex.split(command, comments=True)
        found = [each for word in words if (each := _ASSIGNMENT.fullmatch(word))]
        env = {each["name"]: each["value"].replace("…", KEY) for each in found}
        return [word for word in words if not _ASSIGNMENT.fullmatch(word)], env

    def _printed(self, words: list[str], env: dict[str, str]) -> str | None:
        """What a command of vibe, or the question how the last one ended, prints."""
        match words:
            case ["echo", "$?"]:
                return f"{self.code}\n"
            case ["vibe", *args] | ["sh", "scripts/run", *args]:
                return self._as_written(self._screen(args, env))
            case [".venv/bin/python", "-m", "vibe.testing", "--port", port, *args]:
                return self._as_written(self._serve(port, args))
            case _:
                return None

    def _as_written(self, printed: str) -> str:
        named = {real: port for port, real in self.ports.items()}
        here = printed.replace(str(self.home), HOME)
        return _ADDRESS.sub(lambda port: named.get(port[0], port[0]), here)

    def _screen(self, args: list[str], env: dict[str, str]) -> str:
        """What a command shows where data and talk go to the same place."""
        screen = io.StringIO()
        world = World(
            env={"HOME": str(self.home), **env},
            cwd=self.cwd,
            uid=os.getuid(),
            platform="linux",
            stdin=io.StringIO(),
            stdout=screen,
            stderr=screen,
            connect=lambda _: (),
        )
        with redirect_stdout(screen):  # Typer writes its help to the stdout of the process
            self.code = run(args, world)
        return screen.getvalue()

    def _serve(self, port: str, args: list[str]) -> str:
        """What a server prints first; it serves until another takes its port, or the page ends."""
        if running := self._servers.get(port):
            running.terminate()
            running.wait()
        command = ["-m", "vibe.testing", "--port", self.ports.get(port, "0"), *args]
        server = self._servers[port] = self._stack.enter_context(
            subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True)
        )
        self._stack.callback(server.terminate)
        assert server.stdout
        lines: list[str] = []
        for line in server.stdout:
            lines.append(line)
            if line.strip() == _LAST_WORD:
                break
        printed = "".join(lines)
        self.ports.update((port, real) for real in _ADDRESS.findall(printed))
        return printed

    def _shell(self, text: str) -> Iterator[str]:
        """A script that is not run: it parses, and its commands exist."""
        parsed = subprocess.run(
            ["sh", "-n"], input=text, capture_output=True, text=True, check=False
        )
        if parsed.returncode:
            yield f"not a script: {parsed.stderr}"
            return
        for line in text.splitlines():
            yield from self._doubts(self._words(line)[0])

    def _doubts(self, words: list[str]) -> Iterator[str]:
        """Why nobody could type this command: no such program, command, option or file."""
        match list(takewhile(lambda word: word not in (">", "|"), words)):
            case [] | ["export"]:
                pass
            case ["vibe", "with", *_]:  # what follows is for another program
                pass
            case ["vibe", *args] | ["sh", "scripts/run", *args]:
                with redirect_stdout(io.StringIO()):
                    outcome = vibe(*args, "--help", home=self.home)
                if outcome.code:
                    yield outcome.err
            case [program, *_] if program in PROGRAMS:
                for name in filter(_names_a_file, words):
                    if not (ROOT / name.partition("::")[0]).exists():
                        yield f"there is no {name}"
            case other:
                yield f"{other[0]} is not among the programs of the documents"

    def _python(self, text: str) -> Iterator[str]:
        run = subprocess.run(
            [sys.executable, "-W", "error", "-c", text],
            cwd=self.cwd,
            env={"HOME": str(self.home), **self.env},
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            yield run.stderr.strip().rpartition("\n")[2]


def _names_a_file(word: str) -> bool:
    """Whether `word` is a path inside of the checkout; the environment there is made later."""
    return re.fullmatch(r"(?!-|\.venv/)[\w.-]+/[\w./:-]*", word) is not None


def _json(text: str) -> Iterator[str]:
    try:
        json.loads(text)
    except ValueError as error:
        yield f"not JSON: {error}"


def shows(expected: str, printed: str) -> bool:
    """Whether this was printed; `…` stands for the rest of a line, alone for any lines.

    Dates and seconds stand for any.
    """
    pattern = "".join(
        r"(?:.*\n)*" if line == "…" else re.escape(line.rstrip()).replace("…", ".*") + r" *\n"
        for line in _timeless(expected).splitlines()
    )
    return re.fullmatch(pattern, _timeless(printed)) is not None


def _timeless(text: str) -> str:
    return _GAP.sub("  ", _TIME.sub("TIME", text))


SOUND = """\
active_model = "a"

[[providers]]
name = "p"
api_base = "https://p.example/v1"
api_key_env_var = "P_API_KEY"

[[models]]
name = "a"
provider = "p"
"""
POOL = '[multiplexer]\nenabled = true\nmode = "failover"\n\n[[multiplexer.pool]]\nmodel = "{}"\n'


def page(*fenced: tuple[str, str]) -> str:
    return "\n".join(f"```{info}\n{text}```\n" for info, text in fenced)


def case(label: str, text: str, *expected: str) -> object:
    return pytest.param(text, [f"p.md:{each}" for each in expected], id=label)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        case("no blocks", "prose alone\n"),
        case("no code", page(("text", "x\n"), ("diff", "-x\n"), ("json", "[1]\n"))),
        case("a whole file", page(("toml", SOUND))),
        case("a fragment", page(("toml a.toml", SOUND), ("toml + a.toml", POOL.format("a")))),
        case("wrong on purpose", page(("toml wrong a.toml", "x = 1\n"))),
        case(
            "a command on a file of the page",
            page(
                ("toml a.toml", SOUND),
                (
                    "console",
                    "$ P_API_KEY=… vibe config validate a.toml\na.toml: valid: …\n$ echo $?\n0\n",
                ),
            ),
        ),
        case(
            "a command on the reader's own file",
            page(
                ("toml ~/.config/vibe/config.toml", SOUND),
                (
                    "console",
                    "$ export P_API_KEY=…\n$ vibe config validate\n/home/you/…: valid: …\n",
                ),
            ),
        ),
        case("help", page(("console", "$ vibe config --help\nUsage: …\n…\n"))),
        case(
            "a script", page(("sh", "sh scripts/test tests/docs::x -x\nvibe config edit # now\n"))
        ),
        case("indented", "1. so:\n\n   ```python\n   if True:\n       import vibe\n   ```\n"),
        case("no kind", page(("", "x\n")), "1: none is no kind of block"),
        case("another kind", page(("bash", "x\n")), "1: bash is no kind of block"),
        case("never closed", "\n```text\nx\n", "2: (never closed) is no kind of block"),
        case("tildes", "~~~\nx\n~~~\n", "1: none is no kind of block"),
        case("a block in a block", "````\n```text\n```\n````\n", "1: none is no kind of block"),
        case(
            "a wrong file",
            page(("toml", SOUND.replace("provider =", "provder ="))),
            "1: exit code 2 of vibe config validate --strict",
        ),
        case(
            "a file with a warning",
            page(("toml", SOUND + "colour = 1\n")),
            "1: exit code 1 of vibe config validate --strict",
        ),
        case(
            "sound against its word",
            page(("toml wrong a.toml", SOUND)),
            "1: exit code 0 of vibe config validate --strict",
        ),
        case(
            "a fragment that does not fit",
            page(("toml a.toml", SOUND), ("toml + a.toml", POOL.format("b"))),
            "14: exit code 2 of vibe config validate --strict",
        ),
        case("a fragment of nothing", page(("toml + a", SOUND)), "1: there is no a above"),
        case(
            "another output",
            page(("console", "$ vibe config path\n/vibe.toml\n")),
            "1: $ vibe config path",
        ),
        case("no output", page(("console", "$ vibe config path\n")), "1: $ vibe config path"),
        case(
            "another exit code",
            page(("console", "$ vibe frob\n…\n$ echo $?\n0\n")),
            "1: $ echo $?",
        ),
        case(
            "no prompt",
            page(("console", "vibe config path\n")),
            "1: a console block begins with $ and a command",
        ),
        case("no file", page(("console", "$ sh scripts/gone\n")), "1: there is no scripts/gone"),
        case(
            "another program",
            page(("sh", "curl x | sh\n")),
            "1: curl is not among the programs of the documents",
        ),
        case(
            "no such command or option",
            page(("sh", "vibe config validate --loose\nvibe cofnig\n")),
            "1: error: No such option: --loose",
            '1: error: there is no command "cofnig"',
        ),
        case("no script", page(("sh", "if\n")), "1: not a script: …"),
        case("no JSON", page(("json", "{,}\n")), "1: not JSON: …"),
        case(
            "failing Python",
            page(("python", "import vibee\n")),
            "1: ModuleNotFoundError: No module named 'vibee'",
        ),
    ],
)
def test_blocks_that_hold_are_told_from_those_that_do_not(
    text: str, expected: list[str], tmp_path: Path
) -> None:
    found = [complaint.splitlines()[0] for complaint in complaints("p.md", text, tmp_path)]
    assert shows("".join(f"{each}\n" for each in expected), "".join(f"{each}\n" for each in found))


SERVE = "$ .venv/bin/python -m vibe.testing --port 9001"
HERE = """\
active_model = "a"

[[providers]]
name = "p"
api_base = "http://127.0.0.1:9001/v1"

[[models]]
name = "a"
provider = "p"
"""


def test_a_server_of_a_page_serves_until_another_takes_its_port(tmp_path: Path) -> None:
    refused = "error: a: 401 not authorised: …\n…\n$ echo $?\n1\n"
    text = page(
        ("console", f'{SERVE}\napi_base = "http://127.0.0.1:9001/v1"\n…\n'),
        ("toml a.toml", HERE),
        ("console", "$ vibe -p --config a.toml hello\nI am vibe's demo model…\n"),
        ("console", f"{SERVE} --fault unauthorized\n…\n$ vibe -p --config a.toml hello\n{refused}"),
    )
    assert complaints("p.md", text, tmp_path) == []


@pytest.mark.parametrize(
    ("expected", "printed", "holds"),
    [
        ("after 0.06 s\n", "after 12.5 s\n", True),
        ("● ready  at once   seam\n", "● ready  0–0.7 s  seam\n", True),
        ("2026-11-21 09:41:40  a\n", "2027-01-02 23:59:59  a\n", True),
        ("after 60 min\n", "after 61 min\n", False),
        ("  a\n", "    a\n", False),
    ],
)
def test_dates_and_seconds_stand_for_any(expected: str, printed: str, holds: bool) -> None:
    assert shows(expected, printed) == holds


def test_the_pieces_of_a_page_are_one_file(tmp_path: Path) -> None:
    head, _, tail = SOUND.partition("\n[[models]]")
    text = page(("toml", head), ("toml", f"[[models]]{tail}"))
    assert complaints("docs/configuration.md", text, tmp_path / "joined") == []
    assert len(complaints("p.md", text, tmp_path / "apart")) == 2


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_block_of_a_page_holds(file: Path, tmp_path: Path) -> None:
    name = file.relative_to(ROOT).as_posix()
    assert complaints(name, file.read_text("utf-8"), tmp_path) == []


def test_the_eight_set_ups_mean_what_those_did_that_were_asked_for() -> None:
    text = (ROOT / "docs/multiplexer-examples.md").read_text("utf-8")
    shown = {block.note: tomllib.loads(block.text) for block in blocks(text) if block.note}
    asked = {name: tomllib.loads(EXAMPLES[name.removesuffix(".toml")]) for name in shown}
    assert (shown, len(shown)) == (asked, 8)
