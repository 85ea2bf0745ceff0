"""ripgrep and what stands in for it give the same answer, in trees full of traps."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import pytest

from vibe.errors import ToolError
from vibe.tools.matches import Matches, matches_of
from vibe.tools.pattern import portable
from vibe.tools.search import Query, search

RIPGREP = shutil.which("rg")
pytestmark = pytest.mark.skipif(RIPGREP is None, reason="ripgrep is not installed")

NAMES = (
    "a", "b.py", "c.js", "d e.txt", "build", "src", "node_modules", "x.log", ".hid", ".git", "lib",
    "é.py", "B.py", "foo.min.js", "[z]", "a#b", "!n",
)  # fmt: skip
RULES = (
    "*.log", "/build", "build/", "!x.log", "src/*.js", "**/lib", "lib/**", "# c", "\\#x", "a#b",
    "\\!n", "!n", "node_modules/", "*.min.js", "foo*", "!foo.min.js", "/src/**/b.py", "*", "!*/",
    "!*.py", "[a-c].py", "[!a-c].*", "d\\ e.txt", "d e.txt  ", "**/src/**", "/", "", "a/**/b.py",
    "b.?y", "*.{py,js}", "***", "a**", "[", "\\", "!.hid", "!.hid/", "src/", "é*", "\ta", "/*/lib",
    "lib/a", "*/b.py", "?.py",
)  # fmt: skip
LINES = (
    "foo", "bar foo", "fooo", "i++", "f() {", "x = {a}", "tab\there", "café é", "  foo  ", "FOO",
    "foo\r", "", "\xa0", "class A:", "interface{}", "a.b", "'q'", "$x", "_", "12 345", "a-b",
    f"{'x' * 500}foo{'y' * 500}",
)  # fmt: skip
PATTERNS = (
    "foo", "foo$", "^foo", "(?i)foo", r"\bfoo\b", r"i\+\+", "{", "interface{}", r"f\(\) {", r"\d+",
    r"\w+é", "[[:alpha:]]+", "[]a]x", r"\<foo\>", "a.b", "x{3}", r"\$x", "^$", r"^\s+$", "[^a-z]o",
    "(foo|bar) ", r"\'q\'", r"[\w.]+\{", r"\s$", "é", "(?<n>f)o", "(", "[a&&b]", "[^[:space:]]+$",
    r"fo{1,2}$", r"\Afoo", r"foo\Z", "x{99999}", "(?x) f o", "*a", "[a-", r"a\-b", "[+--]",
    "(?:a|)", "[a||b]",
)  # fmt: skip
GLOBS = (
    "", "", "", "*.py", "!*.py", "src/**", "src/", "**/lib/**", "*.{py,js}", "/a", "b.*", "!src",
    "d e.txt", "?.py", "[a-c].*", "./src/*.py", "a/**/b.py", "é.py",
)  # fmt: skip
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16")


def grow(random: Random, folder: Path, *, depth: int = 0) -> None:
    folder.mkdir(exist_ok=True)
    for name in random.sample(NAMES, random.randint(2, 7)):
        chance = random.random()
        if depth < 3 and chance < 0.45:
            grow(random, folder / name, depth=depth + 1)
        elif name == ".git" and chance < 0.7:
            (folder / name).mkdir()
        else:
            (folder / name).write_bytes(content(random))
    if random.random() < 0.6:
        rules = "\n".join(random.choice(RULES) for _ in range(random.randint(1, 5)))
        (folder / ".gitignore").write_text(f"{rules}\n", encoding="utf-8")
    if random.random() < 0.2:
        (folder / "link.py").symlink_to(random.choice(("b.py", ".")))


def content(random: Random) -> bytes:
    lines = (random.choice(LINES) for _ in range(random.randint(0, 6)))
    text = "\n".join(lines) + random.choice(("", "\n"))
    data = text.encode(random.choice(ENCODINGS), "replace")
    if random.random() < 0.1:
        data += b"\0" + data
    return data * 20_000 + b"\0\n" if random.random() < 0.02 else data


def a_query(random: Random, root: Path) -> Query:
    folders = [root, *(Path(folder) for folder, _, _ in os.walk(root))]
    folder = random.choice(folders) if random.random() < 0.4 else root
    files = sorted(path.name for path in folder.iterdir() if path.is_file())
    target = random.choice(files) if files and random.random() < 0.15 else ""
    pattern, glob = random.choice(PATTERNS), random.choice(GLOBS)
    return Query(pattern=portable(pattern), folder=folder, target=target, glob=glob)


async def matches(query: Query, ripgrep: str | None) -> Matches | None:
    """None: it is no regular expression."""
    try:
        found = await search(query, env={"PATH": os.environ["PATH"]}, ripgrep=ripgrep)
    except ToolError:
        return None
    return matches_of(found.hits, query, prefix="", most=1_000, may_search=lambda _: True)


async def compared(seed: int, folder: Path, *, queries: int) -> None:
    random = Random(seed)  # noqa: S311  the same tree for each seed
    grow(random, folder / "tree")
    for _ in range(queries):
        try:
            query = a_query(random, folder / "tree")
        except ToolError:
            continue
        assert await matches(query, RIPGREP) == await matches(query, None), query


@pytest.mark.parametrize("seed", range(8))
async def test_both_give_the_same_answer(seed: int, tmp_path: Path) -> None:
    await compared(seed, tmp_path, queries=6)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8, 200))
async def test_both_give_the_same_answer_time_and_again(seed: int, tmp_path: Path) -> None:
    await compared(seed, tmp_path, queries=6)
